import Arithmetic
import SandboxCore

// The encoding of the interconnection specifications of Chinese privacy computing platforms (隐私计算跨平台互联互通), in the form
// that SecretFlow's HEU reads and writes as "IcPaillier"; Protocols/paillier.md, "Interconnection". It is protobuf (proto3):
//
//     Bigint               { bool is_neg = 1; bytes little_endian_value = 2; }
//     PaillierPublicKey    { Bigint n = 1; Bigint hs = 2; }                       hs = h^n mod n^2
//     PaillierCiphertext   { Bigint c = 1; }
//     VNdArray             { repeated int64 shape = 1; repeated bytes items = 2; }
//     DataExchangeProtocol { int32 scalar_type = 1; string scalar_type_name = 2; VNdArray v_ndarray = 9; }
//
// HEU's Python interface ends a key, a ciphertext and each item of an array with 8 bytes more, the number of the scheme in its build.

/// How an object in the interconnection encoding ends.
public enum PaillierInterconnectionForm: Sendable, Hashable {
    /// The protobuf message alone.
    case message
    /// The message and the number of the scheme "IcPaillier" in a build of HEU, as HEU's Python interface expects it: 6 in sf-heu 0.6.0.
    case heu(schemaNumber: UInt8 = 6)

    fileprivate var suffix: [UInt8] {
        switch self {
        case .message: []
        case .heu(let number): [number] + [UInt8](repeating: 0, count: 7)
        }
    }
}

extension PaillierPublicKey {
    /// The key as others read it: n and h^n. The exponents of the subgroup scheme are not part of the encoding: others take
    /// exponents of half the bits of n, which every private key opens.
    ///
    /// Throws `.badInput` for a key of the standard scheme, which has no h.
    public func encodedForInterconnection(_ form: PaillierInterconnectionForm = .message) throws -> [UInt8] {
        guard let randomizerBase else {
            throw YinheError(.badInput, "a Paillier key of the standard scheme has no base h^n", remedy: "use a key of another scheme")
        }
        var writer = ProtobufWriter()
        writer.write(1, message: Self.bigint(n))
        writer.write(2, message: Self.bigint(randomizerBase))
        return writer.bytes + form.suffix
    }

    /// Reads and checks a key of others; `.badInput` says what is wrong. It becomes a DJN key with exponents of half the bits of n,
    /// long enough for whichever way its owner has chosen h. That h^n is an n-th power cannot be seen; if it is none, only the owner
    /// is hurt, who reads wrong numbers.
    public convenience init(interconnection bytes: [UInt8]) throws {
        try self.init(interconnection: bytes, allowedBits: Self.allowedBits)
    }

    package convenience init(interconnection bytes: [UInt8], allowedBits: [Int]) throws {
        let what = "interconnection encoding of a Paillier public key"
        let (n, base) = try Self.message(bytes[...], what) { reader in
            var n: BigInteger?, base: BigInteger?
            while let field = try reader.next() {
                switch field.number {
                case 1: n = try Self.bigint(field, once: n, limit: KeyForm.maximumBytes, what)
                case 2: base = try Self.bigint(field, once: base, limit: KeyForm.maximumBytes, what)
                default: break
                }
            }
            return (n, base)
        }
        guard let n, let base else { throw YinheError(.badInput, "an \(what) without n or hs") }
        try self.init(n: n, foreignBase: base, allowedBits: allowedBits)
    }

