import Arithmetic
import SandboxCore

/// One of n equal shares of discrete Laplace noise: the difference of two independent Polya (negative binomial) variables of shape 1/n and
/// q = exp(-1 / scale). The sum of n independent shares is exactly `DiscreteLaplace(scale)`
/// (S. Goryczka, L. Xiong, "A comprehensive comparison of multiparty secure additions with differential privacy", 2017, section 4).
///
/// A share alone is far weaker noise than the sum: whoever knows some shares faces only the rest (`JointNoise`).
///
/// The Polya law of shape 1/n is the sum of the points of a Poisson process on k = 1, 2, ... with intensity q^k / (n k). The process is
/// drawn by thinning: each k in 2^j ..< 2^(j+1) has intensity 2^-j / n first, which makes octaves Poisson with the rational mean J / n, and a
/// point is kept with probability (2^j / k) exp(-k / scale). Exact, but for `Poisson`'s table and for points beyond the last
/// octave, where 2^J >= 128 scale: together below 2^-110. The time of a draw depends on the number of points.
public struct PolyaNoise: IntegerLaw {
    public let scale: Rational
    public let parties: Int

    private let point: PolyaPoint
    private let points: Poisson

    /// Throws `.range` unless 0 < scale <= 2^48, with a numerator of at most 2^62, and 1 <= parties <= 2^20.
    public init(scale: Rational, parties: Int) throws {
        let point = try PolyaPoint(scale: scale)
        guard (1...1 << 20).contains(parties) else {
            throw YinheError(.range, "\(parties) parties share the noise: 1 to 2^20 can")
        }
        self.scale = scale
        self.parties = parties
        self.point = point
        points = try Poisson(mean: Rational(Int128(point.octaves), over: Int128(parties)))
    }

    /// Each of n shares has 1/n of the variance.
    public var variance: Double { 2 * DiscreteLaplace.halfVariance(scale.approximation) / Double(parties) }

    public func draw(from stream: inout WordStream) -> Int64 { polya(&stream) - polya(&stream) }

    private func polya(_ stream: inout WordStream) -> Int64 {
        var sum: Int64 = 0
        for _ in 0..<points.draw(from: &stream) { sum += Int64(point.draw(from: &stream)) }
        return sum
    }
}

/// One candidate point of the Poisson process of `PolyaNoise`: with `octaves` candidates in the mean for each unit of shape, the points are
/// those of intensity shape * q^k / k.
struct PolyaPoint: Hashable, Sendable {
    let scale: Rational
    let octaves: Int

    /// Throws `.range` unless 0 < scale <= 2^48, with a numerator and a denominator of at most 2^62.
    init(scale: Rational) throws {
        guard scale.isPositive, scale <= Rational(1 << 48), scale.numerator <= 1 << 62, scale.denominator <= 1 << 62 else {
            throw YinheError(
                .range, "the noise scale \(scale) is not in 0 < scale <= 2^48, or has too many digits",
                remedy: "tighten the declared bounds, or write epsilon with fewer digits")
        }
        self.scale = scale
        octaves = 7 + SecurityParameters.ceilLog2(max(1, Int(scale.roundedUp)))
    }

    /// The point k, or 0 for a candidate that falls away.
    @inline(__always)
    func draw(from stream: inout WordStream) -> UInt64 {
        let start = UInt64(1) << stream.uniform(below: UInt64(octaves))
        let k = start + stream.uniform(below: start)
        guard stream.uniform(below: k) < start, survives(k, &stream) else { return 0 }
        return k
    }

    /// True with probability exp(-k / scale).
    private func survives(_ k: UInt64, _ stream: inout WordStream) -> Bool {
        let (s, t) = (UInt64(scale.denominator), UInt64(scale.numerator))
        let (whole, fraction) = (UInt128(k) * UInt128(s)).quotientAndRemainder(dividingBy: UInt128(t))
        for _ in 0..<whole { guard stream.bernoulliExpMinusOne() else { return false } }
        return stream.bernoulliExp(minus: UInt64(fraction), over: t)
    }
}
