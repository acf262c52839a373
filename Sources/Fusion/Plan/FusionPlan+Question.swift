import SandboxCore

extension FusionPlan {
    /// What a run asks and of whom: the same for two contracts that differ only in name, purpose, dates, runs or total budget. Two runs
    /// with one question on the same inputs of both parties have the same exact answer, so one noised answer serves both.
    ///
    /// A party compares it with its own earlier ones only. Declarations enter with every field they have, so that a field that is added
    /// to them changes the question too.
    public var questionDigest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-question/v1")
        func add(_ text: String) { hash.update(field: Array(text.utf8)) }
        hash.update(field: digest)
        add(contract.privacy.unit)
        add(contract.privacy.mechanism.rawValue)
        add("\(contract.minimumIntersection)")
        add("\(contract.parties.map { [$0.name, $0.fingerprint] })")
        add(String(reflecting: contract.datasets))
        add(String(reflecting: contract.outputs))
        if let diagnostics = contract.diagnostics { add("diagnostics \(diagnostics)") }
        return hash.finalize()
    }
}
