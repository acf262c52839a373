import Arithmetic
import Foundation
import ObliviousTransfer
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/ot-extension.json, made by an implementation in Python that shares no code with this one.
@Suite struct RandomOTVectorTests {
    struct File: Decodable { let cases: [Case] }

    struct Case: Decodable, Sendable {
        let seed, corrections, choices, t, q, zero, one: String
        let transfers, first, sender: Int
    }

    static let cases: [Case] = {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/ot-extension.json")
        return try! JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases
    }()

    private static func digest<T>(_ pointer: UnsafePointer<T>, count: Int) -> String {
        DomainHash.plainSHA256(Array(UnsafeRawBufferPointer(UnsafeBufferPointer(start: pointer, count: count)))).hex
    }

    @Test(arguments: cases) func `Rows, columns and strings equal the vector's`(vector: Case) throws {
        let key = AES128(key: Block128(littleEndianBytes: try #require([UInt8](hex: vector.seed))))
        var leaves = [Block128](repeating: .zero, count: 512)
        leaves.withUnsafeMutableBytes { key.stream(into: $0, fromBlock: 0) }
        var delta = Block128.zero
        withUnsafeMutableBytes(of: &delta) { key.stream(into: $0, fromBlock: 0, lane: 1) }

        let n = vector.transfers, memory = TileMemory()
        let columns = memory.columns.pointer
        var corrections = [UInt8](repeating: 0, count: 31 * n / 8)
        corrections.withUnsafeMutableBufferPointer {
            ExtensionRows(leaves: leaves).receive(
                from: vector.first, n, memory, choices: memory.choices.pointer, columns: columns, corrections: $0.baseAddress!,
                stride: n / 8)
            #expect(Self.digest($0.baseAddress!, count: $0.count) == vector.corrections)
            #expect(Self.digest(memory.choices.pointer, count: n / 64) == vector.choices)
            #expect(Self.digest(columns, count: n) == vector.t)

            // What the sender holds in place of the leaf that it lacks does not matter.
            for g in 0..<32 {
                let word = g < 16 ? delta.low : delta.high
                leaves[16 * g + Int(word >> UInt64(4 * (g % 16)) & 15)] = Block128(low: 77, high: 0)
            }
            ExtensionRows(leaves: leaves, delta: delta).send(
                from: vector.first, n, memory, corrections: $0.baseAddress!, stride: n / 8, columns: columns)
            #expect(Self.digest(columns, count: n) == vector.q)
        }
        var strings = [Block128](repeating: .zero, count: n)
        let tweak = UInt64(vector.sender) << 62 + UInt64(vector.first)
        AES128.fixed.hashTwice(columns, into: &strings, count: n, tweak: tweak)
        #expect(Self.digest(strings, count: n) == vector.zero)
        for j in 0..<n { columns[j] ^= delta }
        AES128.fixed.hashTwice(columns, into: &strings, count: n, tweak: tweak)
        #expect(Self.digest(strings, count: n) == vector.one)
    }
}
