import SandboxCore

/// One column of shares modulo 2^bits; higher bits of the elements have no meaning.
///
/// Shares modulo 2^64 are shares modulo every smaller power of two, so a column of indices or of key bits is masked, sent and
/// opened in as many bytes as its values need.
struct Lane<E: RingElement>: Sendable {
    var share: [E]
    let bits: Int

    init(_ share: [E], bits: Int) {
        precondition((1...8 * E.ring.bytes).contains(bits))
        self.share = share
        self.bits = bits
    }

    /// A whole ring element each.
    init(_ vector: SharedVector<E>) { self.init(vector.share, bits: 8 * E.ring.bytes) }

    /// XOR shares of bits are shares modulo 2.
    init(_ vector: SharedBits) {
        self.init((0..<vector.count).map { E(truncatingIfNeeded: vector.words[$0 / 64] >> UInt64($0 % 64) & 1) }, bits: 1)
    }

    /// The lowest bit of each element.
    func sharedBits(party: Int) -> SharedBits { BitPlanes(share, planes: 1).bits(0, count: share.count, party: party) }

    /// Bytes of one element on the wire.
    var bytes: Int { Self.bytes(bits) }
    static func bytes(_ bits: Int) -> Int { bits <= 64 ? (bits + 7) / 8 : 16 }

    /// The same shares as elements of another ring that holds the bits.
    func widened<F: RingElement>(to ring: F.Type) -> Lane<F> {
        if let same = self as? Lane<F> { return same }
        return Lane<F>(LaneLoops.converted(share, to: F.self), bits: bits)
    }
}

/// How some columns of `count` rows lie in the messages of one exchange: an item is eight rows, in which each column takes as many
/// words as an element has bytes. In one message the columns follow each other, each with all its rows; missing rows are zero.
struct LaneFrame: Sendable {
    let count: Int
    let bits: [Int]

    init(count: Int, bits: [Int]) {
        self.count = count
        self.bits = bits
    }

    var items: Int { (count + 7) / 8 }
    var wordsPerItem: Int { bits.reduce(0) { $0 + Lane<UInt128>.bytes($1) } }

    /// Writes the rows of `items`, which `fill` puts into a tile lane by lane, less what is beyond a column's bits. An element of
    /// more than 64 bits takes two words of the tile.
    func write(
        _ items: Range<Int>, to words: UnsafeMutablePointer<UInt64>,
        _ fill: (_ lane: Int, _ rows: Range<Int>, _ tile: UnsafeMutablePointer<UInt64>) -> Void
    ) {
        var out = UnsafeMutableRawPointer(words)
        forEachLane(items) { lane, rows, bytes in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * Self.tile) { tile in
                let tile = tile.baseAddress!
                let perRow = bytes > 8 ? 2 : 1
                let mask: UInt64 = bits[lane] >= 64 ? .max : 1 << UInt64(bits[lane]) - 1
                for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.tile) {
                    let part = start..<min(rows.upperBound, start + Self.tile)
                    fill(lane, part, tile)
                    if mask != .max { for i in 0..<part.count { tile[i] &= mask } }
                    LaneLoops.pack(tile, part.count * perRow, bytes / perRow, into: out + (start - rows.lowerBound) * bytes)
                }
            }
            let used = rows.count * bytes, all = 8 * items.count * bytes
            (out + used).initializeMemory(as: UInt8.self, repeating: 0, count: all - used)
            out += all
        }
    }

    /// Hands every column's rows to `use`, in pieces; elements of more than 64 bits take two words.
    func read(
        _ items: Range<Int>, from words: UnsafePointer<UInt64>,
        _ use: (_ lane: Int, _ rows: Range<Int>, _ tile: UnsafePointer<UInt64>) -> Void
    ) {
        var from = UnsafeRawPointer(words)
        forEachLane(items) { lane, rows, bytes in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 2 * Self.tile) { tile in
                let tile = tile.baseAddress!
                let perRow = bytes > 8 ? 2 : 1
                for start in stride(from: rows.lowerBound, to: rows.upperBound, by: Self.tile) {
                    let part = start..<min(rows.upperBound, start + Self.tile)
                    LaneLoops.unpack(from + (start - rows.lowerBound) * bytes, part.count * perRow, bytes / perRow, into: tile)
                    use(lane, part, tile)
                }
            }
            from += 8 * items.count * bytes
        }
    }

    /// Rows that are packed at a time: in the first-level cache.
    private static let tile = 512

    private func forEachLane(_ items: Range<Int>, _ body: (_ lane: Int, _ rows: Range<Int>, _ bytes: Int) -> Void) {
        let rows = 8 * items.lowerBound..<min(count, 8 * items.upperBound)
        for lane in bits.indices { body(lane, rows, Lane<UInt128>.bytes(bits[lane])) }
    }
}

