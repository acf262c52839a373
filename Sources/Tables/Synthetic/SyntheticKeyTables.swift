import SandboxCore

/// Two made-up tables of keys alone, for a private set intersection: one column `credit_code`, no key twice.
public struct SyntheticKeyTables: Sendable {
    public let seed: UInt64
    public let firstRows: Int
    public let secondRows: Int
    /// Keys in both tables, exactly.
    public let overlap: Int
    public let dirt: SyntheticDirt

    /// `dirt.duplicateRows` and the dirt of numbers have no meaning here and are ignored.
    public init(seed: UInt64, firstRows: Int, secondRows: Int, overlap: Int, dirt: SyntheticDirt = .none) throws {
        try dirt.validate()
        guard overlap >= 0, overlap <= firstRows, overlap <= secondRows else {
            throw YinheError(.usage, "an overlap of \(overlap) does not fit into \(firstRows) and \(secondRows) rows")
        }
        self.seed = seed
        self.firstRows = firstRows
        self.secondRows = secondRows
        self.overlap = overlap
        self.dirt = dirt
    }

    public func write(firstTo first: String, secondTo second: String) throws {
        try write(first, rows: firstRows, others: overlap, stream: 6)
        try write(second, rows: secondRows, others: firstRows, stream: 7)
    }

    /// Keys 0 ..< overlap, then as many from number `others` on as are missing.
    private func write(_ path: String, rows: Int, others: Int, stream: UInt64) throws {
        var random = SyntheticRandom(seed: seed, stream: stream, index: 0)
        var ids = Array(0..<overlap)
        for k in 0..<rows - overlap { ids.append(others + k) }
        random.shuffle(&ids)
        let plan = try dirt.plan(rows: rows, breakable: ids.indices.filter { ids[$0] >= overlap }, &random)
        let keys = SyntheticKeys(seed: seed)
        let writer = try CSVWriter(path: path, header: ["credit_code"], encoding: dirt.encoding, lineEnd: dirt.crlf ? .crlf : .lf)
        for (row, id) in ids.enumerated() {
            let district = SyntheticEnterprise(seed: seed, id: id).district + 1
            try writer.write(utf8: [plan[row].apply(to: keys.code(id: id, district: district), &random)])
        }
        try writer.commit()
    }
}
