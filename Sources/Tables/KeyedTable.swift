import SandboxCore

/// A party's table, ready for a private join: one token per subject, and the declared columns as grid units.
public struct KeyedTable: Sendable {
    /// One token per distinct valid key that has at least one kept row, in order of first appearance.
    public let tokens: [JoinToken]
    /// For each kept row, in file order, the index of its subject in `tokens`.
    public let rowSubject: [Int32]
    public let schema: TableSchema
    public let report: InputReport
    let values: [String: [Int64]]

    /// The values of a declared column that is not text, one per kept row: grid units after clamping; for a category its index
    /// in the declared list; for an indicator 0 or 1. Traps when the schema has no such column.
    public func integers(_ column: String) -> [Int64] {
        guard let found = values[column] else { preconditionFailure("the schema has no numeric column \(column)") }
        return found
    }

    /// Reads and checks a file under a schema.
    ///
    /// - Parameters:
    ///   - threads: threads that parse, normalise and hash.
    ///   - progress: phase "read table", in bytes.
    /// - Throws: `.badInput` with file, line and column when the file is not strict CSV, lacks a declared column, or has
    ///   unusable cells under `CellPolicy.error`; `.system` when it cannot be read.
    public static func load(
        path: String, schema: TableSchema, threads: Int = availableCores, options: CSVOptions = CSVOptions(),
        progress: ProgressMonitor? = nil
    ) throws -> KeyedTable {
        throw YinheError(.badInput, "not readable", at: path)
    }
}
