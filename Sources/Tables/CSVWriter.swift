import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Writes a CSV file that appears whole or not at all (`AtomicFile`), quoted as RFC 4180 asks.
///
/// Cells are written as they are. A spreadsheet program runs a cell that begins with `=`, `+`, `-` or `@` as a formula, also
/// when it is quoted: a program that shows files of others in a spreadsheet must import such columns as text.
public final class CSVWriter {
    private let file: AtomicFile
    private let delimiter: UInt8
    private let lineEnd: [UInt8]
    private let encoding: TextEncoding
    private let fieldCount: Int
    private var pending: [UInt8] = []
    private static let pendingBytes = 1 << 18

    public enum LineEnd: String, Sendable { case lf = "\n", crlf = "\r\n" }

    /// Creates the file and writes its header. `encoding`: UTF-16 is written with a byte-order mark, GB18030 without.
    public init(
        path: String, header: [String], delimiter: CSVOptions.Delimiter = .comma, encoding: TextEncoding = .utf8,
        lineEnd: LineEnd = .lf
    ) throws {
        precondition(!header.isEmpty, "a table has at least one column")
        file = try AtomicFile(path: path)
        self.delimiter = delimiter.rawValue
        self.lineEnd = Array(lineEnd.rawValue.utf8)
        self.encoding = encoding
        fieldCount = header.count
        switch encoding {
        case .utf8, .gb18030: break
        case .utf8BOM: try file.write([0xef, 0xbb, 0xbf] as [UInt8])
        case .utf16LittleEndian: try file.write([0xff, 0xfe] as [UInt8])
        case .utf16BigEndian: try file.write([0xfe, 0xff] as [UInt8])
        }
        try write(header)
    }

    /// Writes one record of as many fields as the header.
    public func write(_ fields: [String]) throws {
        precondition(fields.count == fieldCount, "\(fields.count) fields, the header has \(fieldCount)")
        for (i, field) in fields.enumerated() {
            if i > 0 { pending.append(delimiter) }
            appendField(Array(field.utf8))
        }
        try endRecord()
    }

    /// Writes records that are already CSV text: complete lines in UTF-8.
    func write(lines: [UInt8]) throws {
        pending += lines
        if pending.count >= Self.pendingBytes { try flush() }
    }

    /// Writes one record of UTF-8 fields.
    func write(utf8 fields: [[UInt8]]) throws {
        for (i, field) in fields.enumerated() {
            if i > 0 { pending.append(delimiter) }
            appendField(field)
        }
        try endRecord()
    }

    /// Makes the file durable and visible.
    public func commit() throws {
        try flush()
        try file.commit()
    }

    private func appendField(_ bytes: [UInt8]) {
        // An empty single field would otherwise be an empty line.
        let special = bytes.contains {
            $0 == delimiter || $0 == Ascii.quote || $0 == Ascii.lineFeed || $0 == Ascii.carriageReturn
        }
        guard special || (bytes.isEmpty && fieldCount == 1) else {
            pending += bytes
            return
        }
        pending.append(Ascii.quote)
        for byte in bytes {
            if byte == Ascii.quote { pending.append(byte) }
            pending.append(byte)
        }
        pending.append(Ascii.quote)
    }

    private func endRecord() throws {
        pending += lineEnd
        if pending.count >= Self.pendingBytes { try flush() }
    }

    private func flush() throws {
        switch encoding {
        case .utf8, .utf8BOM: try file.write(pending)
        case .gb18030: try file.write(Self.encodeGB18030(pending))
        case .utf16LittleEndian, .utf16BigEndian:
            var out: [UInt8] = []
            out.reserveCapacity(pending.count * 2)
            for unit in String(decoding: pending, as: UTF8.self).utf16 {
                let high = UInt8(unit >> 8), low = UInt8(unit & 0xff)
                out += encoding == .utf16BigEndian ? [high, low] : [low, high]
            }
            try file.write(out)
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// GB 18030 of valid UTF-8, which it can always express.
    private static func encodeGB18030(_ text: [UInt8]) throws -> [UInt8] {
        let converter = try TextDecoding.openConverter(to: "GB18030", from: "UTF-8")
        defer { iconv_close(converter) }
        return try [UInt8](unsafeUninitializedCapacity: text.count * 2 + 16) { out, count in
            try text.withUnsafeBytes { source in
                var input = TextDecoding.characters(source.baseAddress)
                var inputLeft = source.count
                var output = TextDecoding.characters(out.baseAddress)
                var outputLeft = out.count
                guard inputLeft == 0 || iconv(converter, &input, &inputLeft, &output, &outputLeft) != -1 else {
                    let reason = systemErrorText(errno)
                    throw YinheError(.badInput, "text that GB18030 cannot express: \(reason)", remedy: "write UTF-8")
                }
                count = out.count - outputLeft
            }
        }
    }
}
