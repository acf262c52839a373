import SandboxCore

/// The usable rows of one block: token, line and values of each.
final class DecodedRows: @unchecked Sendable {
    let slots: Int
    private(set) var count = 0
    let tokens: UnsafeMutablePointer<JoinToken>
    let lines: UnsafeMutablePointer<UInt32>
    /// Row-major, `slots` values a row.
    let values: UnsafeMutablePointer<Int64>
    private(set) var tally: RowTally
    /// Line feeds in the block.
    private(set) var lineCount = 0
    /// The first violation of the format, and its line and column in the block. The file is refused.
    private(set) var fault: (CSVFault, place: (line: Int, column: Int))?

    /// Decodes a block; `linesBefore` is only known to the caller, so lines count from the block's start.
    init(_ block: CSVBlock, plan: TablePlan, skipsHeader: Bool, options: CSVOptions) throws {
        var parser = try CSVRecordParser(block, options: options)
        slots = plan.slotNames.count
        // A record has at least one byte for each field: its delimiter or line feed.
        let capacity = parser.byteCount / plan.fieldCount + 1
        tokens = .allocate(capacity: capacity)
        lines = .allocate(capacity: capacity)
        values = .allocate(capacity: max(1, capacity * slots))
        tally = RowTally(slots: slots)
        parser.expectedFields = plan.fieldCount
        do {
            if skipsHeader { _ = try parser.next() }
            (count, tally) = try Self.decode(&parser, plan, tally, tokens, lines, values)
        } catch {
            fault = (error, parser.place(of: error.offset))
        }
        lineCount = parser.linesBefore
    }

    deinit {
        tokens.deallocate()
        lines.deallocate()
        values.deallocate()
    }

    private static func decode(
        _ parser: inout CSVRecordParser, _ plan: TablePlan, _ empty: RowTally, _ tokens: UnsafeMutablePointer<JoinToken>,
        _ lines: UnsafeMutablePointer<UInt32>, _ values: UnsafeMutablePointer<Int64>
    ) throws(CSVFault) -> (Int, RowTally) {
        var tally = empty
        var hasher = JoinTokenHasher()
        let key = TextBuffer(capacity: 64)
        let scratch = TextBuffer(capacity: 64)
        let slots = plan.slotNames.count
        var count = 0
        while try parser.next() {
            tally.rows += 1
            let line = parser.recordLine
            let raw = parser.bytes(plan.keyField)
            key.count = 0
            key.reserve(raw.count + JoinKeyNormalizer.growth)
            switch plan.normalizer.normalize(raw, into: key.base) {
            case .empty:
                tally.add(.emptyKeys, line: line)
                continue
            case .malformed(let reason):
                tally.add(.malformedKeys, line: line)
                tally.malformations[JoinKeyNormalizer.Malformation.allCases.firstIndex(of: reason)!] += 1
                continue
            case .valid(let bytes, let repaired):
                if repaired { tally.add(.repairedKeys, line: line) }
                guard decodeCells(&parser, plan, &tally, scratch, values + count * slots) else {
                    tally.add(.rowsDroppedForCells, line: line)
                    continue
                }
                tokens[count] = hasher.token(UnsafeRawBufferPointer(start: key.base, count: bytes))
                lines[count] = UInt32(truncatingIfNeeded: line)
                count += 1
            }
        }
        return (count, tally)
    }

    /// Writes the row's values; false when a policy drops the row. A cell under `CellPolicy.error` is noted in the tally.
    private static func decodeCells(
        _ parser: inout CSVRecordParser, _ plan: TablePlan, _ tally: inout RowTally, _ scratch: TextBuffer,
        _ row: UnsafeMutablePointer<Int64>
    ) -> Bool {
        let line = parser.recordLine
        var keep = true
        for i in plan.numbers.indices {
            let column = plan.numbers[i]
            switch DecimalText.parse(parser.bytes(column.field), scale: column.scale, scratch: scratch) {
            case .number(let number):
                if number.rounded { tally.add(.rounded, slot: column.slot, line: line) }
                if number.repaired { tally.add(.repaired, slot: column.slot, line: line) }
                let clamped = min(max(number.value, column.lower), column.upper)
                if clamped != number.value { tally.add(.clamped, slot: column.slot, line: line) }
                row[column.slot] = clamped
            case .empty:
                tally.add(.empty, slot: column.slot, line: line)
                keep = reject(column.dropsEmpty, "empty", column.slot, column.field, parser, &tally) && keep
            case .notANumber:
                tally.add(.unusable, slot: column.slot, line: line)
                keep = reject(column.dropsBad, "not a decimal number", column.slot, column.field, parser, &tally) && keep
            case .overflow:
                tally.add(.unusable, slot: column.slot, line: line)
                keep = reject(column.dropsBad, "too large for 64 bits", column.slot, column.field, parser, &tally) && keep
            }
        }
        for i in plan.categories.indices {
            let slot = plan.categories[i].slot
            let field = plan.categories[i].field
            let cell = parser.bytes(field)
            switch plan.categories[i].index.find(cell) {
            case .exact(let index): row[slot] = Int64(index)
            case .repaired(let index):
                tally.add(.repaired, slot: slot, line: line)
                row[slot] = Int64(index)
            case .blank:
                tally.add(.empty, slot: slot, line: line)
                keep = reject(plan.categories[i].dropsEmpty, "empty", slot, field, parser, &tally) && keep
            case .none:
                tally.add(.unusable, slot: slot, line: line)
                keep = reject(plan.categories[i].dropsBad, "not a declared category", slot, field, parser, &tally) && keep
            }
        }
        guard keep else { return false }
        for indicator in plan.indicators { row[indicator.slot] = row[indicator.base] >= indicator.atLeast ? 1 : 0 }
        return true
    }

    /// Always false: the row is left out, silently by policy or with a note that will refuse the file.
    private static func reject(
        _ drops: Bool, _ reason: String, _ slot: Int, _ field: Int, _ parser: borrowing CSVRecordParser, _ tally: inout RowTally
    ) -> Bool {
        guard !drops else { return false }
        // Finding a place is linear in the block, so only for those that will be shown.
        let place = tally.badCells.count < PlaceCounter.kept ? parser.place(of: parser.offset(field)) : (line: 0, column: 0)
        tally.add(RowTally.BadCell(line: place.line, column: place.column, slot: slot, reason: reason))
        return false
    }
}
