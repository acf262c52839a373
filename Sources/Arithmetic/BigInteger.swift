import CGMPShims

/// An integer of any size and sign, with value semantics, on GMP.
///
/// The memory of every value is overwritten when its last copy goes away, so private keys may be held in it. GMP's own scratch
/// memory is not, and arithmetic takes time that depends on the values unless the name of the operation says otherwise.
public struct BigInteger: @unchecked Sendable {
    // Never changed after the value that owns it has been built; copies share it.
    let storage: Storage

    final class Storage {
        let pointer: OpaquePointer
        init() { pointer = gmp_new() }
        deinit { gmp_wipe_and_free(pointer) }
    }

    var pointer: OpaquePointer { storage.pointer }

    /// A new value that `build` writes through the pointer.
    init(building build: (OpaquePointer) -> Void) {
        storage = Storage()
        build(storage.pointer)
    }

    public static let zero = BigInteger(UInt64(0))
    public static let one = BigInteger(UInt64(1))

    public init(_ value: UInt64) {
        self.init { gmp_set_u64($0, value) }
    }

    public init(_ value: Int) {
        self.init {
            gmp_set_u64($0, UInt64(value.magnitude))
            if value < 0 { gmp_negate($0, $0) }
        }
    }

    public init(_ value: UInt128) {
        self.init(limbs: [UInt64(truncatingIfNeeded: value), UInt64(truncatingIfNeeded: value >> 64)])
    }

    /// -1, 0 or 1.
    public var signum: Int { Int(gmp_sign(pointer)) }
    /// Bits of the magnitude; 0 for zero.
    public var bitWidth: Int { gmp_bit_width(pointer) }
    public var isOdd: Bool { gmp_low_limb(pointer) & 1 == 1 }
    public var isZero: Bool { signum == 0 }
    public var magnitude: BigInteger { signum < 0 ? -self : self }

    /// Bit `index` of a non-negative value.
    public func bit(_ index: Int) -> Bool { gmp_bit(pointer, index) != 0 }
}

extension BigInteger: Comparable, Hashable, ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }

    public static func == (a: BigInteger, b: BigInteger) -> Bool { gmp_compare(a.pointer, b.pointer) == 0 }
    public static func < (a: BigInteger, b: BigInteger) -> Bool { gmp_compare(a.pointer, b.pointer) < 0 }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(signum)
        hasher.combine(limbs())
    }
}

// MARK: Arithmetic

extension BigInteger {
    public static prefix func - (a: BigInteger) -> BigInteger {
        BigInteger { gmp_negate($0, a.pointer) }
    }

    public static func + (a: BigInteger, b: BigInteger) -> BigInteger {
        BigInteger { gmp_add($0, a.pointer, b.pointer) }
    }

    public static func - (a: BigInteger, b: BigInteger) -> BigInteger {
        BigInteger { gmp_subtract($0, a.pointer, b.pointer) }
    }

    public static func * (a: BigInteger, b: BigInteger) -> BigInteger {
        BigInteger { gmp_multiply($0, a.pointer, b.pointer) }
    }

    /// Quotient rounded towards zero; a zero divisor traps.
    public static func / (a: BigInteger, b: BigInteger) -> BigInteger { a.quotientAndRemainder(dividingBy: b).quotient }

    /// Remainder of `/`: it has the sign of `a`. See `modulo` for the non-negative one.
    public static func % (a: BigInteger, b: BigInteger) -> BigInteger { a.quotientAndRemainder(dividingBy: b).remainder }

    public static func += (a: inout BigInteger, b: BigInteger) { a = a + b }
    public static func -= (a: inout BigInteger, b: BigInteger) { a = a - b }
    public static func *= (a: inout BigInteger, b: BigInteger) { a = a * b }

    public func quotientAndRemainder(dividingBy divisor: BigInteger) -> (quotient: BigInteger, remainder: BigInteger) {
        precondition(!divisor.isZero, "division by zero")
        let quotient = Storage()
        let remainder = BigInteger { gmp_divide(quotient.pointer, $0, pointer, divisor.pointer) }
        return (BigInteger(storage: quotient), remainder)
    }

    /// The remainder in 0 ..< |m|; a zero modulus traps.
    public func modulo(_ m: BigInteger) -> BigInteger {
        precondition(!m.isZero, "modulus zero")
        return BigInteger { gmp_modulo($0, pointer, m.pointer) }
    }

    /// The remainder in 0 ..< m.
    public func modulo(word m: UInt64) -> UInt64 {
        precondition(m > 0, "modulus zero")
        return gmp_modulo_u64(pointer, m)
    }

    public static func << (a: BigInteger, bits: Int) -> BigInteger {
        precondition(bits >= 0)
        return BigInteger { gmp_shift_left($0, a.pointer, bits) }
    }

    /// Rounds towards zero.
    public static func >> (a: BigInteger, bits: Int) -> BigInteger {
        precondition(bits >= 0)
        return BigInteger { gmp_shift_right($0, a.pointer, bits) }
    }

    init(storage: Storage) { self.storage = storage }
}
