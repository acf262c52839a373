import Arithmetic
import Foundation
import SandboxCore

/// The Gaussian mechanism of L2 sensitivity 1, exactly: delta = Phi(1 / 2s - epsilon s) - e^epsilon Phi(-1 / 2s - epsilon s)
/// for noise of standard deviation s (B. Balle, Y.-X. Wang, "Improving the Gaussian mechanism for differential privacy", 2018,
/// theorem 8). In double precision for planning, in any precision for checking. Everything scales linearly with the sensitivity.
public enum AnalyticGaussian {
    /// ln of delta; good to about 1e-10 absolute, without overflow.
    package static func logDelta(sigma s: Double, epsilon: Double) -> Double {
        let (u, v) = (epsilon * s - 0.5 / s, epsilon * s + 0.5 / s)
        let logDensity = -u * u / 2 - 0.5 * log(2 * Double.pi)
        // exp(epsilon) phi(v) = phi(u), so delta = phi(u) (R(u) - R(v)) with Mills' ratio R.
        if u > -8 {
            // For nearly equal arguments by the derivative R' = x R - 1.
            let middle = epsilon * s
            let difference = v - u < 1e-4 ? (1 - middle * mills(middle)) * (v - u) : mills(u) - mills(v)
            return logDensity + log(max(difference, 1e-300))
        }
        return log1p(-erfc(-u * 0.5.squareRoot()) / 2 - exp(logDensity) * mills(v))
    }

    /// (1 - Phi(x)) / phi(x).
    private static func mills(_ x: Double) -> Double {
        if x < 12 { return exp(x * x / 2) * erfc(x * 0.5.squareRoot()) * (Double.pi / 2).squareRoot() }
        // Continued fraction 1 / (x + 1 / (x + 2 / (x + 3 / ...))).
        var tail = x
        for k in stride(from: 60, to: 0, by: -1) { tail = x + Double(k) / tail }
        return 1 / tail
    }

    /// The smallest standard deviation that gives (epsilon, delta), rounded up: delta at the result is at most `delta`.
    public static func sigma(epsilon: Double, delta: Double) throws -> Double {
        try PrivacyParameter.epsilon(epsilon)
        try PrivacyParameter.delta(delta)
        return approximateSigma(epsilon: epsilon, logDelta: log(delta) - 1e-9) * (1 + 1e-12)
    }

    /// The smallest epsilon of noise of this standard deviation at this delta, rounded up.
    public static func epsilon(sigma: Double, delta: Double) throws -> Double {
        try PrivacyParameter.scale(sigma, "sigma")
        try PrivacyParameter.delta(delta)
        return approximateEpsilon(sigma: sigma, logDelta: log(delta) - 1e-9) * (1 + 1e-12)
    }

    private static func approximateSigma(epsilon: Double, logDelta target: Double) -> Double {
        var (low, high) = (-30.0, 30.0)
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if logDelta(sigma: exp(middle), epsilon: epsilon) > target { low = middle } else { high = middle }
        }
        return exp(high)
    }

    private static func approximateEpsilon(sigma: Double, logDelta target: Double) -> Double {
        if logDelta(sigma: sigma, epsilon: 0) <= target { return 0 }
        var (low, high) = (0.0, 0.5 / (sigma * sigma) + (2 * -target).squareRoot() / sigma + 1e-6)
        while logDelta(sigma: sigma, epsilon: high) > target { high *= 2 }
        for _ in 0..<80 {
            let middle = (low + high) / 2
            if logDelta(sigma: sigma, epsilon: middle) > target { low = middle } else { high = middle }
        }
        return high
    }

    // MARK: Any precision

    /// delta, in the precision of the arguments less what the difference cancels.
    package static func delta(sigma: BigReal, epsilon: BigReal) -> BigReal {
        let half = 1 / (2 * sigma), product = epsilon * sigma
        return BigReal.normalCDF(half - product) - BigReal.exp(epsilon) * BigReal.normalCDF(-half - product)
    }

    /// Newton's method for ln delta, from the double-precision root.
    package static func sigma(epsilon: BigReal, delta target: BigReal) -> BigReal {
        let p = max(epsilon.precision, target.precision)
        let logTarget = BigReal.log(target)
        let start = approximateSigma(epsilon: epsilon.double, logDelta: logTarget.double)
        return newton(BigReal(exactly: start, precision: p)) { sigma in
            let value = delta(sigma: sigma, epsilon: epsilon)
            // d delta / d sigma = -phi(1 / 2s - epsilon s) / s^2, as exp(epsilon) phi(-1 / 2s - epsilon s) is the same number.
            let a = 1 / (2 * sigma) - epsilon * sigma
            let density = BigReal.exp(-(a * a) / 2) / (2 * BigReal.pi(p)).squareRoot
            return (BigReal.log(value) - logTarget) * value * (sigma * sigma) / -density
        }
    }

    package static func epsilon(sigma: BigReal, delta target: BigReal) -> BigReal {
        let p = max(sigma.precision, target.precision)
        let zero = BigReal(0, precision: p)
        if delta(sigma: sigma, epsilon: zero) <= target { return zero }
        let logTarget = BigReal.log(target)
        let start = approximateEpsilon(sigma: sigma.double, logDelta: logTarget.double)
        let half = 1 / (2 * sigma)
        return newton(BigReal(exactly: start, precision: p)) { epsilon in
            let value = delta(sigma: sigma, epsilon: epsilon)
            let slope = BigReal.exp(epsilon) * BigReal.normalCDF(-half - epsilon * sigma)
            return (BigReal.log(value) - logTarget) * value / -slope
        }
    }

    /// x - step(x) until the step no longer matters.
    package static func newton(_ start: BigReal, _ step: (BigReal) -> BigReal) -> BigReal {
        var x = start
        for _ in 0..<60 {
            let change = step(x)
            if change.isZero { break }
            x -= change
            // Quadratic convergence: the next step would be about the square of this one.
            if change.binaryExponent < x.binaryExponent - x.precision * 6 / 10 { break }
        }
        return x
    }
}
