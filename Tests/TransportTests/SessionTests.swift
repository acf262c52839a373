import SandboxCore
import Testing
import TestSupport
import Transport

struct Numbers: WireMessage, Equatable {
    static let tag: UInt8 = 1
    static let name = "numbers"
    static let maximumBytes = 1 << 20
    var values: [UInt64]

    init(_ values: [UInt64]) { self.values = values }

    func encode(into writer: inout ByteWriter) {
        writer.write(UInt32(values.count))
        for value in values { writer.write(value) }
    }

    init(from reader: inout ByteReader) throws {
        let count = try reader.readCount(maximum: 1 << 16, elementBytes: 8)
        values = []
        for _ in 0..<count { values.append(try reader.read()) }
    }
}

struct Answer: WireMessage {
    static let tag: UInt8 = 2
    static let name = "answer"
    var total: UInt64

    init(_ total: UInt64) { self.total = total }
    func encode(into writer: inout ByteWriter) { writer.write(total) }
    init(from reader: inout ByteReader) throws { total = try reader.read() }
}

func proposal(
    _ role: String, _ peerRole: String, name: String = "sum", version: UInt32 = 1,
    parameters: [(name: String, value: String)] = [], announcements: [String: Int] = [:]
) -> SessionProposal {
    SessionProposal(
        protocolName: name, version: version, role: role, peerRole: peerRole, parameters: parameters,
        announcements: announcements)
}

@Suite struct SessionTests {
    @Test func bothSidesEndWithTheSameTranscriptAndTheRightAnswer() async throws {
        let (a, b) = try await LocalRun.both { channel in
            try await Session.run(over: channel, proposal("client", "server", announcements: ["size": 3])) { session in
                try await session.send(Numbers([1, 2, 3]))
                let answer = try await session.receive(Answer.self)
                return (answer.total, session.transcriptHash, session.peerAnnouncements, session.traffic)
            }
        } _: { channel in
            try await Session.run(over: channel, proposal("server", "client", announcements: ["size": 9])) { session in
                let numbers: Numbers = try await session.receive()
                try await session.send(Answer(numbers.values.reduce(0, +)))
                return (0, session.transcriptHash, session.peerAnnouncements, session.traffic)
            }
        }
        #expect(a.0 == 6)
        #expect(a.1 == b.1)
        #expect(a.2 == ["size": 9])
        #expect(b.2 == ["size": 3])
        #expect(a.3.rounds == 3)
        #expect(a.3.framesSent == 3 && a.3.framesReceived == 3)
        #expect(a.3.bytesSent == b.3.bytesReceived && b.3.bytesSent == a.3.bytesReceived)
    }
}

private struct Garbled: WireMessage {
    static let tag: UInt8 = 1
    static let name = "garbled"
    var bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
    func encode(into writer: inout ByteWriter) { writer.write(raw: bytes) }
    init(from reader: inout ByteReader) throws { bytes = try reader.readRaw(reader.remaining) }
}

/// Opens a session on both ends.
private func sessions(
    _ kind: ChannelKind = .local, _ a: SessionProposal = proposal("a", "b"), _ b: SessionProposal = proposal("b", "a"),
    messageDeadline: Duration? = nil
) async throws -> (Session, Session) {
    let (left, right) = try await kind.pair()
    async let first = Session.open(over: left, a, messageDeadline: messageDeadline)
    let second = try await Session.open(over: right, b)
    return (try await first, second)
}

@Suite struct SessionHandshakeTests {
    static let differences: [(String, SessionProposal, SessionProposal, [String])] = [
        ("protocol", proposal("a", "b", name: "psi"), proposal("b", "a", name: "sum"), ["protocol", "psi", "sum"]),
        ("version", proposal("a", "b", version: 1), proposal("b", "a", version: 2), ["version", "1", "2"]),
        ("same role", proposal("a", "b"), proposal("a", "b"), ["roles", "other role"]),
        ("other role", proposal("a", "b"), proposal("c", "a"), ["roles", "\"c\"", "\"b\""]),
        (
            "value", proposal("a", "b", parameters: [("contract", "aa11"), ("policy", "x")]),
            proposal("b", "a", parameters: [("contract", "bb22"), ("policy", "x")]), ["contract", "aa11", "bb22"]
        ),
        ("missing", proposal("a", "b", parameters: [("policy", "x")]), proposal("b", "a"), ["policy", "(not stated)"]),
        (
            "repeated", proposal("a", "b", parameters: [("policy", "x"), ("policy", "x")]),
            proposal("b", "a", parameters: [("policy", "x")]), ["number of parameters"]
        ),
    ]

