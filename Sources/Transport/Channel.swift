import SandboxCore

/// A reliable, ordered, two-way stream of byte frames between two parties.
///
/// A channel knows nothing of protocols: `Session` adds the handshake, typed messages, aborts and the transcript. One task sends
/// and one task receives at a time; the two may overlap. Calls of a cancelled task throw `.cancelled`.
public protocol Channel: AnyObject, Sendable {
    /// Queues one frame of at most `ChannelLimits.frameBytes` bytes; suspends while the outgoing queue is full.
    func send(_ frame: [UInt8]) async throws
    /// The next frame. Frames that arrived before the peer closed are delivered first, then `.peerUnreachable` is thrown.
    func receive() async throws -> [UInt8]
    /// Flushes what was sent, ends the stream in order, and frees the resources. Idempotent.
    func close() async
    /// Stops at once: pending and later calls throw `error`; queued frames may be lost.
    func cancel(_ error: YinheError)
    var traffic: Traffic { get }
    /// Who is at the other end, for messages to people.
    var peerDescription: String { get }
}

/// Bounds that both ends of every channel keep.
public enum ChannelLimits {
    /// The largest frame: 16 MiB. A longer announced length ends the channel before anything is allocated.
    public static let frameBytes = 16 << 20
    /// Bytes of the header in front of each frame: kind (1) and length (4).
    public static let headerBytes = 5
    /// Bytes that a channel queues in each direction before `send`, or the peer, has to wait.
    public static let queueBytes = 8 << 20
}

/// What went over a channel so far, as this party saw it.
public struct Traffic: Sendable, Codable, Equatable {
    /// On the wire: frame headers, keep-alives and TLS records included where the channel has them.
    public var bytesSent = 0
    public var bytesReceived = 0
    public var framesSent = 0
    public var framesReceived = 0
    /// How many times this party turned from sending to waiting for the peer (a first wait counts): one for a request and its
    /// answer, one for a simultaneous exchange, one for any number of frames received in a row.
    public var rounds = 0

    public init() {}

    /// What was added since `earlier`.
    public func since(_ earlier: Traffic) -> Traffic {
        var out = self
        out.bytesSent -= earlier.bytesSent
        out.bytesReceived -= earlier.bytesReceived
        out.framesSent -= earlier.framesSent
        out.framesReceived -= earlier.framesReceived
        out.rounds -= earlier.rounds
        return out
    }
}

/// Counts the frames that the caller sends and receives, and the rounds they form.
struct TurnMeter {
    private(set) var framesSent = 0
    private(set) var framesReceived = 0
    private(set) var rounds = 0
    private var lastWasReceive = false

    mutating func sent() {
        framesSent += 1
        lastWasReceive = false
    }

    mutating func received() {
        framesReceived += 1
        if !lastWasReceive { rounds += 1 }
        lastWasReceive = true
    }
}

extension YinheError {
    static func frameTooLong(_ count: Int) -> YinheError {
        YinheError(
            .range, "a frame of \(count) bytes is longer than the \(ChannelLimits.frameBytes) that a channel carries",
            remedy: "send large data as several messages")
    }

    static let cancelledByTask = YinheError(.cancelled, "the operation was cancelled")

    static func channelClosedHere(_ peer: String) -> YinheError {
        YinheError(.cancelled, "the channel was closed on this side", at: peer)
    }

    static func closedByPeer(_ peer: String) -> YinheError {
        YinheError(
            .peerUnreachable, "the peer closed the channel", at: peer, remedy: "look at the peer's own messages for the reason")
    }
}
