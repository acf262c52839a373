import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Waits for peers on a port.
///
/// Handshakes run at the same time, at most 64, so that a silent stranger cannot keep the right peer out. Strangers (wrong
/// certificate, no TLS, garbage) are told off and counted. Release or `close` it to free the port.
public final class SocketListener: Sendable {
    private let core: ListenerCore
    public let endpoint: Endpoint
    /// The port; the one that the system chose if the endpoint said 0.
    public let boundPort: Int

    /// Binds and listens at once. Throws `.system` when the port is taken.
    public init(_ endpoint: Endpoint, security: ChannelSecurity, timeouts: ChannelTimeouts = ChannelTimeouts()) throws {
        let context = try security.makeContext()
        let (descriptor, port) = try Socket.listen(endpoint)
        boundPort = port
        self.endpoint = Endpoint(host: endpoint.host, port: port)
        core = ListenerCore(descriptor, self.endpoint, context, timeouts)
        guard startThread({ [core] in core.run() }) else {
            Socket.closeListener(descriptor)
            throw YinheError(.system, "the system refuses another thread", at: "\(endpoint)")
        }
    }

    deinit { core.close() }

    /// The next peer's channel.
    ///
    /// Throws `.peerMismatch` when none came within `timeouts.wait` but strangers did, saying what was wrong with the last;
    /// `.peerUnreachable` when nobody came; `.cancelled`.
    public func accept() async throws -> SocketChannel { try await core.accept() }

    /// Stops listening. Channels that were accepted stay open; pending `accept` calls throw `.cancelled`.
    public func close() { core.close() }

    /// Connections that were refused so far.
    public var refusals: Int { core.refusals }
}

final class ListenerCore: Sendable {
    private typealias Continuation = CheckedContinuation<SocketChannel, any Error>

    private struct State {
        var ready: [SocketChannel] = []
        var waiting: [(id: UInt64, deadline: UInt64, continuation: Continuation)] = []
        var nextID: UInt64 = 0
        var handshakes = 0
        var refusals = 0
        var lastRefusal: YinheError?
        var closed = false
    }

    private let state = Mutex(State())
    private let descriptor: Int32
    private let endpoint: Endpoint
    private let context: TLSContext?
    private let timeouts: ChannelTimeouts
    /// Handshakes that run at the same time.
    private static let maximumHandshakes = 64

    init(_ descriptor: Int32, _ endpoint: Endpoint, _ context: TLSContext?, _ timeouts: ChannelTimeouts) {
        self.descriptor = descriptor
        self.endpoint = endpoint
        self.context = context
        self.timeouts = timeouts
    }

    var refusals: Int { state.withLock { $0.refusals } }

    func accept() async throws -> SocketChannel {
        let id = state.withLock { s in
            s.nextID += 1
            return s.nextID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: Continuation) in
                let result: Result<SocketChannel, any Error>? = state.withLock { s in
                    if Task.isCancelled || s.closed { return .failure(YinheError.cancelledByTask) }
                    s.ready.removeAll { $0.isOver }
                    if !s.ready.isEmpty { return .success(s.ready.removeFirst()) }
                    s.waiting.append((id, monotonicNanoseconds() + timeouts.wait.nanoseconds, continuation))
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiting = state.withLock { s -> Continuation? in
                guard let i = s.waiting.firstIndex(where: { $0.id == id }) else { return nil }
                return s.waiting.remove(at: i).continuation
            }
            waiting?.resume(throwing: YinheError.cancelledByTask)
        }
    }

    func close() {
        let (waiting, ready) = state.withLock { s in
            // Once only, and before the accepting thread can see `closed`: it gives the descriptor back.
            if !s.closed { Socket.stopListening(descriptor) }
            s.closed = true
            defer {
                s.waiting = []
                s.ready = []
            }
            return (s.waiting, s.ready)
        }
        for waiter in waiting {
            waiter.continuation.resume(throwing: YinheError(.cancelled, "the listener was closed", at: "\(endpoint)"))
        }
        for channel in ready { channel.cancel(.channelClosedHere(channel.peerDescription)) }
    }

    /// The accepting thread; ends soon after `close`.
    func run() {
        defer { Socket.closeListener(descriptor) }
        while true {
            let (closed, busy) = state.withLock { ($0.closed, $0.handshakes >= Self.maximumHandshakes) }
            if closed { return }
            expireWaiting()
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if busy {
                usleep(10_000)
            } else if poll(&entry, 1, 20) > 0, let socket = Socket.accept(descriptor) {
                begin(socket)
            }
        }
    }

    private func expireWaiting() {
        let now = monotonicNanoseconds()
        let (expired, refusals, last) = state.withLock { s in
            guard s.waiting.contains(where: { $0.deadline <= now }) else {
                return ([Continuation](), 0, YinheError?.none)
            }
            let expired = s.waiting.filter { $0.deadline <= now }.map(\.continuation)
            s.waiting.removeAll { $0.deadline <= now }
            return (expired, s.refusals, s.lastRefusal)
        }
        for continuation in expired { continuation.resume(throwing: nobodyCame(refusals, last)) }
    }

    private func nobodyCame(_ refusals: Int, _ last: YinheError?) -> YinheError {
        guard let last else {
            return YinheError(
                .peerUnreachable, "no peer connected within \(timeouts.wait.text)", at: "\(endpoint)",
                remedy: "start the peer with this address, check firewalls, or wait longer")
        }
        return YinheError(
            last.code == .peerMismatch ? .peerMismatch : .peerUnreachable,
            "the right peer did not connect within \(timeouts.wait.text); \(refusals) other "
                + "\(refusals == 1 ? "connection was" : "connections were") refused, "
                + "the last from \(last.place): \(last.message)",
            at: "\(endpoint)", remedy: last.remedy)
    }

    private func begin(_ socket: Socket) {
        state.withLock { $0.handshakes += 1 }
        let started = startThread { [self] in
            defer { state.withLock { $0.handshakes -= 1 } }
            do {
                let wire = try SocketSetup.establish(socket, context, asServer: true, SetupLimit(timeouts.handshake))
                deliver(try SocketChannel(wire, timeouts))
            } catch {
                refuse(Session.placing(error, at: socket.peer))
            }
        }
        if !started {
            state.withLock { $0.handshakes -= 1 }
            refuse(YinheError(.system, "the system refuses another thread", at: socket.peer))
        }
    }

    private func refuse(_ error: YinheError) {
        state.withLock { s in
            s.refusals += 1
            // A wrong key says more than a scanner that came after it.
            if error.code == .peerMismatch || s.lastRefusal?.code != .peerMismatch { s.lastRefusal = error }
        }
    }

    private func deliver(_ channel: SocketChannel) {
        let (waiter, unwanted) = state.withLock { s -> (Continuation?, Bool) in
            if s.closed { return (nil, true) }
            if !s.waiting.isEmpty { return (s.waiting.removeFirst().continuation, false) }
            s.ready.append(channel)
            return (nil, false)
        }
        if unwanted { channel.cancel(.channelClosedHere(channel.peerDescription)) }
        waiter?.resume(returning: channel)
    }
}
