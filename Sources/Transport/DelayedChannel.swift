import SandboxCore
import Synchronization

/// A channel as over a distant link, for measuring how much a protocol's rounds cost: every frame sent here reaches the peer
/// `delay` later than it would have, and frames overlap in flight, so that throughput stays what it was.
///
/// With both ends wrapped, a round trip takes 2 `delay` longer. Order and content are kept. `bytesPerSecond` limits what this end
/// sends, frame headers included, as a link of that capacity: a frame leaves when the ones before it have left, and arrives `delay`
/// after its last byte. The delay is added above TCP, so the link has no slow start and loses nothing.
package final class DelayedChannel: Channel {
    private let base: any Channel
    private let delay: Duration
    private let bytesPerSecond: Double?
    private let inFlight: FrameQueue
    private let schedule = Schedule()
    private let turns = Mutex(TurnMeter())
    private let pump: Task<Void, Never>

    /// When the frames in flight are due, in the order of the queue.
    private final class Schedule: Sendable {
        let state = Mutex<(due: [ContinuousClock.Instant], linkIsFree: ContinuousClock.Instant)>(([], .now))
    }

    /// Takes over `base`, which must not be used directly any more; `inFlightBytes` bounds what has been sent and has not arrived.
    package init(_ base: any Channel, delay: Duration, bytesPerSecond: Double? = nil, inFlightBytes: Int = 32 << 20) {
        precondition(delay >= .zero && bytesPerSecond ?? 1 > 0)
        self.base = base
        self.delay = delay
        self.bytesPerSecond = bytesPerSecond
        let queue = FrameQueue(capacity: inFlightBytes)
        inFlight = queue
        pump = Task { [schedule] in
            do {
                while true {
                    let frame = try await queue.pop()
                    let due = schedule.state.withLock { $0.due.removeFirst() }
                    try await Task.sleep(until: due, tolerance: .zero, clock: .continuous)
                    try await base.send(frame)
                }
            } catch {
                let error = error as? YinheError ?? .cancelledByTask
                queue.endByPopper(push: error, pop: error)
            }
        }
    }

    deinit { cancel(.channelClosedHere(base.peerDescription)) }

    package func send(_ frame: [UInt8]) async throws {
        guard frame.count <= ChannelLimits.frameBytes else { throw YinheError.frameTooLong(frame.count) }
        let onTheLink = bytesPerSecond.map { Duration.seconds(Double(frame.count + ChannelLimits.headerBytes) / $0) } ?? .zero
        schedule.state.withLock {
            $0.linkIsFree = max($0.linkIsFree, .now) + onTheLink
            $0.due.append($0.linkIsFree + delay)
        }
        do { try await inFlight.push(frame) } catch {
            // Only one task sends, so the last entry is this frame's.
            schedule.state.withLock { _ = $0.due.removeLast() }
            throw error
        }
        turns.withLock { $0.sent() }
    }

    package func receive() async throws -> [UInt8] {
        let frame = try await base.receive()
        turns.withLock { $0.received() }
        return frame
    }

    package func close() async {
        let closed = YinheError.channelClosedHere(peerDescription)
        inFlight.endByPusher(push: closed, pop: closed)
        // What is in flight still arrives, unless the peer does not read it.
        let patience = Task { [pump, delay] in
            try await Task.sleep(for: delay + ChannelTimeouts().close)
            pump.cancel()
        }
        await pump.value
        patience.cancel()
        await base.close()
    }

    package func cancel(_ error: YinheError) {
        inFlight.endByPopper(push: error, pop: error)
        pump.cancel()
        base.cancel(error)
    }

    /// Bytes are those that the channel below has sent; rounds are counted here, where a send is not late.
    package var traffic: Traffic {
        var traffic = base.traffic
        turns.withLock {
            traffic.framesSent = $0.framesSent
            traffic.framesReceived = $0.framesReceived
            traffic.rounds = $0.rounds
        }
        return traffic
    }

    package var peerDescription: String { base.peerDescription }
}
