import SandboxCore

/// Joins decoded blocks, in file order, into subjects and columns.
struct KeyedTableBuilder {
    private(set) var tokens: [JoinToken] = []
    private(set) var rowSubject: [Int32] = []
    private(set) var columns: [[Int64]]
    private var rowsOfSubject: [Int32] = []
    private var index = TokenIndex()
    private var tally: RowTally
    private var duplicates = PlaceCounter()
    private var overLimit = PlaceCounter()
    private var linesBefore = 0
    private let plan: TablePlan
    private let rowsPerSubject: Int32

    init(plan: TablePlan, rowsPerSubject: Int) {
        self.plan = plan
        self.rowsPerSubject = Int32(clamping: rowsPerSubject)
        columns = [[Int64]](repeating: [], count: plan.slotNames.count)
        tally = RowTally(slots: plan.slotNames.count)
    }

    mutating func add(_ rows: DecodedRows, path: String) throws {
        if let (fault, place) = rows.fault {
            throw YinheError(
                .badInput, fault.message, at: "\(path), line \(linesBefore + place.line + 1), column \(place.column)",
                remedy: fault.remedy)
        }
        tally.add(rows.tally, linesBefore: linesBefore)
        guard rowSubject.count + rows.count < Int32.max else {
            throw YinheError(.range, "more than \(Int32.max) rows", at: path, remedy: "split the file")
        }
        var kept: [Int32] = []
        kept.reserveCapacity(rows.count)
        for i in 0..<rows.count {
            let (subject, isNew) = index.subject(of: rows.tokens[i], in: &tokens)
            if isNew {
                rowsOfSubject.append(1)
            } else {
                let line = linesBefore + Int(rows.lines[i])
                duplicates.add(line: line)
                guard rowsOfSubject[subject] < rowsPerSubject else {
                    overLimit.add(line: line)
                    continue
                }
                rowsOfSubject[subject] += 1
            }
            rowSubject.append(Int32(truncatingIfNeeded: subject))
            kept.append(Int32(truncatingIfNeeded: i))
        }
        for slot in columns.indices {
            var column: [Int64] = []
            swap(&column, &columns[slot])
            for i in kept { column.append(rows.values[Int(i) * rows.slots + slot]) }
            swap(&column, &columns[slot])
        }
        linesBefore += rows.lineCount
    }

    /// Makes room for the rows to come, as many a byte as so far, so that arrays are not doubled.
    mutating func reserve(read: Int, of size: Int?) {
        guard let size, read > 0, read < size else { return }
        let factor = Double(size) / Double(read) * 1.02
        let rows = Int(Double(rowSubject.count) * factor) + 1024
        guard rows > rowSubject.capacity else { return }
        rowSubject.reserveCapacity(rows)
        for slot in columns.indices { columns[slot].reserveCapacity(rows) }
        let subjects = Int(Double(tokens.count) * factor) + 1024
        tokens.reserveCapacity(subjects)
        rowsOfSubject.reserveCapacity(subjects)
    }

    /// Throws when cells under `CellPolicy.error` were unusable: the first places and the total.
    func refuseBadCells(path: String) throws {
        guard tally.badCellCount > 0 else { return }
        let lines = tally.badCells.map {
            "  line \($0.line + 1), column \($0.column): \(plan.slotNames[$0.slot]) is \($0.reason)"
        }
        let more = tally.badCellCount > lines.count ? "\n  and \(tally.badCellCount - lines.count) more" : ""
        let cells = tally.badCellCount == 1 ? "1 cell cannot be used" : "\(tally.badCellCount) cells cannot be used"
        throw YinheError(
            .badInput, "\(cells)\n\(lines.joined(separator: "\n"))\(more)",
            at: "\(path), line \(tally.badCells[0].line + 1), column \(tally.badCells[0].column)",
            remedy: "correct the cells, or declare for the column that such rows are dropped and counted")
    }

    func report() -> InputReport {
        var report = InputReport()
        tally.describe(in: &report)
        report.keptRows = rowSubject.count
        report.distinctKeys = tokens.count
        report.duplicateRows = duplicates.count
        report.rowsOverSubjectLimit = overLimit.count
        func note(_ name: String, _ counter: PlaceCounter) {
            if counter.count > 0 { report.places[name] = counter.lines.map { "line \($0 + 1)" } }
        }
        note("duplicateRows", duplicates)
        note("rowsOverSubjectLimit", overLimit)
        for (slot, name) in plan.slotNames.enumerated() {
            var column = InputReport.ColumnReport(name: name)
            column.clamped = tally.counter(.clamped, slot: slot).count
            column.rounded = tally.counter(.rounded, slot: slot).count
            column.repaired = tally.counter(.repaired, slot: slot).count
            column.empty = tally.counter(.empty, slot: slot).count
            column.unusable = tally.counter(.unusable, slot: slot).count
            report.columns.append(column)
            for event in RowTally.CellEvent.allCases { note("\(event)(\(name))", tally.counter(event, slot: slot)) }
        }
        return report
    }
}

/// Subjects by token: open addressing, four bytes a slot. Tokens are hash values already.
struct TokenIndex {
    private var slots = [Int32](repeating: -1, count: 1024)
    private var mask = 1023

    /// The place of `token` in `tokens`, where it is appended when it is new.
    mutating func subject(of token: JoinToken, in tokens: inout [JoinToken]) -> (subject: Int, isNew: Bool) {
        if tokens.count * 2 > slots.count { grow(tokens) }
        var slot = Int(truncatingIfNeeded: token.low) & mask
        while slots[slot] >= 0 {
            let subject = Int(slots[slot])
            if tokens[subject] == token { return (subject, false) }
            slot = (slot + 1) & mask
        }
        slots[slot] = Int32(truncatingIfNeeded: tokens.count)
        tokens.append(token)
        return (tokens.count - 1, true)
    }

    private mutating func grow(_ tokens: [JoinToken]) {
        slots = [Int32](repeating: -1, count: slots.count * 2)
        mask = slots.count - 1
        for (subject, token) in tokens.enumerated() {
            var slot = Int(truncatingIfNeeded: token.low) & mask
            while slots[slot] >= 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: subject)
        }
    }
}
