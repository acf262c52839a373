import Arithmetic
import SandboxCore

/// The discrete Gaussian law on the integers, P[Z = z] proportional to exp(-z^2 / (2 sigma^2)), sampled exactly for any rational
/// sigma^2: C. Canonne, G. Kamath, T. Steinke, arXiv 2004.00010, Algorithm 3.
///
/// A discrete Laplace proposal Y of scale t = floor(sigma) + 1 is kept with probability exp(-(|Y| - sigma^2 / t)^2 / (2 sigma^2)). The
/// coin is a uniform number drawn only as far as the comparison needs: 64 bits against certified 64-bit bounds, and on (with
/// probability below 2^-50 a draw) in unlimited precision. Protocols/noise-samplers.md proves that the law is exact, up to the event of
/// `DiscreteLaplace` (below 2^-182).
///
/// The time of a draw depends on the number of rejected proposals, which is independent of the sample, and on the magnitude of each
/// proposal: as for `DiscreteLaplace`. `ConstantTimeGaussian` has no such dependence.
public struct DiscreteGaussian: ExponentialLaw {
    /// sigma^2, the law's parameter; the variance itself is slightly smaller for small sigma.
    public let sigmaSquared: Rational

    private let t: UInt64
    /// sigma^2 / t with 64 bits after the point, rounded down; below t + 1.
    private let centre: UInt128
    /// 1 / (sigma sqrt(2)) = mantissa / 2^exponent, the mantissa rounded down, with its highest bit set.
    private let mantissa: UInt64
    private let exponent: Int

    /// Throws `.range` unless 0 < sigma^2 <= 2^112 (so sigma <= 2^56) with a numerator of at most 2^120.
    public init(sigmaSquared: Rational) throws {
        guard sigmaSquared.isPositive else {
            throw YinheError(
                .range, "the squared noise scale \(sigmaSquared) is not positive", remedy: "use the square of a positive sigma")
        }
        guard sigmaSquared.roundedUp <= 1 << 112, sigmaSquared.numerator <= 1 << 120 else {
            throw YinheError(
                .range, "the squared noise scale \(sigmaSquared) is absurd: at most 2^112, with a numerator of at most 2^120",
                remedy: "tighten the declared bounds, or write it with fewer digits")
        }
        self.sigmaSquared = sigmaSquared
        let a = BigInteger(UInt128(sigmaSquared.numerator)), b = BigInteger(UInt128(sigmaSquared.denominator))
        t = (a / b).squareRoot.uint64! + 1
        centre = ((a << 64) / (b * BigInteger(t))).uint128!
        // 2^e / (sigma sqrt 2) = sqrt(2^(2e - 1) b / a): the exponent that leaves 64 bits.
        var e = 64 + (a.bitWidth - b.bitWidth) / 2
        while true {
            let candidate = (((b << (2 * e + 63)) / a) >> 64).squareRoot
            if candidate.bitWidth > 64 { e -= 1; continue }
            if candidate.bitWidth < 64 { e += 1; continue }
            (mantissa, exponent) = (candidate.uint64!, e)
            return
        }
    }

    /// The law of standard deviation parameter `sigma`.
    public init(sigma: Rational) throws { try self.init(sigmaSquared: sigma * sigma) }

    public func draw(from stream: inout WordStream) -> Int64 { draw(from: &stream, FixedPointExponential.shared) }

    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) {
        let exponential = FixedPointExponential.shared
        for i in out.indices { out[i] = draw(from: &stream, exponential) }
    }

    @inline(__always)
    private func draw(from stream: inout WordStream, _ exponential: FixedPointExponential) -> Int64 {
        while true {
            guard let y = stream.geometric(t: t, s: 1) else { continue }
            let negative = stream.bit()
            if negative && y == 0 { continue }
            guard let magnitude = Int64(exactly: y), accepts(y, exponential, &stream) else { continue }
            return negative ? -magnitude : magnitude
        }
    }

    package func exponent(of x: Int64) -> (numerator: BigInteger, denominator: BigInteger) {
        let square = BigInteger(x.magnitude) * BigInteger(x.magnitude)
        return (square * BigInteger(UInt128(sigmaSquared.denominator)), BigInteger(UInt128(sigmaSquared.numerator)) * 2)
    }
    package var typicalMagnitude: Double { sigmaSquared.approximation.squareRoot() }

    /// Units of 2^-64 by which the fast path's acceptance probability may be wrong.
    ///
    /// d = |y - centre| errs by 2^-64. With c = 1 / (sigma sqrt 2) <= 16, known to a relative 2^-63, e = d c in 60 bits after the point
    /// errs by at most 2^-60 + 2^-60 + 16 * 2^-63 < 2^-58 as long as e < 16; its square by 2 * 16 * 2^-58 + 2^-64 < 2^-52.9,
    /// which moves exp(-e^2) by less. 2^-52 is 4096 units; the exponential's own error is within the difference.
    private static let slack: UInt64 = 4096

    @inline(__always)
    private func accepts(_ y: UInt64, _ exponential: FixedPointExponential, _ stream: inout WordStream) -> Bool {
        let position = UInt128(y) << 64
        let distance = position > centre ? position - centre : centre - position
        let product = (distance >> 64) * UInt128(mantissa)
            + (UInt128(UInt64(truncatingIfNeeded: distance)) * UInt128(mantissa)) >> 64
        var lower: UInt64 = 0, last = UInt64.max
        if exponent >= 60 {
            let e = product >> (exponent - 60)
            if e >> 64 == 0 {
                let square = UInt64(truncatingIfNeeded: e).multipliedFullWidth(by: UInt64(truncatingIfNeeded: e))
                let p = exponential(minus: (UInt128(square.high) << 64 | UInt128(square.low)) >> 56)
                lower = p > Self.slack ? p - Self.slack : 0
                last = p < UInt64.max - Self.slack ? p + Self.slack : .max
            } else {
                last = Self.slack  // exp(-256)
            }
        }
        return stream.bernoulli(between: lower, and: last) { bits in
            let a = BigInteger(UInt128(sigmaSquared.numerator)), b = BigInteger(UInt128(sigmaSquared.denominator))
            let t = BigInteger(t), root = BigInteger(y) * t * b - a
            return ExactExponential.bounds(minus: root * root, over: 2 * a * b * t * t, bits: bits)
        }
    }
}
