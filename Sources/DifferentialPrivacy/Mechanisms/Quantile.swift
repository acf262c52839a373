import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A quantile of a column with declared bounds, by the exponential mechanism on the grid of allowed values: value v is released with
/// probability proportional to exp(-epsilon |rank(v) - q n| / (2 rows)) (A. Smith, "Privacy-preserving statistical estimation with optimal
/// convergence rates", STOC 2011, algorithm 2). Values of equal rank are equally likely, so the choice is of an interval between neighbouring data
/// values and of a uniform point in it.
///
/// Statistical distance from that law: below 2^-100 (weights are integers of 256 bits). The time depends on the data.
public struct PrivateQuantile: Hashable, Sendable {
    public let unit: PrivacyUnit
    public let epsilon: Rational
    public let probability: Rational
    public let confidence: Double
    /// 2^320 exp(-epsilon / (2 rows)).
    private let ratio: BigInteger

    /// Throws `.range` unless 0 < epsilon <= 100 and 0 <= probability <= 1.
    public init(unit: PrivacyUnit, epsilon: Rational, probability: Rational, confidence: Double = 0.95) throws {
        guard try PrivacyLoss(epsilon: epsilon).epsilon.isPositive else {
            throw YinheError(.range, "epsilon is zero: the choice would be uniform", remedy: "use a positive epsilon such as 0.5")
        }
        guard probability >= 0, probability <= 1, probability.denominator <= 1 << 20 else {
            throw YinheError(.range, "the \(probability)-quantile", remedy: "use a number from 0 to 1 such as 0.5")
        }
        self.unit = unit
        self.epsilon = epsilon
        self.probability = probability
        self.confidence = confidence
        let rows = unit.rowsPerSubject * (unit.neighbours == .replace ? 2 : 1)
        ratio = ExactExponential.bounds(
            minus: BigInteger(UInt128(epsilon.numerator)), over: BigInteger(UInt128(epsilon.denominator)) * BigInteger(2 * rows),
            bits: Self.places).lower
    }

    /// How far the released value's rank may be off: at most this many rows with the wanted confidence, when the grid has `points` values
    /// (the exponential mechanism's utility bound: F. McSherry, K. Talwar 2007).
    public func rankError(points: Double) -> Double {
        let unitOfScore = 2 * Double(rows) / epsilon.approximation
        return unitOfScore * (log(points) - log(1 - confidence))
    }

    /// One subject's rows move the rank of a value by at most `rows`, and q n by less; a replacement moves both ways.
    private var rows: Int { unit.rowsPerSubject * (unit.neighbours == .replace ? 2 : 1) }

    /// The value, in the column's unit. Works on no data at all: then every value of the grid is equally likely.
    public func release(_ values: some Sequence<Double>, on grid: ValueGrid) throws -> PrivateRelease<Double> {
        release(values, on: grid, random: BufferedRandom())
    }

    package func release(_ values: some Sequence<Double>, on grid: ValueGrid, random: some RandomSource) -> PrivateRelease<Double> {
        var stream = WordStream(random)
        let index = choose(grid.place(values).indices.sorted(), grid.bounds, &stream)
        return PrivateRelease(
            value: grid.value(of: Double(index)),
            statement: PrivacyStatement(
                unit: unit.name, neighbours: unit.neighbours, cost: .pure(epsilon: epsilon),
                mechanism: "\(probability)-quantile by the exponential mechanism on \(grid.bounds.count) values"))
    }

    /// Interval i of 0 ... n holds the grid values v with exactly i data values below v: from (data[i-1], data[i]].
    private func choose(_ data: [Int64], _ bounds: ClosedRange<Int64>, _ stream: inout WordStream) -> Int64 {
        let n = data.count, d = Int128(probability.denominator), target = probability.numerator * Int128(n)
        func start(_ i: Int) -> Int64 { i == 0 ? bounds.lowerBound : data[i - 1] + 1 }
        func end(_ i: Int) -> Int64 { i == n ? bounds.upperBound : data[i] }
        func width(_ i: Int) -> Int64 { max(0, end(i) - start(i) + 1) }
        /// |i - q n| in units of 1 / d.
        func gap(_ i: Int) -> Int128 { abs(Int128(i) * d - target) }

        // From the target rank outwards; the first interval that is not empty sets the scale of the weights, and what is 2^-256 of it is left out.
        let centre = min(n, max(0, Int(target / d)))
        var left = centre, right = centre + 1
        var candidates: [(start: Int64, weight: BigInteger, width: Int64)] = []
        var nearest: Int128?
        // Ranks of one side are one apart, so each weight is the one before times the ratio; a product loses at most three units of 2^-320, so after as
        // many as there are rows the 256 bits that are used err by less than one unit.
        var (leftWeight, rightWeight): (BigInteger?, BigInteger?) = (nil, nil)
        let e = BigInteger(UInt128(epsilon.numerator)), over = BigInteger(UInt128(epsilon.denominator)) * BigInteger(UInt128(d)) * BigInteger(2 * rows)
        while left >= 0 || right <= n {
            let takesLeft = right > n || (left >= 0 && gap(left) <= gap(right))
            let i = takesLeft ? left : right
            if takesLeft { left -= 1 } else { right += 1 }
            let width = width(i)
            guard width > 0 || nearest != nil else { continue }
            nearest = nearest ?? gap(i)
            let before = takesLeft ? leftWeight : rightWeight
            let fine = before.map { ($0 * ratio) >> Self.places }
                ?? ExactExponential.bounds(minus: e * BigInteger(UInt128(gap(i) - nearest!)), over: over, bits: Self.places).lower
            if takesLeft { leftWeight = fine } else { rightWeight = fine }
            let weight = fine >> 64
            // Gaps only grow from here.
            if weight.isZero { break }
            guard width > 0 else { continue }
            candidates.append((start(i), weight * BigInteger(UInt64(width)), width))
        }
        var rest = Self.uniform(below: candidates.reduce(BigInteger.zero) { $0 + $1.weight }, &stream)
        for candidate in candidates {
            if rest < candidate.weight {
                return candidate.start + Int64(stream.uniform(below: UInt64(candidate.width)))
            }
            rest -= candidate.weight
        }
        preconditionFailure("some grid value is always possible")
    }

    private static let weightBits = 256
    private static let places = weightBits + 64

    /// Exact, by rejection.
    private static func uniform(below bound: BigInteger, _ stream: inout WordStream) -> BigInteger {
        let words = (bound.bitWidth + 63) / 64, spare = UInt64(words * 64 - bound.bitWidth)
        while true {
            var limbs = (0..<words).map { _ in stream.word() }
            limbs[words - 1] >>= spare
            let value = BigInteger(limbs: limbs)
            if value < bound { return value }
        }
    }
}
