import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct ThresholdOpeningTests {
    private func expectRefusal(_ reasons: String..., body: () throws -> Void) {
        #expect { try body() } throws: { error in
            guard let error = error as? YinheError else { return false }
            return error.code == .badInput && reasons.allSatisfy { error.message.contains($0) }
        }
    }

    private func subsets(_ items: [Int], _ count: Int) -> [[Int]] {
        if count == 0 { return [[]] }
        return items.indices.flatMap { i in
            subsets(Array(items[(i + 1)...]), count - 1).map { [items[i]] + $0 }
        }
    }

    @Test(arguments: [(2, 2), (2, 3), (3, 3), (3, 5), (5, 5)])
    func everySetOfThresholdPartiesOpens(_ threshold: Int, _ parties: Int) throws {
        let dealt = try ThresholdTestKeys.deal(threshold, of: parties)
        let key = dealt.publicKey, n = key.encryptionKey.n
        let plaintexts: [BigInteger] = [0, 1, n - 1, n / 2, BigInteger.random(below: n)]
        let ciphertexts = try PaillierEncryptor(key.encryptionKey).encrypt(plaintexts, threads: 1)
        let shares = try dealt.shares.map { try $0.decryptionShare(of: ciphertexts, threads: 1) }
        for set in subsets(Array(0..<parties), threshold) {
            // Any order of the shares, and through their bytes.
            let chosen = try set.reversed().map { try key.decodeDecryptionShare(key.encode(shares[$0])) }
            let opening = try key.open(ciphertexts, with: chosen, threads: 1)
            #expect(opening.plaintexts == plaintexts && opening.refused.isEmpty)
            #expect(opening.used == set.reversed().map { $0 + 1 })
            expectRefusal("it takes \(threshold) of \(parties)") {
                _ = try key.open(ciphertexts, with: Array(chosen.dropLast()), threads: 1)
            }
        }
    }

    @Test func fewerSharesThanTheThresholdDoNotCombineToThePlaintext() throws {
        // What two of three could compute of a three-party sharing is not the plaintext: interpolation needs the third.
        let dealt = try ThresholdTestKeys.deal(3, of: 3), n = dealt.publicKey.encryptionKey.n
        let d = { (set: [Int], weights: [Int]) in
            zip(set, weights).reduce(BigInteger.zero) { $0 + dealt.shares[$1.0 - 1].secret * BigInteger($1.1) }
        }
        // Lagrange at 0: (3, -3, 1) for three points, (2, -1) for two.
        #expect(d([1, 2, 3], [3, -3, 1]).modulo(n) == 1)
        #expect(d([1, 2], [2, -1]).modulo(n) != 1)
    }

    @Test func homomorphicSumsOpen() throws {
        for scheme in [PaillierPublicKey.Scheme.djn, .standard] {
            let dealt = try ThresholdTestKeys.deal(2, of: 3, scheme: scheme), key = dealt.publicKey.encryptionKey
            let c = try PaillierEncryptor(key).encrypt([key.encode(-5), 12], threads: 1)
            let sum = key.multiply(key.add(c[0], c[1]), byPublic: -3)
            let shares = try [0, 2].map { try dealt.shares[$0].decryptionShare(of: [sum], threads: 1) }
            #expect(try key.decode(dealt.publicKey.open([sum], with: shares, threads: 1).plaintexts[0]) == -21)
        }
    }

    @Test func everyAlteredByteOfAShareIsRefusedAndItsPartyNamed() throws {
        let dealt = try ThresholdTestKeys.deal(2, of: 3), key = dealt.publicKey
        let ciphertexts = try PaillierEncryptor(key.encryptionKey).encrypt([7, 8], threads: 1)
        let shares = try dealt.shares.map { try $0.decryptionShare(of: ciphertexts, context: [1, 2], threads: 1) }
        let good = key.encode(shares[1])
        // Values, challenge and response: everything behind the header.
        for i in 40..<good.count where i % 7 == 0 || i < 44 || i > good.count - 20 {
            var bytes = good
            bytes[i] ^= 1 << UInt8(i % 8)
            do {
                let altered = try key.decodeDecryptionShare(bytes)
                expectRefusal("party 2", "wrong") { try key.verify(altered, of: ciphertexts, context: [1, 2], threads: 1) }
                expectRefusal("party 2", "it takes 2 of 3") {
                    _ = try key.open(ciphertexts, with: [shares[0], altered], context: [1, 2], threads: 1)
                }
                let opening = try key.open(ciphertexts, with: [altered, shares[2], shares[0]], context: [1, 2], threads: 1)
                #expect(opening.plaintexts == [7, 8] && opening.used == [3, 1] && opening.refused.map(\.party) == [2])
            } catch let error as YinheError where error.message.contains("party 2 is outside") {
                // A value above n^2.
            }
        }
    }

    @Test func sharesOfAnotherPartyContextOrderOrCiphertextAreRefused() throws {
        let dealt = try ThresholdTestKeys.deal(2, of: 3), key = dealt.publicKey
        let c = try PaillierEncryptor(key.encryptionKey).encrypt([7, 8], threads: 1)
        let share = try dealt.shares[0].decryptionShare(of: c, context: [1], threads: 1)
        try key.verify(share, of: c, context: [1], threads: 1)
        expectRefusal("party 1") { try key.verify(share, of: c, context: [2], threads: 1) }
        expectRefusal("party 1") { try key.verify(share, of: c, threads: 1) }
        expectRefusal("party 1") { try key.verify(share, of: c.reversed(), context: [1], threads: 1) }
        expectRefusal("party 1", "2 ciphertexts, not 1") { try key.verify(share, of: [c[0]], context: [1], threads: 1) }
        var bytes = key.encode(share)
        bytes[34] = 2
        let renamed = try key.decodeDecryptionShare(bytes)
        expectRefusal("party 2") { try key.verify(renamed, of: c, context: [1], threads: 1) }
        for party: UInt8 in [0, 4] {
            bytes[34] = party
            expectRefusal("party \(party); the key has 3") { _ = try key.decodeDecryptionShare(bytes) }
        }
        expectRefusal("two decryption shares of party 1") { _ = try key.open(c, with: [share, share], context: [1], threads: 1) }
        // Another sharing of the same modulus.
        let other = try ThresholdTestKeys.deal(2, of: 3, seed: 2)
        expectRefusal("another key") { _ = try other.publicKey.decodeDecryptionShare(key.encode(share)) }
        expectRefusal("party 1", "another key") { try other.publicKey.verify(share, of: c, context: [1], threads: 1) }
        for count in [0, 1, 10, 40, bytes.count - 1] {
            expectRefusal("malformed decryption share") { _ = try key.decodeDecryptionShare(Array(key.encode(share).prefix(count))) }
        }
        expectRefusal("too many") { _ = try key.decodeDecryptionShare(key.encode(share) + [0]) }
        expectRefusal("0 ciphertexts") { _ = try dealt.shares[0].decryptionShare(of: [], threads: 1) }
        expectRefusal("context") {
            _ = try dealt.shares[0].decryptionShare(of: c, context: [UInt8](repeating: 0, count: 257), threads: 1)
        }
    }

    @Test func aShareMultipliedByAnotherRootIsRefused() throws {
        // (n - 1) value has the same square, so it opens to the same; times 1 + n it opens to something else.
        let dealt = try ThresholdTestKeys.deal(2, of: 2), key = dealt.publicKey, n2 = key.encryptionKey.nSquared
        let c = try PaillierEncryptor(key.encryptionKey).encrypt([5], threads: 1)
        let good = key.encode(try dealt.shares[0].decryptionShare(of: c, threads: 1)), width = key.encryptionKey.ciphertextBytes
        let value = BigInteger(bigEndian: good[40..<40 + width])
        for factor in [1 + key.encryptionKey.n, n2 - 1, 4] {
            var bytes = good
            bytes.replaceSubrange(40..<40 + width, with: (value * factor).modulo(n2).bigEndian(count: width))
            let altered = try key.decodeDecryptionShare(bytes)
            expectRefusal("party 1") { try key.verify(altered, of: c, threads: 1) }
        }
    }

    @Test func aKeyOfRealSizeOpens() throws {
        let dealt = try PaillierThresholdKey.deal(
            p: ThresholdTestKeys.largeP, q: ThresholdTestKeys.largeQ, threshold: 2, parties: 3, scheme: .djn, allowedBits: [2048],
            threads: 2)
        let key = dealt.publicKey
        let c = try PaillierEncryptor(key.encryptionKey).encrypt([1 << 100, 3, 4], threads: 2)
        let shares = try [1, 2].map { try dealt.shares[$0].decryptionShare(of: c, threads: 2) }
        #expect(key.encode(shares[0]).count == key.decryptionShareBytes(count: 3))
        #expect(try key.open(c, with: shares, threads: 2).plaintexts == [1 << 100, 3, 4])
    }
}
