import SandboxCore
import Tables

/// Reads a contributor's CSV file under a contract, block by block: every row that was agreed, once, and every cell within its
/// bounds. Other columns are ignored. Errors name the line, the column and the bound.
final class CellReader {
    private let path: String
    private let contract: AggregationContract
    private let layout: AggregationLayout
    private let source: Source
    /// What the file's other columns are called.
    let ignoredColumns: [String]

    private enum Source {
        /// Rows in the agreed order, read as they are needed.
        case stream(Stream)
        /// The whole table in the order of the contract's labels.
        case memory([Int64])
    }

    init(path: String, _ contract: AggregationContract, _ layout: AggregationLayout, progress: ProgressMonitor?) throws {
        self.path = path
        self.contract = contract
        self.layout = layout
        let stream = try Stream(path, contract, progress)
        ignoredColumns = stream.ignoredColumns
        if case .labels(_, let labels) = contract.rows {
            source = .memory(try stream.wholeTable(labels))
        } else {
            source = .stream(stream)
        }
    }

    /// The values of a block, row by row. Blocks must be asked for in order.
    func values(block: Int) throws -> [Int64] {
        let rows = layout.rows(ofBlock: block), width = contract.columns.count
        switch source {
        case .memory(let values): return Array(values[rows.lowerBound * width..<rows.upperBound * width])
        case .stream(let stream):
            var out: [Int64] = []
            out.reserveCapacity(rows.count * width)
            for row in rows { try stream.appendRow(index: row, to: &out) }
            return out
        }
    }

    /// Nothing may follow the last agreed row.
    func finish() throws {
        if case .stream(let stream) = source { try stream.finish() }
    }
}

/// One pass over the file.
private final class Stream {
    private var reader: CSVReader
    private let contract: AggregationContract
    private let labelField: Int
    private let fields: [Int]
    private let progress: ProgressMonitor?
    private var rows = 0
    let ignoredColumns: [String]

    init(_ path: String, _ contract: AggregationContract, _ progress: ProgressMonitor?) throws {
        let reader = try CSVReader(path: path)
        let header = reader.header
        func field(_ name: String) throws -> Int {
            guard let index = header.firstIndex(of: name) else {
                throw YinheError(
                    .badInput, "there is no column \"\(name)\"", at: "\(path), line 1",
                    remedy: "the contract asks for: \(([contract.rows.column] + contract.columns.map(\.name)).joined(separator: ", "))")
            }
            return index
        }
        let labelField = try field(contract.rows.column)
        let fields = try contract.columns.map { try field($0.name) }
        let used = Set(fields + [labelField])
        ignoredColumns = header.indices.filter { !used.contains($0) }.map { header[$0] }
        self.labelField = labelField
        self.fields = fields
        self.reader = reader
        self.contract = contract
        self.progress = progress
    }

    private func place(_ column: String) -> String { "\(reader.path), line \(reader.line), column \(column)" }

    private func next() throws -> [String]? {
        let record = try reader.next()
        rows += record == nil ? 0 : 1
        // The last block is read long before its last record: that the file is read is said once, at its end.
        if record == nil || (rows % 4096 == 0 && reader.bytesRead < reader.fileSize ?? .max) {
            progress?(ProgressEvent(phase: "read table", completed: reader.bytesRead, total: reader.fileSize))
        }
        return record
    }

    /// Rows in any order, each agreed label once.
    func wholeTable(_ labels: [String]) throws -> [Int64] {
        let width = fields.count
        let rowOf = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        var lines = [Int](repeating: 0, count: labels.count)
        var values = [Int64](repeating: 0, count: labels.count * width)
        while let record = try next() {
            let label = record[labelField]
            guard let row = rowOf[label] else {
                throw YinheError(
                    .badInput, "the contract has no row \"\(label.prefix(60))\"", at: place(contract.rows.column),
                    remedy: "agreed are \(labels.count) rows, from \"\(labels[0])\" to \"\(labels[labels.count - 1])\"")
            }
            guard lines[row] == 0 else {
                throw YinheError(
                    .badInput, "the row \"\(label)\" is there already, on line \(lines[row])", at: place(contract.rows.column))
            }
            lines[row] = reader.line
            for (i, field) in fields.enumerated() { values[row * width + i] = try value(record[field], contract.columns[i]) }
        }
        if let missing = lines.firstIndex(of: 0) {
            throw YinheError(
                .badInput, "the row \"\(labels[missing])\" is missing", at: reader.path, remedy: "write 0 where there is nothing to add")
        }
        return values
    }

    /// The next row, which must be number `index` + 1.
    func appendRow(index: Int, to out: inout [Int64]) throws {
        guard let record = try next() else {
            throw YinheError(
                .badInput, "the file ends after \(rows) rows; \(contract.rows.count) are agreed", at: reader.path,
                remedy: "write 0 where there is nothing to add")
        }
        guard record[labelField] == String(index + 1) else {
            throw YinheError(
                .badInput, "row \(index + 1) is due, found \"\(record[labelField].prefix(60))\"", at: place(contract.rows.column),
                remedy: "number the rows 1, 2, … in this order")
        }
        for (i, field) in fields.enumerated() { out.append(try value(record[field], contract.columns[i])) }
    }

    func finish() throws {
        guard try next() == nil else {
            throw YinheError(
                .badInput, "more rows than the \(contract.rows.count) that are agreed", at: place(contract.rows.column))
        }
    }

    private func value(_ text: String, _ column: AggregationContract.Column) throws -> Int64 {
        func refuse(_ reason: String, _ remedy: String = "") -> YinheError {
            YinheError(.badInput, reason, at: place(column.name), remedy: remedy)
        }
        func bound(_ value: Int64) -> String { "\(DecimalText.format(value, scale: column.scale)) \(column.unit)" }
        switch DecimalText.parseExactly(text, scale: column.scale) {
        case .value(let value):
            guard value >= column.lower else {
                throw refuse("\(text) is below the lower bound \(bound(column.lower))", "correct the cell, or agree on other bounds")
            }
            guard value <= column.upper else {
                throw refuse("\(text) is above the upper bound \(bound(column.upper))", "correct the cell, or agree on other bounds")
            }
            return value
        case .empty: throw refuse("the cell is empty", "write 0 where there is nothing to add")
        case .notANumber: throw refuse("\"\(text.prefix(60))\" is not a number")
        case .tooFine:
            throw refuse(
                column.scale == 0 ? "\(text.prefix(60)) is not an integer" : "\(text.prefix(60)) has more than \(column.scale) decimals",
                "round it first: this program never does")
        case .tooLarge: throw refuse("\(text.prefix(60)) is too large", "the upper bound is \(bound(column.upper))")
        }
    }
}
