import Foundation
import SandboxCore

/// The kinds of noise that a plan chooses from. Scales are those of the kind: standard deviation for the Gaussians, b for exp(-|x| / b).
public enum NoiseKind: String, Codable, Sendable, CaseIterable {
    case laplace, gaussian
    case discreteLaplace = "discrete-laplace"
    case discreteGaussian = "discrete-gaussian"

    public var isGaussian: Bool { self == .gaussian || self == .discreteGaussian }
    public var isDiscrete: Bool { self == .discreteLaplace || self == .discreteGaussian }

    /// Noise of this scale on a query of this sensitivity; for the discrete kinds an integer.
    public func mechanism(scale: Double, sensitivity: Double) throws -> PrivacyMechanism {
        guard sensitivity.isFinite, sensitivity > 0 else {
            throw YinheError(.range, "a sensitivity of \(sensitivity)", remedy: "use a positive finite number")
        }
        switch self {
        case .laplace: return .laplace(scale: scale / sensitivity)
        case .gaussian: return .gaussian(noiseMultiplier: scale / sensitivity)
        case .discreteLaplace, .discreteGaussian:
            guard let whole = Int(exactly: sensitivity), whole <= 1 << 16 else {
                throw YinheError(
                    .range, "integer noise on a sensitivity of \(sensitivity)", remedy: "use an integer of at most \(1 << 16), or a continuous kind")
            }
            return self == .discreteLaplace
                ? .discreteLaplace(scale: scale, sensitivity: whole) : .discreteGaussian(sigma: scale, sensitivity: whole)
        }
    }

    /// The half width of the symmetric interval that holds the noise with this confidence; for the discrete kinds an integer.
    public func halfWidth(scale: Double, confidence: Double) -> Double {
        precondition(confidence > 0 && confidence < 1 && scale > 0)
        let outside = 1 - confidence
        switch self {
        case .laplace: return -scale * log(outside)
        case .gaussian:
            var (low, high) = (0.0, 40.0)
            for _ in 0..<80 {
                let middle = (low + high) / 2
                if erfc(middle * 0.5.squareRoot()) > outside { low = middle } else { high = middle }
            }
            return scale * high
        case .discreteLaplace:
            // 2 q^(k+1) / (1 + q) <= outside.
            let q = exp(-1 / scale)
            return max(0, (-scale * log(outside * (1 + q) / 2) - 1 - 1e-9).rounded(.up))
        case .discreteGaussian:
            let top = Int(40 * scale) + 2
            guard top < 1 << 24 else { return NoiseKind.gaussian.halfWidth(scale: scale, confidence: confidence).rounded(.up) }
            var tail = 0.0, total = 0.0
            let weights = (0...top).map { exp(-Double($0) * Double($0) / (2 * scale * scale)) }
            for w in weights.dropFirst().reversed() { total += 2 * w }
            total += 1
            for k in stride(from: top, to: 0, by: -1) {
                tail += 2 * weights[k]
                if tail / total > outside { return Double(k) }
            }
            return 0
        }
    }
}

/// Inverse questions: the noise for a target over a number of releases, and the releases that a budget allows.
public struct NoiseCalibration: Sendable {
    public let kind: NoiseKind
    public let sensitivity: Double
    public let epsilon: Double
    public let delta: Double

    /// `delta` 0 asks for pure differential privacy, which Gaussian noise cannot give. Throws `.range` for bad parameters.
    public init(kind: NoiseKind, sensitivity: Double, epsilon: Double, delta: Double) throws {
        try PrivacyParameter.epsilon(epsilon)
        try PrivacyParameter.delta(delta, zeroAllowed: true)
        guard delta > 0 || !kind.isGaussian else {
            throw YinheError(.range, "Gaussian noise has no epsilon at delta 0", remedy: "give a delta such as 1e-9, or use Laplace noise")
        }
        _ = try kind.mechanism(scale: sensitivity, sensitivity: sensitivity)
        self.kind = kind
        self.sensitivity = sensitivity
        self.epsilon = epsilon
        self.delta = delta
    }

