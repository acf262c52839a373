import Foundation
import SandboxCore
import Testing
import TestSupport
import Transport

private let loopback = "127.0.0.1"

/// A plain listener, a raw peer that has passed the preamble, and the channel between them.
private func rawPair(_ timeouts: ChannelTimeouts = ChannelTimeouts()) async throws -> (RawPeer, SocketChannel) {
    let listener = try SocketListener(Endpoint(host: loopback, port: 0), security: .insecurePlaintext, timeouts: timeouts)
    defer { listener.close() }
    let peer = try RawPeer(port: listener.boundPort)
    peer.send(preamble)
    let channel = try await listener.accept()
    #expect(await peer.receive(8) == preamble)
    return (peer, channel)
}

@Suite struct SocketFailureTests {
    @Test func absentPeerIsReportedWhenTheWaitIsOver() async throws {
        let (blocker, port) = RawPeer.silentPort()
        var quick = ChannelTimeouts(wait: .milliseconds(300))
        await expectAsyncError(.peerUnreachable, mentioning: "300 ms", "handshake") {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: port), security: .insecurePlaintext, timeouts: quick)
        }
        withExtendedLifetime(blocker) {}
        await expectAsyncError(.peerUnreachable, mentioning: "refused", "start the peer") {
            // Port 1 is never listened on.
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: 1), security: .insecurePlaintext, timeouts: quick)
        }
        await expectAsyncError(.peerUnreachable, mentioning: "resolve") {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: "no-such-host.invalid", port: 1), security: .insecurePlaintext, timeouts: quick)
        }
        quick.wait = .milliseconds(100)
        let listener = try SocketListener(Endpoint(host: loopback, port: 0), security: .insecurePlaintext, timeouts: quick)
        await expectAsyncError(.peerUnreachable, mentioning: "no peer connected within 100 ms") {
            _ = try await listener.accept()
        }
    }

    @Test func connectingSideMayStartFirstAndUseAName() async throws {
        let first = try SocketListener(Endpoint(host: "localhost", port: 0), security: .insecurePlaintext)
        let port = first.boundPort
        first.close()
        let early = Task { try await SocketChannel.connect(to: Endpoint(host: "localhost", port: port), security: .insecurePlaintext) }
        try await Task.sleep(for: .milliseconds(200))
        let listener = try SocketListener(Endpoint(host: "localhost", port: port), security: .insecurePlaintext)
        let accepted: SocketChannel
        do { accepted = try await listener.accept() } catch {
            Issue.record("\(error); the connecting side: \(await early.result)")
            return
        }
        let connected = try await early.value
        try await connected.send([1])
        #expect(try await accepted.receive() == [1])
        #expect(connected.peerDescription.contains("localhost:\(port)"))
    }

    @Test func takenPortIsAClearError() async throws {
        let listener = try SocketListener(Endpoint(host: loopback, port: 0), security: .insecurePlaintext)
        await expectAsyncError(.system, mentioning: "cannot listen", "free port") {
            _ = try SocketListener(Endpoint(host: loopback, port: listener.boundPort), security: .insecurePlaintext)
        }
    }

    @Test func wrongCertificateIsRefusedAndBothSidesNameTheFingerprints() async throws {
        let (right, wrong, server) = (try Identity.generate(), try Identity.generate(), try Identity.generate())
        let timeouts = ChannelTimeouts(wait: .seconds(2))
        // The listener does not know the client's key.
        let listener = try SocketListener(
            Endpoint(host: loopback, port: 0), security: .mutualTLS(identity: server, peers: [right.fingerprint]),
            timeouts: timeouts)
        async let accepted: Void = expectAsyncError(
            .peerMismatch, mentioning: "\(wrong.fingerprint)", "\(right.fingerprint)", "was expected"
        ) { _ = try await listener.accept() }
        await expectAsyncError(
            .peerMismatch, mentioning: "refused this side's key \(wrong.fingerprint)", "\(server.fingerprint)"
        ) {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: listener.boundPort),
                security: .mutualTLS(identity: wrong, peers: [server.fingerprint]), timeouts: timeouts)
        }
        await accepted
        #expect(listener.refusals == 1)
        // The client does not know the listener's key.
        let other = try SocketListener(
            Endpoint(host: loopback, port: 0), security: .mutualTLS(identity: wrong, peers: [right.fingerprint]),
            timeouts: timeouts)
        async let again: Void = expectAsyncError(.peerMismatch, mentioning: "refused this side's key \(wrong.fingerprint)") {
            _ = try await other.accept()
        }
        await expectAsyncError(
            .peerMismatch, mentioning: "the peer's key is \(wrong.fingerprint), but \(server.fingerprint) was expected"
        ) {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: other.boundPort),
                security: .mutualTLS(identity: right, peers: [server.fingerprint]), timeouts: timeouts)
        }
        await again
        await expectAsyncError(.usage, mentioning: "fingerprint") {
            _ = try SocketListener(Endpoint(host: loopback, port: 0), security: .mutualTLS(identity: right, peers: []))
        }
    }

    @Test func oneEncryptedAndOnePlainSideBothSaySo() async throws {
        let (a, b) = (try Identity.generate(), try Identity.generate())
        let timeouts = ChannelTimeouts(wait: .seconds(2))
        let tls = ChannelSecurity.mutualTLS(identity: a, peers: [b.fingerprint])
        let plain = try SocketListener(Endpoint(host: loopback, port: 0), security: .insecurePlaintext, timeouts: timeouts)
        async let first: Void = expectAsyncError(.peerMismatch, mentioning: "speaks TLS") { _ = try await plain.accept() }
        await expectAsyncError(.peerMismatch, mentioning: "does not speak TLS 1.3") {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: plain.boundPort), security: tls, timeouts: timeouts)
        }
        await first
        let sealed = try SocketListener(Endpoint(host: loopback, port: 0), security: tls, timeouts: timeouts)
        async let second: Void = expectAsyncError(.peerMismatch, mentioning: "does not speak TLS 1.3") {
            _ = try await sealed.accept()
        }
        await expectAsyncError(.peerMismatch, mentioning: "speaks TLS") {
            _ = try await SocketChannel.connect(
                to: Endpoint(host: loopback, port: sealed.boundPort), security: .insecurePlaintext, timeouts: timeouts)
        }
        await second
    }

    @Test func strangersDoNotKeepTheRightPeerOut() async throws {
        let (a, b) = (try Identity.generate(), try Identity.generate())
        let listener = try SocketListener(
            Endpoint(host: loopback, port: 0), security: .mutualTLS(identity: a, peers: [b.fingerprint]))
        // Two that stay silent, one scanner that leaves, one that speaks HTTP, one that sends noise.
        let silent = [try RawPeer(port: listener.boundPort), try RawPeer(port: listener.boundPort)]
        _ = try RawPeer(port: listener.boundPort)
        let http = try RawPeer(port: listener.boundPort)
        http.send(Array("GET / HTTP/1.1\r\n\r\n".utf8))
        let noise = try RawPeer(port: listener.boundPort)
        noise.send(SystemRandom.shared.bytes(3000))
        async let connecting = SocketChannel.connect(
            to: Endpoint(host: loopback, port: listener.boundPort), security: .mutualTLS(identity: b, peers: [a.fingerprint]))
        let accepted = try await listener.accept()
        let connected = try await connecting
        #expect(accepted.peerFingerprint == b.fingerprint && connected.peerFingerprint == a.fingerprint)
        try await connected.send([42])
        #expect(try await accepted.receive() == [42])
        withExtendedLifetime(silent) {}
    }

    @Test func olderTLSVersionIsRefusedWithAnAlert() async throws {
        let (a, b) = (try Identity.generate(), try Identity.generate())
        let listener = try SocketListener(
            Endpoint(host: loopback, port: 0), security: .mutualTLS(identity: a, peers: [b.fingerprint]),
            timeouts: ChannelTimeouts(wait: .seconds(1)))
        async let accepted: Void = expectAsyncError(.peerMismatch, mentioning: "TLS 1.3") { _ = try await listener.accept() }
        // A TLS 1.2 ClientHello: version 0x0303, random, no session, ECDHE-ECDSA-AES128-GCM, no compression, no extensions.
        let hello: [UInt8] = [0x03, 0x03] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0xc0, 0x2b, 1, 0]
        let handshake: [UInt8] = [1, 0, 0, UInt8(hello.count)] + hello
        let old = try RawPeer(port: listener.boundPort)
        old.send([0x16, 0x03, 0x01, 0, UInt8(handshake.count)] + handshake)
        let alert = await old.receive(7)
        #expect(alert.count == 7 && alert[0] == 0x15 && alert[6] == 70, "protocol_version alert expected, not \(alert.hex)")
        await accepted
    }

    @Test func oversizedUnknownAndCutFramesEndTheChannelClearly() async throws {
        var (peer, channel) = try await rawPair()
        peer.send([1, 0xff, 0xff, 0xff, 0xff])
        await expectAsyncError(.peerMisbehaved, mentioning: "4294967295", "16777216", loopback) { [channel] in
            _ = try await channel.receive()
        }
        await expectAsyncError(.peerMisbehaved) { [channel] in try await channel.send([1]) }

        (peer, channel) = try await rawPair()
        peer.send([1, 1, 0, 0, 1])
        await expectAsyncError(.peerMisbehaved, mentioning: "16777217") { [channel] in _ = try await channel.receive() }

        for header: [UInt8] in [[0, 0, 0, 0, 0], [4, 0, 0, 0, 0], [2, 1, 0, 0, 0], [3, 0, 0, 0, 9]] {
            (peer, channel) = try await rawPair()
            peer.send(dataFrame([5]) + header)
            #expect(try await channel.receive() == [5])
            await expectAsyncError(.peerMisbehaved, mentioning: "kind") { [channel] in _ = try await channel.receive() }
        }

        for cut in [1, 4, 5, 7] {
            var pair: (peer: RawPeer, channel: SocketChannel)? = try await rawPair()
            pair!.peer.send(Array(dataFrame([1, 2, 3])[..<cut]))
            let channel = pair!.channel
            pair = nil  // closes the raw end in the middle of the frame
            await expectAsyncError(.peerUnreachable, mentioning: "without a good-bye") { _ = try await channel.receive() }
        }
    }

    @Test func silentPeerIsGivenUpAndKeepAlivesPreventIt() async throws {
        let (peer, channel) = try await rawPair(ChannelTimeouts(silence: .milliseconds(200)))
        await expectAsyncError(.peerUnreachable, mentioning: "no sign of life", "200 ms") { _ = try await channel.receive() }
        withExtendedLifetime(peer) {}

        let timeouts = ChannelTimeouts(silence: .milliseconds(1000), keepAlive: .milliseconds(50))
        let (a, b) = try await ChannelKind.tls.pair(timeouts)
        async let late = a.receive()
        try await Task.sleep(for: .milliseconds(1500))
        try await b.send([9])
        #expect(try await late == [9])
        #expect(a.traffic.bytesReceived > 10 * 20 && a.traffic.framesReceived == 1)
    }

    @Test func killedProcessIsNoticedByTheOtherSide() async throws {
        let listener = try SocketListener(Endpoint(host: loopback, port: 0), security: .insecurePlaintext)
        let child = Process()
        child.executableURL = URL(filePath: "/bin/bash")
        // Passes the preamble, sends one frame and half of the next, then hangs until it is killed.
        child.arguments = [
            "-c",
            "exec 3<>/dev/tcp/127.0.0.1/\(listener.boundPort); printf 'yinhe/1\\n' >&3; head -c 8 <&3 >/dev/null; "
                + "printf '\\x01\\x02\\x00\\x00\\x00hi\\x01\\xff\\x00\\x00\\x00part' >&3; exec sleep 600",
        ]
        try child.run()
        let channel = try await listener.accept()
        #expect(try await channel.receive() == Array("hi".utf8))
        async let failure: Void = expectAsyncError(.peerUnreachable, mentioning: "killed", loopback) {
            _ = try await channel.receive()
        }
        try await Task.sleep(for: .milliseconds(50))
        kill(child.processIdentifier, SIGKILL)
        await failure
        child.waitUntilExit()
        // Sending into the dead connection is an error, and no signal.
        await expectAsyncError(.peerUnreachable) {
            for _ in 0..<1000 { try await channel.send([UInt8](repeating: 0, count: 60_000)) }
        }
    }

    @Test func channelsThatComeAndGoLeaveNoDescriptorAndNoThread() async throws {
        func descriptors() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0 }
        func threads() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task"))?.count ?? 0 }
        let (fdsBefore, threadsBefore) = (descriptors(), threads())
        let (a, b) = (try Identity.generate(), try Identity.generate())
        let securities: [(ChannelSecurity, ChannelSecurity, Int)] = [
            (.insecurePlaintext, .insecurePlaintext, 400),
            (.mutualTLS(identity: a, peers: [b.fingerprint]), .mutualTLS(identity: b, peers: [a.fingerprint]), 100),
        ]
        for (listening, connecting, count) in securities {
            let listener = try SocketListener(Endpoint(host: loopback, port: 0), security: listening)
            let endpoint = Endpoint(host: loopback, port: listener.boundPort)
            for i in 0..<count {
                async let connecting = SocketChannel.connect(to: endpoint, security: connecting)
                let accepted = try await listener.accept()
                let connected = try await connecting
                switch i % 3 {
                case 0:  // orderly
                    async let closing: Void = accepted.close()
                    await connected.close()
                    await closing
                case 1: accepted.cancel(YinheError(.cancelled, "test"))
                default: break  // dropped
                }
            }
            listener.close()
        }
        // Other tests run at the same time; a leak would be at least 500 of each.
        for _ in 0..<100 where descriptors() > fdsBefore + 200 || threads() > threadsBefore + 200 {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(descriptors() <= fdsBefore + 200)
        #expect(threads() <= threadsBefore + 200)
    }
}
