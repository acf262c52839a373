import Foundation
import SandboxCore
import Testing
import Transport

/// Channels over sockets that a caller's program has made.
@Suite struct AdoptionTests {
    private func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [0, 0]
        #if os(Linux)
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        #else
        try #require(socketpair(AF_UNIX, SOCK_STREAM, 0, &ends) == 0)
        #endif
        return (ends[0], ends[1])
    }

    private func adopted(
        _ accepting: ChannelSecurity, _ connecting: ChannelSecurity
    ) async throws -> (SocketChannel, SocketChannel) {
        let (a, b) = try pair()
        async let one = SocketChannel.adopting(descriptor: a, as: .accepting, security: accepting)
        let two = try await SocketChannel.adopting(descriptor: b, as: .connecting, security: connecting)
        return (try await one, two)
    }

    @Test func framesPassOverALocalSocketPlainAndEncrypted() async throws {
        let (x, y) = (try Identity.generate(), try Identity.generate())
        for security in [
            (ChannelSecurity.insecurePlaintext, ChannelSecurity.insecurePlaintext),
            (.mutualTLS(identity: x, peers: [y.fingerprint]), .mutualTLS(identity: y, peers: [x.fingerprint])),
        ] {
            let (a, b) = try await adopted(security.0, security.1)
            let frame = [UInt8](repeating: 7, count: 300_000)
            try await a.send(frame)
            #expect(try await b.receive() == frame)
            try await b.send([1])
            #expect(try await a.receive() == [1])
            async let closed: Void = a.close()
            await b.close()
            await closed
        }
    }

    @Test func aWrongKeyIsRefusedAndTheDescriptorClosed() async throws {
        let (x, y, z) = (try Identity.generate(), try Identity.generate(), try Identity.generate())
        await expectAsyncError(.peerMismatch) {
            _ = try await adopted(
                .mutualTLS(identity: x, peers: [z.fingerprint]), .mutualTLS(identity: y, peers: [x.fingerprint]))
        }
    }

    @Test func whatIsNoConnectedStreamSocketIsRefused() async throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { close(ends[1]) }
        await expectAsyncError(.usage, mentioning: "no connected stream socket") {
            _ = try await SocketChannel.adopting(descriptor: ends[0], as: .connecting, security: .insecurePlaintext)
        }
        await expectAsyncError(.usage, mentioning: "no file descriptor") {
            _ = try await SocketChannel.adopting(descriptor: -1, as: .connecting, security: .insecurePlaintext)
        }
    }
}
