import SandboxCore

/// The rows of a party's own file whose subjects were matched.
public enum MatchedRows {
    /// Copies the header and every row whose key has a token in `tokens` to a new UTF-8 CSV file; returns the number of rows.
    /// Reads `source` a second time: a pipe cannot be copied from after it was loaded.
    public static func copy(
        from source: String, to destination: String, keyColumn: String, normalizer: JoinKeyNormalizer, tokens: [JoinToken],
        options: CSVOptions = CSVOptions(), progress: ProgressMonitor? = nil
    ) throws -> Int {
        var reader = try CSVReader(path: source, options: options)
        let schema = try TableSchema(keyColumn: keyColumn, normalizer: normalizer)
        let key = try TablePlan(schema: schema, header: reader.header, path: source).keyField
        let wanted = Set(tokens)
        let writer = try CSVWriter(path: destination, header: reader.header, delimiter: options.delimiter)
        let canonical = TextBuffer(capacity: 64)
        var hasher = JoinTokenHasher()
        var copied = 0
        var rows = 0
        while try reader.advance() {
            rows += 1
            if rows % 65536 == 0 {
                progress?(ProgressEvent(phase: "copy matches", completed: reader.bytesRead, total: reader.fileSize))
            }
            let raw = reader.bytes(key)
            canonical.count = 0
            canonical.reserve(raw.count + JoinKeyNormalizer.growth)
            guard case .valid(let count, _) = normalizer.normalize(raw, into: canonical.base) else { continue }
            guard wanted.contains(hasher.token(UnsafeRawBufferPointer(start: canonical.base, count: count))) else { continue }
            var fields: [[UInt8]] = []
            for column in reader.header.indices { fields.append(Array(reader.bytes(column))) }
            try writer.write(utf8: fields)
            copied += 1
        }
        try writer.commit()
        return copied
    }
}
