import Arithmetic
import ContractText
import DifferentialPrivacy
import Foundation
import SandboxCore

extension FusionPlan {
    /// What one run's release guarantees, to be shown with its numbers. Against each of the two parties the other one's noise alone holds;
    /// what the protocol reveals besides is in `leakage`, outside this guarantee.
    public var statement: PrivacyStatement {
        let isGaussian = contract.privacy.mechanism == .gaussian
        let makes = switch contract.privacy.jointNoise {
        case .eachParty: "each party adds a full sample to every cell: "
        case .divisible: "each party adds half of one sample to every cell: "
        case .computed: "the parties compute one sample for every cell, known to neither: "
        }
        let sampler = switch (contract.privacy.mechanism, contract.privacy.jointNoise) {
        case (.gaussian, _): "exact discrete Gaussian (Canonne, Kamath, Steinke 2020, algorithm 3)"
        case (_, .eachParty): "exact discrete Laplace (Canonne, Kamath, Steinke 2020, algorithm 2)"
        case (_, .divisible): "Polya shares of discrete Laplace (Goryczka, Xiong 2017)"
        case (_, .computed): "discrete Laplace from biased bits on shares, each sample within a statistical distance that delta pays for"
        }
        let laws = queries.map { query in
            let law = (try? query.noise.law().name) ?? query.noise.canonicalText
            return "\(contract.outputs[query.output].name), \(query.measure): \(law)"
        } + (contract.diagnostics.map { ["match diagnostics: discrete Laplace at epsilon \($0)"] } ?? [])
        let outputs = contract.outputs.count
        var againstEachParty = ""
        if contract.privacy.jointNoise == .divisible, let noise = try? jointNoiseStatement() {
            let epsilon = String(format: "%.4g", noise.eachParty.epsilon)
            againstEachParty = "; this is against outsiders: against a party, which knows its own half of the noise, epsilon \(epsilon)"
        }
        let split = isGaussian
            ? "the measures of an output share its rho equally, which is converted to its epsilon and delta"
            : "an output's epsilon is divided equally among its measures"
        return PrivacyStatement(
            unit: contract.privacy.unit, neighbours: .addOrRemove,
            cost: contract.privacy.spendsDelta
                ? .approximate(epsilon: contract.epsilonPerRun, delta: contract.deltaPerRun) : .pure(epsilon: contract.epsilonPerRun),
            trust: .distributed, mechanism: makes + laws.joined(separator: "; "),
            composition: "basic composition of \(outputs) output\(outputs == 1 ? "" : "s"); \(split)" + againstEachParty,
            sampler: sampler)
    }
}

extension PrivacyStatement {
    /// Binds every field; what a ledger's release entry holds.
    package func digest() throws -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/privacy-statement/v1")
        hash.update(field: try CanonicalJSON.encode(self))
        return hash.finalize()
    }
}
