import Foundation

/// Decides whether the machine was steady enough for what was measured between two calibrations.
package struct Steadiness: Sendable, Equatable {
    /// Spread of the fixed loop's timings around a block above which the block is refused.
    package static let spreadLimit = 0.25
    /// Change of the loop's median from before to after.
    package static let driftLimit = 0.10
    /// Cores that other programs may keep busy, as a part of all cores.
    package static let otherCoresLimit = 0.15

    /// Of both calibrations together, without the slowest twentieth (at least one): a single interrupt is not a noisy machine.
    package var spread: Double
    /// Ratio of the medians, the larger over the smaller, less 1.
    package var drift: Double
    package var otherCores: Double
    package var cores: Int

    /// `before` and `after`: seconds of the fixed loop; at least three each.
    package init(before: [Double], after: [Double], otherCores: Double, cores: Int) {
        precondition(before.count >= 3 && after.count >= 3 && cores > 0)
        let all = (before + after).sorted(), cut = all.count / 20 + 1
        let middle = Spread(Array(all.dropLast(cut)))!
        spread = middle.spread
        let first = Spread(before)!.median, last = Spread(after)!.median
        drift = max(first, last) / min(first, last) - 1
        self.otherCores = otherCores
        self.cores = cores
    }

    /// Why not, in English; nil when the machine was steady.
    package var objection: String? {
        func percent(_ x: Double) -> String { "\(Int((100 * x).rounded())) %" }
        var reasons: [String] = []
        if spread > Self.spreadLimit {
            reasons.append("a fixed loop's time varied by \(percent(spread)) (limit \(percent(Self.spreadLimit)))")
        }
        if drift > Self.driftLimit {
            reasons.append("it drifted by \(percent(drift)) (limit \(percent(Self.driftLimit)))")
        }
        let limit = Self.otherCoresLimit * Double(cores)
        if otherCores > limit {
            reasons.append(
                "other programs used \(String(format: "%.2f", otherCores)) of \(cores) cores (limit \(String(format: "%.2f", limit)))")
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }
}

/// The fixed loop: multiplications and shifts that no compiler can shorten, in registers alone.
package enum CalibrationLoop {
    /// About ten milliseconds on a processor of 3 GHz.
    private static let steps = 8_000_000

    /// Seconds of each of `count` turns.
    package static func run(_ count: Int = 15) -> [Double] {
        // The first turn wakes the core up.
        _ = turn(1)
        return (0..<count).map { i in
            let start = ContinuousClock.now
            let result = turn(UInt64(i))
            let time = ContinuousClock.now - start
            precondition(result != 0x5eed)
            return Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        }
    }

    @inline(never)
    private static func turn(_ seed: UInt64) -> UInt64 {
        var x = seed | 1
        for _ in 0..<steps {
            x ^= x >> 29
            x = x &* 0xbf58_476d_1ce4_e5b9
        }
        return x
    }
}
