import SandboxCore

/// A step of a private analysis, as accounting sees it: its privacy loss, not its implementation.
///
/// Noise is relative to the sensitivity: a Gaussian of standard deviation s on a query of sensitivity D has `noiseMultiplier` s / D.
public indirect enum PrivacyMechanism: Hashable, Sendable {
    /// Gaussian noise; L2 sensitivity 1.
    case gaussian(noiseMultiplier: Double)
    /// Laplace noise of this scale; L1 sensitivity 1.
    case laplace(scale: Double)
    /// Integer noise of law proportional to exp(-x^2 / 2 sigma^2), on an integer query of this sensitivity
    /// (C. Canonne, G. Kamath, T. Steinke, "The discrete Gaussian for differential privacy", 2020).
    case discreteGaussian(sigma: Double, sensitivity: Int)
    /// Integer noise of law proportional to exp(-|x| / scale), on an integer query of this sensitivity.
    case discreteLaplace(scale: Double, sensitivity: Int)
    /// Any (epsilon, delta)-differentially private step (P. Kairouz, S. Oh, P. Viswanath, "The composition theorem for
    /// differential privacy", 2015: the binary mechanism that loses most).
    case approximate(epsilon: Double, delta: Double)
    /// The step on a Poisson sample: every subject is in with this probability. Neighbours add or remove one subject.
    case sampled(PrivacyMechanism, probability: Double)

    /// Any epsilon-differentially private step.
    public static func pure(epsilon: Double) -> PrivacyMechanism { .approximate(epsilon: epsilon, delta: 0) }

    /// Throws `.range` with the reason for a parameter that is not a finite number in its range.
    public func validate() throws {
        switch self {
        case .gaussian(let multiplier): try PrivacyParameter.scale(multiplier, "noise multiplier")
        case .laplace(let scale): try PrivacyParameter.scale(scale, "scale")
        case .discreteGaussian(let sigma, let sensitivity):
            try PrivacyParameter.scale(sigma, "sigma")
            try Self.check(sensitivity)
        case .discreteLaplace(let scale, let sensitivity):
            try PrivacyParameter.scale(scale, "scale")
            try Self.check(sensitivity)
        case .approximate(let epsilon, let delta):
            try PrivacyParameter.epsilon(epsilon)
            try PrivacyParameter.delta(delta, zeroAllowed: true)
        case .sampled(let step, let probability):
            try PrivacyParameter.probability(probability)
            if case .sampled = step {
                throw YinheError(.range, "a sample of a sample", remedy: "give the product of the two probabilities")
            }
            try step.validate()
        }
    }

    private static func check(_ sensitivity: Int) throws {
        guard sensitivity >= 1, sensitivity <= 1 << 20 else {
            throw YinheError(.range, "a sensitivity of \(sensitivity)", remedy: "use an integer from 1 to \(1 << 20)")
        }
    }
}

/// Checks of parameters that everything in this folder shares. Each throws `.range` with the reason.
package enum PrivacyParameter {
    /// Above this exp(epsilon) says nothing; a larger epsilon of one step is a mistake.
    package static let maximumEpsilon = 1e4
    package static let maximumCompositions = 100_000_000

    package static func scale(_ value: Double, _ name: String) throws {
        guard value.isFinite, value > 0 else {
            throw YinheError(.range, "a \(name) of \(value)", remedy: "use a positive finite number")
        }
        guard value >= 1e-3, value <= 1e7 else {
            throw YinheError(
                .range, "a \(name) of \(value) is absurd at sensitivity 1", remedy: "use a number between 0.001 and 10,000,000")
        }
    }

    package static func epsilon(_ value: Double, zeroAllowed: Bool = false) throws {
        guard value.isFinite, value > 0 || zeroAllowed && value == 0 else {
            throw YinheError(.range, "an epsilon of \(value)", remedy: "use a positive finite number such as 0.5")
        }
        guard value <= maximumEpsilon, value == 0 || value >= 1e-9 else {
            throw YinheError(.range, "an epsilon of \(value) is absurd", remedy: "use an epsilon between 0.001 and 10")
        }
    }

    package static func delta(_ value: Double, zeroAllowed: Bool = false) throws {
        guard value.isFinite, value > 0 || zeroAllowed && value == 0, value < 1 else {
            throw YinheError(.range, "a delta of \(value)", remedy: "use a number above 0 and below 1, such as 1e-9")
        }
        guard value == 0 || value >= 1e-200 else {
            throw YinheError(.range, "a delta of \(value) is absurd", remedy: "use a delta of at least 1e-200, such as 1e-9")
        }
    }

    package static func probability(_ value: Double) throws {
        guard value > 0, value <= 1 else {
            throw YinheError(.range, "a sampling probability of \(value)", remedy: "use a number above 0 and at most 1")
        }
    }

    package static func count(_ value: Int) throws {
        guard value >= 1, value <= maximumCompositions else {
            throw YinheError(.range, "\(value) compositions", remedy: "use a number from 1 to \(maximumCompositions)")
        }
    }
}
