/// Records and fields as CSV text.
package enum CSVRecordImage {
    /// Appends a record's text without its line end: as the file has it, or the chosen fields in their order.
    static func append(_ parser: inout CSVRecordParser, _ fields: [Int]?, delimiter: UInt8, to out: TextBuffer) {
        guard let fields else {
            let text = parser.recordText
            out.append(text.baseAddress!, count: text.count)
            return
        }
        for (i, field) in fields.enumerated() {
            if i > 0 { withUnsafePointer(to: delimiter) { out.append($0, count: 1) } }
            append(field: parser.bytes(field), isOnly: fields.count == 1, delimiter: delimiter, to: out)
        }
    }

    /// A field, in quotes where RFC 4180 asks for them. `isOnly`: of its record; empty, it would be an empty line.
    private static func append(field: UnsafeBufferPointer<UInt8>, isOnly: Bool, delimiter: UInt8, to out: TextBuffer) {
        var quotes = 0
        var special = isOnly && field.isEmpty
        for byte in field {
            if byte == Ascii.quote { quotes += 1 }
            let isLineEnd = byte == Ascii.lineFeed || byte == Ascii.carriageReturn
            if isLineEnd || byte == delimiter || byte == Ascii.quote { special = true }
        }
        guard special else {
            if let base = field.baseAddress { out.append(base, count: field.count) }
            return
        }
        out.reserve(field.count + quotes + 2)
        func put(_ byte: UInt8) {
            out.base[out.count] = byte
            out.count += 1
        }
        put(Ascii.quote)
        for byte in field {
            if byte == Ascii.quote { put(byte) }
            put(byte)
        }
        put(Ascii.quote)
    }

    /// One record of `fields`, without a line end.
    package static func text(of fields: [String], delimiter: CSVOptions.Delimiter) -> [UInt8] {
        let out = TextBuffer(capacity: 256)
        for (i, field) in fields.enumerated() {
            if i > 0 { withUnsafePointer(to: delimiter.rawValue) { out.append($0, count: 1) } }
            Array(field.utf8).withUnsafeBufferPointer {
                append(field: $0, isOnly: fields.count == 1, delimiter: delimiter.rawValue, to: out)
            }
        }
        return Array(UnsafeBufferPointer(start: out.base, count: out.count))
    }
}
