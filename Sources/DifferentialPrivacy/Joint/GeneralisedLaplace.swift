import Foundation
import SandboxCore

/// The law of the difference of two independent negative binomial variables of shape r and q = exp(-1 / scale): what shares of discrete
/// Laplace noise whose shapes add up to r leave for whoever does not know them (r = 1: the discrete Laplace law, r = 2: the sum of two full
/// samples). "Generalised discrete Laplace" of C. Harrison, P. Manurangsi, "Infinitely divisible noise for differential privacy: nearly optimal
/// error in the high epsilon regime", FORC 2025, arXiv 2504.05202.
///
/// Double precision; losses and deltas are rounded up. Protocols/joint-noise.md proves what is used of the law.
package struct GeneralisedLaplace: Sendable {
    package let shape: Double
    package let scale: Double

    /// `shape` and `scale` must be positive and finite.
    package init(shape: Double, scale: Double) {
        precondition(shape > 0 && shape.isFinite && scale > 0 && scale.isFinite)
        self.shape = shape
        self.scale = scale
    }

    package var variance: Double {
        let s = sinh(0.5 / scale)
        return shape / (2 * s * s)
    }

    /// The greatest privacy loss ln P[x] / P[x + shift]: shift / scale where shape >= 1 (log-concave: the limit of large x), and ln P[0] / P[shift]
    /// where shape < 1 (log-convex on either side of 0).
    package func pureLoss(shift: Double) -> Double {
        let slope = shift / scale
        guard shape < 1 else { return slope * (1 + 1e-15) }
        return (slope + logIntegral(0) - logIntegral(shift)) * (1 + 1e-9)
    }

    /// ln of the integral over w in 0 ... 1 of (1 - w)^(x + r - 1) w^(-r) (1 - q^2 (1 - w))^(-r), which is P[X = x] q^(-x) up to a constant in x:
    /// (r)_k / k! are the moments of a Beta(r, 1 - r) variable. By the double exponential formula, w = 1 / (1 + e^z), z = (pi / 2) sinh t
    /// (H. Takahasi, M. Mori, 1974), whose relative error here is some 1e-12.
    private func logIntegral(_ x: Double) -> Double {
        let gap = -expm1(-2 / scale), square = exp(-2 / scale)
        let h = 1.0 / 64
        var terms: [Double] = []
        for i in -64 * 7...64 * 7 {
            let t = Double(i) * h, z = Double.pi / 2 * sinh(t)
            // ln w and ln(1 - w), each without cancellation.
            let logW = z > 0 ? -z - log1p(exp(-z)) : -log1p(exp(z))
            let logRest = z > 0 ? -log1p(exp(-z)) : z - log1p(exp(z))
            let w = exp(logW)
            terms.append((x + shape) * logRest + (1 - shape) * logW - shape * log(gap + square * w) + log(cosh(t)))
        }
        let most = terms.max()!
        return most + log(terms.reduce(0.0) { $0 + exp($1 - most) })
    }

    /// delta at epsilon for a query that changes by `shift`; nil where the law is too wide to add up.
    package func delta(epsilon: Double, shift: Double) -> Double? {
        if epsilon >= pureLoss(shift: shift) { return 0 }
        if let closed = closedDelta(epsilon: epsilon, shift: shift) { return closed }
        return table(shift: shift).map { $0.delta(epsilon: epsilon, shift: Int(shift)) }
    }

    /// The least epsilon at `delta`; nil where the law is too wide to add up.
    package func epsilon(delta: Double, shift: Double) -> Double? {
        let most = pureLoss(shift: shift)
        if shape == 1 || shape == 2 {
            return SymmetricLaw.epsilon(delta: delta, atMost: most) { closedDelta(epsilon: $0, shift: shift)! }
        }
        return table(shift: shift).map { $0.epsilon(delta: delta, shift: Int(shift), atMost: most) }
    }

    // MARK: One and two full samples

    /// P[X >= k] for k >= 0.
    private func upperTail(from k: Double) -> Double {
        let q = exp(-1 / scale), complement = -expm1(-1 / scale), decay = exp(-k / scale)
        if shape == 1 { return decay / (1 + q) }
        let a = (1 + q * q) / -expm1(-2 / scale)
        return decay / ((1 + q) * (1 + q)) * ((k + a) * complement + q)
    }

    private func tail(from k: Double) -> Double { k >= 1 ? upperTail(from: k) : 1 - upperTail(from: 1 - k) }

    /// ln P[x] up to a constant.
    private func logWeight(_ x: Double) -> Double {
        let m = abs(x)
        return shape == 1 ? -m / scale : -m / scale + log(m + 1 / tanh(1 / scale))
    }

    /// By log-concavity the loss exceeds epsilon exactly from some x on: delta = P[X >= x] - e^epsilon P[X >= x + shift].
    private func closedDelta(epsilon: Double, shift: Double) -> Double? {
        guard shape == 1 || shape == 2 else { return nil }
        if epsilon >= shift / scale { return 0 }
        func exceeds(_ x: Double) -> Bool { logWeight(x) - logWeight(x + shift) > epsilon }
        var (low, high) = ((-shift / 2).rounded(.down) - 1, 1.0)
        while !exceeds(high), high < 0x1p80 { high *= 2 }
        while high - low > 1 {
            let middle = ((low + high) / 2).rounded(.down)
            if middle <= low || middle >= high { break }
            if exceeds(middle) { high = middle } else { low = middle }
        }
        let delta = tail(from: high) - exp(epsilon) * tail(from: high + shift)
        return min(1, max(0, delta) * (1 + 1e-9) + 1e-15)
    }

    // MARK: Any shape

    /// P[X = 0] ... over all that matters in double precision; nil for more than `SymmetricLaw.maximumCount` values.
    package func table(shift: Double = 0) -> SymmetricLaw? {
        let reach = shift + (40 + 4 * max(1, shape)) * max(scale, 1) + 64
        guard reach * 2 <= Double(SymmetricLaw.maximumCount) else { return nil }
        return SymmetricLaw(values: probabilities(upTo: Int(reach)), rest: 1e-15)
    }

    /// The generating function G of the law satisfies z G' (1 + q^2 - q (z + 1/z)) = r q (z - 1/z) G, so
    /// q (x + 1 - r) P(x + 1) = (1 + q^2) x P(x) - q (x - 1 + r) P(x - 1); downwards this is stable. The scale is the sum 1.
    package func probabilities(upTo n: Int) -> [Double] {
        let r = shape, q = exp(-1 / scale), middle = 1 + q * q
        // Errors of the start shrink by q^2 a step.
        let start = n + Int(40 * scale) + 64
        var (above, here) = (0.0, 0x1p-600)
        var values = [Double](repeating: 0, count: n + 1)
        var sum = 0.0
        values.withUnsafeMutableBufferPointer { values in
            for x in stride(from: start, through: 1, by: -1) {
                if x <= n { values[x] = here }
                sum += 2 * here
                let k = Double(x)
                (above, here) = (here, (middle * here * k - q * (1 - r + k) * above) / (q * (r + k - 1)))
                if here > 0x1p900 {
                    // Only the tail loses its last places.
                    let factor = 0x1p-800
                    (above, here, sum) = (above * factor, here * factor, sum * factor)
                    if x <= n { for i in x...n { values[i] *= factor } }
                }
            }
            values[0] = here
            sum += here
            for i in 0...n { values[i] /= sum }
        }
        return values
    }
}
