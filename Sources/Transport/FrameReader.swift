import SandboxCore

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
    private(set) var directReads = 0
    private var directMisses = 0

    init(_ wire: Wire) { self.wire = wire }

    /// Whether blocking for a moment is worth while: after four misses in a row, only every eighth attempt is, so that a distant
    /// or slow peer does not cost the caller's thread anything.
    mutating func expectsQuickAnswer() -> Bool {
        directMisses += 1
        return directMisses <= 4 || directMisses % 8 == 0
    }

    mutating func countDirectRead() {
        directReads &+= 1
        directMisses = 0
    }

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
            .peerMisbehaved, "the peer sent \(what)", at: wire.socket.peer,
            remedy: "check that both sides run compatible versions of Yinhe")
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
        if microseconds > 0, wire.socket.isReadable(withinMicroseconds: microseconds) { try fill(blocking: false) }
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
