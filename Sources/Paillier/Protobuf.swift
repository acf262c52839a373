import SandboxCore

/// The part of protobuf's wire format that the interconnection encoding needs.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func write(_ field: UInt64, varint value: UInt64) {
        write(varint: field << 3)
        write(varint: value)
    }

    /// A length-delimited field: bytes, text, an embedded message, packed numbers.
    mutating func write(_ field: UInt64, message: [UInt8]) {
        write(varint: field << 3 | 2)
        write(varint: UInt64(message.count))
        bytes += message
    }
}

/// Reads what a peer or a file controls; throws `.badInput` where the bytes are not protobuf.
struct ProtobufReader {
    struct Field {
        enum Value { case varint(UInt64), bytes(ArraySlice<UInt8>), other }
        var number: UInt64
        var value: Value
    }

    private var rest: ArraySlice<UInt8>
    private let what: String

    init(_ bytes: ArraySlice<UInt8>, what: String) {
        rest = bytes
        self.what = what
    }

    var isAtEnd: Bool { rest.isEmpty }

    /// Nil at the end. Fields of fixed width are skipped as `.other`; groups, which proto3 has not, are an error.
    mutating func next() throws -> Field? {
        guard !rest.isEmpty else { return nil }
        let key = try varint()
        guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw malformed }
        switch key & 7 {
        case 0: return Field(number: key >> 3, value: .varint(try varint()))
        case 1: _ = try take(8)
        case 2: return Field(number: key >> 3, value: .bytes(try take(try varint())))
        case 5: _ = try take(4)
        default: throw malformed
        }
        return Field(number: key >> 3, value: .other)
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst(), shift < 63 || byte < 2 else { throw malformed }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        throw malformed
    }

    private mutating func take(_ count: UInt64) throws -> ArraySlice<UInt8> {
        guard count <= UInt64(rest.count) else { throw malformed }
        defer { rest = rest.dropFirst(Int(count)) }
        return rest.prefix(Int(count))
    }

    private var malformed: YinheError { YinheError(.badInput, "the \(what) is not valid protobuf") }
}
