import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How far noise strays: for reports beside a released value. Floating point, for display only; no decision depends on it.
public struct NoiseSpread: Hashable, Sendable {
    public let standardDeviation: Double
    /// The smallest integer k with P[|noise| <= k] >= confidence: the interval is value - k ... value + k.
    public let halfWidth: Double
    public let confidence: Double
}

extension DiscreteLaplace {
    /// The spread of one sample, or of the sum of two independent ones (each of two parties adds its own).
    /// `confidence` must lie in 0 ..< 1.
    public func spread(samples: Int = 1, confidence: Double = 0.95) -> NoiseSpread {
        precondition(samples == 1 || samples == 2, "a closed form exists for one and two samples")
        precondition(confidence >= 0 && confidence < 1)
        let outside = 1 - confidence
        // The tail decreases in k: bisection for the first k that leaves at most `outside` on both sides.
        var (low, high) = (-1.0, 1.0)
        while 2 * upperTail(above: high, samples: samples) > outside { high *= 2 }
        while high - low > 1, high - low > high * 0x1p-50 {
            let middle = ((low + high) / 2).rounded(.down)
            if 2 * upperTail(above: middle, samples: samples) > outside { low = middle } else { high = middle }
        }
        return NoiseSpread(
            standardDeviation: (Double(samples) * variance).squareRoot(), halfWidth: high, confidence: confidence)
    }

    /// 2 q / (1 - q)^2 = 1 / (2 sinh^2(1 / 2b)), which does not cancel for large scales.
    public var variance: Double {
        let s = sinh(0.5 / scale.approximation)
        return 1 / (2 * s * s)
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