    /// Epsilon at the target's delta of so many releases with noise of this scale; never below the true value.
    public func epsilon(scale: Double, releases: Int) throws -> Double {
        let mechanism = try kind.mechanism(scale: scale, sensitivity: sensitivity)
        if case .gaussian(let multiplier) = mechanism {
            try mechanism.validate()
            return try AnalyticGaussian.epsilon(sigma: multiplier / Double(releases).squareRoot(), delta: delta)
        }
        var accountant = PrivacyLossAccountant(tolerance: min(5e-5, max(1e-7, epsilon * 1e-3)))
        try accountant.compose(mechanism, count: releases)
        return try accountant.epsilon(delta: delta)
    }

    /// The least scale, to a relative precision of 1e-5, at which so many releases together stay within the target. The result
    /// itself is within it.
    public func scale(releases: Int) throws -> Double {
        try PrivacyParameter.count(releases)
        if kind == .gaussian {
            return try AnalyticGaussian.sigma(epsilon: epsilon, delta: delta) * sensitivity * Double(releases).squareRoot() * (1 + 1e-12)
        }
        if delta == 0 { return sensitivity * Double(releases) / epsilon * (1 + 1e-12) }
        // A first guess from the Gaussian of the same variance; ln epsilon is nearly linear in ln scale.
        let sigma = try AnalyticGaussian.sigma(epsilon: epsilon, delta: delta) * sensitivity * Double(releases).squareRoot()
        var guess = kind == .discreteGaussian ? sigma : min(sigma / 2.0.squareRoot(), sensitivity * Double(releases) / epsilon)
        var below: (log: Double, value: Double)?, above: (log: Double, value: Double)?
        for _ in 0..<60 {
            let spent = try epsilon(scale: guess, releases: releases)
            let point = (log: log(guess), value: log(max(spent, 1e-300) / epsilon))
            if spent <= epsilon { above = point } else { below = point }
            if let above, let below {
                if above.log - below.log < 1e-5 { return exp(above.log) }
                // The secant, kept inside, aimed slightly to the safe side; halving when it is too near an end.
                let slope = below.value - above.value
                var next = slope > 0 && slope.isFinite ? above.log - (above.log - below.log) * -above.value / slope + 3e-6 : .nan
                let margin = (above.log - below.log) * 0.02
                if !next.isFinite { next = (above.log + below.log) / 2 }
                if above.log - next < margin { next = above.log - max(margin, min(8e-6, (above.log - below.log) / 2)) }
                if next - below.log < margin { next = below.log + margin }
                guess = exp(next)
            } else {
                guess *= exp(above == nil ? min(2, max(0.01, point.value * 1.1)) : -min(2, max(0.01, -point.value * 1.1)))
            }
        }
        guard let above else {
            throw YinheError(.range, "no noise reaches epsilon \(epsilon) at delta \(delta)", remedy: "ask for a larger epsilon or delta")
        }
        return exp(above.log)
    }

    /// The largest number of releases, up to `limit`, whose total stays within the target; 0 when one is too much.
    public func releases(scale: Double, limit: Int = 1_000_000) throws -> Int {
        try PrivacyParameter.count(limit)
        if delta == 0 {
            let each = try epsilon(scale: scale, releases: 1)
            return min(limit, Int(min(1e15, (epsilon * (1 + 1e-12) / each).rounded(.down))))
        }
        guard try epsilon(scale: scale, releases: 1) <= epsilon else { return 0 }
        var (low, high) = (1, 2)
        while high <= limit, try epsilon(scale: scale, releases: high) <= epsilon { (low, high) = (high, high * 2) }
        high = min(high, limit + 1)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try epsilon(scale: scale, releases: middle) <= epsilon { low = middle } else { high = middle }
        }
        return low
    }
}
