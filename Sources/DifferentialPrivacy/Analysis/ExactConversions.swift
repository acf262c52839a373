import Arithmetic
import SandboxCore

/// Conversions among notions of privacy, in the precision of the arguments.
package enum ExactConversions {
    /// rho-zCDP to epsilon at delta, M. Bun, T. Steinke, "Concentrated differential privacy", 2016, proposition 1.3.
    package static func bunSteinke(rho: BigReal, delta: BigReal) -> BigReal {
        rho + 2 * (rho * BigReal.log(1 / delta)).squareRoot
    }

    /// rho-zCDP to epsilon at delta: the least a rho + ln(1 - 1/a) - ln(delta a) / (a - 1) over a > 1, at least 0, and the a
    /// (C. Canonne, G. Kamath, T. Steinke, "The discrete Gaussian for differential privacy", 2020, corollary 13).
    ///
    /// The derivative in a is rho + ln(delta a) / (a - 1)^2, whose root is unique: with y = a - 1, rho y^2 + ln(1 + y) = -ln delta.
    package static func canonneKamathSteinke(rho: BigReal, delta: BigReal) -> (epsilon: BigReal, alpha: BigReal) {
        let logDelta = BigReal.log(delta)
        let target = -logDelta.double, r = rho.double
        var (low, high) = (-200.0, 800.0)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let y = ExactMath.exp(middle)
            if r * y * y + ExactMath.log1p(y) < target { low = middle } else { high = middle }
        }
        let y = AnalyticGaussian.newton(BigReal(exactly: ExactMath.exp(high), precision: rho.precision)) { y in
            (rho * y * y + BigReal.log1p(y) + logDelta) / (2 * rho * y + 1 / (1 + y))
        }
        let alpha = y + 1
        let epsilon = alpha * rho + BigReal.log(y / alpha) - (logDelta + BigReal.log(alpha)) / y
        return (epsilon.signum < 0 ? BigReal(0, precision: rho.precision) : epsilon, alpha)
    }

    /// epsilon * tanh(epsilon / 2): the zCDP of any epsilon-differentially private step.
    package static func pureToConcentrated(epsilon: BigReal) -> BigReal { epsilon * BigReal.tanh(epsilon / 2) }

    /// epsilon + e^-epsilon - 1: the zCDP of the Laplace mechanism (C. Harrison, P. Manurangsi, 2025, arXiv 2510.25746).
    package static func laplaceToConcentrated(epsilon: BigReal) -> BigReal { epsilon + BigReal.expm1(-epsilon) }

    /// Renyi divergences of order alpha >= 1 (I. Mironov, "Renyi differential privacy", 2017).
    package static func renyiGaussian(sigma: BigReal, alpha: BigReal) -> BigReal { alpha / (2 * (sigma * sigma)) }

    package static func renyiLaplace(scale b: BigReal, alpha a: BigReal) -> BigReal {
        let e = 1 / b
        if a == BigReal(1, precision: a.precision) { return e + BigReal.expm1(-e) }
        let odd = 2 * a - 1
        return BigReal.log(a / odd * BigReal.exp((a - 1) * e) + (a - 1) / odd * BigReal.exp(-(a * e))) / (a - 1)
    }

    /// Of binary randomised response, which is the worst epsilon-differentially private step and the discrete Laplace mechanism.
    package static func renyiBinary(epsilon e: BigReal, alpha a: BigReal) -> BigReal {
        if a == BigReal(1, precision: a.precision) { return pureToConcentrated(epsilon: e) }
        // (p^a q^(1-a) + q^a p^(1-a)) with p / q = e^epsilon, q = 1 / (1 + e^epsilon).
        let q = 1 / (1 + BigReal.exp(e))
        return BigReal.log(q * (BigReal.exp(a * e) + BigReal.exp((1 - a) * e))) / (a - 1)
    }

    /// The least epsilon of `count` uses of epsilon0-randomised response at delta (P. Kairouz, S. Oh, P. Viswanath, "The composition
    /// theorem for differential privacy", 2015, theorem 3.3).
    ///
    /// With l answers against, delta(e) = sum over (k - 2l) e0 > e of C(k, l)(e^((k - l) e0) - e^(e + l e0)) / (1 + e^e0)^k: linear in
    /// exp(e) between the points (k - 2l) e0, so the root has a closed form once its interval is known.
    package static func optimalComposition(epsilon e0: BigReal, count k: Int, delta: BigReal) -> BigReal {
        let p = max(e0.precision, delta.precision) + 16
        let ratio = BigReal.exp(e0.rounded(to: p)), square = ratio * ratio
        let scaled = delta * (1 + ratio).power(k)
        var (up, down) = (ratio.power(k), BigReal(1, precision: p))
        var (a, b) = (BigReal(0, precision: p), BigReal(0, precision: p))
        var binomial = BigReal(1, precision: p)
        // exp of the lower end of the interval.
        var end = up / square
        for l in 0...k {
            a += binomial * up
            b += binomial * down
            let last = k - 2 * l - 2 <= 0
            if a - (last ? b : end * b) > scaled { return BigReal.log((a - scaled) / b) }
            if last { break }
            binomial = binomial * (k - l) / (l + 1)
            (up, down, end) = (up / ratio, down * ratio, end / square)
        }
        return BigReal(0, precision: p)
    }
}
