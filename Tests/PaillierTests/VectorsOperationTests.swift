import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct VectorsOperationTests {
    static let encryptor = PaillierEncryptor(TestKeys.djn)
    static let key = TestKeys.djn

    /// Random values of a range, its two ends among them.
    static func values(_ count: Int, _ range: ClosedRange<Int64>, _ random: SeededRandom) -> [Int64] {
        (0..<count).map { i in
            i == 0 ? range.upperBound : i == 1 ? range.lowerBound
                : range.lowerBound + Int64(random.uniform(below: UInt64(range.upperBound - range.lowerBound) + 1))
        }
    }

    static func encrypt(_ values: [Int64], _ layout: PackedLayout, perRow: Int? = nil) throws -> EncryptedVector {
        try EncryptedVector.encrypt(values, layout: layout, with: encryptor, valuesPerRow: perRow, threads: 2)
    }

    @Test(arguments: [-1000...1000, 0...255, -90 ... -7, 7...90, 5...5] as [ClosedRange<Int64>])
    func everyOperationAgreesWithPlainArithmetic(range: ClosedRange<Int64>) throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        let layout = try PackedLayout(range, additions: 64, key: Self.key.publicKey)
        for perRow in [nil, 1, 3] as [Int?] {
            let count = 1 + Int(random.uniform(below: 70))
            let x = Self.values(count, range, random), y = Self.values(count, range, random)
            let a = try Self.encrypt(x, layout, perRow: perRow), b = try Self.encrypt(y, layout, perRow: perRow)
            func check(_ vector: EncryptedVector, _ expected: [Int64], _ what: String) throws {
                #expect(try vector.decrypt(with: Self.key, threads: 2) == expected.map { Int128($0) }, "\(what), seed \(seed)")
                #expect(vector.bounds.minimum <= expected.min()! && vector.bounds.maximum >= expected.max()!, "\(what)")
            }
            try check(a, x, "encrypt")
            try check(a.adding(b), zip(x, y).map(+), "add")
            try check(EncryptedVector.sum([a, b, a, a, b], threads: 2), zip(x, y).map { 3 * $0 + 2 * $1 }, "sum")
            try check(EncryptedVector.sum([a]), x, "sum of one")
            try check(a.negated(), x.map { -$0 }, "negate")
            try check(a.negated().negated().adding(b.negated()), zip(x, y).map(-), "negate twice")
            try check(a.subtracting(b), zip(x, y).map(-), "subtract")
            try check(a.adding(plaintext: y), zip(x, y).map(+), "add plaintext")
            try check(a.adding(constant: -12345), x.map { $0 - 12345 }, "add constant")
            try check(a.rerandomized(with: Self.encryptor), x, "rerandomize")
            for factor: Int64 in [0, 1, -1, 2, 7, -63] { try check(a.multiplied(by: factor), x.map { $0 * factor }, "times \(factor)") }
            try check(a.adding(b).negated().multiplied(by: 5).adding(plaintext: x), zip(x, y).map { -4 * $0 - 5 * $1 }, "chain")
            try check(a.compacted(threads: 2), x, "compact")
            try check(a.adding(b).multiplied(by: -3).compacted(), zip(x, y).map { -3 * ($0 + $1) }, "compact a result")
            var sum = a
            for _ in 0..<5 { try sum.add(b) }
            try check(sum, zip(x, y).map { $0 + 5 * $1 }, "add in place")
            try check(a, x, "a copy is not touched")
        }
    }

    @Test func shiftsMoveValuesAndAreRefusedBeyondThePlaintext() throws {
        let layout = try PackedLayout(-9...9, additions: 20, key: Self.key.publicKey)
        let values: [Int64] = [9, -9, 0, 4, 5], a = try Self.encrypt(values, layout, perRow: 2)
        let most = layout.slotsPerPlaintext - 2
        for slots in [0, 1, 5, most] {
            let shifted = try a.shifted(bySlots: slots)
            #expect(try shifted.decrypt(with: Self.key) == values.map { Int128($0) })
            #expect(try shifted.adding(shifted.negated()).decrypt(with: Self.key) == [0, 0, 0, 0, 0])
            let plaintext = Self.key.decrypt(shifted.ciphertexts[0])
            #expect(plaintext == BigInteger(18) << (slots * layout.slotBits))  // 9 + 9, then -9 + 9
        }
        let error = #expect(throws: YinheError.self) { try a.shifted(bySlots: most + 1) }
        #expect(error?.code == .range)
        #expect(throws: YinheError.self) { try a.shifted(bySlots: 1).adding(a) }
    }

    @Test func aSumAtTheExactBoundaryIsRightAndOneBeyondIsRefused() throws {
        // 15 x 17 = 255 fills 8 bits; an eighteenth value could need a ninth.
        let layout = try PackedLayout(-5...10, additions: 17, key: Self.key.publicKey)
        #expect(layout.slotBits == 8)
        let high = try Self.encrypt([10, -5, 10, -5], layout, perRow: 4)
        let full = try EncryptedVector.sum([EncryptedVector](repeating: high, count: 17))
        #expect(try full.decrypt(with: Self.key) == [170, -85, 170, -85])
        #expect(try high.multiplied(by: 17).decrypt(with: Self.key) == [170, -85, 170, -85])
        #expect(try high.multiplied(by: -17).decrypt(with: Self.key) == [-170, 85, -170, 85])
        #expect(try full.negated().decrypt(with: Self.key) == [-170, 85, -170, 85])
        #expect(try high.multiplied(by: 8).subtracting(high.multiplied(by: 9)).decrypt(with: Self.key) == [-10, 5, -10, 5])
        func refused(_ body: () throws -> EncryptedVector) {
            let error = #expect(throws: YinheError.self) { try body() }
            #expect(error?.code == .range && error?.remedy.contains("17") == true)
        }
        refused { try full.adding(high) }
        refused { try full.subtracting(high) }
        refused { try full.adding(plaintext: [0, 0, 0, 0]) }
        refused { try EncryptedVector.sum([EncryptedVector](repeating: high, count: 18)) }
        refused { try high.multiplied(by: 18) }
        refused { try high.multiplied(by: -18) }
        refused { try high.multiplied(by: .min) }
        refused { try high.weightedSum([18]) }
        refused { try high.sums(ofRows: [[Int](repeating: 0, count: 18)]) }
        refused {
            var sum = full
            try sum.add(high)
            return sum
        }
        #expect(try high.sums(ofRows: [[Int](repeating: 0, count: 17)]).decrypt(with: Self.key) == [170, -85, 170, -85])
        #expect(try full.adding(constant: .max).decrypt(with: Self.key)[0] == 170 + Int128(Int64.max))
    }

    @Test func aContributorBeyondItsRangeIsNoticedAtTheOpening() throws {
        // Three slots of 6 bits. What looks like other values in range cannot be noticed here: that takes proofs.
        let layout = try PackedLayout(0...10, additions: 4, key: Self.key.publicKey)
        let honest = try Self.encrypt([1, 2, 3], layout, perRow: 3)
        for content in [BigInteger(20), BigInteger(20) << 12, BigInteger.one << 18, BigInteger.one << 500, Self.key.publicKey.n - 2] {
            let forged = try EncryptedVector(
                ciphertexts: [Self.encryptor.encrypt(content)], count: 3, layout: layout, valuesPerRow: 3, key: Self.key.publicKey)
            let error = #expect(throws: YinheError.self) { try forged.adding(honest).decrypt(with: Self.key) }
            #expect(error?.code == .range)
        }
    }

    @Test func vectorsThatDoNotBelongTogetherAreRefused() throws {
        let key = Self.key.publicKey
        let a = try Self.encrypt([1, 2], PackedLayout(0...10, additions: 4, key: key))
        let others = [
            try Self.encrypt([1, 2], PackedLayout(0...10, additions: 5, key: key)),
            try Self.encrypt([1, 2], PackedLayout(0...10, additions: 4, key: key), perRow: 1),
            try Self.encrypt([1, 2, 3], PackedLayout(0...10, additions: 4, key: key)),
            try Self.encrypt([1, 2], PackedLayout(0...10, scale: .decimal(1), additions: 4, key: key)),
            try EncryptedVector.encrypt(
                [1, 2] as [Int64], layout: PackedLayout(0...10, additions: 4, key: TestKeys.other.publicKey),
                with: PaillierEncryptor(TestKeys.other)),
        ]
        for other in others {
            #expect { try a.adding(other) } throws: { ($0 as? YinheError)?.code == .badInput }
            #expect { try a.subtracting(other) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
        #expect { try a.decrypt(with: TestKeys.other) } throws: { ($0 as? YinheError)?.code == .badInput }
        #expect(throws: YinheError.self) { try a.adding(plaintext: [1]) }
        #expect(throws: YinheError.self) { try a.rerandomized(with: PaillierEncryptor(TestKeys.other)) }
    }

    @Test func realNumbersKeepTheirUnitThroughSumsAndProducts() throws {
        let layout = try PackedLayout(real: -2.0...2.0, scale: .decimal(3), additions: 5000, key: Self.key.publicKey)
        #expect(layout.lower == -2000 && layout.upper == 2000)
        let values = [1.25, -0.0004, -2, 0.3336]
        let a = try EncryptedVector.encrypt(values, layout: layout, with: Self.encryptor)
        #expect(try a.decryptReal(with: Self.key) == [1.25, 0, -2, 0.334])
        let scaled = try a.multiplied(byReal: -0.75, scale: .binary(8))
        #expect(try scaled.decryptReal(with: Self.key) == [-0.9375, 0, 1.5, -0.2505])
        #expect(throws: YinheError.self) { try scaled.adding(a) }
        let rows = try EncryptedVector.encrypt(values, layout: layout, with: Self.encryptor, valuesPerRow: 1)
        let sums = try rows.weightedSums(real: [[0.5, 0, 0.25, 1], [-1, 3, 0, 0]], scale: .decimal(2))
        #expect(try sums.decryptReal(with: Self.key) == [0.459, -1.25])
    }

    @Test func rerandomisingChangesEveryCiphertext() throws {
        let layout = try PackedLayout(0...10, additions: 4, key: Self.key.publicKey)
        let a = try Self.encrypt([1, 2, 3, 4], layout, perRow: 1), b = try a.rerandomized(with: Self.encryptor)
        #expect(zip(a.ciphertexts, b.ciphertexts).allSatisfy { $0 != $1 })
        #expect(Set(try Self.encrypt([5, 5, 5, 5], layout, perRow: 1).ciphertexts).count == 4)
    }

    @Test func manyDoublingsDoNotLoseTheFormOfTheRows() throws {
        let layout = try PackedLayout(0...1, additions: 1 << 62, key: Self.key.publicKey)
        var a = try Self.encrypt([1, 0], layout)
        for _ in 0..<62 { a = try a.adding(a) }
        #expect(try a.decrypt(with: Self.key) == [1 << 62, 0])
    }
}
