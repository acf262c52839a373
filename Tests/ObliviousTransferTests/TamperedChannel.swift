import SandboxCore
import Synchronization
import Transport

/// A channel that may change frames of one message on their way out, and counts the bytes of a protocol's own messages.
final class TamperedChannel: Channel {
    private let inner: any Channel
    private let tag: UInt8?
    private let alter: @Sendable (inout [UInt8]) -> Void
    private let frames = Mutex<[[UInt8]]>([])

    init(_ inner: any Channel, tag: UInt8? = nil, alter: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }) {
        self.inner = inner
        self.tag = tag
        self.alter = alter
    }

    /// Sent messages, handshake and aborts not included.
    var messages: [[UInt8]] { frames.withLock { $0 } }
    var messageBytes: Int { messages.reduce(0) { $0 + $1.count + ChannelLimits.headerBytes } }

    func send(_ frame: [UInt8]) async throws {
        var frame = frame
        if frame.first == tag { alter(&frame) }
        if let first = frame.first, first < 0xf0 { frames.withLock { $0.append(frame) } }
        try await inner.send(frame)
    }
    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}
