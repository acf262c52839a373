/// Growable bytes with eight readable bytes past the end, so that a scan may load whole words.
final class TextBuffer: @unchecked Sendable {
    static let padding = 8
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity + Self.padding)
        (base + capacity).initialize(repeating: 0, count: Self.padding)
    }

    deinit { base.deallocate() }

    /// Makes room for `extra` more bytes; at least doubles when it has to move.
    func reserve(_ extra: Int) {
        guard count + extra > capacity else { return }
        let grown = max(count + extra, capacity * 2)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: grown + Self.padding)
        moved.update(from: base, count: count)
        (moved + grown).initialize(repeating: 0, count: Self.padding)
        base.deallocate()
        base = moved
        capacity = grown
    }

    func append(_ bytes: UnsafePointer<UInt8>, count extra: Int) {
        reserve(extra)
        (base + count).update(from: bytes, count: extra)
        count += extra
    }

    /// Appends one Unicode scalar as UTF-8; the caller has reserved four bytes.
    @inline(__always)
    func appendReserved(scalar v: UInt32) {
        let p = base + count
        switch v {
        case 0..<0x80:
            p[0] = UInt8(truncatingIfNeeded: v)
            count += 1
        case 0x80..<0x800:
            p[0] = UInt8(truncatingIfNeeded: 0xc0 | v >> 6)
            p[1] = UInt8(truncatingIfNeeded: 0x80 | v & 0x3f)
            count += 2
        case 0x800..<0x10000:
            p[0] = UInt8(truncatingIfNeeded: 0xe0 | v >> 12)
            p[1] = UInt8(truncatingIfNeeded: 0x80 | v >> 6 & 0x3f)
            p[2] = UInt8(truncatingIfNeeded: 0x80 | v & 0x3f)
            count += 3
        default:
            p[0] = UInt8(truncatingIfNeeded: 0xf0 | v >> 18)
            p[1] = UInt8(truncatingIfNeeded: 0x80 | v >> 12 & 0x3f)
            p[2] = UInt8(truncatingIfNeeded: 0x80 | v >> 6 & 0x3f)
            p[3] = UInt8(truncatingIfNeeded: 0x80 | v & 0x3f)
            count += 4
        }
    }
}
