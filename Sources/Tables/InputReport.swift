/// What was read from one file, in counts and places, never cell values: printed, and written to the audit ledger.
public struct InputReport: Codable, Hashable, Sendable {
    /// The last component of the path.
    public var fileName = ""
    public var bytes = 0
    /// SHA-256 of the file's bytes, 64 hexadecimal digits.
    public var sha256 = ""
    /// "UTF-8", "UTF-8 with byte-order mark", "GB18030", "UTF-16LE" or "UTF-16BE".
    public var encoding = ""
    /// The normaliser of the join key, such as "uscc/1".
    public var normalizer = ""
    /// Data rows in the file, the header not counted.
    public var rows = 0
    /// Rows that enter the computation.
    public var keptRows = 0
    /// Subjects with at least one kept row; the size of the set that enters the intersection.
    public var distinctKeys = 0
    /// Rows left out because the key cell is empty.
    public var emptyKeys = 0
    /// Rows left out because the key does not satisfy its normaliser.
    public var malformedKeys = 0
    /// `malformedKeys` by `JoinKeyNormalizer.Malformation`.
    public var malformedKeyReasons: [String: Int] = [:]
    /// Rows whose key was valid only after repair (width, case, spaces, hyphens); they count like any other.
    public var repairedKeys = 0
    /// Usable rows whose key had already appeared; those within the limit are kept.
    public var duplicateRows = 0
    /// Rows left out because their subject already had its limit of rows.
    public var rowsOverSubjectLimit = 0
    /// Rows left out because of an unusable cell, under `CellPolicy.dropRow`.
    public var rowsDroppedForCells = 0
    public var columns: [ColumnReport] = []
    /// The first places, at most five of each kind, such as `["emptyKeys": ["line 17"]]`; for a column,
    /// `"clamped(loan_amount)"`. Physical line numbers, the header being line 1.
    public var places: [String: [String]] = [:]

    public init() {}

    public struct ColumnReport: Codable, Hashable, Sendable {
        public var name: String
        /// Cells beyond the declared bounds, replaced by the bound.
        public var clamped = 0
        /// Cells with more digits than the declared grid, rounded half to even.
        public var rounded = 0
        /// Cells with full-width characters, surrounding spaces or thousands separators.
        public var repaired = 0
        /// Empty cells.
        public var empty = 0
        /// Cells that are not a number, do not fit, or are not a declared category.
        public var unusable = 0

        public init(name: String) { self.name = name }
    }
}
