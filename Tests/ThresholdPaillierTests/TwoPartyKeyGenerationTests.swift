import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing
import ThresholdPaillier
import Transport

@Suite struct TwoPartyKeyGenerationTests {
    static let bits = 512

    static func parameters(_ bits: Int = TwoPartyKeyGenerationTests.bits) -> TwoPartyKeyGeneration.Parameters {
        var parameters = TwoPartyKeyGeneration.Parameters(bits: bits, threads: 1)
        parameters.allowedBits = [256, 512]
        return parameters
    }

    @Test func twoPartiesMakeAKeyThatOnlyBothOpen() async throws {
        let (first, second) = try await TwoPartyKeyGeneration.localRun(Self.parameters())
        let key = first.share.publicKey, encryption = key.encryptionKey
        #expect(key == second.share.publicKey && key.fingerprint == second.share.publicKey.fingerprint)
        #expect(first.share.party == 1 && second.share.party == 2 && key.sharing == .difference)
        #expect(encryption.bits == Self.bits && first.candidates == second.candidates && first.candidates > 0)
        #expect(first.transcriptHash == second.transcriptHash)
        let plaintexts: [BigInteger] = [0, 1, encryption.n - 1, 123_456_789]
        let c = try PaillierEncryptor(encryption).encrypt(plaintexts, threads: 1)
        let shares = try [second.share, first.share].map { try $0.decryptionShare(of: c, context: [9], threads: 1) }
        #expect(try key.open(c, with: shares, context: [9], threads: 1).plaintexts == plaintexts)
        for alone in shares {
            #expect(throws: YinheError.self) { _ = try key.open(c, with: [alone], context: [9], threads: 1) }
        }
        // d = s_1 - s_2 is 1 modulo n and kills n-th powers.
        let d = first.share.secret - second.share.secret
        #expect(d.signum > 0 && d.modulo(encryption.n) == 1)
        let power = BigInteger(7).power(variableTime: encryption.n, modulo: encryption.nSquared)
        #expect(power.power(variableTime: d, modulo: encryption.nSquared) == 1)
        // Both forms of the share load again.
        let loaded = try PaillierKeyShare(encodedSecret: first.share.encodedSecret(), allowedBits: [Self.bits])
        #expect(loaded.secret == first.share.secret && loaded.publicKey == key)
        #expect(try PaillierKeyShare(secretJSON: second.share.secretJSON(), allowedBits: [Self.bits]).party == 2)
    }

    @Test func theModulusIsAProductOfTwoPrimesOfTheStatedForm() async throws {
        // d is a multiple of phi(n): x^(odd part of d) and its squares show a factor.
        let (first, second) = try await TwoPartyKeyGeneration.localRun(Self.parameters(256))
        let n = first.share.publicKey.encryptionKey.n
        var odd = first.share.secret - second.share.secret
        while !odd.isOdd { odd = odd >> 1 }
        var factor: BigInteger?
        for _ in 0..<64 where factor == nil {
            var x = BigInteger.randomUnit(modulo: n).power(variableTime: odd, modulo: n)
            for _ in 0..<8 {
                let candidate = (x - 1).greatestCommonDivisor(with: n)
                if candidate != 1, candidate != n { factor = candidate }
                x = (x * x).modulo(n)
            }
        }
        let p = try #require(factor), q = n / p
        #expect(p * q == n && p.isProbablePrime() && q.isProbablePrime())
        for prime in [p, q] {
            #expect(prime.bitWidth == 128 && prime.bit(126) && prime.modulo(word: 4) == 3)
        }
    }

    @Test func severalKeysInARowAreDifferent() async throws {
        var moduli: Set<BigInteger> = []
        for _ in 0..<3 {
            let (first, _) = try await TwoPartyKeyGeneration.localRun(Self.parameters(256))
            moduli.insert(first.share.publicKey.encryptionKey.n)
        }
        #expect(moduli.count == 3)
    }

    @Test func partiesThatDifferAreToldBeforeTheyStart() async throws {
        func expectMismatch(_ change: (inout TwoPartyKeyGeneration.Parameters) -> Void, numbers: (Int, Int) = (1, 2)) async throws {
            var other = Self.parameters()
            change(&other)
            let one = try TwoPartyKeyGeneration.Party(numbers.0, Self.parameters())
            let two = try TwoPartyKeyGeneration.Party(numbers.1, other)
            await #expect {
                _ = try await LocalRun.both({ try await one.run(over: $0) }, { try await two.run(over: $0) })
            } throws: {
                ($0 as? YinheError)?.code == .peerMismatch
            }
        }
        try await expectMismatch { $0.bits = 256 }
        try await expectMismatch { $0.scheme = .standard }
        try await expectMismatch { $0.binding = [1] }
        try await expectMismatch({ _ in }, numbers: (1, 1))
    }

    @Test func impossibleParametersAreRefused() {
        func refuse(_ number: Int = 1, _ change: (inout TwoPartyKeyGeneration.Parameters) -> Void) {
            var parameters = TwoPartyKeyGeneration.Parameters(threads: 1)
            change(&parameters)
            #expect { _ = try TwoPartyKeyGeneration.Party(number, parameters) } throws: {
                ($0 as? YinheError)?.code == .badInput
            }
        }
        refuse { $0.bits = 512 }
        refuse { $0.bits = 1024 }
        refuse { $0.threads = 0 }
        refuse { $0.binding = [UInt8](repeating: 0, count: 257) }
        refuse(0) { _ in }
        refuse(3) { _ in }
    }
}