    @Test(arguments: differences.indices)
    func aDifferenceIsNamedOnBothSidesBeforeAnythingFlows(index: Int) async throws {
        let (_, mine, theirs, texts) = Self.differences[index]
        for kind in [ChannelKind.local, .tcp] {
            let (left, right) = try await kind.pair()
            @Sendable func check(_ channel: any Channel, _ proposal: SessionProposal) async {
                do {
                    _ = try await Session.open(over: channel, proposal)
                    Issue.record("opened")
                } catch let error as YinheError {
                    #expect(error.code == .peerMismatch)
                    for text in texts { #expect(error.description.contains(text), "\(error)") }
                    #expect(!error.remedy.isEmpty)
                } catch { Issue.record("\(error)") }
                // A proposal and an abort at most: no announcement.
                #expect(channel.traffic.framesSent <= 2)
            }
            async let first: Void = check(left, mine)
            await check(right, theirs)
            await first
        }
    }

    @Test func announcementsStayHomeWhenTheProposalsDiffer() async throws {
        let (left, right) = LocalChannel.pair()
        let mine = proposal("a", "b", announcements: ["size": 12345])
        async let opening: Void = expectAsyncError(.peerMismatch) { _ = try await Session.open(over: left, mine) }
        try await right.send(proposal("b", "a", version: 9).proposalFrame(nonce: [UInt8](repeating: 1, count: 32)))
        #expect(try await right.receive().first == 0xfe)
        #expect(try await right.receive() == [0xff, AbortReason.mismatch.rawValue])
        await expectAsyncError(.peerUnreachable) { _ = try await right.receive() }
        await opening
    }

    @Test func ownProposalSentBackIsRefused() async throws {
        let (left, right) = LocalChannel.pair()
        let mirror = Task { while true { try await right.send(try await right.receive()) } }
        await expectAsyncError(.peerMisbehaved, mentioning: "own proposal") {
            _ = try await Session.open(over: left, proposal("a", "a"))
        }
        mirror.cancel()
    }

    @Test func malformedProposalsAreAnsweredWithAnAbort() async throws {
        let good = proposal("b", "a").proposalFrame(nonce: [UInt8](repeating: 1, count: 32))
        let huge = [UInt8](repeating: 0xfe, count: 1 << 18)
        for bad in [[], [0xfe], [1, 2, 3], Array(good.dropLast()), good + [0], huge] {
            let (left, right) = LocalChannel.pair()
            async let opening: Void = expectAsyncError(.peerMisbehaved) {
                _ = try await Session.open(over: left, proposal("a", "b"))
            }
            try await right.send(bad)
            _ = try await right.receive()
            #expect(try await right.receive() == [0xff, AbortReason.badMessage.rawValue])
            await opening
        }
        // Another version of the session layer is a mismatch, not misbehaviour.
        let (left, right) = LocalChannel.pair()
        async let opening: Void = expectAsyncError(.peerMismatch, mentioning: "session layer version") {
            _ = try await Session.open(over: left, proposal("a", "b"))
        }
        var other = good
        other[1] = 2
        try await right.send(other)
        await opening
    }

    @Test func controlCharactersOfThePeerNeverReachTheMessage() async throws {
        let (left, right) = LocalChannel.pair()
        async let opening: Void = {
            do {
                _ = try await Session.open(over: left, proposal("a", "b"))
                Issue.record("opened")
            } catch { #expect(!"\(error)".unicodeScalars.contains { $0.value < 32 && $0 != "\n" }) }
        }()
        try await right.send(proposal("b", "a", name: "\u{1b}[2Jevil\r").proposalFrame(nonce: [UInt8](repeating: 1, count: 32)))
        await opening
    }
}

@Suite struct SessionMessageTests {
    @Test(arguments: ChannelKind.allCases)
    func twoSessionsInARowShareOneChannel(kind: ChannelKind) async throws {
        let (left, right) = try await kind.pair()
        let (a, b) = try await LocalRun.over(left, right) { channel in
            var hashes: [[UInt8]] = []
            for round in 0..<2 {
                let session = try await Session.open(over: channel, proposal("a", "b", version: UInt32(round)))
                try await session.send(Answer(UInt64(round)))
                hashes.append(session.transcriptHash)
                #expect(session.traffic.framesSent == 3)
            }
            return hashes
        } _: { channel in
            var hashes: [[UInt8]] = []
            for round in 0..<2 {
                let session = try await Session.open(over: channel, proposal("b", "a", version: UInt32(round)))
                #expect(try await session.receive(Answer.self).total == UInt64(round))
                hashes.append(session.transcriptHash)
            }
            return hashes
        }
        #expect(a == b && a[0] != a[1])
    }

    @Test func transcriptCoversEveryMessageOfBothDirectionsInAnyInterleaving() async throws {
        let (a, b) = try await sessions()
        #expect(a.transcriptHash == b.transcriptHash)
        let before = a.transcriptHash
        // Both send before either receives.
        try await a.send(Answer(1))
        try await b.send(Answer(2))
        #expect(a.transcriptHash != b.transcriptHash)
        _ = try await a.receive(Answer.self)
        _ = try await b.receive(Answer.self)
        #expect(a.transcriptHash == b.transcriptHash && a.transcriptHash != before && a.transcriptHash.count == 32)
        // The same conversation with fresh nonces has another transcript.
        let (c, _) = try await sessions()
        #expect(c.transcriptHash != before)
    }

    @Test(arguments: ChannelKind.allCases)
    func wrongTagMalformedAndOversizedMessagesAbortBothSides(kind: ChannelKind) async throws {
        let cases: [(any WireMessage, String)] = [
            (Answer(3), "kind 2"), (Garbled([9, 0, 0, 0, 1]), "malformed numbers"), (Garbled([0, 0, 0, 0, 1]), "too many"),
            (Garbled([UInt8](repeating: 0, count: (1 << 20) + 1)), "at most 1048576"),
        ]
        for (message, text) in cases {
            let (a, b) = try await sessions(kind)
            async let sent: Void = a.send(message)
            await expectAsyncError(.peerMisbehaved, mentioning: text) { _ = try await b.receive(Numbers.self) }
            try await sent
            await expectAsyncError(.peerAborted, mentioning: "does not allow") { _ = try await a.receive(Numbers.self) }
            // The first reason stays.
            await expectAsyncError(.peerMisbehaved, mentioning: text) { try await b.send(Answer(1)) }
        }
    }

    @Test(arguments: AbortReason.allCases)
    func everyAbortReasonReachesThePeer(reason: AbortReason) async throws {
        let (a, b) = try await sessions()
        await a.abort(reason)
        await expectAsyncError(reason == .belowMinimum ? .belowMinimum : .peerAborted, mentioning: reason.description) {
            _ = try await b.receive(Answer.self)
        }
    }

    @Test func errorsOfARoleBecomeTheFittingAbort() {
        func reason(_ code: YinheError.Code) -> AbortReason? { AbortReason(for: YinheError(code, "")) }
        #expect(reason(.cancelled) == .cancelled && reason(.badInput) == .inputError && reason(.budget) == .refused)
        #expect(reason(.contract) == .refused && reason(.belowMinimum) == .belowMinimum && reason(.peerMismatch) == .mismatch)
        #expect(reason(.peerMisbehaved) == .badMessage && reason(.system) == .internalError)
        #expect(reason(.peerAborted) == nil && reason(.peerUnreachable) == nil)
        #expect(AbortReason(for: CancellationError()) == .cancelled)
    }

    @Test(arguments: ChannelKind.allCases)
    func abortReachesAPeerThatIsBusySending(kind: ChannelKind) async throws {
        let (a, b) = try await sessions(kind)
        let big = Garbled([UInt8](repeating: 1, count: 4 << 20))
        let sending = Task { for _ in 0..<1000 { try await a.send(big) } }
        _ = try await b.receive(Garbled.self)
        await b.abort(.belowMinimum)
        await expectAsyncError(.belowMinimum) { try await sending.value }
    }

    @Test(arguments: ChannelKind.allCases)
    func cancelledRoleTellsThePeer(kind: ChannelKind) async throws {
        let (left, right) = try await kind.pair()
        let role = Task {
            try await Session.run(over: left, proposal("a", "b")) { session in _ = try await session.receive(Answer.self) }
        }
        let session = try await Session.open(over: right, proposal("b", "a"))
        role.cancel()
        await expectAsyncError(.cancelled) { try await role.value }
        await expectAsyncError(.peerAborted, mentioning: "cancelled") { _ = try await session.receive(Answer.self) }
    }

    @Test(arguments: ChannelKind.allCases)
    func messageDeadlineEndsAWaitThatKeepAlivesWouldProlong(kind: ChannelKind) async throws {
        let (a, b) = try await sessions(kind, messageDeadline: .milliseconds(200))
        await expectAsyncError(.peerUnreachable, mentioning: "longer than 200 ms") { _ = try await a.receive(Answer.self) }
        await expectAsyncError(.peerUnreachable) { _ = try await b.receive(Answer.self) }
    }

    @Test func localRunThrowsTheCauseAndNotItsEcho() async throws {
        for failing in [0, 1] {
            await expectAsyncError(.badInput, mentioning: "the cause") {
                @Sendable func role(
                    _ name: String, _ peer: String, _ fails: Bool
                ) -> @Sendable (any Channel) async throws -> Void {
                    { channel in
                        try await Session.run(over: channel, proposal(name, peer)) { session in
                            if fails { throw YinheError(.badInput, "the cause") }
                            _ = try await session.receive(Answer.self)
                        }
                    }
                }
                _ = try await LocalRun.both(role("a", "b", failing == 0), role("b", "a", failing == 1))
            }
        }
        // A role that leaves without a word cannot leave the other one hanging.
        await expectAsyncError(.peerUnreachable) {
            _ = try await LocalRun.both({ _ in }, { channel in _ = try await channel.receive() })
        }
    }
}
