import Arithmetic
import SandboxCore

/// How several parties make the noise of one released number together. Protocols/joint-noise.md.
public enum JointNoiseMethod: String, Codable, Sendable, CaseIterable {
    /// Every party adds a full sample of discrete Laplace noise.
    case eachParty = "each-party"
    /// Every party adds a share; the shares add up to one sample of discrete Laplace noise.
    case divisible
    /// Shares that add up to multi-scale discrete Laplace noise.
    case multiScale = "multi-scale"
    /// Every party adds discrete Gaussian noise; the sum is accounted for.
    case gaussian
    /// One sample of discrete Laplace noise, made inside the computation; no party knows anything of it.
    case computed

    /// Whether the guarantee is in epsilon alone.
    public var isPure: Bool { self != .gaussian && self != .computed }
}

/// The noise that n parties make together for one integer of a given sensitivity, and what it protects against whom.
///
/// `tolerated` parties at most may drop out or pool what they know: shares are made such that those of the other n - t alone are enough.
/// All but `.eachParty` and `.computed` add less noise the smaller it is.
public struct JointNoise: Hashable, Sendable {
    public let method: JointNoiseMethod
    public let parties: Int
    /// t: 0 ..< parties.
    public let tolerated: Int
    /// By which one subject changes the number at most.
    public let sensitivity: Int128
    public let epsilon: Rational
    /// Of `.gaussian`; otherwise the delta at which statements also name an epsilon.
    public let delta: Double
    public let law: Law

    /// What one party draws, or in `.computed` the computation.
    public enum Law: Hashable, Sendable {
        case full(DiscreteLaplace)
        case share(PolyaNoise)
        case multiScale(MultiScaleLaplace)
        case gaussian(DistributedGaussian)
        case bits(LaplaceBits)
    }

    public static let partyRange = 2...1024
    public static let defaultDelta = 1e-9

    /// Noise with which the shares of parties - tolerated parties are (epsilon, delta)-differentially private; delta matters for `.gaussian` alone.
    /// Throws `.range` for parameters that make no sense, and what the laws refuse.
    public init(
        _ method: JointNoiseMethod, parties: Int, tolerated: Int = 0, sensitivity: Int128, epsilon: Rational,
        delta: Double = JointNoise.defaultDelta
    ) throws {
        guard Self.partyRange.contains(parties), (0..<parties).contains(tolerated) else {
            throw YinheError(
                .range, "noise of \(parties) parties of which \(tolerated) may fail", remedy: "use 2 to 1024 parties, and keep at least one")
        }
        guard sensitivity > 0, epsilon.isPositive, epsilon <= PrivacyLoss.maximumEpsilon else {
            throw YinheError(.range, "noise for a sensitivity of \(sensitivity) at epsilon \(epsilon)", remedy: "use positive numbers, epsilon at most 100")
        }
        try PrivacyParameter.delta(delta)
        let needed = parties - tolerated
        switch method {
        case .eachParty: law = .full(try DiscreteLaplace(scale: Rational(sensitivity) / epsilon))
        case .divisible: law = .share(try PolyaNoise(scale: Rational(sensitivity) / epsilon, parties: needed))
        case .computed: law = .bits(try LaplaceBits(scale: Rational(sensitivity) / epsilon))
        case .multiScale:
            guard let narrow = Int(exactly: sensitivity) else {
                throw YinheError(.range, "multi-scale noise for a sensitivity of \(sensitivity)", remedy: "use coarser units")
            }
            law = .multiScale(try MultiScaleLaplace(epsilon: epsilon, sensitivity: narrow, parties: needed))
        case .gaussian:
            law = .gaussian(
                try DistributedGaussian.calibrated(
                    epsilon: epsilon.approximation, delta: delta, sensitivity: Double(sensitivity), shares: needed))
        }
        (self.method, self.parties, self.tolerated) = (method, parties, tolerated)
        (self.sensitivity, self.epsilon, self.delta) = (sensitivity, epsilon, delta)
    }

    /// `count` independent samples of one party, for as many numbers. Traps for `.computed`, whose samples no party knows.
    public func samples(_ count: Int) throws -> [Int64] {
        switch law {
        case .full(let law): law.samples(count)
        case .share(let law): law.samples(count)
        case .multiScale(let law): law.samples(count)
        case .gaussian(let law): try law.share.samples(count)
        case .bits: preconditionFailure("noise that is computed is not drawn by a party")
        }
    }

    /// Of the noise in the released number when all parties take part.
    public var variance: Double {
        switch law {
        case .full(let law): Double(parties) * law.variance
        case .share(let law): Double(parties) * law.variance
        case .multiScale(let law): Double(parties) * law.variance
        case .gaussian(let law): Double(parties) * law.shareSigmaSquared.approximation
        case .bits(let law): GeneralisedLaplace(shape: 1, scale: law.scale.approximation).variance
        }
    }

    /// Which law the noise follows, for reports.
    public var name: String {
        switch law {
        case .full(let law): "discrete Laplace, scale \(law.scale), one sample of each party"
        case .share(let law): "discrete Laplace, scale \(law.scale), in \(parties) shares of shape 1/\(law.parties)"
        case .multiScale(let law): "multi-scale discrete Laplace, epsilon \(law.epsilon), step \(law.step), in \(parties) shares of shape 1/\(law.parties)"
        case .gaussian(let law): "sum of \(parties) discrete Gaussians, sigma^2 \(law.shareSigmaSquared) each"
        case .bits(let law): "discrete Laplace, scale \(law.scale), from \(law.digits.count + 1) biased bits of \(law.bits) places"
        }
    }
}
