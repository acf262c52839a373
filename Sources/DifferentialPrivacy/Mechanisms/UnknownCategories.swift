import Arithmetic
import SandboxCore

/// A histogram whose categories are themselves private: a category is released only when its noised count reaches a threshold that
/// the one subject who might be alone in it reaches with probability at most delta
/// (A. Korolova, K. Kenthapadi, N. Mishra, A. Ntoulas, "Releasing search queries and clicks privately", WWW 2009;
/// D. Desfontaines, J. Voss, B. Gipson, C. Mandayam, "Differentially private partition selection", PoPETs 2022).
///
/// Counts are of subjects or rows; every count handed in must be positive, and one subject adds at most `unit.rowsPerSubject` to each of at
/// most `partitionsPerSubject` categories. Neighbours add or remove a subject.
public struct UnknownCategories: Hashable, Sendable {
    public let histogram: PrivateHistogram
    public let delta: Rational
    /// The least noised count that is released.
    public let threshold: Int128
    private let law: NoiseLaw

    /// Throws `.range` unless 0 < delta < 1, and for the replace relation, under which a subject could enter two sets of categories.
    public init(_ histogram: PrivateHistogram, delta: Rational) throws {
        guard delta.isPositive, delta < 1 else {
            throw YinheError(.range, "a delta of \(delta) for unknown categories", remedy: "use a number such as 1e-9")
        }
        guard histogram.unit.neighbours == .addOrRemove else {
            throw YinheError(.range, "unknown categories under the replace relation", remedy: "use add-or-remove")
        }
        self.histogram = histogram
        self.delta = delta
        law = try histogram.law()
        // A subject's new categories are each shown with probability at most delta / l0, so one of them with at most delta.
        let each = try delta / Rational(histogram.partitionsPerSubject)
        threshold = Int128(histogram.unit.rowsPerSubject) + Self.quantile(law, exceededBelow: each.approximation)
    }

    /// The smallest t with P[noise >= t] <= probability, in floating point with a margin of 10^-6 of it: never too small.
    private static func quantile(_ law: NoiseLaw, exceededBelow probability: Double) -> Int128 {
        let limit = probability * (1 - 1e-6)
        return Int128(NoiseSpread.first { law.upperTail(above: $0) <= limit }) + 1
    }

    public var cost: PrivacyCost {
        switch histogram.noise {
        case .laplace(let epsilon): .approximate(epsilon: epsilon, delta: delta)
        case .gaussian(let rho): .zeroConcentrated(rho: rho)
        }
    }

    /// The categories that reach the threshold, with their noised counts, in the order of their keys (not of the input).
    public func release<Key: Hashable & Comparable & Sendable>(
        _ counts: [Key: Int]
    ) throws -> PrivateRelease<[(key: Key, count: PrivateEstimate)]> {
        try release(counts, random: BufferedRandom())
    }

    package func release<Key: Hashable & Comparable & Sendable>(
        _ counts: [Key: Int], random: some RandomSource
    ) throws -> PrivateRelease<[(key: Key, count: PrivateEstimate)]> {
        var stream = WordStream(random)
        let spread = law.spread(confidence: histogram.confidence)
        var cells: [(key: Key, count: PrivateEstimate)] = []
        for key in counts.keys.sorted() {
            let count = Int128(counts[key]!)
            precondition(count > 0, "only categories that occur")
            let noised = try law.noised([count], from: &stream)[0]
            if noised >= threshold { cells.append((key, PrivateEstimate(noised, spread))) }
        }
        var composition = "one vector of counts; a category of one subject is shown with probability at most delta"
        if case .gaussian = histogram.noise { composition += " \(delta), which is to be added to the delta of rho" }
        return PrivateRelease(
            value: cells,
            statement: PrivacyStatement(
                unit: histogram.unit.name, neighbours: .addOrRemove, cost: cost,
                mechanism: "histogram over unknown categories, threshold \(threshold), \(law.name)", composition: composition))
    }
}

/// Which categories exist, with the greatest probability of showing each that (epsilon, delta) allows (Desfontaines et al. 2022, theorem 1):
/// p(0) = 0 and p(n) = min(e^eps p(n-1) + delta, 1 - e^-eps (1 - p(n-1) - delta), 1), per category with epsilon / l0 and delta / l0.
/// The counts are of subjects. They are not released: only the keys.
public final class OptimalSelection: Sendable {
    public let epsilon: Rational
    public let delta: Rational
    public let partitionsPerSubject: Int
    /// Entry n: floor(2^128 p(n)), up to the first n with p(n) = 1. Rounding moves p by less than 2^-120.
    private let probabilities: [UInt128]

    /// Throws `.range` unless 0 < epsilon <= 100, 0 < delta < 1 and 1 <= partitionsPerSubject, or when p would rise over more than 10^6 steps.
    public init(epsilon: Rational, delta: Rational, partitionsPerSubject: Int = 1) throws {
        let loss = try PrivacyLoss(epsilon: epsilon, delta: delta)
        guard loss.epsilon.isPositive, loss.delta.isPositive, partitionsPerSubject >= 1 else {
            throw YinheError(
                .range, "selection with epsilon \(epsilon), delta \(delta), \(partitionsPerSubject) categories a subject",
                remedy: "all three must be positive")
        }
        self.epsilon = epsilon
        self.delta = delta
        self.partitionsPerSubject = partitionsPerSubject
        let l0 = Rational(partitionsPerSubject)
        let e = try epsilon / l0, d = try delta / l0
        // Fixed point with 512 places: p grows by factors e^eps from at least delta, so an error stays a fixed multiple of 2^-512 / delta.
        let places = 512, one = BigInteger.one << places
        let shrink = ExactExponential.bounds(
            minus: BigInteger(UInt128(e.numerator)), over: BigInteger(UInt128(e.denominator)), bits: places).lower
        let step = (BigInteger(UInt128(d.numerator)) << places) / BigInteger(UInt128(d.denominator))
        guard step.bitWidth > places - 128 else {
            throw YinheError(.range, "a delta of \(d) a category is absurd", remedy: "use a number such as 1e-9")
        }
        var p = BigInteger.zero, table: [UInt128] = [0]
        while true {
            let grown = (p << places) / shrink + step
            let slowed = one - ((shrink * (one - p - step)) >> places)
            p = min(grown, slowed)
            if p >= one { break }
            table.append((p >> (places - 128)).uint128!)
            guard table.count <= 1_000_000 else {
                throw YinheError(.range, "epsilon \(e) a category is too small to select by", remedy: "use a larger epsilon")
            }
        }
        probabilities = table
    }

    /// p(n), for display.
    public func probability(of count: Int) -> Double {
        count < probabilities.count ? Double(probabilities[max(0, count)]) * 0x1p-128 : 1
    }

    public func select<Key: Hashable & Comparable & Sendable>(_ counts: [Key: Int]) -> [Key] { select(counts, random: BufferedRandom()) }

    package func select<Key: Hashable & Comparable & Sendable>(_ counts: [Key: Int], random: some RandomSource) -> [Key] {
        var stream = WordStream(random)
        return counts.keys.sorted().filter { key in
            let (low, high) = (stream.word(), stream.word()), count = counts[key]!
            guard count > 0 else { return false }
            return count >= probabilities.count || UInt128(high) << 64 | UInt128(low) < probabilities[count]
        }
    }

    public var cost: PrivacyCost { .approximate(epsilon: epsilon, delta: delta) }
}
