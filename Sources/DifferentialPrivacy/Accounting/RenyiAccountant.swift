import Foundation
import SandboxCore

/// Accounts in Renyi divergence at fixed orders: fast, additive, valid for adaptive sequences, and looser than `PrivacyLossAccountant`.
public struct RenyiAccountant: Sendable {
    /// 1.1 to 10.9 by tenths, 11 to 63, and four powers of two.
    public static let defaultOrders: [Double] = {
        var orders = (1..<100).map { 1 + Double($0) / 10 }
        orders += (11..<64).map { Double($0) }
        return orders + [128, 256, 512, 1024]
    }()

    public let orders: [Double]
    /// The divergence spent so far, for each order.
    public private(set) var divergences: [Double]

    public init(orders: [Double] = Self.defaultOrders) {
        precondition(!orders.isEmpty && orders.allSatisfy { $0 > 1 && $0.isFinite })
        self.orders = orders
        divergences = [Double](repeating: 0, count: orders.count)
    }

    /// Throws `.range` for bad parameters, and for a mechanism without a finite divergence.
    public mutating func compose(_ mechanism: PrivacyMechanism, count: Int = 1) throws {
        try mechanism.validate()
        try PrivacyParameter.count(count)
        for i in orders.indices { divergences[i] += try Self.divergence(of: mechanism, order: orders[i]) * Double(count) }
    }

    /// The least epsilon over the orders, and the order (C. Canonne, G. Kamath, T. Steinke, "The discrete Gaussian for
    /// differential privacy", 2020, proposition 12).
    public func epsilon(delta: Double) throws -> (epsilon: Double, order: Double) {
        try PrivacyParameter.delta(delta)
        var best = (epsilon: Double.infinity, order: orders[0])
        for (order, divergence) in zip(orders, divergences) {
            let epsilon: Double
            if delta * delta + expm1(-divergence) > 0 {
                // Total variation is at most sqrt(1 - exp(-KL)) (J. Bretagnolle, C. Huber, 1979).
                epsilon = 0
            } else if order > 1.01 {
                epsilon = divergence + log1p(-1 / order) - log(delta * order) / (order - 1)
            } else {
                continue
            }
            if epsilon < best.epsilon { best = (epsilon, order) }
        }
        return (max(0, best.epsilon), best.order)
    }

    /// The Renyi divergence of one use (I. Mironov, "Renyi differential privacy", 2017; for samples the larger direction,
    /// I. Mironov, K. Talwar, L. Zhang, "Renyi differential privacy of the sampled Gaussian mechanism", 2019).
    public static func divergence(of mechanism: PrivacyMechanism, order a: Double) throws -> Double {
        switch mechanism {
        case .gaussian(let s): return a / (2 * s * s)
        case .discreteGaussian(let s, let shift): return a * Double(shift * shift) / (2 * s * s)
        case .laplace(let b):
            // ln(a / (2a - 1) e^((a - 1) / b) + (a - 1) / (2a - 1) e^(-a / b)) / (a - 1), the larger exponent taken out.
            let rest = (a - 1) / (2 * a - 1) * exp((1 - 2 * a) / b)
            return (a - 1) / b / (a - 1) + log(a / (2 * a - 1) + rest) / (a - 1)
        case .discreteLaplace(let b, let shift): return binary(Double(shift) / b, a)
        case .approximate(let epsilon, let delta):
            guard delta == 0 else {
                throw YinheError(
                    .range, "a mechanism with a delta of its own has an infinite Renyi divergence",
                    remedy: "account for it by PrivacyLossAccountant, or add its delta separately")
            }
            return binary(epsilon, a)
        case .sampled(.gaussian(let s), let q): return q == 1 ? a / (2 * s * s) : sampledGaussian(s, q, a)
        case .sampled(.discreteLaplace(let b, let shift), let q):
            return binary(Subsampling.amplified(epsilon: Double(shift) / b, probability: q), a)
        case .sampled(.laplace(let b), let q): return binary(Subsampling.amplified(epsilon: 1 / b, probability: q), a)
        case .sampled(.approximate(let epsilon, 0), let q): return binary(Subsampling.amplified(epsilon: epsilon, probability: q), a)
        case .sampled:
            throw YinheError(
                .range, "no Renyi divergence is known here for a sample of this mechanism", remedy: "use PrivacyLossAccountant")
        }
    }

    private static func binary(_ e: Double, _ a: Double) -> Double {
        // ln((e^(a e) + e^((1 - a) e)) / (1 + e^e)) / (a - 1).
        e + (log1p(exp((1 - 2 * a) * e)) - log1p(exp(-e))) / (a - 1)
    }

    /// ln E[(1 - q + q exp((2x - 1) / 2s^2))^a] / (a - 1) for x ~ N(0, s^2), by a trapezium sum, which converges faster than any
    /// power of its step for such integrands.
    private static func sampledGaussian(_ s: Double, _ q: Double, _ a: Double) -> Double {
        let step = s / 8
        let (low, high) = (-14 * s, a + 14 * s)
        let count = min(2_000_000, Int((high - low) / step) + 1)
        let h = (high - low) / Double(count)
        var logs: [Double] = []
        logs.reserveCapacity(count + 1)
        var peak = -Double.infinity
        for i in 0...count {
            let x = low + h * Double(i), loss = (2 * x - 1) / (2 * s * s)
            let mixed = loss > 30 ? loss + log(q) + log1p((1 - q) / q * exp(-loss)) : log1p(q * expm1(loss))
            let value = a * mixed - x * x / (2 * s * s)
            logs.append(value)
            peak = max(peak, value)
        }
        let sum = logs.reduce(0) { $0 + exp($1 - peak) }
        return max(0, (peak + log(sum * h / (s * (2 * Double.pi).squareRoot()))) / (a - 1))
    }
}
