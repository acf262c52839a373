import Arithmetic
import ContractText
import DifferentialPrivacy
import SandboxCore

extension FusionPlan {
    /// What one run's release guarantees, to be shown with its numbers. Against each of the two parties the other one's noise alone holds;
    /// what the protocol reveals besides is in `leakage`, outside this guarantee.
    public var statement: PrivacyStatement {
        let isGaussian = contract.privacy.mechanism == .gaussian
        let laws = queries.map { query in
            let law = (try? query.noise.law().name) ?? query.noise.canonicalText
            return "\(contract.outputs[query.output].name), \(query.measure): \(law)"
        } + (contract.diagnostics.map { ["match diagnostics: discrete Laplace at epsilon \($0)"] } ?? [])
        let outputs = contract.outputs.count
        let split = isGaussian
            ? "the measures of an output share its rho equally, which is converted to its epsilon and delta"
            : "an output's epsilon is divided equally among its measures"
        return PrivacyStatement(
            unit: contract.privacy.unit, neighbours: .addOrRemove,
            cost: isGaussian
                ? .approximate(epsilon: contract.epsilonPerRun, delta: contract.deltaPerRun) : .pure(epsilon: contract.epsilonPerRun),
            trust: .distributed, mechanism: "each party adds a full sample to every cell: " + laws.joined(separator: "; "),
            composition: "basic composition of \(outputs) output\(outputs == 1 ? "" : "s"); \(split)",
            sampler: isGaussian
                ? "exact discrete Gaussian (Canonne, Kamath, Steinke 2020, algorithm 3)"
                : "exact discrete Laplace (Canonne, Kamath, Steinke 2020, algorithm 2)")
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
