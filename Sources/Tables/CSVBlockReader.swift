import SandboxCore

/// A stretch of a file that begins at the start of a record and ends after one.
struct CSVBlock: Sendable {
    enum End { case record, file, overlongRecord, invalidUTF16 }
    let text: TextBuffer
    let isGB18030: Bool
    /// Why the text stops where it stops.
    let end: End
}

/// Cuts a file into blocks of whole records, in order: the sequential part of reading. Parsing a block needs nothing from the
/// blocks before it but their number of lines, so blocks are parsed in parallel.
///
/// A line feed ends a record when the number of quotes before it is even. In a file that breaks the quoting rules this can cut
/// at a wrong place, but only behind the first violation, and that one the block's parser reports.
final class CSVBlockReader {
    private(set) var file: InputFile
    private(set) var encoding: TextEncoding?
    private let chunkBytes: Int
    private let recordLimit: Int
    private var pending: TextBuffer
    /// Bytes of `pending` already searched, none of which ends a record, and whether an odd number of quotes is among them.
    private var searched = 0
    private var oddQuotes = false
    private var utf16: UTF16Decoder?
    private var utf16Damaged = false
    private var raw: TextBuffer?
    private var finished = false

    init(path: String, options: CSVOptions) throws {
        precondition(options.maximumFieldBytes > 0 && options.chunkBytes > 0)
        file = try InputFile(path: path)
        chunkBytes = options.chunkBytes
        recordLimit = max(16 << 20, 2 * options.maximumFieldBytes)
        pending = TextBuffer(capacity: chunkBytes + 4)
        encoding = options.encoding
        try readStart(declared: options.encoding)
    }

    /// The encoding, once the file has been read.
    var detectedEncoding: TextEncoding { encoding ?? .utf8 }

    /// Bytes set aside for text that no block holds yet.
    var bufferedBytes: Int { pending.capacity + (raw?.capacity ?? 0) }

    /// The next block; nil at the end of the file.
    func next() throws -> CSVBlock? {
        while !finished {
            if let end = boundary() { return try cut(at: end) }
            if utf16Damaged { return try last(.invalidUTF16) }
            if pending.count > recordLimit { return try last(.overlongRecord) }
            if try fill() { continue }
            if let utf16, !utf16.isComplete { return try last(.invalidUTF16) }
            return pending.count > 0 ? try last(.file) : nil
        }
        return nil
    }

    // MARK: Start of the file

    private static let marks: [(bytes: [UInt8], encoding: TextEncoding)] = [
        ([0xef, 0xbb, 0xbf], .utf8BOM), ([0x84, 0x31, 0x95, 0x33], .gb18030),
        ([0xff, 0xfe], .utf16LittleEndian), ([0xfe, 0xff], .utf16BigEndian),
    ]

    private func readStart(declared: TextEncoding?) throws {
        while pending.count < 4 {
            let n = try file.read(into: pending.base + pending.count, count: 4 - pending.count)
            if n == 0 { break }
            pending.count += n
        }
        if pending.count == 0 { throw CSVReader.noHeader(file.path) }
        let start = Array(UnsafeBufferPointer(start: pending.base, count: pending.count))
        if start == [0xff, 0xfe, 0, 0] || start == [0, 0, 0xfe, 0xff] {
            throw YinheError(.badInput, "the file is UTF-32", at: file.path, remedy: "save it as UTF-8")
        }
        var skipped = 0
        if let mark = Self.marks.first(where: { start.starts(with: $0.bytes) }) {
            let agrees = declared == nil || declared == mark.encoding || (declared == .utf8 && mark.encoding == .utf8BOM)
            guard agrees else {
                throw YinheError(
                    .badInput,
                    "the file begins with the byte-order mark of \(mark.encoding.rawValue), not of \(declared!.rawValue)",
                    at: file.path, remedy: "leave the encoding to be detected, or correct it")
            }
            encoding = mark.encoding
            skipped = mark.bytes.count
        }
        let rest = Array(start.dropFirst(skipped))
        pending.count = 0
        if encoding == .utf16LittleEndian || encoding == .utf16BigEndian {
            utf16 = UTF16Decoder(bigEndian: encoding == .utf16BigEndian)
            raw = TextBuffer(capacity: chunkBytes)
            utf16Damaged = !utf16!.decode(rest, rest.count, into: pending)
        } else {
            pending.append(rest, count: rest.count)
        }
    }

