import SandboxCore

extension EvaluationDocument.SecurityEvidence {
    /// Runs the known-answer tests and gathers the rest; takes about a second.
    ///
    /// - Parameters:
    ///   - constantTime: path of a file with the output of `make constant-time`; `.badInput` when it is none.
    ///   - vectors: folder of the repository's vectors (Protocols/Vectors); without it the larger suites are listed as not run.
    package static func collect(constantTime: String? = nil, vectors: String? = nil) throws -> Self {
        let result = try constantTime.map { try ConstantTimeResult.read($0) }
        var run = KnownAnswerRun()
        run.symmetric()
        run.curves()
        run.files(in: vectors)
        return Self(
            computationalBits: SecurityParameters.computational, statisticalBits: SecurityParameters.statistical, primitives: Primitive.all,
            knownAnswers: run.results, constantTime: result, protocols: SpecifiedProtocol.all.map(\.model), components: .current)
    }
}
