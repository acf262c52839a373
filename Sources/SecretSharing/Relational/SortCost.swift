#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Estimates by which `.automatic` chooses, from what both parties know: rows and bits. They count the computation itself, as if
/// the correlations were prepared; what a run really takes is in `TwoPartyComputation.cost`. Protocols/sharing-tables.md, "Cost".
struct SortCost {
    var rounds: Double
    /// Each way.
    var bytes: Double

    /// A link between two sites: one millisecond a round, 1 Gbit/s.
    var seconds: Double { rounds * 1e-3 + bytes / 125e6 }

    static func radix(rows: Int, bits: Int) -> SortCost {
        let n = Double(rows), t = Double(SharedPermutation.indexBits(rows))
        var cost = SortCost(rounds: 0, bytes: 0)
        var left = Double(bits)
        for digit in TwoPartyComputation.digits(bits) {
            let sets = Double(1 << digit - 1)
            left -= Double(digit)
            cost.rounds += [5, 7, 8][digit - 1]
            cost.bytes += n * (sets * (t + 1) + 3 * t + left) / 8
        }
        return cost
    }

    static func quick(rows: Int, bits: Int) -> SortCost {
        let n = Double(rows), width = Double(bits + SharedPermutation.indexBits(rows))
        // Three pivots leave e^-(H_4 - 1) = e^-1.083 of a segment on average.
        let levels = max(0, log(n / 16)) / 1.083
        let comparisons = 3 * levels + min(8, n / 2)
        return SortCost(
            rounds: 2 + (levels + 2) * (2 + log2(width).rounded(.up)),
            bytes: n * (comparisons * 4 * width + width) / 8)
    }

    static func cheapest(rows: Int, bits: Int) -> SortAlgorithm {
        if bits > 64 { return .quick }
        if bits + SharedPermutation.indexBits(rows) > 126 { return .radix }
        return quick(rows: rows, bits: bits).seconds < radix(rows: rows, bits: bits).seconds ? .quick : .radix
    }

    /// The order statistic by bits of the range: see `TwoPartyComputation.kthSmallest`.
    static func bisection(rows: Int, bits: Int) -> SortCost {
        let n = Double(rows), w = Double(bits), t = Double(SharedPermutation.indexBits(rows))
        return SortCost(
            rounds: 2 + log2(w).rounded(.up) + w * (5 + log2(t).rounded(.up)),
            bytes: n * (1.5 * w * log2(max(2, w)) + 5 * w) / 8)
    }
}
