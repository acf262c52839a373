import Arithmetic
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

/// Peers that leave the protocol, one way each, written against the byte layout of Protocols/dh-psi.md.
@Suite struct DHPSIAdversaryTests {
    private static let honest = (0..<10).map { JoinToken("key \($0)") }

    /// Opens a session as the peer of an honest receiver or sender and sends raw frames.
    private struct Adversary {
        var role = "sender"
        var policy = DHPSI.ResultPolicy.receiverLearnsMatches
        var setSize = 6
        var chunk = 4
        var announcements: [String: Int]?
        let secret = P256SecretScalar()

        func points(_ range: Range<Int>) throws -> [UInt8] {
            try DHSteps.blind(range.map { JoinToken("key \($0)") }, with: secret, domain: DHPSI.domain, threads: 1)
        }

        func open(_ channel: any Channel) async throws {
            _ = try await Session.open(
                over: channel,
                SessionProposal(
                    protocolName: "dh-psi", version: 1, role: role, peerRole: role == "sender" ? "receiver" : "sender",
                    parameters: [
                        ("suite", "P256_XMD:SHA-256_SSWU_RO_"), ("result policy", policy.rawValue), ("binding", ""),
                    ],
                    announcements: announcements ?? ["set size": setSize, "rows per message": chunk]))
        }

        func frame(_ tag: UInt8, _ first: UInt32, _ bytes: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            writer.write(tag)
            writer.write(first)
            writer.write(raw: bytes)
            return writer.bytes
        }
    }

    /// The honest side's error when the adversary plays `script` after the handshake and then closes.
    private func honestError(
        _ adversary: Adversary, close: Bool = false, _ script: @escaping @Sendable (Adversary) throws -> [[UInt8]]
    ) async throws -> YinheError? {
        let (left, right) = LocalChannel.pair()
        let parameters = DHPSI.Parameters(policy: adversary.policy, threads: 2, chunk: 4)
        let sender = try DHPSI.Sender(tokens: Self.honest, parameters: parameters)
        let receiver = try DHPSI.Receiver(tokens: Self.honest, parameters: parameters)
        async let error = failure {
            if adversary.role == "sender" { return try await receiver.run(over: left) }
            return try await sender.run(over: left)
        }
        try await adversary.open(right)
        for frame in try script(adversary) { try? await right.send(frame) }
        if close { await right.close() }
        let result = await error
        await right.close()
        return result
    }

    private func expectMisbehaviour(_ error: YinheError?, _ text: String) {
        #expect(error?.code == .peerMisbehaved)
        #expect(error?.message.contains(text) == true, "\(error?.message ?? "no error")")
    }

