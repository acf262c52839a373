import SandboxCore

/// What is in a CSV file, for its owner's eyes before a contract is written: shape, types, key quality.
public struct FileInspection: Codable, Hashable, Sendable {
    public var fileName: String
    public var bytes: Int
    public var sha256: String
    public var encoding: String
    public var rows: Int
    public var columns: [Column]
    /// The inspected key column: the named one, else the first column that looks like credit codes; nil when there is none.
    public var keyColumn: String?
    /// One entry per normaliser, for the key column.
    public var keys: [KeyQuality]

    public struct Column: Codable, Hashable, Sendable {
        public var name: String
        /// "integer", "decimal", "category", "text" or "empty".
        public var type: String
        /// Largest number of digits after the decimal point, for a decimal.
        public var scale: Int
        public var empty: Int
        /// Smallest and largest number as decimal text; nil when the column is not numeric.
        public var minimum: String?
        public var maximum: String?
        /// Distinct values when there are at most 32 of them, most frequent first; nil otherwise.
        public var categories: [String]?
    }

    public struct KeyQuality: Codable, Hashable, Sendable {
        public var normalizer: String
        public var valid: Int
        public var empty: Int
        public var malformed: Int
        /// Valid only after repair; among `valid`.
        public var repaired: Int
        /// Distinct valid keys.
        public var distinct: Int
        /// The largest number of rows of one key.
        public var mostRowsOfOneKey: Int
    }

    public static func inspect(
        path: String, keyColumn: String? = nil, options: CSVOptions = CSVOptions(), progress: ProgressMonitor? = nil
    ) throws -> FileInspection {
        throw YinheError(.badInput, "not readable", at: path)
    }
}
