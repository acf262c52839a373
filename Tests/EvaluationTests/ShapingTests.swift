import SandboxCore
import Testing
import Transport

/// The link that evaluations imitate where the kernel cannot: never faster than it says, and on a machine that is not busy hardly slower.
@Suite struct ShapingTests {
    private static let links: [(bitsPerSecond: Double, roundTrip: Double)] = [(1e9, 0.0002), (1e8, 0.010), (2e7, 0.050)]
    /// Late by at most this: scheduling, and the queue's own work.
    private static let lateness = 0.005

    private func pair(_ rate: Double, _ roundTrip: Double) -> (DelayedChannel, DelayedChannel) {
        let (a, b) = LocalChannel.pair()
        func shaped(_ channel: any Channel) -> DelayedChannel {
            DelayedChannel(channel, delay: .nanoseconds(Int64(roundTrip / 2 * 1e9)), bytesPerSecond: rate / 8)
        }
        return (shaped(a), shaped(b))
    }

    private func timed(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    @Test(arguments: links) func roundTripIsThatOfTheLink(_ link: (bitsPerSecond: Double, roundTrip: Double)) async throws {
        let (a, b) = pair(link.bitsPerSecond, link.roundTrip)
        let echo = Task { for _ in 0..<12 { try await b.send(try await b.receive()) } }
        var times: [Double] = []
        for _ in 0..<12 {
            times.append(
                try await timed {
                    try await a.send([1])
                    _ = try await a.receive()
                })
        }
        try await echo.value
        await a.close()
        await b.close()
        #expect(times.min()! >= link.roundTrip)
        #expect(times.min()! <= link.roundTrip + Self.lateness, "\(times)")
    }

    @Test(arguments: links) func rateIsThatOfTheLink(_ link: (bitsPerSecond: Double, roundTrip: Double)) async throws {
        // Half a second of the link, in frames of 64 KiB.
        let frame = [UInt8](repeating: 7, count: 1 << 16), frames = max(4, Int(link.bitsPerSecond / 8 / 2) >> 16)
        var best = Double.infinity
        for _ in 0..<3 {
            let (a, b) = pair(link.bitsPerSecond, link.roundTrip)
            let seconds = try await timed {
                async let sent: Void = { for _ in 0..<frames { try await a.send(frame) } }()
                for _ in 0..<frames { _ = try await b.receive() }
                try await sent
            }
            await a.close()
            await b.close()
            let ideal = Double(8 * frames * (frame.count + ChannelLimits.headerBytes)) / link.bitsPerSecond + link.roundTrip / 2
            #expect(seconds >= ideal)
            best = min(best, seconds / ideal)
            if best < 1.03 { break }
        }
        #expect(best < 1.10, "\(best) of the time that the link takes")
    }
}
