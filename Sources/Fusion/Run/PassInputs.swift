import SandboxCore
import Tables

/// A party's table as the inputs of one pass.
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

    /// The value party's numbers, row-major: `pass.slots.count` for each token. They are within the slots' bounds because the
    /// table clamps values and limits rows.
    static func values(_ table: KeyedTable, _ pass: FusionPlan.Pass) -> [UInt64] {
        let width = pass.slots.count
        let columns = Columns(table, pass)
        return [UInt64](unsafeUninitializedCapacity: table.tokens.count * width) { buffer, initialized in
            buffer.initialize(repeating: 0)
            for (index, slot) in pass.slots.enumerated() {
                let out = UnsafeMutableBufferPointer(rebasing: buffer[...])
                columns.add(slot, to: out, at: index, width: width, rowSubject: table.rowSubject)
            }
            initialized = buffer.count
        }
    }

    private struct Columns {
        private var values: [String: [Int64]] = [:]

        init(_ table: KeyedTable, _ pass: FusionPlan.Pass) {
            for slot in pass.slots {
                if let filter = slot.filter { load(filter.column, table) }
                if case .sum(let column, _) = slot.content { load(column, table) }
            }
        }

        private mutating func load(_ column: String, _ table: KeyedTable) {
            if values[column] == nil { values[column] = table.integers(column) }
        }

        func add(
            _ slot: FusionPlan.Slot, to out: UnsafeMutableBufferPointer<UInt64>, at index: Int, width: Int, rowSubject: [Int32]
        ) {
            let filter = slot.filter.map { (values[$0.column]!, $0.range) }
            let source: ([Int64], Int64)? =
                if case .sum(let column, let offset) = slot.content { (values[column]!, offset) } else { nil }
            let isPresence = slot.content == .presence
            for (row, subject) in rowSubject.enumerated() {
                if let filter, !filter.1.contains(filter.0[row]) { continue }
                let place = Int(subject) * width + index
                if isPresence {
                    out[place] = 1
                } else if let source {
                    out[place] += UInt64(source.0[row] - source.1)
                } else {
                    out[place] += 1
                }
            }
        }
    }
}
