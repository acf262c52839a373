import SandboxCore

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
