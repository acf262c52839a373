import Arithmetic
import SandboxCore

/// GGM trees of any number of leaves (Boyle, Gilboa, Ishai, CCS 2016; as puncturable PRFs Boyle et al., CCS 2019, section 3).
///
/// A tree of L leaves and depth d has n_l = ceil(L / 2^(d - l)) nodes on level l; node i has the children 2 i and 2 i + 1, but
/// the last one's right child is cut off when n_(l+1) is odd. The owner sends, for each level, the sum of all left (even) and of
/// all right (odd) nodes; whoever gets the sums of the sides away from a path finds all nodes but those on the path.
///
/// The work space of one thread.
struct PuncturedTrees: ~Copyable {
    let leaves: Int
    let depth: Int
    /// For F2: the lowest bit of every leaf is cleared; it is to hold the noise.
    let clearsLowestBit: Bool
    private let scratch: HugeBuffer<Block128>
    private let fix: HugeBuffer<Block128>

    /// Parents are doubled in chunks that stay in the first-level cache between the steps.
    private static let chunk = 64

    init(_ layout: SilentLayout) {
        leaves = layout.leaves
        depth = layout.depth
        clearsLowestBit = layout.noise == .bit
        // Two levels above the leaves; a pair more for a cut child.
        scratch = HugeBuffer(count: 2 * ((leaves + 1) / 2 + 2), wiped: true)
        fix = HugeBuffer(count: Self.chunk, wiped: true)
    }

    private func nodes(_ level: Int) -> Int { (leaves + (1 << (depth - level)) - 1) >> (depth - level) }

    private func level(_ level: Int, _ out: UnsafeMutablePointer<Block128>) -> UnsafeMutablePointer<Block128> {
        level == depth ? out : scratch.pointer + (level % 2) * (scratch.count / 2)
    }

    // MARK: Owner

    /// Writes the leaves of the tree of `root`, and into `sums` the left and right sum of levels 1 to d. Returns the sum of all
    /// leaves.
    func expand(
        root: Block128, into out: UnsafeMutablePointer<Block128>, sums: UnsafeMutablePointer<Block128>
    ) -> Block128 {
        level(0, out)[0] = root
        var last = (left: Block128.zero, right: Block128.zero)
        for l in 0..<depth {
            last = double(l, level(l, out), level(l + 1, out), fixing: nil)
            sums[2 * l] = last.left
            sums[2 * l + 1] = last.right
        }
        return last.left ^ last.right
    }

    // MARK: The party that does not know one leaf

    /// Writes the leaves but for number `point`, from the sums of the sides away from the path to it, one for each level; leaf
    /// `point` becomes `correction` plus the sum of all other leaves. Over F2 the lowest bit is then set there, and nowhere else.
    ///
    /// Constant time in `point`: each correction scans its level with a mask.
    func expandPunctured(
        point: UInt64, awaySums: UnsafePointer<Block128>, correction: Block128, into out: UnsafeMutablePointer<Block128>
    ) {
        // Nodes on the path have meaningless values throughout.
        level(0, out)[0] = .zero
        var target: UInt64? = nil
        for l in 0..<depth {
            let sides = double(l, level(l, out), level(l + 1, out), fixing: target)
            let position = point >> UInt64(depth - 1 - l)
            let sibling = position ^ 1
            let away = Block128.select(sides.left, sides.right, (position & 1) &- 1)
            var found = awaySums[l] ^ away
            if l + 1 < depth {
                prepare(sibling, found, .zero)
                target = sibling >> UInt64(Self.chunk.trailingZeroBitCount)
                continue
            }
            if clearsLowestBit { found.low &= ~1 }
            // A cut sibling is not part of the sum.
            let exists = 0 &- (sibling &- UInt64(leaves)) >> 63
            var value = correction ^ sides.left ^ sides.right ^ found.masked(exists)
            if clearsLowestBit { value.low |= 1 }
            prepare(sibling, found, value)
            apply(to: out, leaves, firstChunk: 0, target: sibling >> UInt64(Self.chunk.trailingZeroBitCount))
        }
    }

    /// Sets up a correction of two neighbours: `first` at `position`, `second` beside it.
    private func prepare(_ position: UInt64, _ first: Block128, _ second: Block128) {
        let offset = position & UInt64(Self.chunk - 1)
        for k in 0..<Self.chunk {
            fix.pointer[k] =
                first.masked(equalMask(UInt64(k), offset)) ^ second.masked(equalMask(UInt64(k), offset ^ 1))
        }
    }

    /// Adds the correction to `count` nodes if it belongs to them; `target` is the number of its chunk.
    @inline(__always)
    private func apply(to nodes: UnsafeMutablePointer<Block128>, _ count: Int, firstChunk: Int, target: UInt64) {
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let mask = equalMask(UInt64(firstChunk + start / Self.chunk), target)
            for k in 0..<min(Self.chunk, count - start) { nodes[start + k] ^= fix.pointer[k].masked(mask) }
        }
    }

    // MARK: One level

    /// Doubles level l, after the pending correction of its nodes; returns the sums of the left and right children.
    private func double(
        _ l: Int, _ parents: UnsafeMutablePointer<Block128>, _ children: UnsafeMutablePointer<Block128>, fixing target: UInt64?
    ) -> (left: Block128, right: Block128) {
        let count = nodes(l), childCount = nodes(l + 1)
        let isLast = clearsLowestBit && l + 1 == depth
        let keep = Block128(low: isLast ? ~1 : ~0, high: ~0)
        var left = SIMD2<UInt64>.zero, right = SIMD2<UInt64>.zero
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let n = min(Self.chunk, count - start)
            if let target { apply(to: parents + start, n, firstChunk: start / Self.chunk, target: target) }
            // A cut child must not be written: the next tree may begin there.
            let whole = min(n, childCount / 2 - start)
            GGM.double(parents + start, into: children + 2 * start, count: whole)
            if whole < n {
                withUnsafeTemporaryAllocation(of: Block128.self, capacity: 2) { pair in
                    GGM.double(parents + start + whole, into: pair.baseAddress!, count: 1)
                    children[childCount - 1] = pair[0]
                    ConstantTime.wipe(UnsafeMutableRawBufferPointer(pair))
                }
            }
            let part = UnsafeMutableRawPointer(children + 2 * start).assumingMemoryBound(to: SIMD2<UInt64>.self)
            if isLast {
                for k in 0..<n + whole { part[k] &= SIMD2(keep.low, keep.high) }
            }
            for k in 0..<whole {
                left ^= part[2 * k]
                right ^= part[2 * k + 1]
            }
            if whole < n { left ^= part[2 * whole] }
        }
        return (Block128(low: left[0], high: left[1]), Block128(low: right[0], high: right[1]))
    }
}

/// A value at one secret place of a vector that is zero elsewhere, written with masks only.
enum OneHot {
    /// out[point] = value, zero elsewhere; `count` entries.
    static func write(_ value: UInt64, at point: UInt64, into out: UnsafeMutablePointer<UInt64>, count: Int) {
        for k in 0..<count { out[k] = value & equalMask(UInt64(k), point) }
    }

    static func write(_ value: Block128, at point: UInt64, into out: UnsafeMutablePointer<Block128>, count: Int) {
        for k in 0..<count { out[k] = value.masked(equalMask(UInt64(k), point)) }
    }

    /// values[point - first], or zero when it lies outside of the `count` values.
    static func read(_ values: UnsafePointer<Block128>, at point: UInt64, first: Int, count: Int) -> Block128 {
        var out = Block128.zero
        for k in 0..<count { out ^= values[k].masked(equalMask(UInt64(first + k), point)) }
        return out
    }
}
