import Arithmetic
import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing

/// The parts of Protocols/Vectors/ot-extension.json that say what is made of transfers.
@Suite struct TransferVectorTests {
    struct File: Decodable {
        let cases: [Case]
        let networks: [Network]
    }

    struct Case: Decodable {
        let product64, product128: Product
    }

    struct Product: Decodable {
        let message, sent, received, u, v: String
    }

    struct Network: Decodable {
        let count: Int
        let switches: [[Int]]
    }

    private static func file() throws -> File {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/ot-extension.json")
        return try JSONDecoder().decode(File.self, from: Data(contentsOf: url))
    }

    private func number<E: RingElement>(_ text: String, _: E.Type) throws -> E {
        try #require(E(text.dropFirst(2), radix: 16))
    }

    /// From u, v and the message: the receiver's share less what its strings add up to, against the sum of both shares.
    private func check<E: RingElement>(_ product: Product, _: E.Type) throws {
        let message = try #require([UInt8](hex: product.message))
        #expect(message.count == Gilboa<E>.bytes)
        let (u, v) = (try number(product.u, E.self), try number(product.v, E.self))
        #expect(try number(product.sent, E.self) &+ number(product.received, E.self) == u &* v)

        // Strings that give the vector's messages: x = 0 and y = u - t.
        var x = [Block128](repeating: .zero, count: E.bitWidth), y = x
        message.withUnsafeBytes { message in
            for i in 1..<E.bitWidth {
                let t = Gilboa<E>.finish(1 &<< E(truncatingIfNeeded: i), message.baseAddress!) &>> E(truncatingIfNeeded: i)
                y.withUnsafeMutableBytes { $0.storeBytes(of: u &- t, toByteOffset: 16 * i, as: E.self) }
            }
        }
        var again = [UInt8](repeating: 0, count: Gilboa<E>.bytes)
        let share = again.withUnsafeMutableBytes { out in
            x.withUnsafeBytes { x in y.withUnsafeBytes { y in
                Gilboa<E>.send(x.baseAddress!, y.baseAddress!, u, into: out.baseAddress!)
            } }
        }
        x.withUnsafeMutableBytes { $0[0] = 1 }
        #expect(share == 0 && again == message)
        #expect(x.withUnsafeBytes { Gilboa<E>.sum($0.baseAddress!) } == 1)
    }

    @Test func `Messages of products are packed as in the vectors`() throws {
        for vector in try Self.file().cases {
            try check(vector.product64, UInt64.self)
            try check(vector.product128, UInt128.self)
        }
    }

    @Test func `Switches come in the order of the vectors`() throws {
        for vector in try Self.file().networks {
            let network = SwitchingNetwork(vector.count)
            #expect(network.switches == vector.switches.count)
            var cursor = SwitchingNetwork.Cursor(network)
            for due in vector.switches {
                let (layer, low, high) = cursor.advance()
                #expect([layer, low, high] == due, "\(vector.count) places")
            }
        }
    }
}
