import Foundation

/// Statistics for the sampler tests. Randomness is seeded, so a test's verdict is fixed; the stated false-alarm rate is the
/// fraction of seeds with which a correct sampler would fail.
enum StatisticalChecks {
    /// Two-sided normal quantile of a false-alarm rate of 2e-7.
    static let sigmas = 5.2

    /// Whether `hits` of `trials` is what a coin of probability `p` gives, at 5.2 standard deviations.
    static func isPlausible(_ hits: Int, of trials: Int, probability p: Double) -> Bool {
        let mean = Double(trials) * p
        return abs(Double(hits) - mean) <= sigmas * (mean * (1 - p)).squareRoot() + 1
    }

    /// The chi-square statistic of counts against probabilities that add up to 1, and the value that a correct sampler exceeds
    /// with probability 3e-7 (normal quantile 5; Wilson and Hilferty's approximation of the chi-square quantile).
    static func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> (statistic: Double, limit: Double) {
        let total = Double(counts.reduce(0, +))
        let statistic = zip(counts, probabilities).reduce(0) { $0 + pow(Double($1.0) - total * $1.1, 2) / (total * $1.1) }
        let k = Double(counts.count - 1)
        return (statistic, k * pow(1 - 2 / (9 * k) + 5 * (2 / (9 * k)).squareRoot(), 3))
    }

    /// Counts of the samples in cells 0, 1, -1, 2, -2, ..., the last two being the tails, and the cells' probabilities under the
    /// discrete Laplace law of scale b. Cells hold at least 50 expected samples.
    static func cells(_ samples: [Int64], scale b: Double) -> (counts: [Int], probabilities: [Double]) {
        let q = exp(-1 / b)
        let width = max(1, Int64(b / 8))
        var edges: [Int64] = [1]   // cell k holds edges[k] ..< edges[k + 1] on each side
        func mass(_ from: Int64, _ to: Int64?) -> Double {
            (exp(-Double(from) / b) - (to.map { exp(-Double($0) / b) } ?? 0)) / (1 + q)
        }
        while mass(edges.last! + width, nil) * Double(samples.count) >= 50 { edges.append(edges.last! + width) }
        var counts = Array(repeating: 0, count: 1 + 2 * edges.count)
        for z in samples {
            if z == 0 {
                counts[0] += 1
            } else {
                let cell = min(Int((z.magnitude - 1) / UInt64(width)), edges.count - 1)
                counts[(z > 0 ? 1 : 2) + 2 * cell] += 1
            }
        }
        var probabilities = [(1 - q) / (1 + q)]
        for (k, from) in edges.enumerated() {
            let p = mass(from, k + 1 < edges.count ? edges[k + 1] : nil)
            probabilities += [p, p]
        }
        return (counts, probabilities)
    }

    static func passesLaplaceFit(_ samples: [Int64], scale: Double) -> Bool {
        let (counts, probabilities) = cells(samples, scale: scale)
        let (statistic, limit) = chiSquare(counts, probabilities)
        return statistic <= limit
    }
}

/// Rows of a CSV file of Protocols/Vectors, without comments and header.
func vectorRows(_ text: String) -> [[String]] {
    text.split(separator: "\n").filter { !$0.hasPrefix("#") }.dropFirst().map { $0.split(separator: ",").map(String.init) }
}