    /// One ciphertext.
    public func encodeForInterconnection(
        _ ciphertext: PaillierCiphertext, _ form: PaillierInterconnectionForm = .message
    ) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, message: Self.bigint(ciphertext.value))
        return writer.bytes + form.suffix
    }

    /// Takes one ciphertext from outside; throws `.badInput` as `ciphertext(_:)` does, and for another encoding.
    public func decodeCiphertext(interconnection bytes: [UInt8]) throws -> PaillierCiphertext {
        try ciphertext(ciphertextValue(interconnection: bytes[...]))
    }

    private func ciphertextValue(interconnection bytes: ArraySlice<UInt8>) throws -> BigInteger {
        let what = "interconnection encoding of a Paillier ciphertext"
        let value = try Self.message(bytes, what) { reader in
            var value: BigInteger?
            while let field = try reader.next() {
                if field.number == 1 { value = try Self.bigint(field, once: value, limit: ciphertextBytes + 8, what) }
            }
            return value
        }
        guard let value else { throw YinheError(.badInput, "an \(what) without c") }
        return value
    }

    /// Reads a message with or without the number of a scheme after it. No message ends like that: its first byte would be the key of a
    /// field 0, or the next one would.
    private static func message<R>(
        _ bytes: ArraySlice<UInt8>, _ what: String, _ body: (inout ProtobufReader) throws -> R
    ) throws -> R {
        do {
            var reader = ProtobufReader(bytes, what: what)
            return try body(&reader)
        } catch {
            guard bytes.count > 8, bytes.suffix(7).allSatisfy({ $0 == 0 }) else { throw error }
            var reader = ProtobufReader(bytes.dropLast(8), what: what)
            return try body(&reader)
        }
    }

    /// A vector of ciphertexts.
    public func encodeForInterconnection(
        _ ciphertexts: [PaillierCiphertext], _ form: PaillierInterconnectionForm = .message
    ) -> [UInt8] {
        var array = ProtobufWriter()
        var shape = ProtobufWriter()
        shape.write(varint: UInt64(ciphertexts.count))
        array.write(1, message: shape.bytes)
        for ciphertext in ciphertexts { array.write(2, message: encodeForInterconnection(ciphertext, form)) }
        var writer = ProtobufWriter()
        writer.write(1, varint: Self.objectType)
        writer.write(2, message: Array(Self.objectName.utf8))
        writer.write(9, message: array.bytes)
        return writer.bytes
    }

    /// Takes a vector or a matrix of ciphertexts, in the order of the message (HEU writes a matrix column after column); `maximum` bounds
    /// their number. Throws `.badInput` as `ciphertext(_:)` does, and for another encoding.
    public func decodeCiphertexts(
        interconnection bytes: [UInt8], maximum: Int
    ) throws -> (shape: [Int], ciphertexts: [PaillierCiphertext]) {
        let what = "interconnection encoding of Paillier ciphertexts"
        var array: ArraySlice<UInt8>?
        var reader = ProtobufReader(bytes[...], what: what)
        while let field = try reader.next() {
            switch (field.number, field.value) {
            case (1, .varint(Self.objectType)): break
            case (2, .bytes(let name)) where name.elementsEqual(Self.objectName.utf8): break
            case (9, .bytes(let bytes)) where array == nil: array = bytes
            case (1, _), (2, _), (9, _): throw YinheError(.badInput, "an \(what) of another element type")
            default: break
            }
        }
        guard let array else { throw YinheError(.badInput, "an \(what) without v_ndarray") }
        var shape: [Int] = []
        var ciphertexts: [PaillierCiphertext] = []
        var items = ProtobufReader(array, what: what)
        while let field = try items.next() {
            switch (field.number, field.value) {
            case (1, .varint(let extent)): shape.append(try Self.extent(extent, maximum, what))
            case (1, .bytes(let packed)):
                var extents = ProtobufReader(packed, what: what)
                while !extents.isAtEnd { shape.append(try Self.extent(try extents.varint(), maximum, what)) }
            case (2, .bytes(let bytes)):
                guard ciphertexts.count < maximum else { throw YinheError(.badInput, "an \(what), more than \(maximum)") }
                ciphertexts.append(try ciphertext(ciphertextValue(interconnection: bytes)))
            case (2, _): throw YinheError(.badInput, "an \(what) of another element type")
            default: break
            }
            guard shape.count <= 4 else { throw YinheError(.badInput, "an \(what) of more than 4 dimensions") }
        }
        var count = 1
        for extent in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            count = overflow ? -1 : product
        }
        guard count == ciphertexts.count else {
            throw YinheError(.badInput, "an \(what) of \(ciphertexts.count) elements, \(shape) announced")
        }
        return (shape, ciphertexts)
    }

    /// SCALAR_TYPE_OBJECT, and how HEU names a Paillier ciphertext.
    private static let objectType: UInt64 = 20
    private static let objectName = "ciphertext"

    private static func extent(_ value: UInt64, _ maximum: Int, _ what: String) throws -> Int {
        guard value <= UInt64(maximum) else { throw YinheError(.badInput, "an \(what), more than \(maximum)") }
        return Int(value)
    }

    private static func bigint(_ value: BigInteger) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(2, message: value.bigEndian.reversed())
        return writer.bytes
    }

    private static func bigint(
        _ field: ProtobufReader.Field, once earlier: BigInteger?, limit: Int, _ what: String
    ) throws -> BigInteger {
        guard earlier == nil, case .bytes(let message) = field.value else { throw YinheError(.badInput, "a malformed \(what)") }
        var value = BigInteger.zero, isNegative = false
        var reader = ProtobufReader(message, what: what)
        while let part = try reader.next() {
            switch (part.number, part.value) {
            case (1, .varint(let flag)): isNegative = flag != 0
            case (2, .bytes(let bytes)):
                guard bytes.count <= limit else { throw YinheError(.badInput, "an \(what) with a number of \(bytes.count) bytes") }
                value = BigInteger(bigEndian: bytes.reversed())
            case (1, _), (2, _): throw YinheError(.badInput, "a malformed \(what)")
            default: break
            }
        }
        return isNegative ? -value : value
    }
}
