import SandboxCore

/// Bits of many numbers, plane by plane: plane j holds bit j of every number, 64 to the word. Wiped when it goes away.
struct BitPlanes: Sendable {
    let planes: Int
    /// Words of one plane.
    let words: Int
    private let buffer: HugeBuffer<UInt64>

    init(zeroed planes: Int, words: Int) {
        self.planes = planes
        self.words = words
        buffer = HugeBuffer(count: planes * words, wiped: true)
    }

    /// One plane.
    init(_ bits: SharedBits) {
        self.init(zeroed: 1, words: bits.words.count)
        bits.words.withUnsafeBufferPointer { if let base = $0.baseAddress { self[0].update(from: base, count: $0.count) } }
    }

    subscript(plane: Int) -> UnsafeMutablePointer<UInt64> { buffer.pointer + plane * words }

    func bits(_ plane: Int, count: Int, party: Int) -> SharedBits {
        SharedBits(unchecked: Array(UnsafeBufferPointer(start: self[plane], count: words)), count, party)
    }

    /// The lowest `planes` bits of `values`, two's complement; places beyond the last value are zero.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    init<E: RingElement>(_ values: [E], planes: Int) {
        self.init(zeroed: planes, words: SharedBits.wordCount(values.count))
        let out = self
        values.withUnsafeBufferPointer { values in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { tile in
                let tile = tile.baseAddress!
                for word in 0..<out.words {
                    let n = min(64, values.count - 64 * word)
                    for half in 0..<(planes + 63) / 64 {
                        let shift = E(64 * half)
                        for i in 0..<n { tile[i] = UInt64(truncatingIfNeeded: values[64 * word + i] >> shift) }
                        for i in n..<64 { tile[i] = 0 }
                        Self.transpose(tile)
                        for j in 0..<min(64, planes - 64 * half) { out[64 * half + j][word] = tile[j] }
                    }
                }
                ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: tile, count: 512))
            }
        }
    }

    /// Transposes 64 x 64 bits in place: afterwards bit r of word c is what bit c of word r was
    /// (H. S. Warren, "Hacker's Delight", section 7-3).
    static func transpose(_ words: UnsafeMutablePointer<UInt64>) {
        var distance = 32
        var mask: UInt64 = 0x0000_0000_ffff_ffff
        while distance > 0 {
            var k = 0
            while k < 64 {
                // Runs of `distance` rows, so that the loop below is one over vectors.
                let (low, high) = (words + k, words + k + distance)
                let shift = UInt64(distance)
                for i in 0..<distance {
                    let t = (low[i] >> shift ^ high[i]) & mask
                    low[i] ^= t << shift
                    high[i] ^= t
                }
                k += 2 * distance
            }
            distance /= 2
            mask ^= mask << UInt64(distance)
        }
    }
}
