import SandboxCore
import Transport

/// A channel whose frames become public when they are sent: what travels is the peer's to see.
final class PublicChannel: Channel {
    private let inner: any Channel
    init(_ inner: any Channel) { self.inner = inner }

    func send(_ frame: [UInt8]) async throws {
        frame.withUnsafeBytes { declassify($0) }
        try await inner.send(frame)
    }
    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}
