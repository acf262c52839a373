import Arithmetic
import Foundation
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/silent-vole.json, made by an implementation in Python that shares no code with this one.
@Suite struct SilentVectorTests {
    struct File: Decodable { let cases: [Case] }

    struct Case: Decodable, Sendable {
        let code: String
        let outputs, fieldBits, weight, leaves, depth: Int
        let malicious: Bool
        let seed, corrections, sums, b, c: String
        let a, proof, request, answer: String?
    }

    static let cases: [Case] = {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/silent-vole.json")
        return try! JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }()

    private static func digest<T>(_ pointer: UnsafePointer<T>, count: Int) -> String {
        DomainHash.plainSHA256(Array(UnsafeRawBufferPointer(UnsafeBufferPointer(start: pointer, count: count)))).hex
    }

    @Test(arguments: cases) func `Messages and outputs equal the vector's`(vector: Case) throws {
        let noise: NoiseKind = vector.fieldBits == 1 ? .bit : vector.fieldBits == 64 ? .word : .block
        let layout = SilentLayout(
            code: try #require(LPNCode(rawValue: vector.code)), outputs: vector.outputs, noise: noise,
            malicious: vector.malicious)
        try #require(layout.trees == vector.weight && layout.leaves == vector.leaves && layout.depth == vector.depth)
        let key = AES128(key: Block128(littleEndianBytes: try #require([UInt8](hex: vector.seed))))
        func blocks(_ count: Int, lane: UInt64) -> [Block128] {
            var out = [Block128](repeating: .zero, count: count)
            out.withUnsafeMutableBytes { key.stream(into: $0, fromBlock: 0, lane: lane) }
            return out
        }
        let base = blocks(256, lane: 0)
        let keys = (0..<128).map { (base[2 * $0], base[2 * $0 + 1]) }
        var delta = blocks(1, lane: 1)[0]
        if noise == .bit { delta.low |= 1 }
        let sender = SilentSender(
            layout, threads: 1, secrets: .init(delta: delta, roots: blocks(layout.trees, lane: 5)), random: SystemRandom.shared)
        let receiver = SilentReceiver(
            layout, threads: 1,
            secrets: .init(
                codeSeed: blocks(1, lane: 2)[0], points: blocks(layout.trees, lane: 3).map { $0.low % UInt64(layout.leaves) },
                values: blocks((layout.rowBytes - layout.choiceBytes) / 16, lane: 4).flatMap(\.littleEndianBytes)),
            random: SystemRandom.shared)

        let corrections = receiver.correlate(keys: keys)
        #expect(DomainHash.plainSHA256(corrections).hex == vector.corrections)
        let chosen = (0..<128).map { i in (i < 64 ? delta.low : delta.high) >> UInt64(i % 64) & 1 == 0 ? keys[i].0 : keys[i].1 }
        try sender.correlate(keys: chosen, corrections)
        if vector.malicious {
            let proof = receiver.proof([UInt8](repeating: 0, count: 32))
            #expect(DomainHash.plainSHA256(proof).hex == vector.proof)
            try sender.verify(proof, [UInt8](repeating: 0, count: 32))
        }
        receiver.writeNoise()
        let sums = sender.expand()
        #expect(DomainHash.plainSHA256(sums).hex == vector.sums)
        receiver.expand(sums)
        if vector.malicious {
            sender.prepareCheck([UInt8](repeating: 1, count: 32))
            receiver.prepareCheck([UInt8](repeating: 1, count: 32))
            #expect(receiver.checkRequest().bytes.hex == vector.request)
            let answer = try sender.answer(receiver.checkRequest())
            #expect(answer.bytes.hex == vector.answer)
            try receiver.verify(answer)
        }
        sender.compress()
        receiver.compressNoise()
        receiver.compressLeaves()
        #expect(Self.digest(sender.leaves.pointer, count: layout.outputs) == vector.b)
        #expect(Self.digest(receiver.leaves.pointer, count: layout.outputs) == vector.c)
        switch receiver.plane {
        case .bit: break
        case .word(let a): #expect(Self.digest(a.pointer, count: layout.outputs) == vector.a)
        case .block(let a): #expect(Self.digest(a.pointer, count: layout.outputs) == vector.a)
        }
    }
}