/// Loops over columns, compiled for both rings.
enum LaneLoops {
    /// The lowest `bytes` bytes of each word.
    static func pack(_ words: UnsafePointer<UInt64>, _ count: Int, _ bytes: Int, into out: UnsafeMutableRawPointer) {
        switch bytes {
        case 8: out.copyMemory(from: words, byteCount: 8 * count)
        case 4:
            let out = out.assumingMemoryBound(to: UInt32.self)
            for i in 0..<count { out[i] = UInt32(truncatingIfNeeded: words[i]) }
        case 2:
            let out = out.assumingMemoryBound(to: UInt16.self)
            for i in 0..<count { out[i] = UInt16(truncatingIfNeeded: words[i]) }
        case 1:
            let out = out.assumingMemoryBound(to: UInt8.self)
            for i in 0..<count { out[i] = UInt8(truncatingIfNeeded: words[i]) }
        default:
            // Whole words, each overwriting what the one before wrote beyond its place; the last ones byte by byte.
            let whole = max(0, count - 8)
            for i in 0..<whole { out.storeBytes(of: words[i], toByteOffset: i * bytes, as: UInt64.self) }
            for i in whole..<count {
                for k in 0..<bytes {
                    out.storeBytes(
                        of: UInt8(truncatingIfNeeded: words[i] >> UInt64(8 * k)), toByteOffset: i * bytes + k, as: UInt8.self)
                }
            }
        }
    }

    static func unpack(_ from: UnsafeRawPointer, _ count: Int, _ bytes: Int, into words: UnsafeMutablePointer<UInt64>) {
        switch bytes {
        case 8: UnsafeMutableRawPointer(words).copyMemory(from: from, byteCount: 8 * count)
        case 4:
            let from = from.assumingMemoryBound(to: UInt32.self)
            for i in 0..<count { words[i] = UInt64(from[i]) }
        case 2:
            let from = from.assumingMemoryBound(to: UInt16.self)
            for i in 0..<count { words[i] = UInt64(from[i]) }
        case 1:
            let from = from.assumingMemoryBound(to: UInt8.self)
            for i in 0..<count { words[i] = UInt64(from[i]) }
        default:
            let whole = max(0, count - 8), mask: UInt64 = 1 << UInt64(8 * bytes) - 1
            for i in 0..<whole { words[i] = from.loadUnaligned(fromByteOffset: i * bytes, as: UInt64.self) & mask }
            for i in whole..<count {
                words[i] = 0
                for k in 0..<bytes { words[i] |= UInt64(from.load(fromByteOffset: i * bytes + k, as: UInt8.self)) << UInt64(8 * k) }
            }
        }
    }

