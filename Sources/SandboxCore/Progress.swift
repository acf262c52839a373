/// How far a long operation is. Carries counts only, never data.
public struct ProgressEvent: Sendable, Equatable {
    /// A stable English name such as "hash to curve"; user interfaces translate it.
    public var phase: String
    public var completed: Int
    /// Nil when the total is not known.
    public var total: Int?

    public init(phase: String, completed: Int, total: Int? = nil) {
        self.phase = phase
        self.completed = completed
        self.total = total
    }
}

/// Receives progress. Called from several threads, often; must return quickly.
public typealias ProgressMonitor = @Sendable (ProgressEvent) -> Void
