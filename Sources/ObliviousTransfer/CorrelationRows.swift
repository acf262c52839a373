import Arithmetic
import CKernels
import SandboxCore

/// The 128 rows of the base correlation, one for each bit i of Delta: the VOLE receiver's rows W_i, or the VOLE sender's
/// Q_i = W_i + Delta_i u for the receiver's row u. Read down the columns this is q_j = t_j + u_j Delta, with t_j the sum of
/// x^i W_i[j] over the basis x^0, ..., x^127 of F (y^0, ..., y^63, y^0 z, ..., y^63 z).
///
/// Ishai, Kilian, Nissim, Petrank, CRYPTO 2003, with the row sums of Roy's SoftSpokenOT (eprint 2022/192, small-field VOLE),
/// which
/// divide the correction bytes by k = 4.
final class CorrelationRows: @unchecked Sendable {
    static let count = 128
    let layout: SilentLayout
    private let blocks: HugeBuffer<Block128>

    private init(_ layout: SilentLayout) {
        self.layout = layout
        blocks = HugeBuffer(count: Self.count * layout.rowBlocks, wiped: true)
    }

    func row(_ i: Int) -> UnsafeMutablePointer<Block128> { blocks.pointer + i * layout.rowBlocks }

    /// The VOLE receiver: rows from all leaves, and the 32 correction rows that replace each tree's random row by `input`.
    static func receiver(
        _ layout: SilentLayout, leaves: [Block128], input: UnsafePointer<Block128>, corrections: UnsafeMutablePointer<Block128>
    ) -> CorrelationRows {
        let rows = CorrelationRows(layout)
        for group in 0..<SmallTrees.groups {
            let total = corrections + group * layout.rowBlocks
            rows.expand(group, leaves, total: total)
            for k in 0..<layout.rowBlocks { total[k] ^= input[k] }
        }
        return rows
    }

    /// The VOLE sender: rows from the leaves that it knows. Constant time in `delta`.
    static func sender(
        _ layout: SilentLayout, leaves: [Block128], delta: Block128, corrections: UnsafePointer<Block128>
    ) -> CorrelationRows {
        let rows = CorrelationRows(layout)
        let total = HugeBuffer<Block128>(count: layout.rowBlocks, wiped: true)
        for group in 0..<SmallTrees.groups {
            rows.expand(group, leaves, total: total.pointer)
            let correction = corrections + group * layout.rowBlocks
            for i in 0..<SmallTrees.width {
                // The unknown leaf is in both parts of the sum, or in neither.
                let mask = delta.bitMask(SmallTrees.width * group + i)
                let row = rows.row(SmallTrees.width * group + i)
                for k in 0..<layout.rowBlocks { row[k] ^= (total.pointer[k] ^ correction[k]).masked(mask) }
            }
        }
        return rows
    }

    /// Row 4 g + i: the sum of the key streams of the leaves x of tree g with bit i of x set; `total`: of all its leaves.
    private func expand(_ group: Int, _ leaves: [Block128], total: UnsafeMutablePointer<Block128>) {
        let length = layout.rowBlocks
        let streams = HugeBuffer<Block128>(count: SmallTrees.leaves * length, wiped: true)
        for x in 0..<SmallTrees.leaves {
            let part = UnsafeMutableRawBufferPointer(start: streams.pointer + x * length, count: 16 * length)
            AES128(key: leaves[SmallTrees.leaves * group + x]).stream(into: part, fromBlock: 0)
        }
        // Folds the leaves in pairs; the odd ones of each step are those whose bit is set.
        var remaining = SmallTrees.leaves
        for i in 0..<SmallTrees.width {
            let row = row(SmallTrees.width * group + i)
            row.update(repeating: .zero, count: length)
            for x in 0..<remaining / 2 {
                let even = streams.pointer + 2 * x * length
                let odd = even + length
                let into = streams.pointer + x * length
                for k in 0..<length {
                    row[k] ^= odd[k]
                    into[k] = even[k] ^ odd[k]
                }
            }
            remaining /= 2
        }
        total.update(from: streams.pointer, count: length)
    }

    // MARK: Columns