    /// Elements as words: one each, or two when an element travels in sixteen bytes.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func subtract<E: RingElement>(
        _ x: UnsafePointer<E>, _ a: UnsafePointer<E>, stride: Int, _ rows: Range<Int>, bits: Int,
        into words: UnsafeMutablePointer<UInt64>
    ) {
        if bits <= 64 {
            for (i, row) in rows.enumerated() { words[i] = UInt64(truncatingIfNeeded: x[row] &- a[row * stride]) }
        } else {
            for (i, row) in rows.enumerated() {
                let value = x[row] &- a[row * stride]
                words[2 * i] = UInt64(truncatingIfNeeded: value)
                words[2 * i + 1] = UInt64(truncatingIfNeeded: value >> 64)
            }
        }
    }

    /// out = x + the peer's words.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func add<E: RingElement>(
        _ x: UnsafePointer<E>, _ words: UnsafePointer<UInt64>, _ rows: Range<Int>, bits: Int, into out: UnsafeMutablePointer<E>
    ) {
        if bits <= 64 {
            for (i, row) in rows.enumerated() { out[row] = x[row] &+ E(truncatingIfNeeded: words[i]) }
        } else {
            for (i, row) in rows.enumerated() {
                let value = E(truncatingIfNeeded: words[2 * i]) | E(truncatingIfNeeded: words[2 * i + 1]) << 64
                out[row] = x[row] &+ value
            }
        }
    }

    /// The same shares as elements of another ring, without the bits that it does not hold.
    @specialized(where E == UInt64, F == UInt128)
    @specialized(where E == UInt128, F == UInt64)
    @specialized(where E == UInt64, F == UInt64)
    @specialized(where E == UInt128, F == UInt128)
    static func converted<E: RingElement, F: RingElement>(_ x: [E], to ring: F.Type) -> [F] {
        x.withUnsafeBufferPointer { x in
            [F](unsafeUninitializedCapacity: x.count) { out, count in
                for i in 0..<x.count { out[i] = F(truncatingIfNeeded: x[i]) }
                count = x.count
            }
        }
    }

    /// Every `stride`-th element of a row-major section.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func column<E: RingElement>(_ section: UnsafePointer<E>, stride: Int, count: Int) -> [E] {
        [E](unsafeUninitializedCapacity: count) { out, initialized in
            for i in 0..<count { out[i] = section[i * stride] }
            initialized = count
        }
    }

    /// out[i] = x[p[i]] + d[i].
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func forward<E: RingElement>(
        _ x: UnsafePointer<E>, _ p: UnsafePointer<UInt64>, _ d: UnsafePointer<E>, stride: Int, count: Int
    ) -> [E] {
        [E](unsafeUninitializedCapacity: count) { out, initialized in
            for i in 0..<count { out[i] = x[Int(truncatingIfNeeded: p[i])] &+ d[i * stride] }
            initialized = count
        }
    }

    /// out[p[i]] = x[i] - d[i].
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func backward<E: RingElement>(
        _ x: UnsafePointer<E>, _ p: UnsafePointer<UInt64>, _ d: UnsafePointer<E>, stride: Int, count: Int
    ) -> [E] {
        // Zeroed: in planning the permutation is all zeros and does not reach every place.
        var out = [E](repeating: 0, count: count)
        out.withUnsafeMutableBufferPointer { out in
            for i in 0..<count { out[Int(truncatingIfNeeded: p[i])] = x[i] &- d[i * stride] }
        }
        return out
    }

    /// out[i] = x[places[i]], for public places.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func gathered<E: RingElement>(_ x: [E], _ places: [UInt32]) -> [E] {
        x.withUnsafeBufferPointer { x in
            places.withUnsafeBufferPointer { places in
                [E](unsafeUninitializedCapacity: places.count) { out, count in
                    for i in 0..<places.count { out[i] = x[Int(places[i])] }
                    count = places.count
                }
            }
        }
    }

    /// out[places[i]] = x[i], for public places that are a permutation.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func scattered<E: RingElement>(_ x: [E], _ places: [UInt32]) -> [E] {
        x.withUnsafeBufferPointer { x in
            places.withUnsafeBufferPointer { places in
                [E](unsafeUninitializedCapacity: places.count) { out, count in
                    for i in 0..<places.count { out[Int(places[i])] = x[i] }
                    count = places.count
                }
            }
        }
    }
}
