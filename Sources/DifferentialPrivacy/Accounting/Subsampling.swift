import Foundation

/// Amplification by Poisson sampling: every subject is in the sample with the same probability, independently.
public enum Subsampling {
    /// ln(1 + q (e^epsilon - 1)) for any epsilon-differentially private step (N. Li, W. Qardaji, D. Su, 2012; B. Balle, G. Barthe,
    /// M. Gaboardi, "Privacy amplification by subsampling", 2018, theorem 8), without overflow.
    public static func amplified(epsilon: Double, probability q: Double) -> Double {
        if epsilon > 30 { return epsilon + log(q) + log1p((1 - q) / q * exp(-epsilon)) }
        return log1p(q * expm1(epsilon))
    }

    /// The delta that goes with it: q delta.
    public static func amplified(delta: Double, probability q: Double) -> Double { q * delta }
}
