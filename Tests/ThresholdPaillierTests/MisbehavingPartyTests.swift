import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing
import ThresholdPaillier
import Transport

@Suite struct MisbehavingPartyTests {
    /// Runs a key generation in which party 2's messages of one kind are altered; whether and how party 1 refuses.
    private func expectRefusal(
        tag: UInt8, _ reason: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) async throws {
        let parameters = TwoPartyKeyGenerationTests.parameters(256)
        let (one, two) = (try TwoPartyKeyGeneration.Party(1, parameters), try TwoPartyKeyGeneration.Party(2, parameters))
        let (left, right) = LocalChannel.pair()
        let altering = AlteringChannel(right, tag: tag, change: change)
        await #expect {
            _ = try await LocalRun.over(left, altering, { try await one.run(over: $0) }, { try await two.run(over: $0) })
        } throws: { error in
            guard let error = error as? YinheError else { return false }
            return error.code == .peerMisbehaved && error.message.contains(reason)
        }
        #expect(altering.count > 0)
    }

    @Test(arguments: [
        (1, "shares of moduli"), (2, "hashes of the biprimality test"), (3, "masked sum"), (4, "verification key"), (0x92, "correction rows"),
        (0x93, "transfer messages"),
    ])
    func messagesOfAnotherLengthAreRefused(_ tag: UInt8, _ name: String) async throws {
        try await expectRefusal(tag: tag, name) { $0.removeLast() }
    }

    @Test func sharesOfModuliOutOfRangeAreRefused() async throws {
        try await expectRefusal(tag: 1, "out of range") { $0.replaceSubrange(1..<3, with: [0xff, 0xff]) }
    }

    @Test func sharesThatMakeNoModulusAreRefused() async throws {
        // Another residue in range: the n behind it has another length, but for a share of 2^-18; so for two candidates.
        let width = CandidateLayout(bits: 256).product.moduli.count * 2
        try await expectRefusal(tag: 1, "do not make a modulus") { frame in
            for at in [1, 1 + width] { frame.replaceSubrange(at..<at + 2, with: frame[at] == 5 ? [6, 0] : [5, 0]) }
        }
    }

    @Test func aMaskedSumOutOfRangeIsRefused() async throws {
        try await expectRefusal(tag: 3, "out of range") { frame in for i in 1..<frame.count { frame[i] = 0xff } }
    }

    @Test func aWrongMaskedSumIsNoticedByTheVerificationKeys() async throws {
        // In range, so only the key's own check can see it.
        try await expectRefusal(tag: 3, "private exponent") { $0[$0.count - 1] ^= 1 }
    }

    @Test func aWrongVerificationKeyIsRefused() async throws {
        try await expectRefusal(tag: 4, "private exponent") { $0[$0.count - 1] ^= 1 }
        try await expectRefusal(tag: 4, "not a unit") { frame in for i in 1..<frame.count { frame[i] = 0 } }
    }
}
