/// What is wrong with a block of CSV, and where in its UTF-8 text.
struct CSVFault: Error {
    var offset: Int
    var message: String
    var remedy = ""
}

/// One field of a record: a range of the block's text, without the outer quotes.
struct CSVField {
    var start: Int
    var end: Int
    /// Contains doubled quotes, which stand for one.
    var isEscaped: Bool
}

/// Parses the records of one block: RFC 4180, strictly, line feeds with or without carriage return.
///
/// Scans eight bytes at a time for a byte below 0x23 (quote, line ends, NUL) or the delimiter: with m = 0x0101...,
/// h = 0x8080..., (x - 0x23 m) & ~x & h marks every byte below 0x23, and may mark others behind the first hit, which the
/// byte-wise decision ignores (H. S. Warren, "Hacker's Delight", section 6-1).
struct CSVRecordParser: ~Copyable {
    private let text: TextBuffer
    private let base: UnsafePointer<UInt8>
    private let count: Int
    private let end: CSVBlock.End
    private let textFault: CSVFault?
    private let delimiter: UInt8
    private let delimiters: UInt64
    private let maximumFieldBytes: Int
    private var position = 0
    private var fields: UnsafeMutablePointer<CSVField>
    private var capacity = 64
    private var scratch: TextBuffer?
    /// Fields of the current record.
    private(set) var fieldCount = 0
    /// Line feeds of the block before the current record, and up to its end.
    private(set) var recordLine = 0
    private(set) var linesBefore = 0
    private(set) var recordStart = 0
    /// Fields that every record must have; 0 while the header is not known.
    var expectedFields = 0

    /// The first `count` bytes of `text` are valid UTF-8 that stops for the reason `end`, or because `textFault` follows it.
    init(text: TextBuffer, count: Int, end: CSVBlock.End, textFault: CSVFault?, options: CSVOptions) {
        self.text = text
        base = UnsafePointer(text.base)
        self.count = count
        self.end = end
        self.textFault = textFault
        delimiter = options.delimiter.rawValue
        delimiters = UInt64(delimiter) &* 0x0101_0101_0101_0101
        maximumFieldBytes = options.maximumFieldBytes
        fields = .allocate(capacity: capacity)
    }

    deinit { fields.deallocate() }

    /// Moves to the next record; false at the end of the block.
    mutating func next() throws(CSVFault) -> Bool {
        guard position < count else {
            if let textFault { throw textFault }
            return false
        }
        recordStart = position
        recordLine = linesBefore
        fieldCount = 0
        while true {
            if fieldCount == capacity { grow() }
            let isQuoted = position < count && base[position] == Ascii.quote
            let more = isQuoted ? try quotedField() : try plainField()
            if !more { break }
        }
        linesBefore += 1
        if expectedFields > 0, fieldCount != expectedFields { throw wrongFieldCount() }
        return true
    }

    /// The bytes of a field of the current record, valid until the next field with doubled quotes is asked for.
    mutating func bytes(_ index: Int) -> UnsafeBufferPointer<UInt8> {
        let field = fields[index]
        if !field.isEscaped { return UnsafeBufferPointer(start: base + field.start, count: field.end - field.start) }
        return unescaped(field)
    }

    /// Where a field of the current record begins.
    func offset(_ index: Int) -> Int { fields[index].start }

    /// Bytes of the block's text.
    var byteCount: Int { count }

    /// The current record as the block has it, without its line end.
    var recordText: UnsafeBufferPointer<UInt8> {
        var end = position
        if end > recordStart, base[end - 1] == Ascii.lineFeed {
            end -= 1
            if end > recordStart, base[end - 1] == Ascii.carriageReturn { end -= 1 }
        }
        return UnsafeBufferPointer(start: base + recordStart, count: end - recordStart)
    }

    // MARK: Fields

    /// Whether the end of the text is the end of the file.
    private var isComplete: Bool { end == .file && textFault == nil }

    /// The first position from `start` that may be special (below 0x23, or the delimiter), or `count`.
    @inline(__always)
    private func candidate(from start: Int) -> Int {
        var i = start
        while i < count {
            let x = UInt64(littleEndian: UnsafeRawPointer(base + i).loadUnaligned(as: UInt64.self))
            let d = x ^ delimiters
            let low = (x &- 0x2323_2323_2323_2323) & ~x
            let delimiter = (d &- 0x0101_0101_0101_0101) & ~d
            let hits = (low | delimiter) & 0x8080_8080_8080_8080
            if hits != 0 { return min(i + hits.trailingZeroBitCount >> 3, count) }
            i += 8
        }
        return count
    }

    /// Reads a field that does not begin with a quote; true when another field follows in this record.
    @inline(__always)
    private mutating func plainField() throws(CSVFault) -> Bool {
        let start = position
        var i = start
        while true {
            i = candidate(from: i)
            if i >= count {
                guard isComplete else { throw endFault(fieldStart: start) }
                try add(start, count, escaped: false)
                position = count
                return false
            }
            let byte = base[i]
            if byte == delimiter {
                try add(start, i, escaped: false)
                position = i + 1
                return true
            }
            switch byte {
            case Ascii.lineFeed:
                try add(start, i, escaped: false)
                position = i + 1
                return false
            case Ascii.carriageReturn:
                guard i + 1 < count, base[i + 1] == Ascii.lineFeed else { throw bareReturn(i) }
                try add(start, i, escaped: false)
                position = i + 2
                return false
            case Ascii.quote:
                throw CSVFault(
                    offset: i, message: "a quote inside a field that does not begin with one",
                    remedy: "put the whole field in quotes and double the quotes inside it")
            case 0: throw nul(i)
            default: i += 1
            }
        }
    }

