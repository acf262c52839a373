import Arithmetic
import SandboxCore

/// The Poisson law of a rational mean, P[X = k] = exp(-mean) mean^k / k!, sampled by inversion: a uniform number is compared with the law's
/// cumulative probabilities, which a table holds with certified 64-bit bounds; what 64 bits do not decide (below 2^-40 a draw) is decided
/// on a table of ever more bits.
///
/// Exact but for the tails beyond the table, which hold less than 2^-120. The time of a draw depends on the sample.
public struct Poisson: IntegerLaw {
    public let mean: Rational
    /// 2^32: the table has some 26 sqrt(mean) entries.
    public static let maximumMean = Rational(1 << 32)

    private let table: CumulativeTable

    /// Throws `.range` unless 0 < mean <= 2^32. The table is built here: some 26 sqrt(mean) products of long integers.
    public init(mean: Rational) throws {
        guard mean.isPositive else {
            throw YinheError(.range, "the Poisson mean \(mean) is not positive", remedy: "use a positive number")
        }
        guard mean <= Self.maximumMean else {
            throw YinheError(.range, "the Poisson mean \(mean) is above 2^32", remedy: "use Gaussian noise of the same variance")
        }
        self.mean = mean
        table = CumulativeTable { places in Self.weights(mean, places) }
    }

    public static func == (a: Poisson, b: Poisson) -> Bool { a.mean == b.mean }
    public func hash(into hasher: inout Hasher) { hasher.combine(mean) }

    public var variance: Double { mean.approximation }

    public func draw(from stream: inout WordStream) -> Int64 { table.draw(&stream) }

    /// Probabilities up to a common factor, in fixed point: 2^places at the mode, each next one by the ratio mean / (k + 1), down to where a
    /// weight and the tail beyond it are below 2^-124 of the whole.
    ///
    /// Every step loses less than one unit, and a loss shrinks with the weights, so a weight is short by at most as many units as there
    /// are steps to it.
    private static func weights(_ mean: Rational, _ places: Int) -> CumulativeTable.Weights {
        let a = BigInteger(UInt128(mean.numerator)), b = BigInteger(UInt128(mean.denominator))
        let mode = Int(mean.roundedDown)
        // A tail ratio r < 1 bounds the tail by weight r / (1 - r), and at 2^-140 of the mode the ratio is far enough below 1 for that.
        let least = BigInteger.one << max(0, places - 150)
        var above: [BigInteger] = [], weight = BigInteger.one << places, k = mode
        while weight > least {
            above.append(weight)
            k += 1
            weight = (weight * a) / (b * BigInteger(k))
        }
        var below: [BigInteger] = []
        (weight, k) = (.one << places, mode)
        while k > 0 {
            weight = (weight * b * BigInteger(k)) / a
            k -= 1
            guard weight > least else { break }
            below.append(weight)
        }
        return .init(first: mode - below.count, values: below.reversed() + above)
    }
}

/// The Skellam law: the difference of two independent Poisson variables of the same mean; its variance is twice that. Sums of independent
/// Skellam variables are Skellam, so many parties can each add a part.
public struct Skellam: IntegerLaw {
    public let mean: Rational
    private let part: Poisson

    /// `mean`: that of each of the two Poisson parts; errors of `Poisson.init(mean:)`.
    public init(mean: Rational) throws {
        self.mean = mean
        part = try Poisson(mean: mean)
    }

    public var variance: Double { 2 * mean.approximation }

    public func draw(from stream: inout WordStream) -> Int64 { part.draw(from: &stream) - part.draw(from: &stream) }
}
