import Arithmetic
import SandboxCore

/// Noise that a mechanism adds to integer results, by what it costs.
public enum AdditiveNoise: Hashable, Sendable {
    /// Discrete Laplace: epsilon-differential privacy, calibrated to the L1 sensitivity.
    case laplace(epsilon: Rational)
    /// Discrete Gaussian: rho-zero-concentrated differential privacy, calibrated to the L2 sensitivity
    /// (sigma^2 = sensitivity^2 / (2 rho): C. Canonne, G. Kamath, T. Steinke, arXiv 2004.00010, theorem 4; vectors, corollary 15).
    case gaussian(rho: Rational)

    /// The noise of one coordinate, for a result vector of these sensitivities. Throws `.range` for a parameter that is not positive, or absurd.
    public func law(_ sensitivity: VectorSensitivity) throws -> NoiseLaw {
        switch self {
        case .laplace(let epsilon):
            return .laplace(try LaplaceMechanism(epsilon: epsilon, sensitivity: Sensitivity(l1: sensitivity.l1)).law)
        case .gaussian(let rho):
            guard rho.isPositive, rho <= PrivacyLoss.maximumEpsilon else {
                throw YinheError(.range, "a rho of \(rho) is outside 0 < rho <= 100", remedy: "use a rho between 0.0001 and 5")
            }
            return .gaussian(try DiscreteGaussian(sigmaSquared: Rational(sensitivity.l2Squared) / (2 * rho)))
        }
    }

    /// A part of the same kind of noise: costs add up, so parts of total weight 1 together cost this.
    public func part(_ fraction: Rational) throws -> AdditiveNoise {
        switch self {
        case .laplace(let epsilon): .laplace(epsilon: try epsilon * fraction)
        case .gaussian(let rho): .gaussian(rho: try rho * fraction)
        }
    }

    /// What a release with this noise costs.
    public var cost: PrivacyCost {
        switch self {
        case .laplace(let epsilon): .pure(epsilon: epsilon)
        case .gaussian(let rho): .zeroConcentrated(rho: rho)
        }
    }
}

/// The cost of a release, in the notion in which its guarantee is exact.
public enum PrivacyCost: Hashable, Sendable {
    case pure(epsilon: Rational)
    case approximate(epsilon: Rational, delta: Rational)
    case zeroConcentrated(rho: Rational)
    /// epsilon of each report of a local mechanism; nobody has to be trusted.
    case local(epsilon: Rational)
}

extension PrivacyCost: CustomStringConvertible {
    public var description: String {
        switch self {
        case .pure(let epsilon): "epsilon \(epsilon)"
        case .approximate(let epsilon, let delta): "epsilon \(epsilon), delta \(delta)"
        case .zeroConcentrated(let rho): "rho \(rho)"
        case .local(let epsilon): "epsilon \(epsilon) a report"
        }
    }
}

/// The greatest changes of an integer vector between neighbours: L1, and the square of L2. Both positive.
public struct VectorSensitivity: Hashable, Sendable {
    public let l1: Int128
    public let l2Squared: Int128

    /// Throws `.range` unless both are positive.
    public init(l1: Int128, l2Squared: Int128) throws {
        guard l1 > 0, l2Squared > 0 else {
            throw YinheError(.range, "a sensitivity of zero", remedy: "declare bounds that let one subject change the result")
        }
        self.l1 = l1
        self.l2Squared = l2Squared
    }

    /// Of `coordinates` numbers, of which one subject changes at most `touched`, each by at most `each`.
    public init(each: Int128, touched: Int = 1) throws {
        let (square, overflow) = each.multipliedReportingOverflow(by: each)
        let (l2, overflow2) = square.multipliedReportingOverflow(by: Int128(touched))
        let (l1, overflow3) = each.multipliedReportingOverflow(by: Int128(touched))
        guard !overflow, !overflow2, !overflow3 else {
            throw YinheError(.range, "a sensitivity that does not fit 128 bits", remedy: "tighten the bounds or use a coarser grid")
        }
        try self.init(l1: l1, l2Squared: l2)
    }
}

/// One of the two laws of additive noise.
public enum NoiseLaw: IntegerLaw {
    case laplace(DiscreteLaplace)
    case gaussian(DiscreteGaussian)

    public func draw(from stream: inout WordStream) -> Int64 {
        switch self {
        case .laplace(let law): law.draw(from: &stream)
        case .gaussian(let law): law.draw(from: &stream)
        }
    }

    public func fill(_ out: UnsafeMutableBufferPointer<Int64>, from stream: inout WordStream) {
        switch self {
        case .laplace(let law): law.fill(out, from: &stream)
        case .gaussian(let law): law.fill(out, from: &stream)
        }
    }

    public var variance: Double {
        switch self {
        case .laplace(let law): law.variance
        case .gaussian(let law): law.variance
        }
    }

    public func spread(confidence: Double = 0.95) -> NoiseSpread {
        switch self {
        case .laplace(let law): law.spread(confidence: confidence)
        case .gaussian(let law): law.spread(confidence: confidence)
        }
    }

    /// P[noise > k], for display and for thresholds with a margin.
    package func upperTail(above k: Double) -> Double {
        switch self {
        case .laplace(let law): law.upperTail(above: k)
        case .gaussian(let law): law.upperTail(above: k)
        }
    }

    /// The values with independent noise. Throws `.range` when one does not fit.
    package func noised(_ values: [Int128], from stream: inout WordStream) throws -> [Int128] {
        try values.map { value in
            let (sum, overflow) = value.addingReportingOverflow(Int128(draw(from: &stream)))
            guard !overflow else {
                throw YinheError(.range, "a noised value does not fit 128 bits", remedy: "tighten the bounds")
            }
            return sum
        }
    }

    /// How the statement of a release names it.
    public var name: String {
        switch self {
        case .laplace(let law): "discrete Laplace, scale \(law.scale)"
        case .gaussian(let law): "discrete Gaussian, sigma^2 \(law.sigmaSquared)"
        }
    }
}
