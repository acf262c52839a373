import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Any number of quantiles of a column with declared bounds from one release: counts of a tree over the declared grid, noised once and made consistent by
/// weighted averaging (M. Hay, V. Rastogi, G. Miklau, D. Suciu, VLDB 2010; `RangeQueries`), from which quantiles are read off.
///
/// `PrivateQuantile` is better for one quantile of few rows; this one answers all of them at the same cost, with intervals.
public struct TreeQuantiles: Hashable, Sendable {
    public let grid: ValueGrid
    public let confidence: Double
    /// Values of the grid that share a leaf.
    public let valuesPerLeaf: Int64
    private let ranges: RangeQueries

    public var unit: PrivacyUnit { ranges.unit }
    public var noise: AdditiveNoise { ranges.noise }
    public var leaves: Int { ranges.bins }
    public var fanout: Int { ranges.fanout }

    /// `leaves`: at most so many; a finer grid is grouped into cells of equally many values. `confidence`: of each interval. Throws `.range` unless
    /// 1 <= leaves <= 2^24, 2 <= fanout <= 256 and 0 <= confidence < 1.
    public init(
        unit: PrivacyUnit, noise: AdditiveNoise, grid: ValueGrid, leaves: Int = 1 << 16, fanout: Int = 16, confidence: Double = 0.95
    ) throws {
        guard confidence >= 0, confidence < 1 else {
            throw YinheError(.range, "a confidence of \(confidence)", remedy: "use a number such as 0.95")
        }
        guard (1...1 << 24).contains(leaves) else {
            throw YinheError(.range, "a tree of \(leaves) leaves", remedy: "use 1 to 2^24")
        }
        self.grid = grid
        self.confidence = confidence
        let values = grid.bounds.upperBound - grid.bounds.lowerBound + 1
        valuesPerLeaf = (values - 1) / Int64(leaves) + 1
        ranges = try RangeQueries(unit: unit, noise: noise, bins: Int((values - 1) / valuesPerLeaf + 1), fanout: fanout)
    }

    /// The quantiles in the column's unit, in the order of `probabilities`, a greater probability never giving a smaller value. The q-quantile is the
    /// smallest value v with at least q n rows at or below v. An interval holds the quantile of the data, rounded to the grid, with at least the stated
    /// confidence. Works on no data at all. Throws `.range` for a probability outside 0 ... 1.
    public func release(
        _ values: some Sequence<Double>, at probabilities: [Rational]
    ) throws -> PrivateRelease<[PrivateEstimate]> {
        try release(values, at: probabilities, random: BufferedRandom())
    }

    package func release(
        _ values: some Sequence<Double>, at probabilities: [Rational], random: some RandomSource
    ) throws -> PrivateRelease<[PrivateEstimate]> {
        for q in probabilities where q < 0 || q > 1 {
            throw YinheError(.range, "the \(q)-quantile", remedy: "use a number from 0 to 1 such as 0.5")
        }
        var counts = [Int](repeating: 0, count: leaves)
        for value in values {
            if let index = grid.index(of: value) { counts[Int((index - grid.bounds.lowerBound) / valuesPerLeaf)] += 1 }
        }
        let release = try ranges.release(counts, random: random)
        let answers = release.value, law = try ranges.law()
        let monotone = Self.isotonic(answers.prefix)
        let statement = release.statement
        return PrivateRelease(
            value: probabilities.map { estimate($0.approximation, answers, monotone, law) },
            statement: PrivacyStatement(
                unit: statement.unit, neighbours: statement.neighbours, cost: statement.cost,
                mechanism: "\(probabilities.count) quantiles from \(statement.mechanism)", composition: statement.composition))
    }

