#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Exact confidence bounds on the probability of an event from how often it happened (C. Clopper, E. Pearson, "The use of confidence or fiducial limits
/// illustrated in the case of the binomial", Biometrika 26, 1934). Floating point: 10 digits or more.
package enum ClopperPearson {
    /// The true probability is below this with probability at most `alpha`.
    package static func lower(_ hits: Int, of trials: Int, alpha: Double) -> Double {
        precondition(trials > 0 && (0...trials).contains(hits) && alpha > 0 && alpha < 1)
        if hits == 0 { return 0 }
        // P[Bin(n, p) >= k] = I_p(k, n - k + 1), increasing in p.
        return root(below: Double(hits) / Double(trials)) { regularizedBeta($0, Double(hits), Double(trials - hits + 1)) <= alpha }
    }

    /// The true probability is above this with probability at most `alpha`.
    package static func upper(_ hits: Int, of trials: Int, alpha: Double) -> Double {
        1 - lower(trials - hits, of: trials, alpha: alpha)
    }

    /// The last x of 0 ... limit at which a condition, true at 0 and then false for good, is true; to a relative 10^-12.
    private static func root(below limit: Double, _ holds: (Double) -> Bool) -> Double {
        // On a logarithmic scale: rare events have small bounds.
        var (low, high) = (log(limit) - 800, log(limit))
        while high - low > 1e-12 {
            let middle = (low + high) / 2
            if holds(exp(middle)) { low = middle } else { high = middle }
        }
        return exp(low)
    }

    /// I_x(a, b) by its continued fraction (NIST Digital Library of Mathematical Functions, 8.17.22), evaluated by W. Lentz's method.
    package static func regularizedBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 { return 0 }
        if x >= 1 { return 1 }
        // The fraction converges fast below (a + 1) / (a + b + 2); above, the other tail is used.
        if x > (a + 1) / (a + b + 2) { return 1 - regularizedBeta(1 - x, b, a) }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
        let tiny = 1e-300
        func guarded(_ x: Double) -> Double { abs(x) < tiny ? tiny : x }
        var c = 1.0, d = 1 / guarded(1 - (a + b) * x / (a + 1)), result = d
        for i in 1...100_000 {
            let m = Double(i)
            for term in [m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))] {
                d = 1 / guarded(1 + term * d)
                c = guarded(1 + term / c)
                result *= d * c
            }
            if abs(d * c - 1) < 1e-14 { break }
        }
        return min(1, front * result)
    }
}
