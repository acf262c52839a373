import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension SocketChannel {
    /// Which end of an adopted connection this is: the handshakes need one of each.
    public enum End: Sendable {
        case connecting
        case accepting
    }

    /// A channel over a connected stream socket (TCP or Unix domain) that the caller's own program has made.
    ///
    /// Takes the descriptor over, also when it throws: it is closed with the channel. Nothing may have been read of what the peer's
    /// `adopting` sends. Throws `.usage` for a descriptor that is no connected stream socket, and what `connect` throws.
    public static func adopting(
        descriptor: Int32, as end: End, security: ChannelSecurity, timeouts: ChannelTimeouts = ChannelTimeouts()
    ) async throws -> SocketChannel {
        let socket = try Socket.adopted(descriptor)
        let context = try security.makeContext()
        let limit = SetupLimit(timeouts.handshake)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let started = startThread {
                    continuation.resume(
                        with: Result {
                            let wire = try SocketSetup.establish(socket, context, asServer: end == .accepting, limit)
                            return try SocketChannel(wire, timeouts)
                        })
                }
                if !started { continuation.resume(throwing: YinheError(.system, "the system refuses another thread")) }
            }
        } onCancel: {
            limit.cancel()
        }
    }
}

extension Socket {
    /// Takes over a connected stream socket, and closes anything else.
    static func adopted(_ descriptor: Int32) throws -> Socket {
        guard descriptor >= 0 else { throw YinheError(.usage, "\(descriptor) is no file descriptor") }
        // From here on the descriptor is closed with this object.
        let socket = Socket(adopting: descriptor, peer: peerText(descriptor))
        var kind: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &size) == 0, kind == streamKind, peerAddress(descriptor) != nil
        else {
            throw YinheError(
                .usage, "descriptor \(descriptor) is no connected stream socket", remedy: "pass a socket after connect or accept")
        }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        makeBlocking(descriptor)
        return socket
    }

    #if os(Linux)
    private static let streamKind = Int32(SOCK_STREAM.rawValue)
    #else
    private static let streamKind = Int32(SOCK_STREAM)
    #endif

    private static func peerAddress(_ descriptor: Int32) -> (family: Int32, text: String)? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard getpeername(descriptor, address, &size) == 0 else { return nil }
                let family = Int32(address.pointee.sa_family)
                return (family, family == AF_UNIX ? "local socket" : numericText(address, size))
            }
        }
    }

    private static func peerText(_ descriptor: Int32) -> String { peerAddress(descriptor)?.text ?? "descriptor \(descriptor)" }
}
