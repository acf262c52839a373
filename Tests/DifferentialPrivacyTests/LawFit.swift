import DifferentialPrivacy
import Foundation
import TestSupport

/// Samples of a law against its exact probabilities: a chi-square test over cells, and counts far out in both tails.
///
/// False alarm of one fit: 3e-7 for the cells, and for each of up to three tail counts and one "never" on each side 1e-7 and 1e-8, below 1e-6 in all.
struct LawFit {
    private struct Tail {
        let threshold: Int
        let isUpper: Bool
        let expected: Double
        var hits = 0
    }

    private let range: ClosedRange<Int>
    private let cellOf: [Int32]
    private let probabilities: [Double]
    private var counts: [Int]
    private var outside = 0
    private var tails: [Tail] = []

    /// `range` must hold all but a negligible part of the law at `samples` samples: 10^-9 of a sample.
    init(_ range: ClosedRange<Int>, samples: Int, _ probability: (Int) -> Double) {
        self.range = range
        let n = Double(samples)
        let mass = range.map(probability)
        // Cells of consecutive integers that hold at least 50 expected samples, and at most some twenty thousand of them.
        let least = max(50, n / 20_000)
        var cells: [Int32] = [], sums: [Double] = [0]
        for p in mass {
            if sums.last! * n >= least { sums.append(0) }
            cells.append(Int32(sums.count - 1))
            sums[sums.count - 1] += p
        }
        if sums.count > 1, sums.last! * n < 50 {
            let rest = sums.removeLast()
            sums[sums.count - 1] += rest
            cells = cells.map { min($0, Int32(sums.count - 1)) }
        }
        (cellOf, probabilities, counts) = (cells, sums, [Int](repeating: 0, count: sums.count))
        for isUpper in [true, false] {
            var wanted = [1000.0, 100, 10, 1e-8], beyond = mass.reduce(0, +)
            let order = isUpper ? Array(range) : range.reversed()
            // Beyond x: above it, or below it.
            var rest = 0.0, suffix = [Double](repeating: 0, count: order.count)
            for i in order.indices.reversed() {
                suffix[i] = rest
                rest += mass[order[i] - range.lowerBound]
            }
            beyond = rest
            for (i, x) in order.enumerated() {
                beyond = suffix[i]
                guard let next = wanted.first(where: { beyond * n <= $0 }) else { continue }
                tails.append(Tail(threshold: x, isUpper: isUpper, expected: beyond * n))
                wanted.removeAll { $0 >= next }
                if wanted.isEmpty { break }
            }
        }
    }

    mutating func add(_ samples: [Int64]) {
        for x in samples {
            if x >= range.lowerBound && x <= range.upperBound { counts[Int(cellOf[Int(x) - range.lowerBound])] += 1 } else { outside += 1 }
        }
        for i in tails.indices {
            let t = Int64(tails[i].threshold)
            tails[i].hits += tails[i].isUpper ? samples.count { $0 > t } : samples.count { $0 < t }
        }
    }

    /// What is wrong, if anything is.
    var faults: [String] {
        var faults: [String] = []
        if outside > 0 { faults.append("\(outside) samples outside \(range)") }
        if counts.count > 1 {
            let (statistic, limit) = StatisticalChecks.chiSquare(counts, probabilities)
            if statistic > limit { faults.append("chi-square \(statistic) above \(limit) over \(counts.count) cells") }
        }
        for tail in tails where !Self.isPoisson(tail.hits, tail.expected) {
            faults.append("\(tail.hits) samples beyond \(tail.threshold), expected \(tail.expected)")
        }
        return faults
    }

    /// Whether neither tail of the Poisson law holds less than 5e-8 at this count; where less than 10^-8 is expected, none may come.
    static func isPoisson(_ hits: Int, _ mean: Double) -> Bool {
        if mean <= 1e-8 { return hits == 0 }
        func mass(_ k: Int) -> Double { exp(Double(k) * log(mean) - mean - lgamma(Double(k) + 1)) }
        let atMost = (0...hits).reduce(0) { $0 + mass($1) }
        let atLeast = (hits...hits + 2000).reduce(0) { $0 + mass($1) }
        return atMost > 5e-8 && atLeast > 5e-8
    }
}

extension LawFit {
    /// Draws the samples in blocks, each from its own seed.
    static func faults(
        _ range: ClosedRange<Int>, samples: Int, seed: UInt64, _ draw: (_ count: Int, _ random: SeededRandom) throws -> [Int64],
        _ probability: (Int) -> Double
    ) rethrows -> [String] {
        var fit = LawFit(range, samples: samples, probability), done = 0, block: UInt64 = 0
        while done < samples {
            let count = min(1 << 20, samples - done)
            fit.add(try draw(count, SeededRandom(seed << 32 | block)))
            (done, block) = (done + count, block + 1)
        }
        return fit.faults
    }
}
