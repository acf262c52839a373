import Arithmetic
import SandboxCore

/// The biased bits that discrete Laplace noise of a scale b consists of, for sampling it where only bits can be had, as inside a computation
/// on shares. With q = exp(-1 / b), noise is 0 with probability (1 - q) / (1 + q); otherwise its sign is fair and its magnitude is 1 + G with G
/// geometric, whose binary digits are independent, P[digit i = 1] = q^(2^i) / (1 + q^(2^i))
/// (C. Dwork, K. Kenthapadi, F. McSherry, I. Mironov, M. Naor, "Our data, ourselves", EUROCRYPT 2006, for exponential noise).
///
/// Thresholds have `bits` places, rounded to nearest, and high digits are left out, such that one sample is within statistical distance
/// 2^-distanceBits of the law (`distance` says how far at most): a release that is (epsilon, delta)-private with ideal noise is
/// (epsilon, delta + (1 + e^epsilon) distance)-private with this.
public struct LaplaceBits: Hashable, Sendable {
    public let scale: Rational
    /// Random bits compared for each biased bit.
    public let bits: Int
    /// 2^bits P[noise != 0].
    public let nonzero: UInt128
    /// 2^bits P[digit i = 1].
    public let digits: [UInt128]
    /// An upper bound of the statistical distance of one sample from `DiscreteLaplace(scale)`.
    public let distance: Double

    /// 40 ... 100.
    public static let distanceRange = 40...100

    /// Limits and errors of `DiscreteLaplace.init(scale:)`, and a scale of at most 2^48; `.range` for `distanceBits` outside 40 ... 100.
    public init(scale: Rational, distanceBits: Int = 64) throws {
        self.scale = try DiscreteLaplace(scale: scale).scale
        guard scale <= Rational(1 << 48) else {
            throw YinheError(.range, "the noise scale \(scale) is above 2^48", remedy: "use coarser units")
        }
        guard Self.distanceRange.contains(distanceBits) else {
            throw YinheError(.range, "a statistical distance of 2^-\(distanceBits)", remedy: "use 2^-40 to 2^-100")
        }
        let s = BigInteger(UInt128(scale.denominator)), t = BigInteger(UInt128(scale.numerator))
        func power(_ exponent: BigInteger) -> BigInteger { ExactExponential.bounds(minus: s * exponent, over: t, bits: 192).lower }
        // Digits i, i + 1, ... are set with probability at most q^(2^i) (1 + 2^-40): below 2^-(distanceBits + 1).
        var powers: [BigInteger] = []
        while true {
            let next = power(.one << powers.count)
            if next.bitWidth <= 192 - distanceBits - 2 { break }
            powers.append(next)
        }
        // Each of the coins is off by at most 2^-(bits + 1) and the error of the exponential; the first by twice that where it is
        // so near to 1 that it would be rounded to it.
        let bits = distanceBits + SecurityParameters.ceilLog2(powers.count + 2)
        let one = BigInteger.one << 192
        func rounded(_ top: BigInteger, over bottom: BigInteger) -> UInt128 { (((top << (bits + 1)) / bottom + .one) >> 1).uint128! }
        let q = power(.one)
        nonzero = min(rounded(q << 1, over: one + q), (1 << UInt128(bits)) - 1)
        digits = powers.map { rounded($0, over: one + $0) }
        self.bits = bits
        distance = Double(powers.count + 2) * (0.5 * pow2(-bits) + 0x1p-188) + pow2(-distanceBits - 1)
    }

    /// An upper bound of the magnitude: 2^(number of digits).
    public var magnitudeBound: Int128 { 1 << Int128(digits.count) }
}

private func pow2(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
