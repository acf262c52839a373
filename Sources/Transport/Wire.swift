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

/// Puts frames on the wire. Small frames are gathered, large ones are sent from where they are.
struct FrameWriter: ~Copyable {
    private let wire: Wire
    /// Bytes for the socket that have not been sent.
    private var out = ByteQueue(capacity: 1 << 17)
    /// Frames on their way into TLS records.
    private var staging: ByteQueue
    private static let recordBytes = 1 << 14
    private static let gatherBytes = 1 << 16
    private static let sliceBytes = 1 << 17
    private(set) var lastSent: UInt64 = monotonicNanoseconds()

    init(_ wire: Wire) {
        self.wire = wire
        staging = ByteQueue(capacity: wire.tls == nil ? 1 : 1 << 17)
    }

    var hasLeftover: Bool { out.count > 0 }

    /// Sends everything, blocking the thread.
    mutating func send(_ frames: [[UInt8]]) throws {
        try flush(blocking: true)
        for frame in frames {
            try frame.withUnsafeBytes {
                if wire.tls == nil { try sendPlain($0) } else { try sendSealed($0) }
            }
        }
        try sealStaging()
        try flush(blocking: true)
        lastSent = monotonicNanoseconds()
    }

    /// Sends one frame as far as the socket takes it at once; the rest stays as leftover.
    mutating func sendAtOnce(_ frame: [UInt8]) throws {
        precondition(!hasLeftover)
        try frame.withUnsafeBytes {
            if let tls = wire.tls {
                FrameHeader.write(FrameHeader.data, $0.count, to: &staging)
                staging.append($0)
                try sealStaging()
                tls.takeSealed(&out)
            } else {
                FrameHeader.write(FrameHeader.data, $0.count, to: &out)
                out.append($0)
            }
        }
        try flush(blocking: false)
        lastSent = monotonicNanoseconds()
    }

    mutating func sendControl(_ kind: UInt8, last: Bool = false) throws {
        try flush(blocking: true)
        if let tls = wire.tls {
            FrameHeader.write(kind, 0, to: &staging)
            try sealStaging()
            if last { tls.sealEnd() }
        } else {
            FrameHeader.write(kind, 0, to: &out)
        }
        try flush(blocking: true)
        lastSent = monotonicNanoseconds()
    }

    mutating func flush(blocking: Bool) throws {
        while true {
            if out.count > 0 {
                let n = try wire.socket.send(out.bytes, blocking: blocking)
                out.drop(n)
                if out.count > 0 { return }
            }
            guard let tls = wire.tls else { return }
            tls.takeSealed(&out)
            if out.count == 0 { return }
        }
    }

    private mutating func sendPlain(_ frame: UnsafeRawBufferPointer) throws {
        FrameHeader.write(FrameHeader.data, frame.count, to: &out)
        if frame.count <= Self.recordBytes {
            out.append(frame)
            if out.count >= Self.gatherBytes { try flush(blocking: true) }
        } else {
            _ = try wire.socket.send(out.bytes, frame, blocking: true)
            out.drop(out.count)
        }
    }

    private mutating func sendSealed(_ frame: UnsafeRawBufferPointer) throws {
        FrameHeader.write(FrameHeader.data, frame.count, to: &staging)
        // Fill the record that the header began; further whole records need no copy.
        let filled = staging.count % Self.recordBytes
        let prefix = min(frame.count, frame.count <= Self.recordBytes ? frame.count : Self.recordBytes - filled)
        staging.append(UnsafeRawBufferPointer(rebasing: frame[..<prefix]))
        if prefix == frame.count, staging.count < Self.gatherBytes { return }
        try sealStaging()
        var offset = prefix
        while offset < frame.count {
            let n = min(Self.sliceBytes, frame.count - offset)
            try wire.tls!.seal(UnsafeRawBufferPointer(rebasing: frame[offset..<offset + n]))
            offset += n
            try flush(blocking: true)
        }
        try flush(blocking: true)
    }

