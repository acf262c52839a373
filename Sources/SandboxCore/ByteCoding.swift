/// Appends fixed-width little-endian integers and length-prefixed bytes.
public struct ByteWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(reserving count: Int = 0) { bytes.reserveCapacity(count) }

    /// Makes room for `count` more bytes at once, before a large message is written.
    public mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    public mutating func write<I: FixedWidthInteger>(_ value: I) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Raw bytes without a length.
    public mutating func write(raw: some Sequence<UInt8>) { bytes.append(contentsOf: raw) }

    public mutating func write(raw: UnsafeRawBufferPointer) { bytes.append(contentsOf: raw) }

    /// A 4-byte length, then the bytes.
    public mutating func write(field: some Collection<UInt8>) {
        write(UInt32(field.count))
        bytes.append(contentsOf: field)
    }

    public mutating func write(_ text: String) { write(field: Array(text.utf8)) }
}

/// Reads what `ByteWriter` wrote, from bytes that a peer or a file controls: every read checks the length first.
public struct ByteReader: Sendable {
    private let bytes: [UInt8]
    private var offset: Int
    /// What is being decoded, for error messages.
    private let what: String

    public init(_ bytes: [UInt8], what: String) {
        self.bytes = bytes
        self.what = what
        offset = 0
    }

    public var remaining: Int { bytes.count - offset }

    private func malformed(_ reason: String) -> YinheError {
        YinheError(.peerMisbehaved, "malformed \(what): \(reason) at byte \(offset) of \(bytes.count)")
    }

    public mutating func read<I: FixedWidthInteger>(_ type: I.Type = I.self) throws -> I {
        let width = MemoryLayout<I>.size
        guard remaining >= width else { throw malformed("\(width) more bytes expected") }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: I.self) }
        offset += width
        return I(littleEndian: value)
    }

    public mutating func readRaw(_ count: Int) throws -> [UInt8] {
        guard count >= 0, remaining >= count else { throw malformed("\(count) more bytes expected") }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// A length-prefixed field of at most `maximum` bytes.
    public mutating func readField(maximum: Int) throws -> [UInt8] {
        let count = Int(try read(UInt32.self))
        guard count <= maximum else { throw malformed("a field of \(count) bytes, at most \(maximum) allowed") }
        return try readRaw(count)
    }

    /// Length-prefixed UTF-8 of at most `maximum` bytes.
    public mutating func readText(maximum: Int) throws -> String {
        let field = try readField(maximum: maximum)
        guard let text = String(validating: field, as: UTF8.self) else { throw malformed("text that is not UTF-8") }
        return text
    }

    /// A 4-byte element count of at most `maximum`, checked before anything is allocated.
    public mutating func readCount(maximum: Int, elementBytes: Int) throws -> Int {
        let count = Int(try read(UInt32.self))
        guard count <= maximum, count * elementBytes <= remaining else {
            throw malformed("\(count) elements announced, which do not fit")
        }
        return count
    }

    /// Everything must have been read.
    public func finish() throws {
        guard remaining == 0 else { throw malformed("\(remaining) bytes too many") }
    }
}

extension Sequence<UInt8> {
    /// Lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var out: [UInt8] = []
        for byte in self {
            out.append(digits[Int(byte >> 4)])
            out.append(digits[Int(byte & 15)])
        }
        return String(decoding: out, as: UTF8.self)
    }
}

extension [UInt8] {
    /// The bytes of an even number of hexadecimal digits; nil for anything else.
    public init?(hex text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        func value(_ digit: UInt8) -> UInt8? {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        self = []
        reserveCapacity(digits.count / 2)
        for i in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[i]), let low = value(digits[i + 1]) else { return nil }
            append(high << 4 | low)
        }
    }
}
