import Arithmetic
import DifferentialPrivacy
import SandboxCore

/// The noise that one party adds to each cell of a query.
public enum QueryNoise: Hashable, Sendable {
    /// Discrete Laplace of scale L1 sensitivity / epsilon.
    case laplace(scale: Rational)
    /// Discrete Gaussian of sigma^2 = L2 sensitivity^2 / (2 rho).
    case gaussian(sigmaSquared: Rational)

    /// Above this a sigma^2 is rounded up to an integer: relatively 2^-32 of noise for a short number.
    private static let integerFrom = Rational(1 << 32)

    /// Gaussian noise of at most this much zero-concentrated privacy loss. Throws `.range` for what cannot be represented.
    static func gaussian(sensitivitySquared: Int128, rho: Rational) throws -> QueryNoise {
        let exact = try Rational(sensitivitySquared) / (2 * rho)
        return .gaussian(sigmaSquared: exact < integerFrom ? exact : try Rational(exact.roundedUp))
    }

    /// Throws `.range` for parameters that the sampler refuses.
    public func law() throws -> NoiseLaw {
        switch self {
        case .laplace(let scale): .laplace(try DiscreteLaplace(scale: scale))
        case .gaussian(let sigmaSquared): .gaussian(try DiscreteGaussian(sigmaSquared: sigmaSquared))
        }
    }

    /// Of the sum of two independent samples, one of each party; for display. Two discrete Gaussians add up to one of twice the variance
    /// but for a relative exp(-pi^2 sigma^2), which only noise of sigma below 1 would show.
    public func spreadOfBoth() throws -> NoiseSpread {
        switch self {
        case .laplace(let scale): try DiscreteLaplace(scale: scale).spread(samples: 2)
        case .gaussian(let sigmaSquared): try DiscreteGaussian(sigmaSquared: 2 * sigmaSquared).spread()
        }
    }

    /// As the plan's digest has it.
    var canonicalText: String {
        switch self {
        case .laplace(let scale): "\(scale)"
        case .gaussian(let sigmaSquared): "gaussian \(sigmaSquared)"
        }
    }
}
