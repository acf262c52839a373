import SandboxCore

/// Reads a CSV file record by record: RFC 4180, strictly, in bounded memory (a chunk and the longest record).
///
/// LF and CRLF line ends, quoted fields with line breaks, UTF-8 with or without byte-order mark, GB 18030, UTF-16 with
/// byte-order mark. Everything else is an error with the physical line and the column, counted in characters from 1.
/// Regular files and pipes alike; the file is read once.
public struct CSVReader: ~Copyable {
    public let path: String
    /// The field names of the first record; no two are equal.
    public let header: [String]
    /// The physical line on which the current record begins; the header is line 1.
    public private(set) var line: Int
    private let blocks: CSVBlockReader
    private var parser: CSVRecordParser
    private var blockLine: Int
    private let options: CSVOptions

    /// Opens the file and reads its header.
    ///
    /// Throws `.badInput` for a file that is missing, a directory, empty, or has a malformed header or two equal names.
    public init(path: String, options: CSVOptions = CSVOptions()) throws {
        let blocks = try CSVBlockReader(path: path, options: options)
        var parser = try Self.firstParser(blocks.next(), path: path, options: options)
        let header = try Self.readHeader(&parser, path: path)
        self.path = path
        line = 1
        blockLine = 0
        self.options = options
        self.blocks = blocks
        self.parser = parser
        self.header = header
    }

    public var encoding: TextEncoding { blocks.detectedEncoding }
    /// Bytes read from the file so far.
    public var bytesRead: Int { blocks.file.bytesRead }
    /// The file's size; nil for a pipe.
    public var fileSize: Int? { blocks.file.size }
    /// Bytes of text held in memory.
    package var bufferedBytes: Int { blocks.bufferedBytes + parser.byteCount }
    /// SHA-256 of the bytes read so far, in hexadecimal digits: of the file once `next` has returned nil.
    public var digest: String { blocks.file.digest() }

    /// The fields of the next record; nil at the end of the file.
    public mutating func next() throws -> [String]? {
        guard try advance() else { return nil }
        return (0..<header.count).map { String(decoding: bytes($0), as: UTF8.self) }
    }

    /// Checks the next record without making strings of it; false at the end of the file.
    public mutating func skip() throws -> Bool { try advance() }

    /// Moves to the next record; false at the end.
    mutating func advance() throws -> Bool {
        while true {
            do {
                if try parser.next() {
                    line = blockLine + parser.recordLine + 1
                    return true
                }
            } catch { throw parser.error(error, path: path, linesBefore: blockLine) }
            blockLine += parser.linesBefore
            guard let block = try blocks.next() else { return false }
            parser = try CSVRecordParser(block, options: options)
            parser.expectedFields = header.count
        }
    }

    /// The bytes of a field of the current record; valid until the next call of `advance` or `bytes`.
    mutating func bytes(_ column: Int) -> UnsafeBufferPointer<UInt8> { parser.bytes(column) }

    static func firstParser(_ block: CSVBlock?, path: String, options: CSVOptions) throws -> CSVRecordParser {
        guard let block else { throw noHeader(path) }
        return try CSVRecordParser(block, options: options)
    }

    static func noHeader(_ path: String) -> YinheError {
        YinheError(.badInput, "the file is empty", at: path, remedy: "a table needs at least a header line")
    }

    /// Reads the first record as names, and makes the parser expect as many fields from then on.
    static func readHeader(_ parser: inout CSVRecordParser, path: String) throws -> [String] {
        do {
            guard try parser.next() else { throw noHeader(path) }
            var header: [String] = []
            for i in 0..<parser.fieldCount {
                let name = String(decoding: parser.bytes(i), as: UTF8.self)
                let place = parser.offset(i)
                guard !name.isEmpty else { throw CSVFault(offset: place, message: "column \(i + 1) has no name in the header") }
                guard !header.contains(name) else {
                    throw CSVFault(
                        offset: place, message: "the header names the column \"\(name)\" twice",
                        remedy: "rename one of the columns")
                }
                header.append(name)
            }
            parser.expectedFields = header.count
            return header
        } catch let fault as CSVFault { throw parser.error(fault, path: path, linesBefore: 0) }
    }
}

extension CSVRecordParser {
    /// A parser of the block's text as UTF-8. Text that its encoding does not allow becomes a fault behind the records before it.
    init(_ block: CSVBlock, options: CSVOptions) throws {
        // The block's own text stays as it is: its header is parsed once for the columns and once with the rows.
        var text = block.text
        var valid = text.count
        var fault: CSVFault?
        if block.isGB18030 {
            let decoded = try TextDecoding.decodeGB18030(text.base, text.count)
            text = decoded.text
            valid = text.count
            if !decoded.complete {
                fault = CSVFault(
                    offset: text.count, message: "bytes that are not GB18030, while the text before them is",
                    remedy: "save the file in one encoding, best UTF-8")
            }
        } else if let invalid = TextDecoding.checkUTF8(text.base, text.count).invalidAt {
            fault = CSVFault(
                offset: invalid, message: "the byte 0x\([text.base[invalid]].hex) is not UTF-8 here",
                remedy: "save the file as UTF-8; if it is GB18030, declare that encoding")
            valid = invalid
        }
        switch block.end {
        case .overlongRecord: fault = nil  // the cut may have split a character
        case .invalidUTF16:
            let half = "half of a UTF-16 character stands alone here"
            fault = fault ?? CSVFault(offset: valid, message: half, remedy: "save the file as UTF-8")
        case .record, .file: break
        }
        self.init(text: text, count: valid, end: block.end, textFault: fault, options: options)
    }

    /// The error for a fault in this block, which `linesBefore` lines precede.
    func error(_ fault: CSVFault, path: String, linesBefore: Int) -> YinheError {
        let place = place(of: fault.offset)
        return YinheError(
            .badInput, fault.message, at: "\(path), line \(linesBefore + place.line + 1), column \(place.column)",
            remedy: fault.remedy)
    }
}
