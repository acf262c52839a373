import SandboxCore

/// A connected socket with or without TLS. One reader and one writer at a time; the two may overlap.
final class Wire: Sendable {
    let socket: Socket
    let tls: TLSConnection?

    init(_ socket: Socket, _ tls: TLSConnection?) {
        self.socket = socket
        self.tls = tls
    }

    /// Reads at least one byte of the stream, unless `blocking` is false and none is there.
    func read(into buffer: UnsafeMutableRawBufferPointer, blocking: Bool) throws -> Socket.Arrival {
        guard let tls else { return try socket.receive(into: buffer, blocking: blocking) }
        while true {
            switch try tls.open(into: buffer) {
            case .done(let n): return .bytes(n)
            case .closed: return .end
            case .needsBytes: break
            }
            switch try socket.receive(into: tls.spaceForArrival(), blocking: blocking) {
            case .bytes(let n): tls.didReceive(n)
            case .end: return .end
            case .nothingYet: return .nothingYet
            }
        }
    }
}

/// What stands in front of each frame: kind (1 byte), length (4 bytes, little-endian).
enum FrameHeader {
    static let data: UInt8 = 1
    static let keepAlive: UInt8 = 2
    static let goodbye: UInt8 = 3

    static func write(_ kind: UInt8, _ count: Int, to queue: inout ByteQueue) {
        var header: (UInt8, UInt8, UInt8, UInt8, UInt8) = (
            kind, UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count >> 16),
            UInt8(truncatingIfNeeded: count >> 24)
        )
        withUnsafeBytes(of: &header) { queue.append($0) }
    }
}
