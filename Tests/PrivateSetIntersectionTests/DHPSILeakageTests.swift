import Arithmetic
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

/// What a party can see on the wire, checked by a peer that follows the protocol and keeps everything.
@Suite struct DHPSILeakageTests {
    private static let tokens = (0..<40).map { JoinToken("key \($0)") }

    /// Plays an honest peer by hand against a role with seeded randomness; returns the frames that it received.
    private func view(
        of policy: DHPSI.ResultPolicy, peerRole: String, secret: P256SecretScalar,
        _ run: @escaping @Sendable (any Channel) async throws -> Void
    ) async throws -> [[UInt8]] {
        let (left, right) = LocalChannel.pair()
        async let honest: Void? = try? run(left)
        let role = peerRole == "sender" ? "receiver" : "sender"
        _ = try await Session.open(
            over: right,
            SessionProposal(
                protocolName: "dh-psi", version: 1, role: role, peerRole: peerRole,
                parameters: [("suite", "P256_XMD:SHA-256_SSWU_RO_"), ("result policy", policy.rawValue), ("binding", "")],
                announcements: ["set size": Self.tokens.count, "rows per message": 64]))
        let points = try DHSteps.blind(Self.tokens, with: secret, domain: DHPSI.domain, threads: 1)
        try await right.send([1, 0, 0, 0, 0] + points)
        var frames = [try await right.receive()]
        if peerRole == "sender" { frames.append(try await right.receive()) }
        await right.close()
        await honest
        return frames
    }

    private func rows(_ frame: [UInt8], _ width: Int) -> [[UInt8]] {
        stride(from: 5, to: frame.count, by: width).map { Array(frame[$0..<$0 + width]) }
    }

    @Test(arguments: ["sender", "receiver"]) func noPartySendsItsElementsInItsOwnOrder(_ peerRole: String) async throws {
        let seed: UInt64 = 77
        let parameters = DHPSI.Parameters(policy: .receiverLearnsMatches, threads: 1, chunk: 64)
        let frames = try await view(of: .receiverLearnsMatches, peerRole: peerRole, secret: P256SecretScalar()) { channel in
            if peerRole == "sender" {
                let sender = try DHPSI.Sender(tokens: Self.tokens, parameters: parameters)
                _ = try await sender.run(over: channel, binding: [], progress: nil, random: SeededRandom(seed))
            } else {
                let receiver = try DHPSI.Receiver(tokens: Self.tokens, parameters: parameters)
                _ = try await receiver.run(over: channel, binding: [], progress: nil, random: SeededRandom(seed))
            }
        }
        let own = P256SecretScalar(random: SeededRandom(seed))
        let blinded = try DHSteps.blind(Self.tokens, with: own, domain: DHPSI.domain, threads: 1)
        let inFileOrder = rows([0, 0, 0, 0, 0] + blinded, 33)
        #expect(rows(frames[0], 33) != inFileOrder)
        #expect(Set(rows(frames[0], 33)) == Set(inFileOrder))
    }

    /// In order for the policies that reveal matches; in another order when only the count may be learned.
    @Test(arguments: DHPSI.ResultPolicy.allCases)
    func theSenderShufflesItsRepliesExactlyWhenOnlyTheCountMayBeLearned(_ policy: DHPSI.ResultPolicy) async throws {
        let seed: UInt64 = 78
        let secret = P256SecretScalar()
        let frames = try await view(of: policy, peerRole: "sender", secret: secret) { channel in
            let sender = try DHPSI.Sender(tokens: Self.tokens, parameters: .init(policy: policy, threads: 1, chunk: 64))
            _ = try await sender.run(over: channel, binding: [], progress: nil, random: SeededRandom(seed))
        }
        let points = try DHSteps.blind(Self.tokens, with: secret, domain: DHPSI.domain, threads: 1)
        let shared = try DHSteps.apply(points, with: P256SecretScalar(random: SeededRandom(seed)), threads: 1)
        let width = SecurityParameters.comparisonMaskBytes(40, 40)
        let masks = try DHSteps.mask(shared, maskBytes: width, domain: DHPSI.domain, threads: 1)
        let inOrder = rows([0, 0, 0, 0, 0] + masks, width)
        let replies = rows(frames[1], width)
        #expect(Set(replies) == Set(inOrder))
        #expect((replies == inOrder) == (policy != .cardinalityOnly))
    }

    @Test func secretsAndOrdersAreFreshInEveryRun() async throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<3 {
            let frames = try await view(of: .cardinalityOnly, peerRole: "sender", secret: P256SecretScalar()) { channel in
                let sender = try DHPSI.Sender(tokens: Self.tokens, parameters: .init(policy: .cardinalityOnly, threads: 1))
                _ = try await sender.run(over: channel)
            }
            for row in rows(frames[0], 33) { #expect(seen.insert(row).inserted) }
        }
    }
}
