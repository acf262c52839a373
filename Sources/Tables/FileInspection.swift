import SandboxCore

/// What is in a CSV file, for its owner's eyes before a contract is written: shape, types, key quality.
public struct FileInspection: Codable, Hashable, Sendable {
    public var fileName: String
    public var bytes: Int
    public var sha256: String
    public var encoding: String
    public var rows: Int
    public var columns: [Column]
    /// The inspected key column: the named one, else the first that looks like keys of a kind with rules; nil when there is none.
    public var keyColumn: String?
    /// For the key column, one entry for each of uscc, text, digits, and each other normaliser that takes some of its cells.
    public var keys: [KeyQuality]

    public struct Column: Codable, Hashable, Sendable {
        public var name: String
        /// "integer", "decimal", "category", "text" or "empty".
        public var type: String
        /// Largest number of digits after the decimal point, for a decimal.
        public var scale: Int
        public var empty: Int
        /// Smallest and largest number as decimal text; nil when the column is not numeric.
        public var minimum: String?
        public var maximum: String?
        /// Distinct values when there are at most 32 of them, most frequent first; nil otherwise.
        public var categories: [String]?
    }

    public struct KeyQuality: Codable, Hashable, Sendable {
        public var normalizer: String
        public var valid: Int
        public var empty: Int
        public var malformed: Int
        /// Valid only after repair; among `valid`.
        public var repaired: Int
        /// Distinct valid keys.
        public var distinct: Int
        /// The largest number of rows of one key.
        public var mostRowsOfOneKey: Int
    }

    /// Reads the whole file once; twice when no key column is named.
    ///
    /// Throws what `CSVReader` throws, and `.badInput` for a key column that the header lacks. Memory: 16 bytes for each
    /// distinct key and normaliser.
    public static func inspect(
        path: String, keyColumn: String? = nil, options: CSVOptions = CSVOptions(), progress: ProgressMonitor? = nil
    ) throws -> FileInspection {
        var reader = try CSVReader(path: path, options: options)
        let header = reader.header
        let key = try keyColumn ?? likelyKey(path, options: options, isPipe: reader.fileSize == nil)
        var keyIndex: Int?
        if let key {
            guard let found = header.firstIndex(of: key) else {
                throw YinheError(
                    .badInput, "the header lacks the column \"\(key)\"", at: "\(path), line 1",
                    remedy: "it has: \(header.prefix(40).joined(separator: ", "))")
            }
            keyIndex = found
        }
        var columns = header.map { ColumnProfile(name: $0) }
        var keys = key == nil ? [] : JoinKeyNormalizer.all.map { KeyProfile(normalizer: $0) }
        var hasher = JoinTokenHasher()
        let scratch = TextBuffer(capacity: 256)
        var rows = 0
        while try reader.advance() {
            rows += 1
            for i in columns.indices { columns[i].add(reader.bytes(i), scratch) }
            if let keyIndex {
                for i in keys.indices { keys[i].add(reader.bytes(keyIndex), scratch, &hasher) }
            }
            if rows % 65536 == 0 {
                progress?(ProgressEvent(phase: "inspect", completed: reader.bytesRead, total: reader.fileSize))
            }
        }
        let always = [JoinKeyNormalizer.uscc, .text, .digits].map(\.description)
        return FileInspection(
            fileName: InputFile.name(of: path), bytes: reader.bytesRead, sha256: reader.digest,
            encoding: reader.encoding.rawValue, rows: rows, columns: columns.map { $0.column(rows: rows) }, keyColumn: key,
            keys: keys.map(\.quality).filter { $0.valid > 0 || always.contains($0.normalizer) })
    }

    /// The first column most of whose first 1000 cells are credit codes, else identity numbers, and so on; nil when there is
    /// none or the file is a pipe.
    private static func likelyKey(_ path: String, options: CSVOptions, isPipe: Bool) throws -> String? {
        if isPipe { return nil }
        var reader = try CSVReader(path: path, options: options)
        let kinds: [JoinKeyNormalizer] = [.uscc, .residentID, .container, .plate, .mobile]
        var valid = kinds.map { _ in [Int](repeating: 0, count: reader.header.count) }
        var rows = 0
        while rows < 1000, let fields = try reader.next() {
            rows += 1
            for (i, field) in fields.enumerated() {
                for (k, kind) in kinds.enumerated() {
                    if case .valid = kind.normalize(field) { valid[k][i] += 1 }
                }
            }
        }
        for counts in valid {
            if let column = counts.firstIndex(where: { $0 * 2 > rows }) { return reader.header[column] }
        }
        return nil
    }
}
