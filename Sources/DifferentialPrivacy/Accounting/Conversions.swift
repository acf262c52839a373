import Foundation
import SandboxCore

/// Conversions among notions of differential privacy in double precision, each rounded to the safe side.
public enum Conversions {
    /// rho-zCDP to epsilon at delta (C. Canonne, G. Kamath, T. Steinke, "The discrete Gaussian for differential privacy", 2020,
    /// corollary 13): the least a rho + ln(1 - 1/a) - ln(delta a) / (a - 1) over a > 1. Any a is valid, so an inexact minimum is safe.
    public static func concentratedToApproximate(rho: Double, delta: Double) throws -> Double {
        try PrivacyParameter.delta(delta)
        guard rho.isFinite, rho >= 0 else { throw YinheError(.range, "a rho of \(rho)", remedy: "use a finite number of at least 0") }
        if rho == 0 { return 0 }
        // rho y^2 + ln(1 + y) = -ln delta with y = a - 1.
        var (low, high) = (-60.0, 60.0)
        for _ in 0..<100 {
            let middle = (low + high) / 2, y = exp(middle)
            if rho * y * y + log1p(y) < -log(delta) { low = middle } else { high = middle }
        }
        let y = exp(high), a = 1 + y
        return max(0, a * rho + log(y / a) - (log(delta) + log(a)) / y) * (1 + 1e-12) + 1e-15
    }

    /// An epsilon-differentially private step has epsilon tanh(epsilon / 2)-zCDP, that of binary randomised response.
    public static func pureToConcentrated(epsilon: Double) -> Double { epsilon * tanh(epsilon / 2) * (1 + 1e-14) }

    /// epsilon + e^-epsilon - 1 for the Laplace mechanism (C. Harrison, P. Manurangsi, 2025, arXiv 2510.25746).
    public static func laplaceToConcentrated(epsilon: Double) -> Double {
        // The difference cancels for small epsilon; epsilon^2 / 2 is larger and close.
        epsilon < 1e-4 ? epsilon * epsilon / 2 : (epsilon + expm1(-epsilon)) * (1 + 1e-10)
    }

    /// Renyi divergence of one order to epsilon at delta (the same paper, proposition 12).
    public static func renyiToApproximate(order: Double, divergence: Double, delta: Double) throws -> Double {
        try PrivacyParameter.delta(delta)
        guard order > 1, order.isFinite, divergence >= 0 else {
            throw YinheError(.range, "a divergence of \(divergence) at order \(order)", remedy: "use an order above 1")
        }
        return max(0, divergence + log1p(-1 / order) - log(delta * order) / (order - 1)) * (1 + 1e-12) + 1e-15
    }

    /// The rho of one use of a mechanism; nil when it has none (a delta of its own, or a sample).
    public static func concentrated(_ mechanism: PrivacyMechanism) -> Double? {
        switch mechanism {
        case .gaussian(let s): 0.5 / (s * s) * (1 + 1e-15)
        case .discreteGaussian(let s, let shift): 0.5 * Double(shift) * Double(shift) / (s * s) * (1 + 1e-15)
        case .laplace(let b): laplaceToConcentrated(epsilon: 1 / b)
        case .discreteLaplace(let b, let shift): pureToConcentrated(epsilon: Double(shift) / b)
        case .approximate(let epsilon, 0): pureToConcentrated(epsilon: epsilon)
        case .approximate: nil
        case .sampled(let step, let q): pureLoss(step).map { pureToConcentrated(epsilon: Subsampling.amplified(epsilon: $0, probability: q)) }
        }
    }

    /// The epsilon of one use of a mechanism at delta 0; nil when it has none.
    public static func pureLoss(_ mechanism: PrivacyMechanism) -> Double? {
        switch mechanism {
        case .gaussian, .discreteGaussian: nil
        case .laplace(let b): 1 / b
        case .discreteLaplace(let b, let shift): Double(shift) / b
        case .approximate(let epsilon, let delta): delta == 0 ? epsilon : nil
        case .sampled(let step, let q): pureLoss(step).map { Subsampling.amplified(epsilon: $0, probability: q) }
        }
    }
}

/// Results on disjoint groups of subjects, when neighbours differ in one subject of one group: the worst group counts, not the sum
/// (F. McSherry, "Privacy integrated queries", 2009, theorem 4).
public enum ParallelComposition {
    /// Epsilon at delta of all groups together.
    public static func epsilon(of groups: [PrivacyLossAccountant], delta: Double) throws -> Double {
        try groups.map { try $0.epsilon(delta: delta) }.max() ?? 0
    }

    /// The larger epsilon and the larger delta.
    public static func loss(of groups: [PrivacyLoss]) throws -> PrivacyLoss {
        guard let epsilon = groups.map(\.epsilon).max(), let delta = groups.map(\.delta).max() else { return .none }
        return try PrivacyLoss(epsilon: epsilon, delta: delta)
    }
}