    /// With F(b) the count of leaves 0 ... b and N that of all, the quantile is the first b with D(b) = F(b) - q N >= 0. The set of b whose estimates
    /// allow D(b) >= 0 and D(b - 1) < 0, each with half of the error, holds it: those two D are fixed by the data, so nothing is added
    /// up over leaves.
    private func estimate(_ q: Double, _ answers: RangeQueries.Answers, _ monotone: [Double], _ law: NoiseLaw) -> PrivateEstimate {
        let bins = leaves, prefix = answers.prefix
        let wanted = max(0, q * monotone[bins])
        let found = min(bins - 1, Self.first(in: monotone, atLeast: wanted) - 1)
        let error = (1 - confidence) / 2
        /// D of leaves 0 ..< b, and how far noise moves it.
        func difference(_ b: Int) -> (value: Double, width: Double) {
            // (1 - q) of the nodes on the left less q of those on the right; least squares has no more variance.
            let left = Double(answers.nodes(covering: 0..<b)), right = Double(answers.nodes(covering: b..<bins))
            let squares = (1 - q) * (1 - q) * left + q * q * right
            return (prefix[b] - q * prefix[bins], squares == 0 ? 0 : Self.width(law, squares: squares, error: error))
        }
        var low = max(found, 0), high = low, below = difference(0)
        for b in 0..<bins {
            let here = difference(b + 1)
            let isPossible = here.value >= -here.width && (b == 0 || below.value < below.width)
            if isPossible { (low, high) = (min(low, b), max(high, b)) }
            below = here
        }
        func value(_ index: Int64) -> Double { grid.value(of: Double(min(index, grid.bounds.upperBound))) }
        func start(_ leaf: Int) -> Int64 { grid.bounds.lowerBound + Int64(leaf) * valuesPerLeaf }
        return PrivateEstimate(
            value: value(start(max(found, 0)) + (valuesPerLeaf - 1) / 2), lower: value(start(low)), upper: value(start(high) + valuesPerLeaf - 1),
            confidence: confidence)
    }

    /// A bound that the weighted sum of the noises exceeds with probability at most `error`, when the squares of the weights sum to at most `squares`.
    ///
    /// Chernoff. A discrete Gaussian has E exp(tX) <= exp(t^2 sigma^2 / 2) (Canonne, Kamath, Steinke, arXiv 2004.00010), so a sum has the same
    /// with sigma^2 times the squares. Discrete Laplace noise of scale b has E exp(tX) = (cosh(1/b) - 1) / (cosh(1/b) - cosh t) <= 1 / (1 - b^2 t^2),
    /// because (cosh t - 1) / t^2 grows; products of 1 / (1 - w_i^2 b^2 t^2) are at most 1 / (1 - sum w_i^2 b^2 t^2).
    static func width(_ law: NoiseLaw, squares: Double, error: Double) -> Double {
        let nats = -log(error)
        switch law {
        case .gaussian(let law): return (2 * law.sigmaSquared.approximation * squares * nats).squareRoot()
        case .laplace(let law):
            // The least (nats - ln(1 - x^2)) / x over 0 < x < 1, in units of b sqrt(squares); any x is valid.
            var (low, high) = (0.0, 1.0)
            for _ in 0..<60 {
                // The derivative's sign is that of 2 x^2 / (1 - x^2) + ln(1 - x^2) - nats.
                let x = (low + high) / 2
                if 2 * x * x / (1 - x * x) + log1p(-x * x) < nats { low = x } else { high = x }
            }
            let x = low > 0 ? low : 0.5
            return law.scale.approximation * squares.squareRoot() * (nats - log1p(-x * x)) / x
        }
    }

    /// The nearest nondecreasing sequence in least squares: pool adjacent violators.
    static func isotonic(_ values: [Double]) -> [Double] {
        var blocks: [(mean: Double, count: Int)] = []
        for value in values {
            var block = (mean: value, count: 1)
            while let last = blocks.last, last.mean >= block.mean {
                blocks.removeLast()
                let count = last.count + block.count
                block = ((last.mean * Double(last.count) + block.mean * Double(block.count)) / Double(count), count)
            }
            blocks.append(block)
        }
        return blocks.flatMap { [Double](repeating: $0.mean, count: $0.count) }
    }

    /// The first index of a nondecreasing sequence whose value is at least `wanted`, or its length.
    private static func first(in values: [Double], atLeast wanted: Double) -> Int {
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if values[middle] >= wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
