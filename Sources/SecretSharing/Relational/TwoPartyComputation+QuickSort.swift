import SandboxCore

/// Quicksort of shuffled rows with opened comparisons, for wide keys.
///
/// Rows are compared by key, and by row number where keys are equal, so all of them are distinct; the order of distinct rows in a
/// uniformly random arrangement is a uniformly random permutation, whatever the keys are. Every comparison that is opened is a
/// function of that permutation (and which comparisons come next is a function of those opened before), so the opened bits can be
/// simulated from the number of rows alone (K. Hamada, R. Kikuchi, D. Ikarashi, K. Chida, K. Takahashi, "Practically efficient
/// multi-party sorting protocols from comparison sort algorithms", ICISC 2012). The shuffle must be fresh and must not be reused
/// for other keys.
extension TwoPartyComputation {
    private enum Quick {
        /// Segments up to this length are finished by comparing all pairs.
        static let small = 16
        /// Pivots of a longer one; with m of them a level leaves e^-(H_{m+1} - 1) of its length on average.
        static let pivots = 3
        /// When all pairs within all segments are no more than this many a row, they are compared at once, which ends the tail of
        /// levels.
        static let pairsPerRow = 8
        /// Pairs of one batch, so that memory stays bounded.
        static let batch = 1 << 21
    }

    /// The order of keys 0 ..< 2^bits; `words` are shares of key times 2^t plus row number, modulo 2^(bits + t + 1) at least.
    func quickOrder<E: RingElement>(_ words: [E], bits: Int) async throws -> SharedPermutation {
        let count = words.count, placeBits = SharedPermutation.indexBits(count)
        let width = bits + placeBits
        let masks = try await takeShuffle(rows: count, width: 1, in: E.self)
        let rows = try await shuffled([Lane(words, bits: min(width + 1, 8 * E.ring.bytes))], masks)[0].share
        let typical = isPlanning ? Self.typicalOrder(count) : []

        /// Whether row a comes before row b, for all pairs.
        func compare(_ a: [UInt32], _ b: [UInt32]) async throws -> [Bool] {
            var out: [Bool] = []
            out.reserveCapacity(a.count)
            let top = Int128(1) << Int128(width) - 1
            for start in stride(from: 0, to: a.count, by: Quick.batch) {
                let range = start..<min(a.count, start + Quick.batch)
                let difference = try await Parallel.offload { LaneLoops.differences(rows, a, b, range) }
                let negative = try await isNegative(
                    SharedVector(share: difference, party: party, of: 2, bounds: DeclaredBounds(-top, top)))
                let opened = try await open(negative)
                out += isPlanning ? range.map { typical[Int(a[$0])] < typical[Int(b[$0])] } : opened
            }
            return out
        }

        var order = (0..<UInt32(count)).map { $0 }
        var segments = [0..<count]
        while !segments.isEmpty {
            let level = QuickLevel(
                order, segments, small: Quick.small, pivots: Quick.pivots, pairsForAll: Quick.pairsPerRow * count)
            let less = try await compare(level.first, level.second)
            (order, segments) = level.arranged(order, less)
        }
        // The row number is the lower part of the word.
        let sorted = LaneLoops.gathered(rows, order)
        return SharedPermutation(sorted.map { UInt64(truncatingIfNeeded: $0) }, party: party)
    }

    /// A fixed permutation that stands for a typical one in planning, where nothing is secret (generator of D. E. Knuth's MMIX).
    private static func typicalOrder(_ count: Int) -> [UInt32] {
        var state: UInt64 = 1
        var out = (0..<UInt32(count)).map { $0 }
        for i in stride(from: count - 1, to: 0, by: -1) {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            out.swapAt(i, Int((state >> 32) % UInt64(i + 1)))
        }
        return out
    }
}

/// One level of quicksort on public data: which pairs are compared, and how the answers arrange the rows. Rows of a segment are in
/// random order until it is divided, so its first rows are random pivots.
private struct QuickLevel {
    private let segments: [Range<Int>]
    /// Pivots of each segment; all of its rows where all pairs are compared.
    private let pivots: [Int]
    private(set) var first: [UInt32] = []
    private(set) var second: [UInt32] = []

    init(_ order: [UInt32], _ segments: [Range<Int>], small: Int, pivots: Int, pairsForAll: Int) {
        let all = segments.reduce(0) { $0 + $1.count * ($1.count - 1) / 2 } <= pairsForAll
        self.segments = segments
        self.pivots = segments.map { all || $0.count <= small ? $0.count : pivots }
        for (segment, m) in zip(segments, self.pivots) {
            for i in segment {
                for j in segment.lowerBound..<min(i, segment.lowerBound + m) {
                    first.append(order[j])
                    second.append(order[i])
                }
            }
        }
    }

    /// The rows after this level, and the segments that are still to be sorted. `less` answers "first before second".
    func arranged(_ order: [UInt32], _ less: [Bool]) -> (order: [UInt32], segments: [Range<Int>]) {
        var out = order
        var next: [Range<Int>] = []
        var at = 0
        for (segment, m) in zip(segments, pivots) {
            let base = segment.lowerBound
            // How many pivots come before each row.
            var before = [Int](repeating: 0, count: segment.count)
            for i in 0..<segment.count {
                for j in 0..<min(i, m) {
                    if less[at] { before[i] += 1 } else if i < m { before[j] += 1 }
                    at += 1
                }
            }
            // Rows between pivots k - 1 and k follow pivot k - 1.
            var starts = [Int](repeating: 0, count: m + 2)
            for i in m..<segment.count { starts[before[i] + 1] += 1 }
            for k in 1..<m + 2 { starts[k] += starts[k - 1] }
            var used = [Int](repeating: 0, count: m + 1)
            for i in 0..<segment.count {
                let k = before[i]
                if i < m {
                    out[base + starts[k + 1] + k] = order[base + i]
                } else {
                    out[base + starts[k] + k + used[k]] = order[base + i]
                    used[k] += 1
                }
            }
            for k in 0...m where used[k] > 1 {
                let start = base + starts[k] + k
                next.append(start..<start + used[k])
            }
        }
        return (out, next)
    }
}

extension LaneLoops {
    /// x[a] - x[b] for some pairs.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func differences<E: RingElement>(_ x: [E], _ a: [UInt32], _ b: [UInt32], _ range: Range<Int>) -> [E] {
        x.withUnsafeBufferPointer { x in
            [E](unsafeUninitializedCapacity: range.count) { out, count in
                for (i, pair) in range.enumerated() { out[i] = x[Int(a[pair])] &- x[Int(b[pair])] }
                count = range.count
            }
        }
    }
}
