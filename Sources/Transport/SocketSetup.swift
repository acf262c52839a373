import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The steps from a TCP connection to a wire: TLS handshake, then the preamble. Synchronous, on a thread of its own.
enum SocketSetup {
    /// Sent by both ends, the connecting side first; the listener answers when it has accepted the peer.
    static let preamble = Array("yinhe/1\n".utf8)

    /// A fatal TLS alert "protocol_version" (RFC 8446, section 6), outside of encryption.
    private static let protocolVersionAlert: [UInt8] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]

    /// Throws `.peerMismatch` when the other end is a wrong one, `.peerUnreachable` when it fell silent or left.
    static func establish(_ socket: Socket, _ context: TLSContext?, asServer: Bool, _ limit: SetupLimit) throws -> Wire {
        let tls = context.map { TLSConnection($0, asServer: asServer) }
        let wire = Wire(socket, tls)
        do {
            if let tls { try handshake(socket, tls, limit) }
            if !asServer { try send(preamble, on: wire, limit) }
            try checkPreamble(of: wire, limit)
            if asServer { try send(preamble, on: wire, limit) }
            return wire
        } catch var error as YinheError {
            if error.place.isEmpty { error.place = socket.peer }
            if error.code == .peerMismatch { farewell(wire, limit) }
            throw error
        }
    }

    private static func handshake(_ socket: Socket, _ tls: TLSConnection, _ limit: SetupLimit) throws {
        while true {
            let step = try tls.handshake()
            try flush(tls, on: socket, limit)
            switch step {
            case .done: return
            case .closed: throw ended(socket)
            case .needsBytes: break
            }
            switch try socket.receive(into: tls.spaceForArrival(), blocking: false) {
            case .bytes(let n): tls.didReceive(n)
            case .end: throw ended(socket)
            case .nothingYet: try wait(for: Int32(POLLIN), socket, limit)
            }
        }
    }

    private static func checkPreamble(of wire: Wire, _ limit: SetupLimit) throws {
        var seen: [UInt8] = []
        while seen.count < preamble.count {
            var part = [UInt8](repeating: 0, count: preamble.count - seen.count)
            switch try part.withUnsafeMutableBytes({ try wire.read(into: $0, blocking: false) }) {
            case .bytes(let n): seen += part[..<n]
            case .end: throw ended(wire.socket)
            case .nothingYet: try wait(for: Int32(POLLIN), wire.socket, limit)
            }
            guard !preamble.starts(with: seen) else { continue }
            if wire.tls == nil, seen[0] == 0x15 || seen[0] == 0x16 {
                throw YinheError(
                    .peerMismatch, "the other end speaks TLS, this side was told to use no encryption",
                    remedy: "use mutual TLS on both sides")
            }
            throw YinheError(
                .peerMismatch, "the other end is not a Yinhe party of this version",
                remedy: "check the address and port, and that both sides run compatible versions of Yinhe")
        }
    }

    private static func send(_ bytes: [UInt8], on wire: Wire, _ limit: SetupLimit) throws {
        if let tls = wire.tls {
            try bytes.withUnsafeBytes { try tls.seal($0) }
            try flush(tls, on: wire.socket, limit)
        } else {
            try bytes.withUnsafeBytes { try sendAll($0, on: wire.socket, limit) }
        }
    }

    private static func flush(_ tls: TLSConnection, on socket: Socket, _ limit: SetupLimit) throws {
        var out = ByteQueue(capacity: 1 << 12)
        tls.takeSealed(&out)
        if out.count > 0 { try sendAll(out.bytes, on: socket, limit) }
    }

    private static func sendAll(_ bytes: UnsafeRawBufferPointer, on socket: Socket, _ limit: SetupLimit) throws {
        var done = 0
        while done < bytes.count {
            done += try socket.send(UnsafeRawBufferPointer(rebasing: bytes[done...]), blocking: false)
            if done < bytes.count { try wait(for: Int32(POLLOUT), socket, limit) }
        }
    }

    private static func wait(for events: Int32, _ socket: Socket, _ limit: SetupLimit) throws {
        guard limit.wait(for: events, on: socket.descriptor) else {
            if limit.isCancelled { throw YinheError.cancelledByTask }
            throw YinheError(
                .peerUnreachable, "the other end did not complete the handshake in time", at: socket.peer,
                remedy: "check the address and port, and that the peer's process is running")
        }
    }

    private static func ended(_ socket: Socket) -> YinheError {
        YinheError(.peerUnreachable, "the other end closed the connection during the handshake", at: socket.peer)
    }

    /// Lets a refused end read why (a TLS alert, or this side's preamble) before the connection is reset.
    private static func farewell(_ wire: Wire, _ limit: SetupLimit) {
        let grace = SetupLimit(.seconds(1), within: limit)
        if let tls = wire.tls {
            try? flush(tls, on: wire.socket, grace)
            // OpenSSL says nothing to an end that does not speak TLS; the alert tells a plain party what it met.
            if wire.socket.bytesOut.load(ordering: .relaxed) == 0 {
                try? Self.protocolVersionAlert.withUnsafeBytes { try sendAll($0, on: wire.socket, grace) }
            }
        } else {
            try? send(preamble, on: wire, grace)
        }
        wire.socket.shutdown(.writing)
        var sink = [UInt8](repeating: 0, count: 4096)
        while grace.wait(for: Int32(POLLIN), on: wire.socket.descriptor) {
            let arrival = try? sink.withUnsafeMutableBytes { try wire.socket.receive(into: $0, blocking: false) }
            guard case .bytes = arrival else { return }
        }
    }
}
