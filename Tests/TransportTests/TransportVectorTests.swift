import Foundation
import SandboxCore
import Testing
import TestSupport
import Transport

private struct Vectors: Decodable {
    struct Frame: Decodable {
        var kind: String?
        var body: String?
        var bytes: String
    }
    struct Abort: Decodable {
        var reason: String
        var frame: String
    }
    struct Parameter: Decodable {
        var name: String
        var value: String
    }
    struct Message: Decodable {
        var tag: UInt8
        var length: Int
        var body: String?
        var repeated_byte: UInt8?

        var frame: [UInt8] { [tag] + (body.map { [UInt8](hex: $0)! } ?? [UInt8](repeating: repeated_byte!, count: length)) }
    }
    struct Side: Decodable {
        var `protocol`: String
        var version: UInt32
        var role: String
        var peer_role: String
        var parameters: [Parameter]
        var announcements: [String: Int]
        var nonce: String
        var proposal: String
        var announcement: String
        var messages: [Message]

        var value: SessionProposal {
            SessionProposal(
                protocolName: `protocol`, version: version, role: role, peerRole: peer_role,
                parameters: parameters.map { ($0.name, $0.value) }, announcements: announcements)
        }
    }
    struct Run: Decodable {
        var a: Side
        var b: Side
        var transcript: String
    }
    var preamble: String
    var frames: [Frame]
    var refused: [Frame]
    var aborts: [Abort]
    var sessions: [Run]
}

/// A message of any tag up to 0x10 and any body.
private struct AnyBody<Tag: VectorTag>: WireMessage {
    static var tag: UInt8 { Tag.value }
    static var name: String { "vector message" }
    var body: [UInt8]
    init(_ body: [UInt8]) { self.body = body }
    func encode(into writer: inout ByteWriter) { writer.write(raw: body) }
    init(from reader: inout ByteReader) throws { body = try reader.readRaw(reader.remaining) }
}

private protocol VectorTag: Sendable { static var value: UInt8 { get } }
private enum Tag1: VectorTag { static let value: UInt8 = 1 }
private enum Tag2: VectorTag { static let value: UInt8 = 2 }
private enum Tag3: VectorTag { static let value: UInt8 = 3 }
private enum Tag16: VectorTag { static let value: UInt8 = 16 }

@Suite struct TransportVectorTests {
    private let vectors: Vectors

    init() throws {
        let file = repositoryRoot.appending(path: "Protocols/Vectors/transport.json")
        vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
    }

    private func connected(_ timeouts: ChannelTimeouts = ChannelTimeouts()) async throws -> (RawPeer, SocketChannel) {
        let listener = try SocketListener(Endpoint(host: "127.0.0.1", port: 0), security: .insecurePlaintext, timeouts: timeouts)
        defer { listener.close() }
        let peer = try RawPeer(port: listener.boundPort)
        let preamble = try #require([UInt8](hex: vectors.preamble))
        peer.send(preamble)
        let channel = try await listener.accept()
        #expect(await peer.receive(preamble.count) == preamble)
        return (peer, channel)
    }

    @Test func framesOnTheWireMatchTheVectors() async throws {
        let (peer, channel) = try await connected(ChannelTimeouts(keepAlive: .milliseconds(200)))
        for frame in vectors.frames {
            let bytes = try #require([UInt8](hex: frame.bytes))
            switch frame.kind {
            case "data":
                let body = try #require([UInt8](hex: frame.body!))
                try await channel.send(body)
                #expect(await peer.receiveFrame() == bytes)
                peer.send(bytes)
                #expect(try await channel.receive() == body)
            case "keep-alive":
                #expect(await peer.receiveFrame(keepAlive: true) == bytes)
                peer.send(bytes)
            default:
                async let closing: Void = channel.close()
                #expect(await peer.receiveFrame() == bytes)
                #expect(await peer.receive(1) == [])
                peer.send(bytes)
                await closing
            }
        }
        #expect(vectors.frames.count == 5)
    }

    @Test func refusedFramesOfTheVectorsAreRefused() async throws {
        for frame in vectors.refused {
            let (peer, channel) = try await connected()
            peer.send(try #require([UInt8](hex: frame.bytes)))
            await expectAsyncError(.peerMisbehaved) { _ = try await channel.receive() }
        }
        #expect(vectors.refused.count == 5)
    }

    @Test func abortFramesMatchTheVectors() async throws {
        #expect(
            vectors.aborts.map(\.reason)
                == ["cancelled", "internalError", "badMessage", "mismatch", "belowMinimum", "refused", "inputError"])
        #expect(vectors.aborts.count == AbortReason.allCases.count)
        for (abort, reason) in zip(vectors.aborts, AbortReason.allCases) {
            let (left, right) = LocalChannel.pair()
            async let opening = Session.open(over: left, proposal("a", "b"))
            let session = try await Session.open(over: right, proposal("b", "a"))
            _ = try await opening
            await session.abort(reason)
            #expect(try await left.receive().hex == abort.frame)
        }
    }

    @Test func handshakesAndTranscriptsMatchTheVectors() async throws {
        for run in vectors.sessions {
            // Each side against a peer that only replays the vector.
            for (own, peer) in [(run.a, run.b), (run.b, run.a)] {
                let (left, right) = LocalChannel.pair()
                try await right.send(try #require([UInt8](hex: peer.proposal)))
                try await right.send(try #require([UInt8](hex: peer.announcement)))
                for message in peer.messages { try await right.send(message.frame) }
                let session = try await Session.open(over: left, own.value, nonce: try #require([UInt8](hex: own.nonce)))
                #expect(session.peerAnnouncements == peer.announcements)
                for message in own.messages { try await send(message, session) }
                for message in peer.messages { #expect(try await receive(message, session) == Array(message.frame.dropFirst())) }
                #expect(session.transcriptHash.hex == run.transcript)
                #expect(try await right.receive().hex == own.proposal)
                #expect(try await right.receive().hex == own.announcement)
                for message in own.messages { #expect(try await right.receive() == message.frame) }
            }
        }
        #expect(vectors.sessions.count == 2)
    }

    private func send(_ message: Vectors.Message, _ session: Session) async throws {
        let body = Array(message.frame.dropFirst())
        switch message.tag {
        case 1: try await session.send(AnyBody<Tag1>(body))
        case 2: try await session.send(AnyBody<Tag2>(body))
        case 3: try await session.send(AnyBody<Tag3>(body))
        default: try await session.send(AnyBody<Tag16>(body))
        }
    }

    private func receive(_ message: Vectors.Message, _ session: Session) async throws -> [UInt8] {
        switch message.tag {
        case 1: try await session.receive(AnyBody<Tag1>.self).body
        case 2: try await session.receive(AnyBody<Tag2>.self).body
        case 3: try await session.receive(AnyBody<Tag3>.self).body
        default: try await session.receive(AnyBody<Tag16>.self).body
        }
    }
}