    /// The columns of the choice bits: one element of F for each.
    func choiceColumns(into out: UnsafeMutablePointer<Block128>) {
        var tile = [UInt64](repeating: 0, count: 64)
        tile.withUnsafeMutableBufferPointer { tile in
            for word in 0..<(layout.choices + 63) / 64 {
                let count = min(64, layout.choices - 64 * word)
                for half in 0..<2 {
                    for r in 0..<64 {
                        let block = row(64 * half + r)[word / 2]
                        tile[r] = word % 2 == 0 ? block.low : block.high
                    }
                    Self.transpose(tile.baseAddress!)
                    for j in 0..<count {
                        if half == 0 { out[64 * word + j].low = tile[j] } else { out[64 * word + j].high = tile[j] }
                    }
                }
            }
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(tile))
        }
    }

    /// The columns of the noise values, each the sum of x^i times the value in row i.
    func noiseColumns(into out: UnsafeMutablePointer<Block128>) {
        switch layout.noise {
        case .bit: break
        case .word:
            for half in 0..<2 {
                for r in stride(from: 63, through: 0, by: -1) {
                    let values = UnsafeRawPointer(row(64 * half + r) + layout.noiseOffset / 16)
                        .assumingMemoryBound(to: UInt64.self)
                    if half == 0 {
                        for j in 0..<layout.trees { out[j].low = Self.timesY(out[j].low) ^ values[j] }
                    } else {
                        for j in 0..<layout.trees { out[j].high = Self.timesY(out[j].high) ^ values[j] }
                    }
                }
            }
        case .block: blockColumns(at: layout.noiseOffset / 16, count: layout.trees, into: out)
        }
    }

    /// Malicious: the column of the mask of the noise check.
    func noiseMaskColumn() -> Block128 {
        var out = Block128.zero
        blockColumns(at: layout.noiseMaskOffset / 16, count: 1, into: &out)
        return out
    }

    private func blockColumns(at offset: Int, count: Int, into out: UnsafeMutablePointer<Block128>) {
        let z = Block128(low: 0, high: 1)
        for j in 0..<count {
            var halves = (Block128.zero, Block128.zero)
            for r in stride(from: 63, through: 0, by: -1) {
                let low = row(r)[offset + j], high = row(64 + r)[offset + j]
                halves.0 = Block128(low: Self.timesY(halves.0.low), high: Self.timesY(halves.0.high)) ^ low
                halves.1 = Block128(low: Self.timesY(halves.1.low), high: Self.timesY(halves.1.high)) ^ high
            }
            out[j] = halves.0 ^ GF128.multiply(z, halves.1)
        }
    }

    /// y times an element of GF(2^64).
    @inline(__always)
    private static func timesY(_ a: UInt64) -> UInt64 { a << 1 ^ (0x1b & (0 &- (a >> 63))) }

    /// Transposes 64 x 64 bits in place: afterwards bit r of word c is what bit c of word r was.
    private static func transpose(_ words: UnsafeMutablePointer<UInt64>) {
        var distance = 32
        var mask: UInt64 = 0x0000_0000_ffff_ffff
        while distance > 0 {
            var k = 0
            while k < 64 {
                let t = (words[k] >> UInt64(distance) ^ words[k + distance]) & mask
                words[k] ^= t << UInt64(distance)
                words[k + distance] ^= t
                k = (k + distance + 1) & ~distance
            }
            distance /= 2
            mask ^= mask << UInt64(distance)
        }
    }

    // MARK: Consistency of the rows (malicious)

    /// The universal hash of a row: the sum of chi_k times its k-th block over all blocks but the last, which masks it.
    private static func hash(_ row: UnsafePointer<Block128>, _ challenge: [Block128]) -> Block128 {
        GF128.innerProduct(challenge, row, count: challenge.count) ^ row[challenge.count]
    }

    private func expandChallenge(_ seed: Block128) -> [Block128] {
        var out = [Block128](repeating: .zero, count: layout.rowBlocks - 1)
        out.withUnsafeMutableBytes { AES128(key: seed).stream(into: $0, fromBlock: 0) }
        return out
    }

    /// The receiver's proof: the hash of `input`, then of its 128 rows (Roy, the consistency check of subspace VOLE: every row is
    /// checked on its own; the sum over rows of Keller, Orsini and Scholl, CRYPTO 2015, has no proof, see Roy's section on it).
    func proof(input: UnsafePointer<Block128>, challenge seed: Block128) -> [UInt8] {
        let challenge = expandChallenge(seed)
        let hashes = [Self.hash(input, challenge)] + (0..<Self.count).map { Self.hash(row($0), challenge) }
        return hashes.withUnsafeBytes { Array($0) }
    }

    /// Whether every row of the sender has hash(Q_i) = hash(W_i) + Delta_i hash(u). Constant time.
    func verify(_ proof: [UInt8], delta: Block128, challenge seed: Block128) -> Bool {
        let challenge = expandChallenge(seed)
        let hashes = Block128.array(proof)
        var difference = Block128.zero
        for i in 0..<Self.count {
            let found = Self.hash(row(i), challenge) ^ hashes[1 + i] ^ hashes[0].masked(delta.bitMask(i))
            difference = Block128(low: difference.low | found.low, high: difference.high | found.high)
        }
        return difference == .zero
    }
}

extension Block128 {
    /// All ones when bit i is set.
    @inline(__always)
    func bitMask(_ i: Int) -> UInt64 { yinhe_opaque(0 &- ((i < 64 ? low : high) >> UInt64(i % 64) & 1)) }

    /// Blocks from bytes, whose count is a multiple of 16.
    static func array(_ bytes: some Collection<UInt8>) -> [Block128] {
        var out = [Block128](repeating: .zero, count: bytes.count / 16)
        out.withUnsafeMutableBytes { $0.copyBytes(from: bytes) }
        return out
    }
}
