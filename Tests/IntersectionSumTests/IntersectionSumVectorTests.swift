import Arithmetic
import Foundation
import IntersectionSum
import Paillier
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/intersection-sum.json, step by step.
@Suite struct IntersectionSumVectorTests {
    struct Vectors: Decodable {
        var groups: [[String]], rows: [String], upper_bounds: [String], values: [[String]]
        var key_bits: Int, mask_bytes: Int, sum_bits: [Int], slot_widths: [Int], group_counts: [Int]
        var k1: String, k2: String, blinded: [String], masks: [String], row_points: [String], row_masks: [String]
        var row_plaintexts: [[String]], row_exponents: [String], row_ciphertexts: [String]
        var slot_masks: [[String]], mask_units: [String], masked_sums: [String]
        var group_shares: [[String]], value_shares: [[String]], sums: [[String]]
    }
    private struct Keys: Decodable {
        struct Key: Decodable { var p: String, q: String }
        var keys: [Key]
    }

    let v: Vectors
    let key: PaillierPrivateKey
    let layout: IntersectionSum.Layout

    init() throws {
        let folder = repositoryRoot.appending(path: "Protocols/Vectors")
        func load<T: Decodable>(_ name: String, as type: T.Type) throws -> T {
            try JSONDecoder().decode(type, from: Data(contentsOf: folder.appending(path: name)))
        }
        v = try load("intersection-sum.json", as: Vectors.self)
        let primes = try load("paillier.json", as: Keys.self).keys[0]
        key = try PaillierPrivateKey(p: BigInteger(hex: primes.p)!, q: BigInteger(hex: primes.q)!, scheme: .djn)
        let parameters = IntersectionSum.Parameters(
            slots: v.upper_bounds.map { .init(name: "", upperBound: UInt64($0, radix: 16)!) }, groupCount: v.groups.count,
            minimumIntersection: 0, keyBits: v.key_bits)
        layout = try IntersectionSum.Layout(
            parameters: parameters, groupSizes: v.groups.map(\.count), valueSetSize: v.rows.count)
    }

    private func tokens(_ hex: [String]) -> [JoinToken] { hex.map { JoinToken(bytes: [UInt8](hex: $0)!) } }
    private func bytes(_ hex: [String]) -> [UInt8] { hex.flatMap { [UInt8](hex: $0)! } }
    private func numbers(_ hex: [[String]]) -> [[UInt128]] { hex.map { $0.map { UInt128($0, radix: 16)! } } }
    private func numbers(_ hex: [String]) -> [BigInteger] { hex.map { BigInteger(hex: $0)! } }
    private func scalar(_ hex: String) -> P256SecretScalar { P256SecretScalar(bigEndian: [UInt8](hex: hex)!)! }

    @Test func sizesFollowFromTheDeclaredBounds() {
        #expect(layout.maskBytes == v.mask_bytes)
        #expect(layout.packing.sumBits == v.sum_bits && layout.packing.widths == v.slot_widths)
        #expect(layout.packing.plaintextCount == 1 && layout.rowBytes == 33 + 512)
    }

    @Test func pointsAndMasksAreTheVectors() throws {
        let k1 = scalar(v.k1), k2 = scalar(v.k2), domain = IntersectionSum.domain
        let blinded = try DHSteps.blind(tokens(v.groups.flatMap { $0 }), with: k1, domain: domain, threads: 1)
        #expect(blinded == bytes(v.blinded))
        let shared = try DHSteps.apply(blinded, with: k2, threads: 1)
        #expect(try DHSteps.mask(shared, maskBytes: v.mask_bytes, domain: domain, threads: 1) == bytes(v.masks))
        let rows = try DHSteps.blind(tokens(v.rows), with: k2, domain: domain, threads: 1)
        #expect(rows == bytes(v.row_points))
        let own = try DHSteps.apply(rows, with: k1, threads: 1)
        #expect(try DHSteps.mask(own, maskBytes: v.mask_bytes, domain: domain, threads: 1) == bytes(v.row_masks))
    }

    @Test func rowsEncryptToTheVectors() throws {
        let encryptor = PaillierEncryptor(key)
        for (row, values) in numbers(v.values).enumerated() {
            let plaintexts = layout.packing.pack(values)
            #expect(plaintexts == numbers(v.row_plaintexts[row]))
            let c = try encryptor.encrypt(plaintexts[0], fixed: BigInteger(hex: v.row_exponents[row])!)
            #expect(c.value == BigInteger(hex: v.row_ciphertexts[row])!)
        }
    }

    @Test func maskedSumsAndSharesAreTheVectors() throws {
        let pub = key.publicKey, uniform = PaillierEncryptor(hidingFromOwnerOf: pub)
        let masks = numbers(v.slot_masks), groupShares = IntersectionSum.Steps.groupShares(masks: masks)
        #expect(groupShares == numbers(v.group_shares))
        let ciphertexts = try numbers(v.row_ciphertexts).map { try pub.ciphertext($0) }
        let matcher = try IntersectionSum.Matcher(key: pub, layout: layout, masks: bytes(v.masks))
        try matcher.add(rowMasks: bytes(v.row_masks), ciphertexts: ciphertexts)
        #expect(matcher.counts == v.group_counts)
        for group in v.groups.indices {
            let fresh = try uniform.encrypt(layout.packing.pack(masks[group])[0], fixed: BigInteger(hex: v.mask_units[group])!)
            let masked = pub.add(matcher.sums[group], fresh)
            #expect(masked.value == BigInteger(hex: v.masked_sums[group])!)
            let share = try layout.packing.unpack([key.decrypt(masked)])
            #expect(share == numbers(v.value_shares)[group])
            #expect(zip(share, groupShares[group]).map { $0 &+ $1 } == numbers(v.sums)[group])
        }
    }
}
