import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing
import ThresholdPaillier
import Transport

@Suite struct TwoPartyDecryptionTests {
    /// Shares of a small key, dealt by the two-party protocol itself.
    private func key() async throws -> (PaillierKeyShare, PaillierKeyShare) {
        let (first, second) = try await TwoPartyKeyGeneration.localRun(TwoPartyKeyGenerationTests.parameters(256))
        return (first.share, second.share)
    }

    @Test func bothOrOneLearnWhatTheyOpenTogether() async throws {
        let (first, second) = try await key()
        let encryption = first.publicKey.encryptionKey
        // More than one part.
        let plaintexts = (0..<1030).map { BigInteger($0) }
        let c = try PaillierEncryptor(encryption).encrypt(plaintexts, threads: 1)
        for (recipients, firstLearns, secondLearns) in [
            (TwoPartyDecryption.Recipients.both, true, true), (.lower, true, false), (.higher, false, true),
        ] {
            let one = try TwoPartyDecryption.Party(first, peer: 2, opening: c, recipients: recipients, context: [1], threads: 1)
            let two = try TwoPartyDecryption.Party(second, peer: 1, opening: c, recipients: recipients, context: [1], threads: 1)
            let (a, b) = try await LocalRun.both({ try await one.run(over: $0) }, { try await two.run(over: $0) })
            #expect(a == (firstLearns ? plaintexts : nil) && b == (secondLearns ? plaintexts : nil))
        }
    }

    @Test func otherCiphertextsOrAnotherKeyAreNoticedBeforeAnythingIsOpened() async throws {
        let (first, second) = try await key()
        let c = try PaillierEncryptor(first.publicKey.encryptionKey).encrypt([1, 2], threads: 1)
        func expectMismatch(_ two: TwoPartyDecryption.Party) async throws {
            let one = try TwoPartyDecryption.Party(first, peer: 2, opening: c, threads: 1)
            await #expect {
                _ = try await LocalRun.both({ try await one.run(over: $0) }, { try await two.run(over: $0) })
            } throws: {
                ($0 as? YinheError)?.code == .peerMismatch
            }
        }
        try await expectMismatch(.init(second, peer: 1, opening: c.reversed(), threads: 1))
        try await expectMismatch(.init(second, peer: 1, opening: [c[0]], threads: 1))
        try await expectMismatch(.init(second, peer: 1, opening: c, context: [1], threads: 1))
        try await expectMismatch(.init(second, peer: 1, opening: c, recipients: .lower, threads: 1))
        try await expectMismatch(.init(first, peer: 2, opening: c, threads: 1))
        #expect(throws: YinheError.self) { _ = try TwoPartyDecryption.Party(first, peer: 1, opening: c) }
        #expect(throws: YinheError.self) { _ = try TwoPartyDecryption.Party(first, peer: 2, opening: []) }
    }

    @Test func aPeerWhoseProofDoesNotHoldIsNamed() async throws {
        let (first, second) = try await key()
        let c = try PaillierEncryptor(first.publicKey.encryptionKey).encrypt([1, 2], threads: 1)
        let one = try TwoPartyDecryption.Party(first, peer: 2, opening: c, threads: 1)
        let two = try TwoPartyDecryption.Party(second, peer: 1, opening: c, threads: 1)
        for change in [40, 300, 1] {
            await #expect {
                let (left, right) = LocalChannel.pair()
                let altering = AlteringChannel(right, tag: 1) { $0[min(1 + change, $0.count - 1)] ^= 1 }
                _ = try await LocalRun.over(left, altering, { try await one.run(over: $0) }, { try await two.run(over: $0) })
            } throws: {
                ($0 as? YinheError)?.code == .peerMisbehaved
            }
        }
    }
}
