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
        public var sums: [String: Int64]

        public init(label: String, sums: [String: Int64] = [:]) {
            self.label = label
            self.sums = sums
        }
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
        let groupColumn = leftSchema.columns.firstIndex { $0.name == groupBy }!
        for row in try PlainRows.read(left, leftSchema) { groupOfKey[row.key] = Int(row.values[groupColumn]) }
        let summed = rightSchema.columns.indices.filter { i in
            switch rightSchema.columns[i].type {
            case .integer, .decimal, .indicator: true
            case .text, .category: false
            }
        }
        let names = rightSchema.columns.map(\.name)
        let zero = Dictionary(uniqueKeysWithValues: summed.map { (names[$0], Int64(0)) })
        var groups = categories.map { Group(label: $0, sums: zero) }
        var matched: Set<String> = []
        var values: [String: [Int64]] = [:]
        for row in try PlainRows.read(right, rightSchema) {
            guard let group = groupOfKey[row.key] else { continue }
            if matched.insert(row.key).inserted { groups[group].matchedSubjects += 1 }
            groups[group].rows += 1
            for i in summed {
                groups[group].sums[names[i]]! += row.values[i]
                values[names[i], default: []].append(row.values[i])
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
    /// Values in the order of the schema's columns; 0 for text.
    static func read(_ path: String, _ schema: TableSchema) throws -> [(key: String, values: [Int64])] {
        var reader = try CSVReader(path: path)
        let header = reader.header
        let plan = try TablePlan(schema: schema, header: header, path: path)
        let fieldOf = schema.columns.map { header.firstIndex(of: $0.name) }
        var rowsOfKey: [String: Int] = [:]
        var rows: [(key: String, values: [Int64])] = []
        while let fields = try reader.next() {
            guard case .valid(let key) = schema.normalizer.normalize(fields[plan.keyField]) else { continue }
            guard let values = values(fields, schema, fieldOf) else { continue }
            rowsOfKey[key, default: 0] += 1
            if rowsOfKey[key]! <= schema.rowsPerSubject { rows.append((key, values)) }
        }
        return rows
    }

    /// Nil when a cell is unusable.
    private static func values(_ fields: [String], _ schema: TableSchema, _ fieldOf: [Int?]) -> [Int64]? {
        var values = [Int64](repeating: 0, count: schema.columns.count)
        for (i, column) in schema.columns.enumerated() {
            switch column.type {
            case .integer, .decimal:
                guard let value = DecimalText.parse(fields[fieldOf[i]!], scale: column.type.scale) else { return nil }
                values[i] = min(max(value, column.lower ?? .min), column.upper ?? .max)
            case .category(let names):
                guard let index = categoryIndex(of: fields[fieldOf[i]!], in: names) else { return nil }
                values[i] = Int64(index)
            case .text, .indicator: break
            }
        }
        for (i, column) in schema.columns.enumerated() {
            guard case .indicator(let base, let atLeast) = column.type else { continue }
            values[i] = values[schema.columns.firstIndex { $0.name == base }!] >= atLeast ? 1 : 0
        }
        return values
    }

    private static func categoryIndex(of cell: String, in names: [String]) -> Int? {
        if let exact = names.firstIndex(of: cell) { return exact }
        var cell = cell
        let match = cell.withUTF8 { CategoryIndex(names).find($0) }
        if case .repaired(let index) = match { return index } else { return nil }
    }
}
