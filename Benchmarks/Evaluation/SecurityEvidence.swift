extension EvaluationDocument {
    /// What was checked about the security of this build.
    package struct SecurityEvidence: Codable, Sendable, Equatable {
        package init() {}
    }
}
