/// Writes one made-up table: its rows in random order, with dirty keys and numbers.
struct SyntheticTable {
    let path: String
    let header: [String]
    let dirt: SyntheticDirt

    /// `rows` are numbers that `key` and `cells` know the meaning of. Only rows that `isBreakable` admits lose their key. `cells` appends
    /// the other cells, each after a comma. The file appears whole or not at all.
    func write(
        _ rows: [Int], _ random: inout SyntheticRandom, isBreakable: (Int) -> Bool, key: (Int) -> [UInt8],
        cells: (_ row: Int, _ number: NumberDirt, _ line: inout [UInt8]) -> Void
    ) throws {
        var rows = rows
        random.shuffle(&rows)
        let keyDirt = try dirt.plan(rows: rows.count, breakable: rows.indices.filter { isBreakable(rows[$0]) }, &random)
        let numbers = dirt.numberPlan(rows: rows.count, &random)
        let writer = try CSVWriter(path: path, header: header, encoding: dirt.encoding, lineEnd: dirt.crlf ? .crlf : .lf)
        var line: [UInt8] = []
        for (place, row) in rows.enumerated() {
            line.removeAll(keepingCapacity: true)
            line += keyDirt[place].apply(to: key(row), &random)
            cells(row, numbers[place], &line)
            line += dirt.crlf ? [0x0d, 0x0a] : [0x0a]
            try writer.write(lines: line)
        }
        try writer.commit()
    }
}
