import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore

/// What the noise of a run protects against outsiders, who see the released numbers alone, and against each of the two parties, which
/// knows its own part of the noise. Figures are rounded to the safe side. Protocols/joint-noise.md.
public struct JointNoiseStatement: Codable, Hashable, Sendable {
    public struct Guarantee: Codable, Hashable, Sendable {
        public var epsilon: Double
        /// 0 for a pure guarantee.
        public var delta: Double

        static func + (a: Guarantee, b: Guarantee) -> Guarantee { Guarantee(epsilon: a.epsilon + b.epsilon, delta: a.delta + b.delta) }
    }

    public struct Output: Codable, Hashable, Sendable {
        public var name: String
        public var outsiders: Guarantee
        public var eachParty: Guarantee
        /// Where the law of all the noise says more: the epsilon for outsiders at a delta of 1e-9.
        public var outsidersAtSmallDelta: Guarantee?
    }

    /// "each-party", "divisible" or "computed".
    public var method: String
    /// Of one run.
    public var outsiders: Guarantee
    public var eachParty: Guarantee
    public var outputs: [Output]
    /// Each computed sample is within statistical distance 2^-this of its law.
    public var distanceBits: Int?
}

extension FusionPlan {
    /// Throws `.contract` when computed noise cannot be as precise as its delta wants.
    public func jointNoiseStatement() throws -> JointNoiseStatement {
        let outputs = try contract.outputs.indices.map(statement(ofOutput:))
        let none = JointNoiseStatement.Guarantee(epsilon: 0, delta: 0)
        return JointNoiseStatement(
            method: contract.privacy.jointNoise.rawValue, outsiders: outputs.map(\.outsiders).reduce(none, +),
            eachParty: outputs.map(\.eachParty).reduce(none, +), outputs: outputs,
            distanceBits: contract.privacy.jointNoise == .computed ? try distanceBits() : nil)
    }

    private func statement(ofOutput index: Int) throws -> JointNoiseStatement.Output {
        let output = contract.outputs[index], parts = queries.filter { $0.output == index }
        let agreed = JointNoiseStatement.Guarantee(epsilon: output.epsilon.approximation, delta: output.delta.approximation)
        switch contract.privacy.jointNoise {
        case .computed: return .init(name: output.name, outsiders: agreed, eachParty: agreed)
        case .divisible:
            let residual = parts.reduce(0.0) { $0 + $1.lossOfHalfTheNoise }
            return .init(name: output.name, outsiders: agreed, eachParty: .init(epsilon: residual, delta: 0))
        case .eachParty:
            return .init(name: output.name, outsiders: agreed, eachParty: agreed, outsidersAtSmallDelta: parts.count == 1 ? parts[0].lossOfBothSamples : nil)
        }
    }
}

extension FusionPlan.Query {
    private static let smallDelta = 1e-9

    /// The greatest loss of Laplace noise of which half the shares are known. The loss of one cell is a concave function of its change
    /// (the law is log-convex on either side of 0), so of all ways to spread a change the even one over as many cells as possible loses most.
    var lossOfHalfTheNoise: Double {
        guard case .laplace(let scale) = noise else { return .infinity }
        let cells = min(Double(touchedCells), Double(sensitivity))
        return cells * GeneralisedLaplace(shape: 0.5, scale: scale.approximation).pureLoss(shift: Double(sensitivity) / cells)
    }

    /// What two full samples of Laplace noise leave at a small delta, for a subject that changes one cell only; nil otherwise.
    var lossOfBothSamples: JointNoiseStatement.Guarantee? {
        guard case .laplace(let scale) = noise, touchedCells == 1 else { return nil }
        let law = GeneralisedLaplace(shape: 2, scale: scale.approximation)
        return law.epsilon(delta: Self.smallDelta, shift: Double(sensitivity)).map { .init(epsilon: $0, delta: Self.smallDelta) }
    }
}

extension FusionPlan {
    /// Sentences about who is protected by what, for a person who has to agree to it.
    func explainNoise() -> [String] {
        guard let statement = try? jointNoiseStatement() else { return [] }
        func text(_ guarantee: JointNoiseStatement.Guarantee) -> String {
            "epsilon \(String(format: "%.4g", guarantee.epsilon))" + (guarantee.delta > 0 ? ", delta \(String(format: "%.2g", guarantee.delta))" : "")
        }
        let both = "against outsiders \(text(statement.outsiders)), against each party \(text(statement.eachParty)) a run"
        switch contract.privacy.jointNoise {
        case .eachParty: return ["Noise: each party adds a full sample, which alone protects against the other; " + both + "."]
        case .divisible:
            return [
                "Noise: each party adds half of one sample. Whoever knows its own half faces the other half alone: " + both
                    + ". The budget counts the former."
            ]
        case .computed:
            let bits = statement.distanceBits ?? 0
            return [
                "Noise: one sample for each cell, computed on shares and known to neither party, within statistical distance 2^-\(bits) of its law: "
                    + both + "."
            ]
        }
    }
}
