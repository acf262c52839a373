import HiddenJoin
import SandboxCore
import Tables

/// A party's table as the inputs of one pass. The numbers are within the slots' bounds because the table clamps values and limits
/// rows.
enum PassInputs {
    /// The group party's tokens by group, in the order of the pass's labels; all in one when it has none.
    static func groups(_ table: KeyedTable, _ pass: FusionPlan.Pass) -> [[JoinToken]] {
        guard let column = pass.groupColumn else { return [table.tokens] }
        let category = table.integers(column)
        var groups = [[JoinToken]](repeating: [], count: pass.groupCount)
        // The plan allows groups only where a subject has one row.
        for (row, subject) in table.rowSubject.enumerated() { groups[Int(category[row])].append(table.tokens[Int(subject)]) }
        return groups
    }

    /// The value party's numbers of intersection-sum, row-major: `pass.slots.count` for each token.
    static func values(_ table: KeyedTable, _ pass: FusionPlan.Pass) -> [UInt64] {
        let width = pass.slots.count
        let columns = TableColumns(table, pass.slots)
        return [UInt64](unsafeUninitializedCapacity: table.tokens.count * width) { buffer, initialized in
            buffer.initialize(repeating: 0)
            for (index, slot) in pass.slots.enumerated() { columns.add(slot, to: buffer, at: index, width: width) }
            initialized = buffer.count
        }
    }

    /// A column of a hidden or aligned join for each slot: one number for each token.
    static func columns(_ table: KeyedTable, _ slots: [FusionPlan.Slot]) -> [HiddenAggregation.Column] {
        let columns = TableColumns(table, slots)
        return slots.map { slot in
            let values = [Int64](unsafeUninitializedCapacity: table.tokens.count) { buffer, initialized in
                buffer.initialize(repeating: 0)
                columns.add(slot, to: buffer, at: 0, width: 1)
                initialized = buffer.count
            }
            return .init(name: slot.canonicalText, values: values, bounds: slot.bounds)
        }
    }

    static func shapes(_ slots: [FusionPlan.Slot]) -> [HiddenAggregation.ColumnShape] {
        slots.map { .init(name: $0.canonicalText, bounds: $0.bounds) }
    }
}

/// The columns of a table that some slots read.
private struct TableColumns {
    private let rowSubject: [Int32]
    private var values: [String: [Int64]] = [:]

    init(_ table: KeyedTable, _ slots: [FusionPlan.Slot]) {
        rowSubject = table.rowSubject
        for slot in slots {
            var read = slot.filters.map(\.column)
            switch slot.content {
            case .presence, .rows: break
            case .sum(let column, _): read.append(column)
            case .product(let a, let b, _): read += [a.column, b.column]
            }
            for column in read where values[column] == nil { values[column] = table.integers(column) }
        }
    }

    /// Writes the slot's number of each subject to every `width`-th place from `index` on. `out` is zero before.
    func add<T: FixedWidthInteger>(_ slot: FusionPlan.Slot, to out: UnsafeMutableBufferPointer<T>, at index: Int, width: Int) {
        let filters = slot.filters.map { (values: values[$0.column]!, range: $0.range) }
        func forEachRow(_ body: (_ row: Int, _ place: Int) -> Void) {
            for (row, subject) in rowSubject.enumerated() where filters.allSatisfy({ $0.range.contains($0.values[row]) }) {
                body(row, Int(subject) * width + index)
            }
        }
        switch slot.content {
        case .presence: forEachRow { out[$1] = 1 }
        case .rows: forEachRow { out[$1] += 1 }
        case .sum(let column, let offset):
            let values = values[column]!
            forEachRow { out[$1] += T(values[$0] - offset) }
        case .product(let a, let b, let offset):
            let (first, second) = (values[a.column]!, values[b.column]!)
            forEachRow { out[$1] += T((first[$0] - a.centre) * (second[$0] - b.centre) - offset) }
        }
    }
}
