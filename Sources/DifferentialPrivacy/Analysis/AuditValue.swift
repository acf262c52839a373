import Arithmetic
import SandboxCore

/// A cell of an audit table as it was written: numbers keep their text, so that 0.1 means one tenth.
public enum AuditValue: Sendable, Hashable {
    case number(String)
    case text(String)
    case list([AuditValue])
    case null
}

/// One line for the auditor's calculator: the input columns of a table.
public struct AuditRow: Sendable {
    public let table: String
    public let cells: [String: AuditValue]

    public init(table: String, cells: [String: AuditValue]) {
        self.table = table
        self.cells = cells
    }

    // MARK: Reading cells

    /// An input number, exact.
    package struct Real: Sendable {
        package let text: String
        package let double: Double

        package func at(_ precision: Int) throws -> BigReal { try BigReal(decimal: text, precision: precision) }
    }

    /// The text of a name cell.
    package func text(_ column: String) throws -> String {
        switch cells[column] {
        case .text(let text): return text
        case .number(let text): return text
        default: throw missing(column, "a name")
        }
    }

    /// Nil for an absent, null or empty cell.
    package func optional(_ column: String) -> AuditValue? {
        switch cells[column] {
        case nil, .null, .text(""): nil
        case let cell?: cell
        }
    }

    package func real(_ column: String) throws -> Real {
        guard let cell = optional(column) else { throw missing(column, "a number") }
        return try Self.real(cell, column)
    }

    package static func real(_ cell: AuditValue, _ column: String) throws -> Real {
        guard case .number(let text) = cell.asNumber else {
            throw YinheError(.badInput, "not a number", at: column, remedy: "write a decimal number such as 0.5 or 1e-6")
        }
        do {
            let value = try BigReal(decimal: text, precision: 128)
            return Real(text: text, double: value.double)
        } catch let error as YinheError {
            throw YinheError(error.code, error.message, at: column, remedy: error.remedy)
        }
    }

    /// A number within bounds; both ends are allowed unless said otherwise.
    package func real(_ column: String, from low: Double, to high: Double, open: Bool = false) throws -> Real {
        let value = try real(column)
        let inside = open ? value.double > low && value.double < high : value.double >= low && value.double <= high
        guard inside else {
            throw YinheError(
                .range, "\(column) is \(value.text)", at: column,
                remedy: open ? "use a number above \(Self.plain(low)) and below \(Self.plain(high))" : "use a number from \(Self.plain(low)) to \(Self.plain(high))")
        }
        return value
    }

    package func positive(_ column: String, upTo limit: Double = 1e6) throws -> Real { try real(column, from: 1e-12, to: limit) }
    package func delta(_ column: String = "delta") throws -> Real {
        let value = try real(column, from: 0, to: 1, open: true)
        guard value.double > 1e-300 else {
            throw YinheError(.range, "\(column) is \(value.text)", at: column, remedy: "use a delta of at least 1e-300")
        }
        return value
    }

    package func integer(_ column: String, from low: Int, to high: Int) throws -> Int {
        let value = try real(column)
        guard let integer = value.double.magnitude < 1e15 ? Int(exactly: value.double) : nil else {
            throw YinheError(.range, "\(column) is \(value.text)", at: column, remedy: "use an integer from \(low) to \(high)")
        }
        guard integer >= low, integer <= high else {
            throw YinheError(.range, "\(column) is \(value.text)", at: column, remedy: "use an integer from \(low) to \(high)")
        }
        return integer
    }

    private static func plain(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? String(value) }

    private func missing(_ column: String, _ what: String) -> YinheError {
        YinheError(.badInput, "the column is missing", at: column, remedy: "table \(table) needs \(what) in \(column)")
    }
}

extension AuditValue {
    /// A text that is a number counts as one: CSV knows no types.
    var asNumber: AuditValue {
        if case .text(let text) = self { return .number(text.trimmingSpaces) }
        return self
    }
}

extension String {
    var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
