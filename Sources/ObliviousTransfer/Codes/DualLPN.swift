import Arithmetic
import CKernels
import SandboxCore

/// The compressing matrix G of m rows and N >= 2 m columns over F2 that a code, the sizes and a seed determine. It acts on
/// vectors of words and blocks bit by bit, so it is linear over every field of characteristic 2.
///
/// Expand-convolute: with m' = N/2, the vector x is split into x1 (m' entries) and x2 (m' entries), and G x = x1 + E C x2 cut to
/// m entries. C, the convolution, is lower triangular: y_i = x_i + y_(i-24) + random taps among y_(i-1) ... y_(i-23). E, the
/// regular expander, has w ones in a row, the k-th uniform in the k-th of w equal regions. Protocols/lpn-codes.md has all bits.
package struct DualLPN: Sendable {
    package let code: LPNCode
    /// m.
    package let outputs: Int
    /// N.
    package let noisePositions: Int
    let generator: AES128
    let regions: [yinhe_ec_region]
    private let kernels: Kernels

    struct Kernels: @unchecked Sendable { let pointer: UnsafePointer<yinhe_ec_kernels> }

    /// The seed is public; all parties need the same.
    package init(code: LPNCode, outputs m: Int, noisePositions n: Int, seed: Block128) {
        self.init(code: code, outputs: m, noisePositions: n, seed: seed, kernel: Self.kernelCount - 1)
    }

    /// The kernels that this machine can run; index 0 is the portable one.
    package static let kernelCount: Int = (0...).first { yinhe_ec_available($0) == nil }!

    package init(code: LPNCode, outputs m: Int, noisePositions n: Int, seed: Block128, kernel: Int) {
        precondition(m >= 0 && n % 2 == 0 && n / 2 >= max(m, code.expanderWeight) && n <= 1 << 32)
        self.code = code
        outputs = m
        noisePositions = n
        generator = AES128(key: seed)
        let (half, w) = (n / 2, code.expanderWeight)
        regions = (0..<w).map { k in
            yinhe_ec_region(start: UInt32(k * half / w), length: UInt32((k + 1) * half / w - k * half / w))
        }
        kernels = Kernels(pointer: yinhe_ec_available(kernel)!)
    }

    /// The sizes for m outputs of log2 q = `fieldBits`: N = t * blockLength >= 2 m, N even; t blocks of noise, each a tree of
    /// depth ceil(log2 blockLength).
    package static func shape(
        code: LPNCode, outputs m: Int, fieldBits: Int
    ) -> (positions: Int, weight: Int, blockLength: Int, depth: Int) {
        let t = LPNCode.noiseWeight(code: code, fieldBits: fieldBits)
        let length = max(2, (2 * m + t - 1) / t)
        return (t * length, t, length, Int.bitWidth - (length - 1).leadingZeroBitCount)
    }

    // The lanes of the generator's streams.
    static let tapLane: UInt64 = 0
    static let positionLane: UInt64 = 1
    static let circulantLane: UInt64 = 2

    /// Replaces the first m entries of x (N entries) by G x; the others are used up. So for the forms below, where two planes
    /// are compressed together for less than the sum of the two.
    package func compress(_ x: UnsafeMutablePointer<Block128>, threads: Int) {
        if code == .quasiCyclic { return quasiCyclic(x, words: 2) }
        run(YINHE_EC_BLOCK, Self.words(x), nil, threads: threads)
    }

    package func compress(
        _ x: UnsafeMutablePointer<Block128>, with y: UnsafeMutablePointer<UInt64>, threads: Int
    ) {
        if code == .quasiCyclic {
            quasiCyclic(x, words: 2)
            return quasiCyclic(y, words: 1)
        }
        run(YINHE_EC_BLOCK_WORD, Self.words(x), y, threads: threads)
    }

    package func compress(
        _ x: UnsafeMutablePointer<Block128>, with y: UnsafeMutablePointer<Block128>, threads: Int
    ) {
        if code == .quasiCyclic {
            quasiCyclic(x, words: 2)
            return quasiCyclic(y, words: 2)
        }
        run(YINHE_EC_BLOCK_BLOCK, Self.words(x), Self.words(y), threads: threads)
    }

    package func compress(words y: UnsafeMutablePointer<UInt64>, threads: Int = 1) {
        if code == .quasiCyclic { return quasiCyclic(y, words: 1) }
        run(YINHE_EC_WORD, nil, y, threads: threads)
    }

    private static func words(_ p: UnsafeMutablePointer<Block128>) -> UnsafeMutablePointer<UInt64> {
        UnsafeMutableRawPointer(p).assumingMemoryBound(to: UInt64.self)
    }

    // MARK: Expand-convolute

    private static let convolutionChunk = 1 << 13
    private static let expansionChunk = 1 << 10

    private struct Planes: @unchecked Sendable {
        let width: Int32
        let blocks: UnsafeMutablePointer<UInt64>?
        let seconds: UnsafeMutablePointer<UInt64>?
        let secondWords: Int

        func from(_ position: Int) -> (UnsafeMutablePointer<UInt64>?, UnsafeMutablePointer<UInt64>?) {
            (blocks.map { $0 + 2 * position }, seconds.map { $0 + secondWords * position })
        }
    }

    private func run<W: FixedWidthInteger>(
        _ width: W, _ blocks: UnsafeMutablePointer<UInt64>?, _ seconds: UnsafeMutablePointer<UInt64>?, threads: Int
    ) {
        guard outputs > 0 else { return }
        let width = Int32(width)
        let isBlock = width == YINHE_EC_BLOCK, isWord = width == YINHE_EC_WORD
        let planes = Planes(
            width: width, blocks: blocks, seconds: seconds, secondWords: width == YINHE_EC_BLOCK_BLOCK ? 2 : 1)
        let half = noisePositions / 2
        // Values of a noise vector are secret; the copy is wiped.
        let mixed = isBlock || isWord ? nil : HugeBuffer<UInt64>(count: 4 * half, wiped: true)
        convolve(planes, into: mixed?.pointer, half)
        let (upperBlocks, upperSeconds) = planes.from(half)
        expand(planes, Source(pointer: mixed?.pointer ?? (isWord ? upperSeconds! : upperBlocks!)), threads: threads)
    }

    private func convolve(_ planes: Planes, into mixed: UnsafeMutablePointer<UInt64>?, _ half: Int) {
        let taps = HugeBuffer<UInt64>(count: Self.convolutionChunk / 8 * 4, wiped: false)
        let state = HugeBuffer<yinhe_ec_state>(count: 1, wiped: true)
        for start in stride(from: 0, to: half, by: Self.convolutionChunk) {
            let n = min(Self.convolutionChunk, half - start)
            let groups = (n + 7) / 8
            generator.stream(
                into: UnsafeMutableRawBufferPointer(start: taps.pointer, count: 32 * groups),
                fromBlock: UInt64(start / 8 * 2), lane: Self.tapLane)
            let (blocks, seconds) = planes.from(half + start)
            kernels.pointer.pointee.convolve(
                planes.width, state.pointer, blocks, seconds, mixed.map { $0 + 4 * start }, taps.pointer, n)
        }
    }

    private struct Source: @unchecked Sendable { let pointer: UnsafeMutablePointer<UInt64> }

    private func expand(_ planes: Planes, _ source: Source, threads: Int) {
        let w = code.expanderWeight
        // Nothing in here throws.
        try! Parallel.forEachChunk(of: outputs, chunk: 1 << 14, threads: threads) { range in
            let words = HugeBuffer<UInt32>(count: Self.expansionChunk * w, wiped: false)
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.expansionChunk) {
                let n = min(Self.expansionChunk, range.upperBound - start)
                let batches = (n + 15) / 16
                generator.stream(
                    into: UnsafeMutableRawBufferPointer(start: words.pointer, count: 64 * w * batches),
                    fromBlock: UInt64(start / 16 * 4 * w), lane: Self.positionLane)
                let (blocks, seconds) = planes.from(start)
                kernels.pointer.pointee.expand(
                    planes.width, blocks, seconds, source.pointer, regions, w, words.pointer, n)
            }
        }
    }
}
