import Arithmetic
import SandboxCore

/// Counts of every range of an ordered domain from noised counts of a tree's nodes, made consistent by least squares
/// (M. Hay, V. Rastogi, G. Miklau, D. Suciu, "Boosting the accuracy of differentially private histograms through consistency", VLDB 2010).
///
/// The domain's bins are the leaves of a tree of `fanout` children a node, below a root that is released too. A subject with one row is in one
/// node of each level, so the whole tree is one vector whose sensitivity is the number of levels.
public struct RangeQueries: Hashable, Sendable {
    public let unit: PrivacyUnit
    public let noise: AdditiveNoise
    public let bins: Int
    public let fanout: Int
    /// Levels of the tree, root and leaves included.
    public let levels: Int

    /// Throws `.range` unless 1 <= bins <= 2^24 and 2 <= fanout <= 256. A fanout of 16 is near the best for Laplace noise on 2^10 to 2^20 bins
    /// (W. Qardaji, W. Yang, N. Li, "Understanding hierarchical methods for differentially private histograms", VLDB 2013).
    public init(unit: PrivacyUnit, noise: AdditiveNoise, bins: Int, fanout: Int = 16) throws {
        guard (1...1 << 24).contains(bins), (2...256).contains(fanout) else {
            throw YinheError(
                .range, "ranges over \(bins) bins with a fanout of \(fanout)", remedy: "use 1 to 2^24 bins and a fanout of 2 to 256")
        }
        self.unit = unit
        self.noise = noise
        self.bins = bins
        self.fanout = fanout
        var levels = 1, width = 1
        while width < bins { (levels, width) = (levels + 1, width * fanout) }
        self.levels = levels
    }

    /// Noised and consistent counts; answering from them costs nothing more.
    public struct Answers: Sendable {
        /// Least-squares estimate of bins 0 ..< i, for i in 0 ... bins.
        let prefix: [Double]
        /// Of one node before the least squares, which only shrinks errors.
        private let deviation: Double
        private let fanout: Int

        fileprivate init(prefix: [Double], deviation: Double, fanout: Int) {
            self.prefix = prefix
            self.deviation = deviation
            self.fanout = fanout
        }

        public var bins: Int { prefix.count - 1 }

        /// The count of the bins in `range`, with an interval of at least this confidence by Chebyshev's inequality on the sum of nodes that
        /// covers the range (least squares has no greater variance than that sum).
        public func count(_ range: Range<Int>, confidence: Double = 0.95) -> PrivateEstimate {
            precondition(range.lowerBound >= 0 && range.upperBound <= bins && confidence >= 0 && confidence < 1)
            let value = prefix[range.upperBound] - prefix[range.lowerBound]
            let width = deviation * (Double(nodes(covering: range)) / (1 - confidence)).squareRoot()
            return PrivateEstimate(value: value, lower: value - width, upper: value + width, confidence: confidence)
        }

        /// The smallest bin b at which the counts of 0 ... b reach the wanted part of all.
        public func quantile(_ probability: Double) -> Int {
            precondition(probability >= 0 && probability <= 1)
            let wanted = probability * prefix[bins]
            return (1...bins).first { prefix[$0] >= wanted }.map { $0 - 1 } ?? bins - 1
        }

        /// How many nodes of the tree cover exactly this range.
        func nodes(covering range: Range<Int>) -> Int {
            var (low, high, nodes) = (range.lowerBound, range.upperBound, 0)
            while low < high {
                let (parent, last) = ((low + fanout - 1) / fanout, high / fanout)
                // No whole parent inside: the range is a run of siblings, or ends in two families.
                if parent > last { return nodes + high - low }
                nodes += parent * fanout - low + high - last * fanout
                (low, high) = (parent, last)
            }
            return nodes
        }
    }

    /// The noise of every node. A replaced row leaves a path and enters another.
    func law() throws -> NoiseLaw {
        let touched = levels * (unit.neighbours == .replace ? 2 : 1)
        return try noise.law(VectorSensitivity(each: Int128(unit.rowsPerSubject), touched: touched))
    }

    /// `counts`: rows in each bin.
    public func release(_ counts: [Int]) throws -> PrivateRelease<Answers> { try release(counts, random: BufferedRandom()) }

    package func release(_ counts: [Int], random: some RandomSource) throws -> PrivateRelease<Answers> {
        precondition(counts.count == bins)
        let law = try law()
        var stream = WordStream(random)

        // Level 0 is the leaves, padded to a full tree; z is the weighted average of a node's own noised count and its children's sum.
        var width = 1
        for _ in 1..<max(levels, 1) { width *= fanout }
        var exact = counts + [Int](repeating: 0, count: width - bins)
        var noised: [[Double]] = [], averaged: [[Double]] = []
        for level in 0..<levels {
            if level > 0 {
                let below = exact
                exact = (0..<below.count / fanout).map { node in below[node * fanout..<(node + 1) * fanout].reduce(0, +) }
            }
            let own = try law.noised(exact.map { Int128($0) }, from: &stream).map { Double($0) }
            noised.append(own)
            guard level > 0 else { averaged.append(own); continue }
            let power = pow(Double(fanout), level), below = averaged[level - 1]
            // Hay et al., lemma 1, with l = level + 1: z = (k^l - k^(l-1)) / (k^l - 1) own + (k^(l-1) - 1) / (k^l - 1) sum of z of the children.
            let whole = power * Double(fanout)
            averaged.append(own.indices.map { node in
                let children = below[node * fanout..<(node + 1) * fanout].reduce(0, +)
                return ((whole - power) * own[node] + (power - 1) * children) / (whole - 1)
            })
        }
        // Downwards: what a parent has more than its children together is spread over them evenly (theorem 3).
        var consistent = averaged[levels - 1]
        for level in stride(from: levels - 2, through: 0, by: -1) {
            let below = averaged[level], parents = consistent
            consistent = below.indices.map { node in
                let first = node / fanout * fanout
                let rest = parents[node / fanout] - below[first..<first + fanout].reduce(0, +)
                return below[node] + rest / Double(fanout)
            }
        }
        var prefix = [0.0]
        for bin in 0..<bins { prefix.append(prefix[bin] + consistent[bin]) }
        return PrivateRelease(
            value: Answers(prefix: prefix, deviation: law.variance.squareRoot(), fanout: fanout),
            statement: PrivacyStatement(
                unit: unit.name, neighbours: unit.neighbours, cost: noise.cost,
                mechanism: "hierarchical counts of \(bins) bins, fanout \(fanout), \(law.name)",
                composition: "one vector of \(levels) levels"))
    }

    private func pow(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { result, _ in result * base } }
}
