import Arithmetic
import SandboxCore

/// Discrete Laplace noise whose time, number of random words and memory accesses are the same for every sample.
///
/// The difference of two geometric variables of ratio q = exp(-1 / scale) is discrete Laplace, and the bits of a geometric variable are
/// independent: P[bit i = 1] = q^(2^i) / (1 + q^(2^i)) (it is the mixed-radix expansion of q^x). Each bit is one comparison of 128 random bits
/// with a threshold. Statistical distance from `DiscreteLaplace`: below 2^-118, from thresholds rounded to 2^-128 and bits beyond the
/// last (P < 2^-127 together); see Protocols/noise-samplers.md.
public struct ConstantTimeLaplace: IntegerLaw {
    public let scale: Rational
    /// floor(2^128 P[bit i = 1]).
    private let thresholds: [UInt128]

    /// Limits and errors of `DiscreteLaplace.init(scale:)`, and a scale of at most 2^54.
    public init(scale: Rational) throws {
        self.scale = try DiscreteLaplace(scale: scale).scale
        guard scale <= Rational(1 << 54) else {
            throw YinheError(.range, "the noise scale \(scale) is above 2^54", remedy: "use DiscreteLaplace")
        }
        let s = BigInteger(UInt128(scale.denominator)), t = BigInteger(UInt128(scale.numerator))
        var thresholds: [UInt128] = []
        while true {
            // x = q^(2^i), between consecutive integers over 2^192.
            let power = ExactExponential.bounds(minus: s << thresholds.count, over: t, bits: 192).lower
            // Below 2^-129 the bit is never set.
            guard power.bitWidth > 192 - 129 else { break }
            thresholds.append(((power << 128) / (BigInteger.one << 192 + power)).uint128!)
        }
        self.thresholds = thresholds
    }

    public func draw(from stream: inout WordStream) -> Int64 { geometric(&stream) - geometric(&stream) }

    private func geometric(_ stream: inout WordStream) -> Int64 {
        var sample: Int64 = 0
        for (i, threshold) in thresholds.enumerated() {
            let (low, high) = (stream.word(), stream.word())
            sample |= Int64(isLess(UInt128(high) << 64 | UInt128(low), threshold)) << Int64(i)
        }
        return sample
    }
}

/// 1 when a < b, else 0, without a branch (H. S. Warren, "Hacker's Delight", section 2-12).
@inline(__always)
func isLess(_ a: UInt128, _ b: UInt128) -> UInt64 {
    UInt64(truncatingIfNeeded: ((~a & b) | ((~a | b) & (a &- b))) >> 127)
}
