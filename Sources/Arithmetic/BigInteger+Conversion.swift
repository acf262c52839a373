import CGMPShims
import SandboxCore

// MARK: Text

extension BigInteger: CustomStringConvertible {
    /// Decimal digits with an optional leading '-'; nil for anything else.
    public init?(decimal text: some StringProtocol) {
        self.init(digits: text, base: 10) { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }

    /// Hexadecimal digits of either case with an optional leading '-'; nil for anything else.
    public init?(hex text: some StringProtocol) {
        self.init(digits: text, base: 16) {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
    }

    private init?(digits text: some StringProtocol, base: Int32, isDigit: (UInt8) -> Bool) {
        let utf8 = Array(text.utf8)
        let body = utf8.first == UInt8(ascii: "-") ? utf8.dropFirst() : utf8[...]
        // GMP would skip white space; here only digits are digits.
        guard !body.isEmpty, body.allSatisfy(isDigit) else { return nil }
        self.init { value in
            let status = String(decoding: utf8, as: UTF8.self).withCString { gmp_set_text(value, $0, base) }
            precondition(status == 0)
        }
    }

    /// Decimal.
    public var description: String { text(base: 10) }

    /// Lower-case hexadecimal, without prefix or leading zeros.
    public var hex: String { text(base: 16) }

    private func text(base: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: gmp_text_capacity(pointer, base)) { buffer in
            gmp_get_text(pointer, buffer.baseAddress, base)
            defer { ConstantTime.wipe(UnsafeMutableRawBufferPointer(buffer)) }
            return String(cString: buffer.baseAddress!)
        }
    }
}

// MARK: Bytes and limbs

extension BigInteger {
    /// The non-negative integer with this big-endian encoding; any number of leading zero bytes.
    public init(bigEndian bytes: some Sequence<UInt8>) {
        let array = Array(bytes)
        self.init { value in array.withUnsafeBufferPointer { gmp_set_big_endian(value, $0.baseAddress, $0.count) } }
    }

    init(bigEndian bytes: UnsafeRawBufferPointer) {
        self.init { gmp_set_big_endian($0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) }
    }

    /// The magnitude as exactly `count` big-endian bytes; traps when it does not fit.
    public func bigEndian(count: Int) -> [UInt8] {
        precondition((bitWidth + 7) / 8 <= count, "the integer does not fit")
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            gmp_get_big_endian(pointer, buffer.baseAddress, count)
            initialized = count
        }
    }

    /// The magnitude as big-endian bytes without leading zeros; empty for zero.
    public var bigEndian: [UInt8] { bigEndian(count: (bitWidth + 7) / 8) }

    /// The non-negative integer with these 64-bit limbs, least significant first.
    package init(limbs: [UInt64]) {
        self = limbs.withUnsafeBufferPointer { BigInteger(limbs: $0) }
    }

    package init(limbs: UnsafeBufferPointer<UInt64>) {
        self.init { gmp_set_limbs($0, limbs.baseAddress, limbs.count) }
    }

    /// The magnitude as `count` limbs, least significant first, by default as many as it takes; traps when it does not fit.
    package func limbs(count: Int? = nil) -> [UInt64] {
        let count = count ?? gmp_limb_count(pointer)
        return [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            copyLimbs(to: buffer.baseAddress, count: count)
            initialized = count
        }
    }

    package func copyLimbs(to destination: UnsafeMutablePointer<UInt64>?, count: Int) {
        precondition(gmp_limb_count(pointer) <= count, "the integer does not fit")
        if let destination, count > 0 { gmp_get_limbs(pointer, destination, count) }
    }

    /// The value as a UInt64; nil when it is negative or too large.
    public var uint64: UInt64? { signum < 0 || bitWidth > 64 ? nil : gmp_low_limb(pointer) }

    /// The value as a UInt128; nil when it is negative or too large.
    public var uint128: UInt128? {
        guard signum >= 0, bitWidth <= 128 else { return nil }
        let limbs = limbs(count: 2)
        return UInt128(limbs[1]) << 64 | UInt128(limbs[0])
    }

    /// The value as an Int; nil when it does not fit.
    public var int: Int? {
        guard let magnitude = magnitude.uint64 else { return nil }
        return signum < 0 ? Int(exactly: -Int128(magnitude)) : Int(exactly: magnitude)
    }
}
