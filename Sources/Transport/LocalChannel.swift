import SandboxCore
import Synchronization

/// One end of a channel inside this process: bounded queues, no sockets. Bytes are metered as plain TCP would carry the frames.
public final class LocalChannel: Channel {
    private let outgoing: FrameQueue
    private let incoming: FrameQueue
    private let meter = Mutex<(turns: TurnMeter, traffic: Traffic)>((TurnMeter(), Traffic()))
    public let peerDescription: String

    private init(outgoing: FrameQueue, incoming: FrameQueue, peer: String) {
        self.outgoing = outgoing
        self.incoming = incoming
        peerDescription = peer
    }

    /// Two connected ends; `queueBytes` bounds what waits in each direction.
    public static func pair(queueBytes: Int = ChannelLimits.queueBytes) -> (LocalChannel, LocalChannel) {
        let there = FrameQueue(capacity: queueBytes)
        let back = FrameQueue(capacity: queueBytes)
        return (
            LocalChannel(outgoing: there, incoming: back, peer: "second local party"),
            LocalChannel(outgoing: back, incoming: there, peer: "first local party")
        )
    }

    public func send(_ frame: [UInt8]) async throws {
        guard frame.count <= ChannelLimits.frameBytes else { throw YinheError.frameTooLong(frame.count) }
        try await outgoing.push(frame)
        meter.withLock {
            $0.turns.sent()
            $0.traffic.bytesSent += frame.count + ChannelLimits.headerBytes
        }
    }

    public func receive() async throws -> [UInt8] {
        let frame = try await incoming.pop()
        meter.withLock {
            $0.turns.received()
            $0.traffic.bytesReceived += frame.count + ChannelLimits.headerBytes
        }
        return frame
    }

    public func close() async { end(.channelClosedHere(peerDescription)) }

    public func cancel(_ error: YinheError) { end(error) }

    private func end(_ error: YinheError) {
        let seenByPeer = YinheError.closedByPeer("local peer")
        outgoing.endByPusher(push: error, pop: seenByPeer)
        incoming.endByPopper(push: seenByPeer, pop: error)
    }

    public var traffic: Traffic {
        meter.withLock {
            var traffic = $0.traffic
            traffic.framesSent = $0.turns.framesSent
            traffic.framesReceived = $0.turns.framesReceived
            traffic.rounds = $0.turns.rounds
            return traffic
        }
    }
}
