/// Counts one kind of event and keeps its first places.
struct PlaceCounter: Sendable {
    static let kept = 5
    var count = 0
    var lines: [Int] = []

    mutating func add(line: Int) {
        count += 1
        if count <= Self.kept { lines.append(line) }
    }

    mutating func add(_ later: PlaceCounter, linesBefore: Int) {
        for line in later.lines where lines.count < Self.kept { lines.append(line + linesBefore) }
        count += later.count
    }
}

/// What was counted while rows were decoded; lines count from 0 at the start of the counted stretch.
struct RowTally: Sendable {
    enum RowEvent: Int, CaseIterable { case emptyKeys, malformedKeys, repairedKeys, rowsDroppedForCells }
    enum CellEvent: Int, CaseIterable { case clamped, rounded, repaired, empty, unusable }

    /// A cell that its column's policy does not tolerate.
    struct BadCell: Sendable {
        var line: Int
        var column: Int
        var slot: Int
        var reason: String
    }

    var rows = 0
    var rowEvents = [PlaceCounter](repeating: PlaceCounter(), count: RowEvent.allCases.count)
    /// `slot * CellEvent.allCases.count + event`.
    var cellEvents: [PlaceCounter]
    var malformations = [Int](repeating: 0, count: JoinKeyNormalizer.Malformation.allCases.count)
    var badCells: [BadCell] = []
    var badCellCount = 0

    init(slots: Int) {
        cellEvents = [PlaceCounter](repeating: PlaceCounter(), count: slots * CellEvent.allCases.count)
    }

    mutating func add(_ event: RowEvent, line: Int) { rowEvents[event.rawValue].add(line: line) }

    mutating func add(_ event: CellEvent, slot: Int, line: Int) {
        cellEvents[slot * CellEvent.allCases.count + event.rawValue].add(line: line)
    }

    mutating func add(_ cell: BadCell) {
        badCellCount += 1
        if badCellCount <= PlaceCounter.kept { badCells.append(cell) }
    }

    mutating func add(_ later: RowTally, linesBefore: Int) {
        rows += later.rows
        for i in rowEvents.indices { rowEvents[i].add(later.rowEvents[i], linesBefore: linesBefore) }
        for i in cellEvents.indices { cellEvents[i].add(later.cellEvents[i], linesBefore: linesBefore) }
        for i in malformations.indices { malformations[i] += later.malformations[i] }
        for cell in later.badCells where badCells.count < PlaceCounter.kept {
            badCells.append(BadCell(line: cell.line + linesBefore, column: cell.column, slot: cell.slot, reason: cell.reason))
        }
        badCellCount += later.badCellCount
    }

    func counter(_ event: RowEvent) -> PlaceCounter { rowEvents[event.rawValue] }

    func counter(_ event: CellEvent, slot: Int) -> PlaceCounter { cellEvents[slot * CellEvent.allCases.count + event.rawValue] }
}
