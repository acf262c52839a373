import Arithmetic
import Foundation
import SandboxCore

/// What joint noise protects against one observer. Figures are rounded to the safe side; nil where a law has none, or it is not computed.
public struct JointGuarantee: Codable, Hashable, Sendable {
    /// Parties whose own noise the observer knows, or that did not take part: 0 for an outsider who sees the result alone.
    public var known: Int
    /// Pure epsilon; beside `delta` when that is not zero.
    public var epsilon: Double?
    /// The probability with which `epsilon` may fail, from the statistical distance of computed noise.
    public var delta: Double?
    /// Zero-concentrated differential privacy.
    public var rho: Double?
    /// The epsilon at `JointNoise.delta`.
    public var epsilonAtDelta: Double?
    /// Standard deviation of the noise that the observer does not know.
    public var deviation: Double
}

extension JointNoise {
    /// What the noise protects against whoever knows the noise of `known` parties (0 ... parties); nil when nothing is left.
    ///
    /// Exact law: pure losses by `GeneralisedLaplace`, whose profile at delta is nil for scales that are too wide to add up.
    public func guarantee(knowing known: Int) throws -> JointGuarantee? {
        precondition((0...parties).contains(known))
        let left = parties - known
        guard left > 0 else { return nil }
        let shift = Double(sensitivity)
        switch law {
        case .full(let law): return laplace(shape: Double(left), scale: law.scale.approximation, known, shift)
        case .share(let law):
            return laplace(shape: Double(left) / Double(law.parties), scale: law.scale.approximation, known, shift)
        case .multiScale(let law):
            // With at least one whole weight the proof holds; with less only the law itself can say.
            let weight = Double(left) / Double(law.parties)
            let table = weight < 1 ? law.table(weight: weight) : nil
            return JointGuarantee(
                known: known, epsilon: weight >= 1 ? epsilon.approximation : nil, delta: nil, rho: nil,
                epsilonAtDelta: table.map { $0.epsilon(delta: delta, shift: law.sensitivity, atMost: .infinity) }.flatMap { $0.isFinite ? $0 : nil },
                deviation: (law.variance * Double(left)).squareRoot())
        case .gaussian(let law):
            let rest = try DistributedGaussian(shareSigmaSquared: law.shareSigmaSquared, shares: left)
            return JointGuarantee(
                known: known, epsilon: nil, delta: nil, rho: rest.rho(sensitivity: shift),
                epsilonAtDelta: try rest.epsilon(delta: delta, sensitivity: shift), deviation: rest.variance.squareRoot())
        case .bits(let law):
            // No party knows anything of it; all of them together know everything.
            let ideal = GeneralisedLaplace(shape: 1, scale: law.scale.approximation)
            let loss = ideal.pureLoss(shift: shift)
            return JointGuarantee(
                known: known, epsilon: loss, delta: (1 + exp(loss)) * law.distance * (1 + 1e-12), rho: nil, epsilonAtDelta: nil,
                deviation: ideal.variance.squareRoot())
        }
    }

    private func laplace(shape: Double, scale: Double, _ known: Int, _ shift: Double) -> JointGuarantee {
        let law = GeneralisedLaplace(shape: shape, scale: scale)
        return JointGuarantee(
            known: known, epsilon: law.pureLoss(shift: shift), delta: nil, rho: nil, epsilonAtDelta: law.epsilon(delta: delta, shift: shift),
            deviation: law.variance.squareRoot())
    }

    /// Against outsiders, against each party, and against the largest coalitions of interest: the tolerated ones, and all but one.
    public func guarantees() throws -> [JointGuarantee] {
        let sizes = Set([0, 1, tolerated, parties - 1]).sorted()
        return try sizes.compactMap { try guarantee(knowing: $0) }
    }
}
