/// What is wrong with one key column, for its owner's eyes: counts, and places with masked keys.
public struct KeyDiagnosis: Codable, Hashable, Sendable {
    public var fileName = ""
    public var bytes = 0
    public var encoding = ""
    public var keyColumn = ""
    /// The declared normaliser, such as "resident-id/1".
    public var normalizer = ""
    public var rows = 0
    /// `validAsIs + changed`.
    public var valid = 0
    public var validAsIs = 0
    /// Valid after repair.
    public var changed = 0
    /// `changed` by `KeyChange`; a key may count for several.
    public var changes: [String: Int] = [:]
    /// Rows without a key: dropped.
    public var empty = 0
    /// Rows whose key the normaliser refuses: dropped.
    public var malformed = 0
    /// `malformed` by `JoinKeyNormalizer.Malformation`.
    public var reasons: [String: Int] = [:]
    /// At most five of each reason or change, or of "empty".
    public var examples: [String: [Example]] = [:]
    /// Distinct valid keys; see `isDistinctExact`.
    public var distinct = 0
    /// Rows whose key had appeared before: `valid - distinct`.
    public var duplicates = 0
    public var mostRowsOfOneKey = 0
    /// Whether the three above are counts; otherwise they are estimates within 0.2 percent or so.
    public var isDistinctExact = true
    /// Rows with a key, among the first 100,000 of the file, on which `otherKinds` is based.
    public var sampledRows = 0
    /// Of the sampled rows, those with a key that is valid under each other kind that has a check of its own.
    public var otherKinds: [String: Int] = [:]
    /// Refused keys by `Symptom`.
    public var symptoms: [String: Int] = [:]
    /// The kind that most of the keys are, when it is not the declared one.
    public var likelyNormalizer: String?
    /// The repaired copy, when one was asked for.
    public var fixedFile: String?

    public struct Example: Codable, Hashable, Sendable {
        /// Physical line, the header being line 1.
        public var line: Int
        /// The key, masked unless keys were asked for.
        public var key: String
    }

    /// What refused keys look like, where it tells what happened to them.
    public enum Symptom: String, Hashable, Sendable, Codable, CaseIterable {
        /// 1.38E+10: a spreadsheet kept the key as a number.
        case scientificNotation
        /// An identity number that ends in 000 and fails its check: spreadsheets keep 15 digits.
        case lostPrecision
        /// A landline number among mobile numbers.
        case landline
        /// Full of asterisks: the key was masked before it was exported.
        case masked
        /// The replacement character U+FFFD: text was decoded with a wrong encoding before it came here.
        case brokenText
    }

    public init() {}

    /// Share of the rows that a join would drop.
    public var droppedShare: Double { rows == 0 ? 0 : Double(empty + malformed) / Double(rows) }
}
