import Foundation
import SandboxCore
import Transport

/// A link that a party's own process imitates: a token bucket and a delay above TCP, on what the party sends.
struct SimulatedLink: Sendable, Equatable {
    /// From one party to another, in seconds.
    var delay: Double
    /// Of each direction; nil for no limit.
    var bytesPerSecond: Double?

    static let key = "YINHE_BENCH_LINK"

    /// The link that the parent asked for.
    static let fromEnvironment = ProcessInfo.processInfo.environment[key].flatMap(SimulatedLink.init(text:))

    init(delay: Double, bytesPerSecond: Double?) {
        self.delay = delay
        self.bytesPerSecond = bytesPerSecond
    }

    init?(text: String) {
        let numbers = text.split(separator: ",").map { Double($0) }
        guard numbers.count == 2, let delay = numbers[0], let rate = numbers[1], delay >= 0, rate >= 0 else { return nil }
        self.init(delay: delay, bytesPerSecond: rate > 0 ? rate : nil)
    }

    var text: String { "\(delay),\(bytesPerSecond ?? 0)" }

    func wrap(_ channel: any Channel) -> any Channel {
        DelayedChannel(channel, delay: .nanoseconds(Int64(1e9 * delay)), bytesPerSecond: bytesPerSecond)
    }

    /// Frames of the protocols have at most about 1 MiB.
    var largestFrameSeconds: Double { delay + (bytesPerSecond.map { Double(1 << 20) / $0 } ?? 0) }
}