    private mutating func sealStaging() throws {
        guard staging.count > 0, let tls = wire.tls else { return }
        try tls.seal(staging.bytes)
        staging.drop(staging.count)
    }
}

/// Takes frames from the wire.
struct FrameReader: ~Copyable {
    enum Item {
        case frame([UInt8])
        case goodbye
    }

    private let wire: Wire
    private var buffer = ByteQueue(capacity: 1 << 17)
    /// Set once nothing more is to be read.
    var isOver = false
    /// Counts frames that a task took from the wire itself.
    var directReads = 0

    init(_ wire: Wire) { self.wire = wire }

    /// The next complete frame that is already in memory; keep-alives are skipped.
    mutating func buffered() throws -> Item? {
        while let (kind, count) = try header() {
            switch kind {
            case FrameHeader.keepAlive:
                buffer.drop(ChannelLimits.headerBytes)
            case FrameHeader.goodbye:
                return .goodbye
            default:
                guard buffer.count - ChannelLimits.headerBytes >= count else { return nil }
                buffer.drop(ChannelLimits.headerBytes)
                let frame = Array(buffer.bytes[..<(buffer.bytes.startIndex + count)])
                buffer.drop(count)
                return .frame(frame)
            }
        }
        return nil
    }

    /// Kind and length of the frame that comes next, checked before anything is allocated for it.
    private func header() throws -> (kind: UInt8, count: Int)? {
        guard buffer.count >= ChannelLimits.headerBytes else { return nil }
        let bytes = buffer.bytes
        let kind = bytes[0]
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)))
        guard kind >= FrameHeader.data, kind <= FrameHeader.goodbye, kind == FrameHeader.data || count == 0 else {
            throw malformed("a frame header of unknown kind \(kind)")
        }
        guard count <= ChannelLimits.frameBytes else {
            throw malformed("a frame of \(count) bytes, at most \(ChannelLimits.frameBytes) allowed")
        }
        return (kind, count)
    }

    private func malformed(_ what: String) -> YinheError {
        YinheError(
            .peerMisbehaved, "the peer sent \(what)", at: wire.socket.peer, remedy: "check that both sides run compatible versions of Yinhe")
    }

    /// The next frame or the peer's good-bye, blocking the thread.
    mutating func next() throws -> Item {
        while true {
            if let item = try buffered() { return item }
            if let (kind, count) = try header(), kind == FrameHeader.data, count > 1 << 16 {
                buffer.drop(ChannelLimits.headerBytes)
                return .frame(try readLarge(count))
            }
            try fill(blocking: true)
        }
    }

    /// Reads what is there within the given time, without waiting for more.
    mutating func poll(microseconds: Int) throws {
        // Records that TLS holds already cannot be seen by polling the socket.
        if try fill(blocking: false) { return }
        if wire.socket.isReadable(withinMicroseconds: microseconds) { try fill(blocking: false) }
    }

    @discardableResult
    private mutating func fill(blocking: Bool) throws -> Bool {
        switch try wire.read(into: buffer.space(atLeast: 1 << 16), blocking: blocking) {
        case .bytes(let n):
            buffer.grow(by: n)
            return true
        case .end: throw wire.socket.endedWithoutGoodbye
        case .nothingYet: return false
        }
    }

    /// A frame read straight into its array.
    private mutating func readLarge(_ count: Int) throws -> [UInt8] {
        let wire = self.wire
        return try Array(unsafeUninitializedCapacity: count) { target, initialized in
            let raw = UnsafeMutableRawBufferPointer(target)
            var filled = buffer.take(into: raw)
            while filled < count {
                switch try wire.read(into: UnsafeMutableRawBufferPointer(rebasing: raw[filled..<count]), blocking: true) {
                case .bytes(let n): filled += n
                case .end, .nothingYet: throw wire.socket.endedWithoutGoodbye
                }
            }
            initialized = count
        }
    }
}
