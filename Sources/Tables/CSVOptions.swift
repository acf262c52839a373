/// Character encodings of table files.
public enum TextEncoding: String, Hashable, Sendable, Codable, CaseIterable {
    case utf8 = "UTF-8"
    case utf8BOM = "UTF-8 with byte-order mark"
    /// GB 18030-2005, of which GBK and GB 2312 are subsets.
    case gb18030 = "GB18030"
    case utf16LittleEndian = "UTF-16LE"
    case utf16BigEndian = "UTF-16BE"
}

/// How a CSV file is read.
public struct CSVOptions: Hashable, Sendable {
    public enum Delimiter: UInt8, Hashable, Sendable, CaseIterable {
        case comma = 0x2c
        case semicolon = 0x3b
        case tab = 0x09
    }
    public var delimiter: Delimiter
    /// Nil: detected from the byte-order mark, else from the first bytes that are not ASCII.
    public var encoding: TextEncoding?
    /// A longer field (in UTF-8 bytes) is an error rather than a memory problem.
    public var maximumFieldBytes: Int
    /// Bytes asked from the operating system at a time.
    package var chunkBytes = 1 << 20

    public init(delimiter: Delimiter = .comma, encoding: TextEncoding? = nil, maximumFieldBytes: Int = 1 << 20) {
        self.delimiter = delimiter
        self.encoding = encoding
        self.maximumFieldBytes = maximumFieldBytes
    }
}