    private mutating func quotedField() throws(CSVFault) -> Bool {
        let open = position
        var escaped = false
        var i = open + 1
        while true {
            i = candidate(from: i)
            if i >= count {
                guard isComplete else { throw endFault(fieldStart: open) }
                throw CSVFault(
                    offset: open, message: "unbalanced quote: the quote that opens here is never closed",
                    remedy: "close it, or double a quote that belongs to the text")
            }
            switch base[i] {
            case Ascii.quote:
                if i + 1 < count, base[i + 1] == Ascii.quote {
                    escaped = true
                    i += 2
                    continue
                }
                try add(open + 1, i, escaped: escaped)
                return try afterClosingQuote(i + 1, opened: open)
            case Ascii.lineFeed:
                linesBefore += 1
                i += 1
            case 0: throw nul(i)
            default: i += 1
            }
        }
    }

    private mutating func afterClosingQuote(_ i: Int, opened: Int) throws(CSVFault) -> Bool {
        if i >= count {
            guard isComplete else { throw endFault(fieldStart: opened) }
            position = count
            return false
        }
        if base[i] == delimiter {
            position = i + 1
            return true
        }
        if base[i] == Ascii.lineFeed {
            position = i + 1
            return false
        }
        if base[i] == Ascii.carriageReturn {
            guard i + 1 < count, base[i + 1] == Ascii.lineFeed else { throw bareReturn(i) }
            position = i + 2
            return false
        }
        if base[i] == 0 { throw nul(i) }
        let opening = place(of: opened)
        let lines = self.place(of: i).line - opening.line
        let above = lines == 0 ? "" : lines == 1 ? ", 1 line above" : ", \(lines) lines above"
        throw CSVFault(
            offset: i, message: "text after a closing quote (the quoted field opens at column \(opening.column)\(above))",
            remedy: "double a quote that belongs to the text, or put the delimiter behind the closing quote")
    }

    @inline(__always)
    private mutating func add(_ start: Int, _ end: Int, escaped: Bool) throws(CSVFault) {
        if end - start > maximumFieldBytes { throw tooLong(start) }
        fields[fieldCount] = CSVField(start: start, end: end, isEscaped: escaped)
        fieldCount += 1
    }

    private mutating func grow() {
        let moved = UnsafeMutablePointer<CSVField>.allocate(capacity: capacity * 2)
        moved.update(from: fields, count: capacity)
        fields.deallocate()
        fields = moved
        capacity *= 2
    }

    private mutating func unescaped(_ field: CSVField) -> UnsafeBufferPointer<UInt8> {
        let out = scratch ?? TextBuffer(capacity: 256)
        scratch = out
        out.count = 0
        out.reserve(field.end - field.start)
        var i = field.start
        var n = 0
        while i < field.end {
            out.base[n] = base[i]
            n += 1
            i += base[i] == Ascii.quote ? 2 : 1
        }
        out.count = n
        return UnsafeBufferPointer(start: out.base, count: n)
    }

    // MARK: Faults

    private func nul(_ offset: Int) -> CSVFault {
        CSVFault(
            offset: offset, message: "a NUL byte",
            remedy: "the file is binary, damaged, or UTF-16 without a byte-order mark; save it as UTF-8 text")
    }

    private func bareReturn(_ offset: Int) -> CSVFault {
        CSVFault(
            offset: offset, message: "a carriage return that no line feed follows",
            remedy: "end lines with LF or CRLF, and put a field that contains a carriage return in quotes")
    }

    private func tooLong(_ start: Int) -> CSVFault {
        CSVFault(
            offset: start, message: "a field longer than the limit of \(maximumFieldBytes) bytes begins here",
            remedy: "look for a quote that is not closed; if the field is genuine, raise the limit")
    }

    /// The text stopped inside a record although the file goes on.
    private func endFault(fieldStart: Int) -> CSVFault {
        if let textFault { return textFault }
        if count - fieldStart > maximumFieldBytes { return tooLong(fieldStart) }
        return CSVFault(
            offset: recordStart, message: "a record longer than the limit of \(count) bytes begins here",
            remedy: "check that this is a table with one record a line")
    }

    private func wrongFieldCount() -> CSVFault {
        if fieldCount == 1, position - recordStart <= 2 {
            return CSVFault(
                offset: recordStart, message: "an empty line, where the header has \(expectedFields) fields",
                remedy: "remove the line")
        }
        let offset = fieldCount > expectedFields ? fields[expectedFields].start : recordStart
        return CSVFault(
            offset: offset, message: "\(fieldCount) fields, where the header has \(expectedFields)",
            remedy: "put a field that contains the delimiter in quotes")
    }

    /// Line feeds before `offset`, and the characters of its line before it plus one.
    func place(of offset: Int) -> (line: Int, column: Int) {
        var line = 0
        var column = 1
        for i in 0..<offset {
            if base[i] == Ascii.lineFeed {
                line += 1
                column = 1
            } else if base[i] & 0xc0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
