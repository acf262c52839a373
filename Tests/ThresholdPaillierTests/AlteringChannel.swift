import SandboxCore
import Synchronization
import Transport

/// A channel whose outgoing frames `change` alters once they carry a wanted tag: what a misbehaving peer would send.
final class AlteringChannel: Channel {
    private let inner: any Channel
    private let tag: UInt8
    private let change: @Sendable (inout [UInt8]) -> Void
    private let altered = Mutex<Int>(0)

    /// Frames that were altered.
    var count: Int { altered.withLock { $0 } }

    init(_ inner: any Channel, tag: UInt8, change: @escaping @Sendable (inout [UInt8]) -> Void) {
        self.inner = inner
        self.tag = tag
        self.change = change
    }

    func send(_ frame: [UInt8]) async throws {
        var frame = frame
        if frame.first == tag {
            change(&frame)
            altered.withLock { $0 += 1 }
        }
        try await inner.send(frame)
    }

    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}
