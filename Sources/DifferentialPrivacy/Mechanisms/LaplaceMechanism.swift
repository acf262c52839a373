import Arithmetic
import SandboxCore

/// The discrete Laplace mechanism on vectors of integers: independent noise of scale sensitivity / epsilon on every element
/// is epsilon-differentially private (A. Ghosh, T. Roughgarden, M. Sundararajan, "Universally utility-maximizing privacy
/// mechanisms", 2009; the vector form is Dwork and Roth, theorem 3.6, on integers).
///
/// `sensitivity` is that of the whole vector in L1. Charge the budget before noise is drawn.
public struct LaplaceMechanism: Hashable, Sendable {
    public let epsilon: Rational
    public let sensitivity: Sensitivity
    public let law: DiscreteLaplace

    /// Throws `.range` for an epsilon that is not in 0 < epsilon <= 100, or when the scale is absurd.
    public init(epsilon: Rational, sensitivity: Sensitivity) throws {
        let loss = try PrivacyLoss(epsilon: epsilon)
        guard loss.epsilon.isPositive else {
            throw YinheError(.range, "epsilon is zero: the noise would be infinite", remedy: "use a positive epsilon such as 0.5")
        }
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        law = try DiscreteLaplace(scale: Rational(sensitivity.l1) / epsilon)
    }

    public var loss: PrivacyLoss { try! PrivacyLoss(epsilon: epsilon) }

    /// The values with noise. Throws `.range` when a noised value does not fit, which declared bounds far below 2^127 exclude.
    public func noised(_ values: [Int128]) throws -> [Int128] {
        try noised(values, random: BufferedRandom())
    }

    package func noised(_ values: [Int128], random: some RandomSource) throws -> [Int128] {
        let noise = law.samples(values.count, random: random)
        return try zip(values, noise).map { value, noise in
            let (sum, overflow) = value.addingReportingOverflow(Int128(noise))
            guard !overflow else {
                throw YinheError(.range, "a noised value does not fit 128 bits", remedy: "tighten the bounds")
            }
            return sum
        }
    }

    /// Adds noise to a party's additive shares over Z_2^128 (two's complement): the shared values become noised.
    public func addNoise(to shares: inout [UInt128]) { addNoise(to: &shares, random: BufferedRandom()) }

    package func addNoise(to shares: inout [UInt128], random: some RandomSource) {
        let noise = law.samples(shares.count, random: random)
        for i in shares.indices { shares[i] &+= UInt128(truncatingIfNeeded: noise[i]) }
    }

    /// Adds noise to a party's additive shares over Z_2^64. The caller's declared bounds must leave room for the noise:
    /// see `DiscreteLaplace.magnitudeBound`.
    public func addNoise(to shares: inout [UInt64]) {
        let noise = law.samples(shares.count)
        for i in shares.indices { shares[i] &+= UInt64(bitPattern: noise[i]) }
    }
}
