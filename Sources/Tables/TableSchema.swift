import SandboxCore

/// What a declared column holds. Numbers are kept as whole grid units: `decimal(scale: 2)` stores 12.34 as 1234.
public enum ColumnType: Hashable, Sendable, Codable {
    /// Must be present in the file; never enters a computation.
    case text
    case integer
    /// `scale` digits after the decimal point, 0 to 12.
    case decimal(scale: Int)
    /// One of the listed values, stored as its index in the list.
    case category([String])
    /// 1 when the declared numeric column `of` is at least `atLeast` (in that column's grid units, after clamping), else 0.
    case indicator(of: String, atLeast: Int64)

    /// Digits after the decimal point of one grid unit.
    public var scale: Int {
        if case .decimal(let scale) = self { scale } else { 0 }
    }
}

/// What happens to a row whose cell cannot be used.
public enum CellPolicy: String, Hashable, Sendable, Codable {
    /// The file is refused; the error gives the first places and the total.
    case error
    /// The row is left out and counted.
    case dropRow = "drop-row"
}

/// One declared column of a table.
public struct ColumnDeclaration: Hashable, Sendable, Codable {
    public var name: String
    public var type: ColumnType
    /// Shown to readers, such as "kWh"; empty for none.
    public var unit: String
    /// Smallest and largest value in grid units; a cell beyond them is clamped and counted. Nil: not bounded.
    public var lower: Int64?
    public var upper: Int64?
    /// A cell that is not a number, does not fit 64 bits, or is not one of the declared categories.
    public var onBadCell: CellPolicy
    /// An empty cell in a column that is not text.
    public var onEmptyCell: CellPolicy

    public init(
        name: String, type: ColumnType, unit: String = "", lower: Int64? = nil, upper: Int64? = nil,
        onBadCell: CellPolicy = .error, onEmptyCell: CellPolicy = .error
    ) {
        self.name = name
        self.type = type
        self.unit = unit
        self.lower = lower
        self.upper = upper
        self.onBadCell = onBadCell
        self.onEmptyCell = onEmptyCell
    }
}

/// The declared shape of one party's table: its join key, how many rows one subject may contribute, and its columns.
public struct TableSchema: Hashable, Sendable {
    public let keyColumn: String
    public let normalizer: JoinKeyNormalizer
    /// Rows kept for one key, the first ones in file order; `Int.max` for no limit.
    public let rowsPerSubject: Int
    public let columns: [ColumnDeclaration]

    /// Throws `.badInput` for a schema that contradicts itself: a name declared twice, an indicator of a column that is not a
    /// declared number, bounds in the wrong order or on a column without numbers, an empty or repeated category.
    public init(
        keyColumn: String, normalizer: JoinKeyNormalizer, rowsPerSubject: Int = 1, columns: [ColumnDeclaration] = []
    ) throws {
        self.keyColumn = keyColumn
        self.normalizer = normalizer
        self.rowsPerSubject = rowsPerSubject
        self.columns = columns
        guard !keyColumn.isEmpty else { throw Self.refused("the key column has no name") }
        guard rowsPerSubject >= 1 else { throw Self.refused("rows per subject is \(rowsPerSubject), it must be at least 1") }
        try validateColumns()
    }

    public subscript(column name: String) -> ColumnDeclaration? { columns.first { $0.name == name } }

    private static func refused(_ reason: String) -> YinheError { YinheError(.badInput, reason, at: "table schema") }

    private func validateColumns() throws {
        var names: Set<String> = []
        for column in columns {
            func refused(_ reason: String) -> YinheError { Self.refused("column \(column.name): \(reason)") }
            guard !column.name.isEmpty else { throw Self.refused("a column has no name") }
            guard names.insert(column.name).inserted else { throw refused("declared twice") }
            let bounded = column.lower != nil || column.upper != nil
            switch column.type {
            case .integer: break
            case .decimal(let scale):
                guard (0...12).contains(scale) else { throw refused("scale \(scale), it must be 0 to 12") }
            case .text:
                guard !bounded else { throw refused("a text column has no bounds") }
            case .category(let values):
                guard !bounded else { throw refused("a category column has no bounds") }
                guard !values.isEmpty else { throw refused("no categories") }
                guard Set(values).count == values.count, !values.contains("") else {
                    throw refused("an empty or repeated category")
                }
            case .indicator(let base, _):
                guard !bounded else { throw refused("an indicator has no bounds, it is 0 or 1") }
                switch self[column: base]?.type {
                case .integer, .decimal: break
                default: throw refused("an indicator of \(base), which is not declared as a number")
                }
            }
            if let lower = column.lower, let upper = column.upper, lower > upper {
                throw refused("the lower bound \(lower) is above the upper bound \(upper)")
            }
        }
    }
}
