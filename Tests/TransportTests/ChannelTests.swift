import SandboxCore
import Testing
import TestSupport
import Transport

@Suite struct ChannelTests {
    @Test(arguments: ChannelKind.allCases)
    func framesOfEverySizeArriveWholeAndInOrder(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        let sizes = [
            0, 1, 4, 5, 4096, 16_379, 16_380, 16_384, 16_385, 65_535, 65_536, 65_537, 131_072, 1_000_000,
            ChannelLimits.frameBytes, 3,
        ]
        let random = SeededRandom(7)
        let frames = sizes.map { random.bytes($0) }
        async let sending: Void = { for frame in frames { try await a.send(frame) } }()
        for frame in frames { #expect(try await b.receive() == frame) }
        try await sending
        async let closing: Void = a.close()
        await b.close()
        await closing
    }

    @Test(arguments: ChannelKind.allCases)
    func bothDirectionsFlowAtOnceWithoutDeadlock(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        // More than all queues and socket buffers together, in both directions.
        let count = 200
        func sender(_ channel: any Channel, _ seed: UInt64) async throws {
            let random = SeededRandom(seed)
            for i in 0..<count { try await channel.send(random.bytes(i * 997 % 200_000)) }
        }
        func receiver(_ channel: any Channel, _ seed: UInt64) async throws -> Bool {
            let random = SeededRandom(seed)
            for i in 0..<count where try await channel.receive() != random.bytes(i * 997 % 200_000) { return false }
            return true
        }
        async let s1: Void = sender(a, 1)
        async let s2: Void = sender(b, 2)
        async let r1 = receiver(b, 1)
        async let r2 = receiver(a, 2)
        #expect(try await r1)
        #expect(try await r2)
        _ = try await (s1, s2)
        async let closing: Void = a.close()
        await b.close()
        await closing
    }

    @Test(arguments: ChannelKind.allCases)
    func manySmallFramesPingPongAndStream(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        async let echo: Void = { for _ in 0..<2000 { try await b.send(try await b.receive()) } }()
        for i in 0..<2000 {
            let frame = [UInt8](repeating: UInt8(i & 255), count: i % 100)
            try await a.send(frame)
            #expect(try await a.receive() == frame)
        }
        try await echo
        #expect(a.traffic.rounds == 2000 && b.traffic.rounds == 2000)
        async let stream: Void = { for i in 0..<20_000 { try await a.send([UInt8(i & 255)]) } }()
        for i in 0..<20_000 { #expect(try await b.receive() == [UInt8(i & 255)]) }
        try await stream
        #expect(b.traffic.rounds == 2001)
        #expect(a.traffic.framesSent == 22_000 && b.traffic.framesReceived == 22_000)
        async let closing: Void = a.close()
        await b.close()
        await closing
    }
}

@Suite struct ChannelEndTests {
    @Test(arguments: ChannelKind.allCases)
    func closeDeliversWhatWasSentBefore(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        let frames = (0..<40).map { [UInt8](repeating: UInt8($0), count: 100_000) }
        async let sending: Void = {
            for frame in frames { try await a.send(frame) }
            await a.close()
        }()
        for frame in frames { #expect(try await b.receive() == frame) }
        await expectAsyncError(.peerUnreachable, mentioning: "closed the channel") { _ = try await b.receive() }
        await expectAsyncError(.peerUnreachable) { for _ in 0..<1000 { try await b.send([1]) } }
        try await sending
        await expectAsyncError(.cancelled, mentioning: "closed on this side") { try await a.send([1]) }
        await expectAsyncError(.cancelled, mentioning: "closed on this side") { _ = try await a.receive() }
        await a.close()
        await b.close()
    }

    @Test(arguments: ChannelKind.allCases)
    func cancelledChannelThrowsItsErrorHereAndEndsThere(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        async let pending: Void = expectAsyncError(.budget, mentioning: "the reason") { _ = try await a.receive() }
        async let other: Void = expectAsyncError(.peerUnreachable) { _ = try await b.receive() }
        try await Task.sleep(for: .milliseconds(20))
        a.cancel(YinheError(.budget, "the reason"))
        await pending
        await other
        await expectAsyncError(.budget) { try await a.send([1]) }
        await expectAsyncError(.budget) { _ = try await a.receive() }
    }

    @Test(arguments: ChannelKind.allCases)
    func cancelledTaskStopsWaitingAndTheChannelLivesOn(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        let receiving = Task { try await a.receive() }
        try await Task.sleep(for: .milliseconds(20))
        receiving.cancel()
        await expectAsyncError(.cancelled) { _ = try await receiving.value }
        // Fill every queue and buffer until a send has to wait.
        let sending = Task { while true { try await a.send([UInt8](repeating: 1, count: 1 << 20)) } }
        try await Task.sleep(for: .milliseconds(100))
        sending.cancel()
        await expectAsyncError(.cancelled) { _ = try await sending.value }
        try await b.send([5])
        #expect(try await a.receive() == [5])
        #expect(try await b.receive().count == 1 << 20)
    }

    @Test(arguments: ChannelKind.allCases)
    func tooLongFrameIsRefusedBeforeItIsSent(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        await expectAsyncError(.range, mentioning: "16777216") {
            try await a.send([UInt8](repeating: 0, count: ChannelLimits.frameBytes + 1))
        }
        try await a.send([1])
        #expect(try await b.receive() == [1])
    }

    @Test(arguments: ChannelKind.allCases)
    func senderWaitsWhileThePeerDoesNotRead(kind: ChannelKind) async throws {
        let (a, b) = try await kind.pair()
        let sent = Task {
            for _ in 0..<64 { try await a.send([UInt8](repeating: 1, count: 1 << 20)) }
            return true
        }
        try await Task.sleep(for: .milliseconds(200))
        // Both queues (8 MiB each) and the socket's buffers hold less than 64 MiB.
        #expect(a.traffic.framesSent < 64)
        for _ in 0..<64 { _ = try await b.receive() }
        #expect(try await sent.value)
    }
}

@Suite struct EndpointTests {
    @Test func addressesParseAndNonsenseIsRefused() throws {
        #expect(try Endpoint(parsing: "bank.example:7300") == Endpoint(host: "bank.example", port: 7300))
        #expect(try Endpoint(parsing: "[::1]:0") == Endpoint(host: "::1", port: 0))
        #expect(try Endpoint(parsing: "[::1]:0").description == "[::1]:0")
        let wrong = [
            "", "host", "host:", ":1", "host:65536", "host:-1", "host:1x", "::1:80", "[::1:80", "a b:1", "a\u{1b}[31m:1", "[]:1",
        ]
        for text in wrong {
            #expect(throws: YinheError.self) { try Endpoint(parsing: text) }
        }
    }
}
