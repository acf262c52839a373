extension EvaluationDocument {
    /// The same work done by another system on the same machine.
    package struct PeerResult: Codable, Sendable, Equatable {
        /// Name and version.
        package var system: String

        package init(system: String) { self.system = system }
    }
}
