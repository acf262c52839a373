import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct SlotRangeProofTests {
    let seed = freshSeed()
    let context = Array("contract 12, site A".utf8)
    let key = TestKeys.djn
    var pub: PaillierPublicKey { key.publicKey }

    private func pack(_ values: [UInt64], slotBits: Int) -> BigInteger {
        values.reversed().reduce(BigInteger.zero) { ($0 << slotBits) + BigInteger($1) }
    }

    private func encrypt(_ rows: [[UInt64]], slotBits: Int, uniform: Bool = false) throws -> ([PaillierCiphertext], [PaillierOpening]) {
        let encryptor = uniform ? PaillierEncryptor(hidingFromOwnerOf: pub) : PaillierEncryptor(pub)
        let out = try encryptor.encryptWithOpenings(rows.map { pack($0, slotBits: slotBits) }, threads: 2)
        return (out.ciphertexts, out.openings)
    }

    private func rejection(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return (error as? YinheError).map { $0.code == .peerMisbehaved ? $0.message : "another error: \($0)" }
        }
    }

    /// Ends of the range, values between them, and both kinds of randomness.
    @Test func everyValueOfARangeCanBeProven() throws {
        let random = SeededRandom(seed)
        let ranges: [ClosedRange<UInt64>] = [
            0...0, 0...1, 0...2, 0...3, 0...14, 0...15, 0...16, 0...100, 0...254, 0...255, 0...256, 0...1000, 7...7, 5...300,
            0...1_000_000, 0...(1 << 32 - 1), 3...(1 << 40), 0...(.max), (.max - 1)...(.max),
        ]
        var rows: [[UInt64]] = [], declared: [[ClosedRange<UInt64>]] = []
        for range in ranges {
            let span = range.upperBound - range.lowerBound
            let inner = range.lowerBound + (span == .max ? random.word() : random.uniform(below: span + 1))
            rows.append([range.lowerBound, range.upperBound, inner])
            declared.append([range, range, range])
        }
        rows.append([1])
        declared.append([0...1])
        for uniform in [false, true] {
            let statement = try SlotRanges(slotBits: 70, rows: declared, keyBits: pub.bits)
            let (c, o) = try encrypt(rows, slotBits: 70, uniform: uniform)
            let proof = try SlotRangeProof.prove(c, openings: o, ranges: statement, key: pub, context: context, threads: 2)
            let decoded = try SlotRangeProof(encoded: proof.encoded(for: pub, ranges: statement), for: pub, ranges: statement)
            #expect(decoded == proof)
            #expect(rejection { try decoded.verify(c, ranges: statement, key: pub, context: context, threads: 2) } == nil, "seed \(seed)")
        }
    }

    @Test func oneBeyondTheRangeIsRefusedAndCannotBeForged() throws {
        for range in [0...1, 0...100, 0...255, 10...1000, 0...65535] as [ClosedRange<UInt64>] {
            let statement = try SlotRanges(slotBits: 40, rows: [[range, range]], keyBits: pub.bits)
            for bad in [range.upperBound + 1, range.lowerBound &- 1, range.upperBound * 2 + 1] where bad != .max {
                let (c, o) = try encrypt([[range.lowerBound, bad]], slotBits: 40)
                #expect { try SlotRangeProof.prove(c, openings: o, ranges: statement, key: pub, context: context) } throws: {
                    ($0 as? YinheError)?.code == .range
                }
                // In-range digits that are not the value; and digits outside the table whose sum is the value.
                let span = range.upperBound - range.lowerBound
                let attempts: [(Int, Int, [UInt64]) -> [UInt64]] = [
                    { $2 },
                    { _, slot, digits in slot == 1 && bad > range.upperBound ? [digits[0] + (bad - range.lowerBound - span)] + digits.dropFirst() : digits },
                ]
                for attempt in attempts {
                    let forged = try SlotRangeProof.prove(
                        c, openings: o, ranges: statement, key: pub, context: context, random: SystemRandom.shared, cheatingDigits: attempt)
                    #expect(rejection { try forged.verify(c, ranges: statement, key: pub, context: context) } != nil, "\(range), \(bad)")
                }
            }
        }
        // Bits beyond the last slot.
        let statement = try SlotRanges(slotBits: 40, rows: [[0...5]], keyBits: pub.bits)
        let (c, o) = try encrypt([[1, 1]], slotBits: 40)
        #expect { try SlotRangeProof.prove(c, openings: o, ranges: statement, key: pub, context: context) } throws: {
            ($0 as? YinheError)?.code == .range
        }
        let forged = try SlotRangeProof.prove(
            c, openings: o, ranges: statement, key: pub, context: context, random: SystemRandom.shared, cheatingDigits: { $2 })
        #expect(rejection { try forged.verify(c, ranges: statement, key: pub, context: context) }?.contains("masked sums") == true)
    }

    /// A cheater that runs the honest algorithm for in-range digits verifies: the forgeries above fail for what they change.
    @Test func theCheatersAlgorithmVerifiesForHonestDigits() throws {
        let statement = try SlotRanges(slotBits: 40, rows: [[0...100]], keyBits: pub.bits)
        let (c, o) = try encrypt([[77]], slotBits: 40)
        let proof = try SlotRangeProof.prove(
            c, openings: o, ranges: statement, key: pub, context: context, random: SystemRandom.shared, cheatingDigits: { $2 })
        #expect(rejection { try proof.verify(c, ranges: statement, key: pub, context: context) } == nil)
    }

    @Test func alteredProofsAndOtherStatementsAreRejected() throws {
        let statement = try SlotRanges(slotBits: 40, slotsPerRow: 3, count: 5, range: 2...77, keyBits: pub.bits)
        let (c, o) = try encrypt([[2, 77, 5], [9, 10]], slotBits: 40)
        let bytes = try SlotRangeProof.prove(c, openings: o, ranges: statement, key: pub, context: context).encoded(for: pub, ranges: statement)
        func check(_ bytes: [UInt8], _ c: [PaillierCiphertext], _ ranges: SlotRanges, _ context: [UInt8]) -> String? {
            rejection { try SlotRangeProof(encoded: bytes, for: pub, ranges: ranges).verify(c, ranges: ranges, key: pub, context: context) }
        }
        #expect(check(bytes, c, statement, context) == nil)
        for index in bytes.indices where index < 72 || index % 13 == 0 || index > bytes.count - 24 {
            var altered = bytes
            altered[index] ^= UInt8(1) << (index % 8)
            #expect(check(altered, c, statement, context) != nil, "byte \(index)")
        }
        for count in [0, 1, 5, 6, 7, 40, bytes.count / 2, bytes.count - 1] {
            #expect(check(Array(bytes.prefix(count)), c, statement, context) != nil)
        }
        #expect(check(bytes + [0], c, statement, context) != nil)
        #expect(check(bytes, c, statement, Array("contract 12, site B".utf8)) != nil)
        #expect(check(bytes, c.reversed(), statement, context) != nil)
        #expect(check(bytes, [c[0], pub.add(c[1], plaintext: 1)], statement, context) != nil)
        for other in [2...76, 2...78, 1...76, 1...77] as [ClosedRange<UInt64>] {
            let ranges = try SlotRanges(slotBits: 40, slotsPerRow: 3, count: 5, range: other, keyBits: pub.bits)
            #expect(check(bytes, c, ranges, context) != nil, "\(other)")
        }
        #expect(check(bytes, c, try SlotRanges(slotBits: 41, slotsPerRow: 3, count: 5, range: 2...77, keyBits: pub.bits), context) != nil)
        let proof = try SlotRangeProof(encoded: bytes, for: pub, ranges: statement)
        #expect(rejection { try proof.verify(c, ranges: statement, key: TestKeys.other.publicKey, context: context) } != nil)
        #expect(rejection { try proof.verify([c[0]], ranges: statement, key: pub, context: context) } != nil)
    }

    @Test func longVectorsAreProvenInParts() throws {
        let random = SeededRandom(seed), count = 2100
        let statement = try SlotRanges(slotBits: 64, slotsPerRow: 7, count: count, range: 0...(.max), keyBits: pub.bits)
        let rows = statement.rows.map { $0.map { _ in random.word() } }
        let (c, o) = try encrypt(rows, slotBits: 64)
        let proof = try SlotRangeProof.prove(c, openings: o, ranges: statement, key: pub, context: context, threads: 2)
        #expect(rejection { try proof.verify(c, ranges: statement, key: pub, context: context, threads: 2) } == nil, "seed \(seed)")
        var swapped = c
        swapped.swapAt(0, 299)
        #expect(rejection { try proof.verify(swapped, ranges: statement, key: pub, context: context, threads: 2) } != nil)
    }

    /// Every bit length, with the largest scalars of it: the last carry of the signed windows.
    @Test func sumsOfMultiplesAgreeAtEveryBitLength() {
        typealias S = Ristretto255.Scalar
        let points = [Ristretto255.generator, Ristretto255.add(Ristretto255.generator, Ristretto255.generator)]
        for bits in 1...252 {
            let scalars = [S((BigInteger.one << bits) - 1), S((BigInteger.one << bits) - 2)]
            let expected = Ristretto255.multiply(Ristretto255.generator, by: (scalars[0] + scalars[1] + scalars[1]).bytes)
            #expect(Ristretto255.equal(Ristretto255.sum(secret: scalars, of: points[...], bits: bits, threads: 1), expected), "\(bits)")
            #expect(Ristretto255.equal(Ristretto255.sum(variableTime: scalars, of: points, threads: 1), expected), "\(bits)")
        }
    }

    @Test func scalarsFollowTheOrderOfTheGroup() {
        typealias S = Ristretto255.Scalar
        let l = (BigInteger.one << 252) + BigInteger(decimal: "27742317777372353535851937790883648493")!
        func integer(_ s: S) -> BigInteger { BigInteger(bigEndian: s.bytes.reversed()) }
        let random = SeededRandom(seed)
        for _ in 0..<200 {
            let a = S.random(from: random), b = S.random(from: random), x = integer(a), y = integer(b)
            #expect(integer(a * b) == (x * y).modulo(l) && integer(a + b) == (x + y).modulo(l) && integer(a - b) == (x - y).modulo(l))
            #expect(a * a.inverse == .one && S.inverses([a, b]) == [a.inverse, b.inverse] && S(canonical: a.bytes) == a)
        }
        #expect(S(canonical: (l.bigEndian(count: 32).reversed())) == nil && S(canonical: (l - 1).bigEndian(count: 32).reversed()) == -S.one)
    }
}
