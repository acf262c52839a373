import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/encrypted-vectors.json, which a script made from Protocols/encrypted-vectors.md alone.
@Suite struct VectorsKnownAnswerTests {
    struct Vectors: Decodable {
        struct Layout: Decodable { var lower: Int64, upper: Int64, additions: Int, plaintext_bits: Int, slot_bits: Int, slots: Int }
        struct Packing: Decodable {
            var lower: Int64, upper: Int64, additions: Int, values_per_row: Int, first_slot: Int
            var values: [Int64], plaintexts: [String], full_sums: [String]
        }
        struct File: Decodable { var name: String, bytes: String, digest: String, values: [Int64] }
        struct Pool: Decodable { var secret: String, id: String, file: String, powers: [String], journal_66_used: String }
        var n: String, p: String, q: String, fingerprint: String
        var layouts: [Layout], packing: [Packing], files: [File], pool: Pool
    }
    let vectors: Vectors
    let key: PaillierPrivateKey

    init() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/encrypted-vectors.json")
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        key = try PaillierPrivateKey(p: hex(vectors.p), q: hex(vectors.q), scheme: .standard, allowedBits: [512])
        try #require(key.publicKey.fingerprint == vectors.fingerprint)
        try #require(vectors.layouts.count > 50 && vectors.packing.count == 4 && vectors.files.count == 5)
    }

    @Test func slotsHaveTheWidthOfTheSpecification() throws {
        for v in vectors.layouts {
            let layout = try PackedLayout(v.lower...v.upper, scale: .integer, additions: v.additions, plaintextBits: v.plaintext_bits)
            #expect(layout.slotBits == v.slot_bits && layout.slotsPerPlaintext == v.slots)
        }
    }

    @Test func plaintextsAndFullSumsAreThoseOfTheSpecification() throws {
        for v in vectors.packing {
            let layout = try PackedLayout(v.lower...v.upper, additions: v.additions, key: key.publicKey)
            let shape = RowShape(valuesPerRow: v.values_per_row, firstSlot: v.first_slot)
            var rows = [UInt64](repeating: 0, count: v.plaintexts.count * 8)
            try v.values.withUnsafeBufferPointer { try layout.pack($0, shape, limbs: 8, into: &rows) }
            let packed = (0..<v.plaintexts.count).map { BigInteger(limbs: Array(rows[$0 * 8..<$0 * 8 + 8])) }
            #expect(packed == v.plaintexts.map(hex))
            let bounds = try #require(layout.freshBounds.multiplied(by: Int128(v.additions)))
            let sums = v.full_sums.flatMap { hex($0).limbs(count: 8) }
            var values = [Int128](repeating: 0, count: v.values.count)
            try layout.unpack(sums, limbs: 8, count: values.count, shape, bounds, n: key.publicKey.n, into: &values)
            #expect(values == v.values.map { Int128($0) * Int128(v.additions) })
        }
    }

    @Test func filesAreThoseOfTheSpecificationByteForByte() throws {
        let read = try vectors.files.map { file in
            let vector = try EncryptedVector(encoded: #require([UInt8](hex: file.bytes)), key: key.publicKey)
            #expect(try vector.decrypt(with: key) == file.values.map { Int128($0) }, "\(file.name)")
            return vector
        }
        let a = read[0], b = read[1]
        let results = [
            a, b, try a.adding(b), try a.negated(), try a.multiplied(byReal: -1.5, scale: FixedPointScale(decimals: 0, fractionBits: 1)),
        ]
        for (file, result) in zip(vectors.files, results) {
            #expect(try result.encoded().hex == file.bytes, "\(file.name)")
        }
        let path = NSTemporaryDirectory() + "yinhe-vectors-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try a.adding(b).write(to: path).hex == vectors.files[2].digest)
    }

    @Test func thePoolFileAndItsJournalAreThoseOfTheSpecification() throws {
        let path = NSTemporaryDirectory() + "yinhe-powers-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let v = vectors.pool
        try Data([UInt8](hex: v.file)!).write(to: URL(filePath: "\(path)/\(v.id).powers"))
        var secret = SecretBytes(zeroed: 32)
        secret.withUnsafeMutableBytes { $0.copyBytes(from: [UInt8](hex: v.secret)!) }
        let pool = try RandomnessPool(path: path, key: key.publicKey, hidingFromOwner: true, secret: secret)
        #expect(pool.count == 70)
        let arithmetic = CiphertextArithmetic(key.publicKey)
        func take(_ count: Int) throws -> [BigInteger] {
            var rows = [UInt64](repeating: 0, count: count * arithmetic.limbs)
            #expect(try pool.take(upTo: count, arithmetic, into: &rows) == count)
            return (0..<count).map { BigInteger(limbs: Array(rows[$0 * arithmetic.limbs..<($0 + 1) * arithmetic.limbs])) }
        }
        let first = try take(66)
        #expect(try Data(contentsOf: URL(filePath: path + "/journal")).hex == v.journal_66_used)
        let all = first + (try take(4))
        #expect([0, 63, 64, 66, 69].map { all[$0] } == v.powers.map(hex))
    }
}