    @Test(arguments: ["sender", "receiver"]) func anInvalidPointIsNamed(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in
            var second = try a.points(4..<6)
            second.replaceSubrange(33..<66, with: [2] + [UInt8](repeating: 255, count: 32))
            return [a.frame(1, 0, try a.points(0..<4)), a.frame(1, 4, second)]
        }
        expectMisbehaviour(error, "element 5 is not a valid compressed point")
    }

    @Test(arguments: ["sender", "receiver"]) func theEncodingOfInfinityIsRefused(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in
            [a.frame(1, 0, [UInt8](repeating: 0, count: 33) + (try a.points(1..<4)))]
        }
        expectMisbehaviour(error, "element 0 is not a valid compressed point")
    }

    @Test(arguments: ["sender", "receiver"]) func tooManyOrTooFewRowsInAChunkAreRefused(_ role: String) async throws {
        for rows in [0, 3, 5] {
            let error = try await honestError(Adversary(role: role)) { a in [a.frame(1, 0, try a.points(0..<rows))] }
            expectMisbehaviour(error, "take \(33 * rows) bytes, 4 rows of 33 bytes were due")
        }
    }

    @Test(arguments: ["sender", "receiver"]) func moreRowsThanAnnouncedAreRefused(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in
            [a.frame(1, 0, try a.points(0..<4)), a.frame(1, 4, try a.points(4..<8))]
        }
        expectMisbehaviour(error, "2 rows of 33 bytes were due")
    }

    @Test(arguments: ["sender", "receiver"]) func aRepeatedChunkIsRefused(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in
            let chunk = a.frame(1, 0, try a.points(0..<4))
            return [chunk, chunk]
        }
        expectMisbehaviour(error, "a repeated chunk")
    }

    @Test(arguments: ["sender", "receiver"]) func aSkippedChunkIsRefused(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in [a.frame(1, 4, try a.points(4..<6))] }
        expectMisbehaviour(error, "a missing chunk")
    }

    @Test(arguments: ["sender", "receiver"]) func equalElementsAreRefused(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role)) { a in
            let masks = [UInt8](repeating: 1, count: 4 * 6)
            return [a.frame(1, 0, try a.points(0..<4)), a.frame(1, 4, try a.points(3..<5))]
                + (role == "sender" ? [a.frame(2, 0, masks), a.frame(2, 4, masks), a.frame(2, 8, Array(masks[..<12]))] : [])
        }
        expectMisbehaviour(error, "are equal; a set holds each once")
    }

    @Test func masksOfTheWrongWidthOrPlaceAreRefused() async throws {
        for (first, bytes, text) in [(UInt32(0), 4 * 7, "take 28 bytes"), (4, 24, "a missing chunk"), (0, 25, "take 25 bytes")] {
            let error = try await honestError(Adversary()) { a in
                [a.frame(1, 0, try a.points(0..<4)), a.frame(1, 4, try a.points(4..<6)),
                 a.frame(2, first, [UInt8](repeating: 0, count: bytes))]
            }
            expectMisbehaviour(error, text)
        }
    }

    @Test func masksBeforeAllPointsAreRefused() async throws {
        let error = try await honestError(Adversary()) { a in [a.frame(2, 0, [UInt8](repeating: 0, count: 24))] }
        expectMisbehaviour(error, "blinded points")
    }

    /// A sender that repeats the mask of a common element would inflate the count.
    @Test(arguments: [DHPSI.ResultPolicy.receiverLearnsMatches, .cardinalityOnly])
    func aRepeatedMaskIsRefused(_ policy: DHPSI.ResultPolicy) async throws {
        let (left, right) = LocalChannel.pair()
        let adversary = Adversary(policy: policy, setSize: 10, chunk: 10)
        let receiver = try DHPSI.Receiver(tokens: Self.honest, parameters: .init(policy: policy, threads: 1, chunk: 10))
        async let error = failure { try await receiver.run(over: left) }
        try await adversary.open(right)
        let shared = try DHSteps.apply(Array(try await right.receive()[5...]), with: adversary.secret, threads: 1)
        var masks = try DHSteps.mask(shared, maskBytes: 6, domain: DHPSI.domain, threads: 1)
        masks.replaceSubrange(42..<48, with: masks[12..<18])
        try await right.send(adversary.frame(1, 0, try adversary.points(0..<10)))
        try await right.send(adversary.frame(2, 0, masks))
        expectMisbehaviour(await error, "sent a mask twice")
        await right.close()
    }

    @Test(arguments: ["sender", "receiver"]) func aPeerThatClosesEarlyIsReported(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role), close: true) { a in [a.frame(1, 0, try a.points(0..<4))] }
        #expect(error?.code == .peerUnreachable)
    }

    @Test func impossibleAnnouncementsAreRefused() async throws {
        for announcements in [
            ["set size": -1, "rows per message": 4], ["set size": Int.max, "rows per message": 4], ["rows per message": 4],
            ["set size": 4], ["set size": 4, "rows per message": 0], ["set size": 4, "rows per message": 1 << 20],
        ] {
            let error = try await honestError(Adversary(announcements: announcements)) { _ in [] }
            #expect(error?.code == .peerMisbehaved)
        }
    }

    @Test(arguments: ["sender", "receiver"]) func countsThatDifferEndTheRun(_ role: String) async throws {
        let error = try await honestError(Adversary(role: role, policy: .bothLearnMatches, setSize: 0)) { a in
            let masks = [0, 4, 8].map { a.frame(2, $0, [UInt8](repeating: UInt8($0), count: ($0 == 8 ? 2 : 4) * 6)) }
            return masks + [[3, 1, 7, 0, 0, 0, 0, 0, 0, 0]]
        }
        expectMisbehaviour(error, "the peer counts 7 matches, this side 0")
    }
}
