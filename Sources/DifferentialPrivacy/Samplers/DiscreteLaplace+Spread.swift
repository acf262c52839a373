import Arithmetic
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension DiscreteLaplace {
    /// The spread of one sample, or of the sum of two independent ones (each of two parties adds its own).
    /// `confidence` must lie in 0 ..< 1.
    public func spread(samples: Int = 1, confidence: Double = 0.95) -> NoiseSpread {
        precondition(samples == 1 || samples == 2, "a closed form exists for one and two samples")
        return NoiseSpread(standardDeviation: (Double(samples) * variance).squareRoot(), confidence: confidence) {
            upperTail(above: $0, samples: samples)
        }
    }

    /// 2 q / (1 - q)^2 = 1 / (2 sinh^2(1 / 2b)), which does not cancel for large scales.
    public var variance: Double { 2 * Self.halfVariance(scale.approximation) }

    /// q / (1 - q)^2 = 1 / (4 sinh^2(1 / 2b)): the variance of the geometric law.
    static func halfVariance(_ scale: Double) -> Double {
        let s = sinh(0.5 / scale)
        return 1 / (4 * s * s)
    }

    /// P[noise = x] for one sample; for two, by summing q^(|y| + |x - y|) over y,
    /// ((1 - q) / (1 + q))^2 q^|x| (|x| + (1 + q^2) / (1 - q^2)).
    package func probability(of x: Double, samples: Int = 1) -> Double {
        let b = scale.approximation
        let q = exp(-1 / b)
        let ratio = -expm1(-1 / b) / (1 + q)
        let decay = exp(-x.magnitude / b)
        if samples == 1 { return ratio * decay }
        return ratio * ratio * decay * (x.magnitude + (1 + q * q) / -expm1(-2 / b))
    }

    /// P[noise > k] for k >= -1.
    ///
    /// One: q^(k+1) / (1 + q). Two: with a = (1 + q^2) / (1 - q^2), m = k + 1 and C = ((1 - q) / (1 + q))^2, the sum over
    /// s >= m of C q^s (s + a) is C q^m ((m + a) / (1 - q) + q / (1 - q)^2).
    package func upperTail(above k: Double, samples: Int = 1) -> Double {
        let b = scale.approximation
        let q = exp(-1 / b)
        let complement = -expm1(-1 / b)
        let m = k + 1
        let decay = exp(-m / b)
        if samples == 1 { return decay / (1 + q) }
        let a = (1 + q * q) / -expm1(-2 / b)
        return decay / ((1 + q) * (1 + q)) * ((m + a) * complement + q)
    }

    /// An integer that |sample| exceeds with probability below 2^-bits, without floating point:
    /// P[|Z| > k] < 2 exp(-k / b), and 0.7 > ln 2 makes k = 0.7 b (bits + 1) enough. Rounded up.
    public func magnitudeBound(exceededBelowTwoToTheMinus bits: Int) throws -> Int128 {
        try (scale * Rational(bits + 1) * Rational(7, over: 10)).roundedUp
    }
}
