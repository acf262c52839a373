extension PrivateJoin {
    /// Sizes that decide which path a job takes, and a hook that tests use to stop it in the middle.
    package struct Tuning: Sendable {
        /// Largest set of one intersection.
        package var bucketElements = 1 << 22
        /// Bytes of partitions kept in memory before they go to disk; nil: a quarter of the memory budget.
        package var residentBytes: Int?
        /// Bytes that may be written to the job's folder before writing fails as on a full disk.
        package var diskQuota: Int?
        /// Called at named points of a run; what it throws ends the run there.
        package var checkpoint: (@Sendable (String) throws -> Void)?

        package init() {}
    }
}
