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
    _ role: String, _ peerRole: String, name: String = "sum", version: UInt32 = 1, parameters: [(name: String, value: String)] = [],
    announcements: [String: Int] = [:]
) -> SessionProposal {
    SessionProposal(
        protocolName: name, version: version, role: role, peerRole: peerRole, parameters: parameters, announcements: announcements)
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
