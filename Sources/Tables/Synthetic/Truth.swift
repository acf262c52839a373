import SandboxCore

/// The exact answer to a pilot's question, computed from both files in the clear by plain code: for demonstrations and tests,
/// where one party may see both tables. Clamping, dropped rows and rows per subject follow the schemas, as in `KeyedTable`.
public struct Truth: Sendable {
    public struct Group: Sendable, Hashable {
        /// The category.
        public var label: String
        public var matchedSubjects = 0
        /// Kept rows of the right table that belong to those subjects.
        public var rows = 0
        /// Sum of every declared number and indicator of the right table over those rows, in grid units.
        public var sums: [String: Int64] = [:]
    }

    /// One group for each declared category, in the declared order.
    public let groups: [Group]
    /// For every declared number and indicator of the right table, its values in the matched rows.
    public let matchedValues: [String: [Int64]]

    public var matchedSubjects: Int { groups.reduce(0) { $0 + $1.matchedSubjects } }
    public var matchedRows: Int { groups.reduce(0) { $0 + $1.rows } }

    /// Joins `left` and `right` on their keys and groups by the category column `groupBy` of the left table, whose schema
    /// allows one row a subject.
    public init(
        left: String, leftSchema: TableSchema, right: String, rightSchema: TableSchema, groupBy: String
    ) throws {
        guard case .category(let categories) = leftSchema[column: groupBy]?.type, leftSchema.rowsPerSubject == 1 else {
            throw YinheError(.usage, "\(groupBy) is not a category of the left table with one row a subject")
        }
        var groupOfKey: [String: Int] = [:]
        for row in try PlainRows.read(left, leftSchema) { groupOfKey[row.key] = Int(row.values[groupBy]!) }
        let summed = rightSchema.columns.filter { column in
            switch column.type {
            case .integer, .decimal, .indicator: true
            case .text, .category: false
            }
        }.map(\.name)
        let zero = Dictionary(uniqueKeysWithValues: summed.map { ($0, Int64(0)) })
        var groups = categories.map { Group(label: $0, sums: zero) }
        var matched: Set<String> = []
        var values: [String: [Int64]] = [:]
        for row in try PlainRows.read(right, rightSchema) {
            guard let group = groupOfKey[row.key] else { continue }
            if matched.insert(row.key).inserted { groups[group].matchedSubjects += 1 }
            groups[group].rows += 1
            for name in summed {
                groups[group].sums[name, default: 0] += row.values[name]!
                values[name, default: []].append(row.values[name]!)
            }
        }
        self.groups = groups
        matchedValues = values
    }

    /// How many matched rows have a value in each of the bins `edges[i] ..< edges[i + 1]`, in grid units; the last bin
    /// includes its upper edge.
    public func histogram(of column: String, edges: [Int64]) -> [Int] {
        precondition(edges.count >= 2)
        var counts = [Int](repeating: 0, count: edges.count - 1)
        for value in matchedValues[column] ?? [] {
            let bin = value == edges.last! ? counts.count - 1 : (edges.firstIndex { $0 > value } ?? edges.count) - 1
            if counts.indices.contains(bin) { counts[bin] += 1 }
        }
        return counts
    }
}

/// A file's usable rows, by the simplest code that follows the schema.
private enum PlainRows {
    static func read(_ path: String, _ schema: TableSchema) throws -> [(key: String, values: [String: Int64])] {
        var reader = try CSVReader(path: path)
        let header = reader.header
        var rowsOfKey: [String: Int] = [:]
        var rows: [(key: String, values: [String: Int64])] = []
        while let fields = try reader.next() {
            let record = Dictionary(uniqueKeysWithValues: zip(header, fields))
            guard case .valid(let key) = schema.normalizer.normalize(record[schema.keyColumn] ?? "") else { continue }
            guard let values = values(record, schema) else { continue }
            rowsOfKey[key, default: 0] += 1
            if rowsOfKey[key]! <= schema.rowsPerSubject { rows.append((key, values)) }
        }
        return rows
    }

    /// Nil when a cell is unusable.
    private static func values(_ record: [String: String], _ schema: TableSchema) -> [String: Int64]? {
        var values: [String: Int64] = [:]
        for column in schema.columns {
            switch column.type {
            case .integer, .decimal:
                guard let value = DecimalText.parse(record[column.name] ?? "", scale: column.type.scale) else { return nil }
                values[column.name] = min(max(value, column.lower ?? .min), column.upper ?? .max)
            case .category(let names):
                guard let index = names.firstIndex(of: record[column.name] ?? "") else { return nil }
                values[column.name] = Int64(index)
            case .text, .indicator: break
            }
        }
        for column in schema.columns {
            if case .indicator(let base, let atLeast) = column.type { values[column.name] = values[base]! >= atLeast ? 1 : 0 }
        }
        return values
    }
}