    // MARK: Reading and cutting

    /// Reads about one chunk into `pending`; false at the end of the file.
    private func fill() throws -> Bool {
        if utf16 != nil {
            let n = try file.read(into: raw!.base, count: chunkBytes)
            if n > 0, !utf16!.decode(raw!.base, n, into: pending) { utf16Damaged = true }
            return n > 0
        }
        pending.reserve(chunkBytes)
        var read = 0
        while read < chunkBytes {  // a pipe returns less than asked
            let n = try file.read(into: pending.base + pending.count, count: chunkBytes - read)
            if n == 0 { break }
            read += n
            pending.count += n
        }
        return read > 0
    }

    /// Where the last whole record of `pending` ends; nil, and everything marked as searched, when there is none.
    private func boundary() -> Int? {
        let odd = oddQuotes != Self.oddQuotes(pending.base + searched, pending.count - searched)
        var oddHere = odd
        var i = pending.count - 1
        while i >= searched {
            let byte = pending.base[i]
            if byte == Ascii.quote { oddHere.toggle() } else if byte == Ascii.lineFeed, !oddHere {
                oddQuotes = odd
                return i + 1
            }
            i -= 1
        }
        searched = pending.count
        oddQuotes = odd
        return nil
    }

    private func cut(at end: Int) throws -> CSVBlock {
        let block = pending
        let rest = block.count - end
        pending = TextBuffer(capacity: rest + chunkBytes)
        pending.append(block.base + end, count: rest)
        searched = rest
        block.count = end
        return try finish(block, .record)
    }

    private func last(_ end: CSVBlock.End) throws -> CSVBlock {
        finished = true
        return try finish(pending, end)
    }

    private func finish(_ text: TextBuffer, _ end: CSVBlock.End) throws -> CSVBlock {
        if encoding == nil { encoding = try Self.detect(text) }
        return CSVBlock(text: text, isGB18030: encoding == .gb18030, end: end)
    }

    /// The encoding shown by the first bytes beyond ASCII; nil while all are ASCII, which all candidates read alike.
    ///
    /// Text that is UTF-8 for eight wide characters and then is not, is damaged UTF-8: a Chinese character in GB 18030 passes
    /// for UTF-8 about one time in seven.
    private static func detect(_ text: TextBuffer) throws -> TextEncoding? {
        let start = TextDecoding.asciiPrefix(text.base, text.count)
        if start == text.count { return nil }
        let check = TextDecoding.checkUTF8(text.base + start, text.count - start)
        if check.invalidAt == nil || check.wide >= 8 { return .utf8 }
        return try TextDecoding.decodeGB18030(text.base + start, text.count - start).complete ? .gb18030 : .utf8
    }

    /// Whether the number of quotes is odd. Eight bytes at a time: the high bit of each byte of `hits` is set exactly where the
    /// byte is a quote (H. S. Warren, "Hacker's Delight", section 6-1), and the parities add up by XOR.
    private static func oddQuotes(_ p: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        let low7: UInt64 = 0x7f7f_7f7f_7f7f_7f7f
        var odd: UInt64 = 0
        var i = 0
        while i + 8 <= count {
            let x = UnsafeRawPointer(p + i).loadUnaligned(as: UInt64.self) ^ 0x2222_2222_2222_2222
            let hits = ~(((x & low7) &+ low7) | x | low7)
            odd ^= hits
            i += 8
        }
        var parity = odd.nonzeroBitCount
        while i < count {
            if p[i] == Ascii.quote { parity += 1 }
            i += 1
        }
        return parity & 1 == 1
    }
}

/// Bytes with a meaning in CSV.
enum Ascii {
    static let quote: UInt8 = 0x22
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
}
