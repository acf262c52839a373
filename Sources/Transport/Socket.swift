import COpenSSL
import SandboxCore
import Synchronization
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A connected TCP socket. Calls may come from several threads; the descriptor is closed when the last owner lets go, so its
/// number can never be reused under a running call. `shutdown` wakes whoever is blocked.
final class Socket: @unchecked Sendable {
    enum Arrival {
        case bytes(Int)
        case end
        case nothingYet
    }

    let descriptor: Int32
    /// "bank.example:7300 (192.0.2.7)", for messages.
    let peer: String
    let bytesIn = Atomic<Int>(0)
    let bytesOut = Atomic<Int>(0)

    /// Takes over `descriptor`.
    init(adopting descriptor: Int32, peer: String) {
        self.descriptor = descriptor
        self.peer = peer
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        #if !os(Linux)
        set(SOL_SOCKET, SO_NOSIGPIPE, 1)
        #endif
    }

    deinit { close(descriptor) }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// How long a blocking `receive` waits before it throws.
    func setSilence(_ limit: Duration) {
        let nanoseconds = limit.nanoseconds
        var time = timeval(
            tv_sec: Int(nanoseconds / 1_000_000_000),
            tv_usec: .init(max(nanoseconds % 1_000_000_000 / 1000, nanoseconds == 0 ? 1 : 0)))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        silence = limit
    }
    private var silence = Duration.zero

    #if os(Linux)
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    private static let dontWait = Int32(MSG_DONTWAIT)
    #else
    private static let sendFlags: Int32 = 0
    private static let dontWait = MSG_DONTWAIT
    #endif

    /// Reads at least one byte, unless `blocking` is false and none is there. Throws `.peerUnreachable`.
    func receive(into buffer: UnsafeMutableRawBufferPointer, blocking: Bool) throws -> Arrival {
        while true {
            let n = recv(descriptor, buffer.baseAddress, buffer.count, blocking ? 0 : Self.dontWait)
            if n > 0 {
                bytesIn.add(n, ordering: .relaxed)
                return .bytes(n)
            }
            if n == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN where !blocking: return .nothingYet
            case EAGAIN:
                throw YinheError(
                    .peerUnreachable, "no sign of life from the peer for \(silence.text)", at: peer,
                    remedy: "check that the peer's process and the network are running, then start both sides again")
            default: throw lost(errno)
            }
        }
    }

    /// Sends the two buffers one after the other; returns how much went out: everything if `blocking`, perhaps nothing if not.
    func send(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer = .init(start: nil, count: 0), blocking: Bool
    ) throws -> Int {
        var done = 0
        let total = first.count + second.count
        while done < total {
            let n = sendOnce(first, second, skipping: done, flags: Self.sendFlags | (blocking ? 0 : Self.dontWait))
            if n >= 0 {
                bytesOut.add(n, ordering: .relaxed)
                done += n
            } else if errno == EAGAIN, !blocking {
                return done
            } else if errno != EINTR {
                throw lost(errno)
            }
        }
        return done
    }

    private func sendOnce(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, skipping done: Int, flags: Int32
    ) -> Int {
        func rest(_ buffer: UnsafeRawBufferPointer, _ skip: Int) -> iovec {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress! + skip), iov_len: .init(buffer.count - skip))
        }
        if second.count == 0 { return Self.send(descriptor, first.baseAddress! + done, first.count - done, flags) }
        if done >= first.count {
            let skip = done - first.count
            return Self.send(descriptor, second.baseAddress! + skip, second.count - skip, flags)
        }
        var parts = (rest(first, done), rest(second, 0))
        return withUnsafeMutablePointer(to: &parts) { pointer in
            pointer.withMemoryRebound(to: iovec.self, capacity: 2) { vector in
                var message = msghdr()
                message.msg_iov = vector
                message.msg_iovlen = 2
                return sendmsg(descriptor, &message, flags)
            }
        }
    }

    private static func send(_ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int, _ flags: Int32) -> Int {
        #if canImport(Glibc)
        Glibc.send(descriptor, base, count, flags)
        #elseif canImport(Musl)
        Musl.send(descriptor, base, count, flags)
        #else
        Darwin.send(descriptor, base, count, flags)
        #endif
    }

    /// Whether bytes, an end or an error can be read within `microseconds`. Blocks the thread.
    func isReadable(withinMicroseconds microseconds: Int) -> Bool {
        yinhe_wait_readable(descriptor, microseconds) > 0
    }

    enum Direction {
        case reading
        case writing
        case both
    }

    /// Ends one or both directions of the connection, waking blocked calls.
    func shutdown(_ direction: Direction) {
        #if os(Linux)
        let how =
            switch direction {
            case .reading: Int32(SHUT_RD)
            case .writing: Int32(SHUT_WR)
            case .both: Int32(SHUT_RDWR)
            }
        #else
        let how =
            switch direction {
            case .reading: SHUT_RD
            case .writing: SHUT_WR
            case .both: SHUT_RDWR
            }
        #endif
        #if canImport(Glibc)
        _ = Glibc.shutdown(descriptor, how)
        #elseif canImport(Musl)
        _ = Musl.shutdown(descriptor, how)
        #else
        _ = Darwin.shutdown(descriptor, how)
        #endif
    }

    func lost(_ code: Int32) -> YinheError {
        YinheError(
            .peerUnreachable,
            "the connection was lost: \(systemErrorText(code))"
                + (code == ECONNRESET || code == EPIPE ? "; the peer's process was probably killed" : ""), at: peer,
            remedy: "check that the peer's process and the network are running, then start both sides again")
    }

    var endedWithoutGoodbye: YinheError {
        YinheError(
            .peerUnreachable, "the peer's connection ended without a good-bye; its process was probably killed", at: peer,
            remedy: "look at the peer's own messages, then start both sides again")
    }
}
