import SandboxCore
import Synchronization

/// A channel over TCP, plain or with mutual TLS 1.3. See Protocols/transport.md.
///
/// Two threads per channel do the blocking calls. A channel that is dropped without `close` is cut.
public final class SocketChannel: Channel {
    private let core: SocketCore
    private let meter = Mutex(TurnMeter())
    public let peerDescription: String
    /// Whose certificate the other end showed; nil without TLS.
    public let peerFingerprint: Fingerprint?

    /// Starts the threads of an established wire.
    init(_ wire: Wire, _ timeouts: ChannelTimeouts) throws {
        core = SocketCore(wire, timeouts)
        peerDescription = wire.socket.peer
        peerFingerprint = wire.tls?.seen
        try core.start()
    }

    /// Whether the peer has left already.
    var isOver: Bool { core.readerDone.isOpen }

    deinit { core.cancel(.channelClosedHere(peerDescription)) }

    /// Connects, trying again until `timeouts.wait` has passed, so that the peer may start later.
    ///
    /// Throws `.peerMismatch` at once when the other end is a wrong one (its key, no TLS, no Yinhe), `.peerUnreachable` when no
    /// peer appears in time, `.cancelled`.
    public static func connect(
        to endpoint: Endpoint, security: ChannelSecurity, timeouts: ChannelTimeouts = ChannelTimeouts()
    ) async throws -> SocketChannel {
        let context = try security.makeContext()
        let limit = SetupLimit(timeouts.wait)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let started = startThread {
                    continuation.resume(with: Result { try connect(endpoint, context, timeouts, limit) })
                }
                if !started { continuation.resume(throwing: YinheError(.system, "the system refuses another thread")) }
            }
        } onCancel: {
            limit.cancel()
        }
    }

    private static func connect(
        _ endpoint: Endpoint, _ context: TLSContext?, _ timeouts: ChannelTimeouts, _ limit: SetupLimit
    ) throws -> SocketChannel {
        var pause = 50
        while true {
            do {
                let socket = try Socket.connect(endpoint, limit)
                let handshake = SetupLimit(timeouts.handshake, within: limit)
                let wire = try SocketSetup.establish(socket, context, asServer: false, handshake)
                return try SocketChannel(wire, timeouts)
            } catch let error as YinheError where error.code == .peerUnreachable {
                limit.pause(milliseconds: pause)
                pause = min(pause * 2, 500)
                if limit.isCancelled { throw YinheError.cancelledByTask }
                if limit.isOver {
                    throw YinheError(
                        .peerUnreachable, "no peer answered within \(timeouts.wait.text); last attempt: \(error.message)",
                        at: error.place.isEmpty ? "\(endpoint)" : error.place,
                        remedy: "check the address and port, start the peer, or wait longer")
                }
            }
        }
    }

    public func send(_ frame: [UInt8]) async throws {
        guard frame.count <= ChannelLimits.frameBytes else { throw YinheError.frameTooLong(frame.count) }
        if Task.isCancelled { throw YinheError.cancelledByTask }
        if try !core.sendDirectly(frame) { try await core.outgoing.push(frame) }
        meter.withLock { $0.sent() }
    }

    public func receive() async throws -> [UInt8] {
        if Task.isCancelled { throw YinheError.cancelledByTask }
        let frame = try await core.receive()
        meter.withLock { $0.received() }
        return frame
    }

    public func close() async { await core.close() }

    public func cancel(_ error: YinheError) { core.cancel(error) }

    public var traffic: Traffic {
        var traffic = Traffic()
        traffic.bytesSent = core.wire.socket.bytesOut.load(ordering: .relaxed)
        traffic.bytesReceived = core.wire.socket.bytesIn.load(ordering: .relaxed)
        let turns = meter.withLock { $0 }
        traffic.framesSent = turns.framesSent
        traffic.framesReceived = turns.framesReceived
        traffic.rounds = turns.rounds
        return traffic
    }
}

extension ChannelSecurity {
    func makeContext() throws -> TLSContext? {
        switch self {
        case .insecurePlaintext: return nil
        case .mutualTLS(let identity, let peers):
            guard !peers.isEmpty else {
                throw YinheError(
                    .usage, "no peer's fingerprint was given", remedy: "name the peer's fingerprint, as its contract does")
            }
            return try TLSContext(identity: identity, peers: peers)
        }
    }
}
