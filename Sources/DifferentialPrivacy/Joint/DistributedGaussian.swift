import Arithmetic
import Foundation
import SandboxCore

/// The sum of n independent discrete Gaussian samples, one from each party, of parameter sigma^2 each. It is not a discrete Gaussian, but close:
/// P. Kairouz, Z. Liu, T. Steinke, "The distributed discrete Gaussian mechanism for federated learning with secure aggregation", ICML 2021,
/// arXiv 2102.06387, proposition 14 (here for one number): for sigma >= 1/2 and a query that changes by D, at every order a >= 1 the
/// Renyi divergence is at most the lesser of a D^2 / (2 n sigma^2) + tau and (a / 2) (D / (sqrt(n) sigma) + tau)^2, with
/// tau = 10 sum over k = 1 ..< n of exp(-2 pi^2 sigma^2 k / (k + 1)).
public struct DistributedGaussian: Hashable, Sendable {
    /// sigma^2 of each party's sample.
    public let shareSigmaSquared: Rational
    /// Samples that the observer does not know.
    public let shares: Int

    /// Throws `.range` for a sigma below 1/2 (the bound does not hold there), what `DiscreteGaussian` refuses, and unless 1 <= shares <= 2^16.
    public init(shareSigmaSquared: Rational, shares: Int) throws {
        _ = try DiscreteGaussian(sigmaSquared: shareSigmaSquared)
        guard try shareSigmaSquared >= Rational(1, over: 4) else {
            throw YinheError(.range, "a sigma^2 of \(shareSigmaSquared) a party is below 1/4", remedy: "use more noise, or finer units")
        }
        guard (1...1 << 16).contains(shares) else { throw YinheError(.range, "\(shares) shares of Gaussian noise: 1 to 65536") }
        self.shareSigmaSquared = shareSigmaSquared
        self.shares = shares
    }

    /// The law of each party's sample.
    public var share: DiscreteGaussian { get throws { try DiscreteGaussian(sigmaSquared: shareSigmaSquared) } }

    /// About that of the sum: slightly above the true one for small sigma.
    public var variance: Double { shareSigmaSquared.approximation * Double(shares) }

    /// How far the sum is from a discrete Gaussian; rounded up.
    public var tau: Double { Self.tau(shareSigmaSquared.approximation, shares) }

    private static func tau(_ sigmaSquared: Double, _ shares: Int) -> Double {
        var sum = 0.0
        for k in stride(from: 1, to: shares, by: 1) { sum += exp(-2 * .pi * .pi * sigmaSquared * Double(k) / Double(k + 1)) }
        return 10 * sum * (1 + 1e-12)
    }

    /// rho of zero-concentrated differential privacy, for one number that changes by at most `sensitivity`.
    public func rho(sensitivity: Double) -> Double { Self.rho(shareSigmaSquared.approximation, shares, sensitivity) }

    private static func rho(_ sigmaSquared: Double, _ shares: Int, _ sensitivity: Double) -> Double {
        let ratio = sensitivity / (Double(shares) * sigmaSquared).squareRoot(), tau = tau(sigmaSquared, shares)
        // a D^2 / (2 n sigma^2) + tau <= a (D^2 / (2 n sigma^2) + tau), as a >= 1.
        return min(ratio * ratio / 2 + tau, (ratio + tau) * (ratio + tau) / 2) * (1 + 1e-12)
    }

    /// epsilon at delta, by way of rho. Throws `.range` for a delta outside 0 ..< 1.
    public func epsilon(delta: Double, sensitivity: Double) throws -> Double {
        try Conversions.concentratedToApproximate(rho: rho(sensitivity: sensitivity), delta: delta)
    }

    /// The least sigma^2 of a share, on a grid of 2^-20 of its order, with which `shares` of them protect at (epsilon, delta).
    /// Throws `.range` for absurd parameters.
    public static func calibrated(epsilon: Double, delta: Double, sensitivity: Double, shares: Int) throws -> DistributedGaussian {
        try PrivacyParameter.epsilon(epsilon)
        try PrivacyParameter.delta(delta)
        guard sensitivity >= 1, sensitivity.isFinite, (1...1 << 16).contains(shares) else {
            throw YinheError(.range, "a sensitivity of \(sensitivity) and \(shares) shares", remedy: "use an integer of at least 1, and 1 to 65536 shares")
        }
        func isEnough(_ sigmaSquared: Double) throws -> Bool {
            try Conversions.concentratedToApproximate(rho: rho(sigmaSquared, shares, sensitivity), delta: delta) <= epsilon
        }
        var (low, high) = (0.25, 0.25)
        while try !isEnough(high) {
            (low, high) = (high, 2 * high)
            guard high < 0x1p110 else {
                throw YinheError(.range, "a sensitivity of \(sensitivity) at epsilon \(epsilon) is absurd", remedy: "tighten the bounds")
            }
        }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if try isEnough(middle) { high = middle } else { low = middle }
        }
        // Rounded up to 21 significant bits, so that the fraction is short.
        let exponent = Int(log2(high).rounded(.down)) - 20
        let mantissa = Int128((high * pow(2, -Double(exponent))).rounded(.up))
        let value = try exponent >= 0
            ? Rational(mantissa << Int128(exponent)) : Rational(mantissa, over: Int128(1) << Int128(-exponent))
        return try DistributedGaussian(shareSigmaSquared: value, shares: shares)
    }

    /// The law itself, for sigmas whose convolution is cheap; nil beyond.
    package var table: SymmetricLaw? {
        let sigma = shareSigmaSquared.approximation.squareRoot(), total = variance.squareRoot()
        let reach = Int(12 * total) + 8, own = Int(12 * sigma) + 8
        guard reach * own * shares < 1 << 28 else { return nil }
        let weights = (0...own).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
        let norm = weights[0] + 2 * weights.dropFirst().reversed().reduce(0, +)
        let one = SymmetricLaw(values: weights.map { $0 / norm }, rest: 1e-15)
        var law = one
        for _ in 1..<max(shares, 1) where shares > 1 { law = law.convolved(with: one, upTo: reach) }
        return law
    }
}
