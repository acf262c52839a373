import Arithmetic
import SandboxCore

/// Exact Bernoulli draws on integers: C. Canonne, G. Kamath, T. Steinke, "The discrete Gaussian for differential privacy",
/// arXiv 2004.00010, Algorithm 1. Protocols/discrete-laplace.md proves that each is exact. None uses floating point.
extension WordStream {
    /// Uniform in 0 ..< bound, by D. Lemire, "Fast random integer generation in an interval" (2019), Algorithm 5.
    ///
    /// Exact: with w uniform below B = 2^bits, the products w * bound whose high half is h and whose low half is at least
    /// (B mod bound) number floor(B / bound) for every h; the others are rejected.
    @inline(__always)
    package mutating func uniform<T: SamplerWord>(below bound: T) -> T {
        var product = T.draw(&self).multipliedFullWidth(by: bound)
        if product.low < T.Magnitude(truncatingIfNeeded: bound) {
            let rejected = T.Magnitude(truncatingIfNeeded: (0 &- bound) % bound)
            while product.low < rejected { product = T.draw(&self).multipliedFullWidth(by: bound) }
        }
        return product.high
    }

    /// True with probability exactly numerator / (denominator * k); needs numerator <= denominator and both factors positive.
    @inline(__always)
    package mutating func bernoulli<T: SamplerWord>(_ numerator: T, over denominator: T, times k: T) -> Bool {
        let (product, overflow) = denominator.multipliedReportingOverflow(by: k)
        if !overflow { return uniform(below: product) < numerator }
        // n/d and 1/k are drawn apart when d * k is too wide.
        return uniform(below: denominator) < numerator && uniform(below: k) == 0
    }

    /// True with probability exactly exp(-numerator / denominator); needs 0 <= numerator <= denominator, denominator > 0.
    ///
    /// Algorithm 1: K is the first k at which a Bernoulli(gamma / k) fails, so P[K > k] = gamma^k / k!, and
    /// P[K odd] = 1 - gamma + gamma^2/2! - ... = exp(-gamma).
    @inline(__always)
    package mutating func bernoulliExp<T: SamplerWord>(minus numerator: T, over denominator: T) -> Bool {
        var k: T = 1
        while bernoulli(numerator, over: denominator, times: k) { k += 1 }
        return k & 1 == 1
    }

    /// True with probability exactly exp(-1), for about one word.
    ///
    /// Algorithm 1 at gamma = 1 has P[K > k] = 1/k!. With N uniform below D, a multiple of 17!, K > k exactly when
    /// N < D / k! has that law for every k <= 17; in the case K > 17 (probability 1/17!) the chain goes on one by one.
    @inline(__always)
    package mutating func bernoulliExpMinusOne() -> Bool {
        var n = word()
        while n >= FactorialThresholds.multiple { n = word() }
        if n >= FactorialThresholds.over2 { return false }
        if n >= FactorialThresholds.over6 { return true }
        return bernoulliExpMinusOneTail(n)
    }

    @inline(never)
    private mutating func bernoulliExpMinusOneTail(_ n: UInt64) -> Bool {
        var k: UInt64 = 4
        var threshold = FactorialThresholds.over6 / 4
        while k <= 17 {
            if n >= threshold { return k & 1 == 1 }
            k += 1
            threshold /= k
        }
        while uniform(below: k) == 0 { k += 1 }
        return k & 1 == 1
    }

    /// True with probability exactly exp(-gamma) for any gamma >= 0: exp(-1) to the integer part, then the fraction.
    package mutating func bernoulliExp(minus gamma: Rational) -> Bool {
        precondition(gamma >= 0)
        let (whole, fraction) = gamma.numerator.quotientAndRemainder(dividingBy: gamma.denominator)
        var left = whole
        while left > 0 {
            guard bernoulliExpMinusOne() else { return false }
            left -= 1
        }
        return bernoulliExp(minus: UInt128(fraction), over: UInt128(gamma.denominator))
    }
}

extension WordStream {
    /// One attempt at Y with P[Y >= y] = exp(-s y / t): nil when it is rejected, and then to be repeated. A Y that does not fit T is
    /// returned as T.max; its probability is below exp(-255) for t <= 2^56 in 64 bits and t <= 2^120 in 128.
    ///
    /// X = U + t V with P[U = u] proportional to exp(-u / t) on 0 ..< t and P[V >= v] = exp(-v) has P[X >= x] = exp(-x / t), and
    /// Y = floor(X / s) (Canonne, Kamath, Steinke, Algorithm 2).
    @inline(__always)
    package mutating func geometric<T: SamplerWord>(t: T, s: T) -> T? {
        var u: T = 0
        if t > 1 {
            u = uniform(below: t)
            guard bernoulliExp(minus: u, over: t) else { return nil }
        }
        var v: T = 0
        while bernoulliExpMinusOne() { v += 1 }
        let (multiple, overflowMultiple) = t.multipliedReportingOverflow(by: v)
        let (x, overflowSum) = multiple.addingReportingOverflow(u)
        if overflowMultiple || overflowSum { return .max }
        return s == 1 ? x : x / s
    }
}

package enum FactorialThresholds {
    /// 17!
    static let factorial17: UInt64 = 355_687_428_096_000
    /// D, the greatest multiple of 17! that fits a word; a word is rejected with probability below 2 * 10^-5.
    package static let multiple: UInt64 = 51_862 * factorial17
    static let over2 = multiple / 2
    static let over6 = multiple / 6
}
