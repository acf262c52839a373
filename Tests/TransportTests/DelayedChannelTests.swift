import SandboxCore
import TestSupport
import Testing
import Transport

/// Upper limits are generous: a busy machine delays everything, and never makes anything early.
@Suite struct DelayedChannelTests {
    private let clock = ContinuousClock()

    private func pair(_ delay: Duration, bytesPerSecond: Double? = nil) -> (DelayedChannel, DelayedChannel) {
        let (a, b) = LocalChannel.pair()
        return (
            DelayedChannel(a, delay: delay, bytesPerSecond: bytesPerSecond),
            DelayedChannel(b, delay: delay, bytesPerSecond: bytesPerSecond)
        )
    }

    private func close(_ a: DelayedChannel, _ b: DelayedChannel) async {
        async let closing: Void = a.close()
        await b.close()
        await closing
    }

    @Test func noFrameArrivesEarlyAndAllArriveWholeAndInOrder() async throws {
        let delay = Duration.milliseconds(30)
        let (a, b) = pair(delay)
        let random = SeededRandom(11)
        let frames = [0, 1, 5, 65_536, 1_000_000, ChannelLimits.frameBytes, 3].map { random.bytes($0) }
        async let sending = {
            var times: [ContinuousClock.Instant] = []
            for frame in frames {
                times.append(.now)
                try await a.send(frame)
                try await Task.sleep(for: .milliseconds(2))
            }
            return times
        }()
        var arrivals: [ContinuousClock.Instant] = []
        for frame in frames {
            #expect(try await b.receive() == frame)
            arrivals.append(.now)
        }
        for (sent, arrived) in zip(try await sending, arrivals) { #expect(arrived - sent >= delay) }
        await close(a, b)
    }

    @Test func everyRoundTripCostsTwoDelays() async throws {
        let (a, b) = pair(.milliseconds(10))
        async let echo: Void = { for _ in 0..<10 { try await b.send(try await b.receive()) } }()
        let elapsed = try await clock.measure {
            for _ in 0..<10 {
                try await a.send([1])
                _ = try await a.receive()
            }
        }
        try await echo
        #expect(elapsed >= .milliseconds(200) && elapsed < .seconds(2), "\(elapsed)")
        #expect(a.traffic.rounds == 10 && b.traffic.rounds == 10)
        await close(a, b)
    }

    @Test func simultaneousExchangesCostOneDelayEach() async throws {
        let (a, b) = pair(.milliseconds(100))
        @Sendable func exchange(_ channel: DelayedChannel) async throws {
            for _ in 0..<3 {
                try await channel.send([7])
                _ = try await channel.receive()
            }
        }
        let elapsed = try await clock.measure {
            async let other: Void = exchange(b)
            try await exchange(a)
            try await other
        }
        #expect(elapsed >= .milliseconds(300) && elapsed < .milliseconds(590), "\(elapsed)")
        #expect(a.traffic.rounds == 3 && b.traffic.rounds == 3)
        await close(a, b)
    }

    @Test func framesOverlapInFlight() async throws {
        let (a, b) = pair(.milliseconds(50))
        let elapsed = try await clock.measure {
            async let sending: Void = { for i in 0..<200 { try await a.send([UInt8](repeating: UInt8(i), count: 10_000)) } }()
            for i in 0..<200 { #expect(try await b.receive().first == UInt8(i)) }
            try await sending
        }
        // One after the other they would take 10 s.
        #expect(elapsed >= .milliseconds(50) && elapsed < .seconds(2), "\(elapsed)")
        await close(a, b)
    }

    @Test func bandwidthLimitHoldsTheRate() async throws {
        let (a, b) = pair(.milliseconds(10), bytesPerSecond: 10_000_000)
        let elapsed = try await clock.measure {
            async let sending: Void = { for _ in 0..<20 { try await a.send([UInt8](repeating: 1, count: 100_000)) } }()
            for _ in 0..<20 { _ = try await b.receive() }
            try await sending
        }
        #expect(elapsed >= .milliseconds(210) && elapsed < .seconds(2), "\(elapsed)")
        await close(a, b)
    }

    @Test func closeDeliversWhatIsInFlight() async throws {
        let (a, b) = pair(.milliseconds(30))
        for i in 0..<20 { try await a.send([UInt8](repeating: UInt8(i), count: 100_000)) }
        async let closing: Void = a.close()
        for i in 0..<20 { #expect(try await b.receive().last == UInt8(i)) }
        await expectAsyncError(.peerUnreachable) { _ = try await b.receive() }
        await closing
        await expectAsyncError(.cancelled, mentioning: "closed on this side") { try await a.send([1]) }
        await b.close()
    }

    @Test func cancelledChannelThrowsItsErrorHereAndEndsThere() async throws {
        let (a, b) = pair(.milliseconds(1))
        async let pending: Void = expectAsyncError(.budget, mentioning: "the reason") { _ = try await a.receive() }
        async let other: Void = expectAsyncError(.peerUnreachable) { _ = try await b.receive() }
        try await Task.sleep(for: .milliseconds(20))
        a.cancel(YinheError(.budget, "the reason"))
        await pending
        await other
        await expectAsyncError(.budget) { try await a.send([1]) }
        // What b sends leaves late, so the error shows when the first frame has found nobody.
        await expectAsyncError(.peerUnreachable) {
            for _ in 0..<1000 {
                try await b.send([1])
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    @Test func senderWaitsWhileThePeerDoesNotRead() async throws {
        let (a, b) = pair(.milliseconds(1))
        let sent = Task {
            for _ in 0..<64 { try await a.send([UInt8](repeating: 1, count: 1 << 20)) }
            return true
        }
        try await Task.sleep(for: .milliseconds(200))
        // 32 MiB in flight and 8 MiB in the channel below.
        #expect(a.traffic.framesSent < 64)
        for _ in 0..<64 { _ = try await b.receive() }
        #expect(try await sent.value)
        await close(a, b)
    }
}
