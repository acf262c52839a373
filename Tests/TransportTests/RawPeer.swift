import Dispatch
#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A bare TCP end that says exactly what a test tells it to.
final class RawPeer: @unchecked Sendable {
    let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Connects to a port of this machine.
    convenience init(port: Int) throws {
        self.init(Self.newSocket())
        let code = Self.withLoopback(port) { connect(descriptor, $0, $1) }
        guard code == 0 else { throw RawPeerError() }
        setTimeout(descriptor)
    }

    deinit { close(descriptor) }

    struct RawPeerError: Error {}

    private static func newSocket() -> Int32 {
        #if os(Linux)
        socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
        socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func withLoopback<R>(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }

    func send(_ bytes: [UInt8]) {
        #if os(Linux)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #else
        _ = Darwin.send(descriptor, bytes, bytes.count, 0)
        #endif
    }

    /// Exactly `count` bytes, or fewer when the other end closes or stays silent for ten seconds.
    func receive(_ count: Int) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            // Not on the cooperative pool, which it would block.
            DispatchQueue.global().async { continuation.resume(returning: self.receiveBlocking(count)) }
        }
    }

    /// The next frame's header and body; keep-alives are passed over unless one is wanted.
    func receiveFrame(keepAlive: Bool = false) async -> [UInt8] {
        while true {
            let header = await receive(5)
            guard header.count == 5 else { return header }
            if header[0] == 2 && !keepAlive { continue }
            let count = Int(header[1]) | Int(header[2]) << 8 | Int(header[3]) << 16
            return count == 0 ? header : header + (await receive(count))
        }
    }

    private func receiveBlocking(_ count: Int) -> [UInt8] {
        var out: [UInt8] = []
        var part = [UInt8](repeating: 0, count: count)
        while out.count < count {
            let n = recv(descriptor, &part, count - out.count, 0)
            guard n > 0 else { break }
            out += part[..<n]
        }
        return out
    }

    /// A port that accepts connections by the kernel alone: nobody ever answers.
    static func silentPort() -> (peer: RawPeer, port: Int) {
        let listener = RawPeer(newSocket())
        _ = withLoopback(0) { bind(listener.descriptor, $0, $1) }
        listen(listener.descriptor, 5)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener.descriptor, $0, &length) }
        }
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }
}

private func setTimeout(_ descriptor: Int32) {
    var time = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
}

let preamble = Array("yinhe/1\n".utf8)

func dataFrame(_ body: [UInt8]) -> [UInt8] {
    [1] + withUnsafeBytes(of: UInt32(body.count).littleEndian) { Array($0) } + body
}
