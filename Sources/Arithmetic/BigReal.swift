/// A real number with a chosen number of significant bits: for tables of constants and for checking what floating point computes.
///
/// value = mantissa * 2^exponent, the mantissa an integer of at most `precision` bits. Every operation cuts its exact (or a slightly
/// longer) result off towards zero, so its relative error is below 2^(1 - precision); sums and differences can cancel as always. A
/// result has the larger precision of the operands. Who needs certain digits computes twice, with growing precision (`settled`).
public struct BigReal: Sendable {
    let mantissa: BigInteger
    let exponent: Int
    public let precision: Int

    /// Cut to `precision` bits.
    init(_ mantissa: BigInteger, exponent: Int, precision: Int) {
        let excess = mantissa.bitWidth - precision
        self.mantissa = excess > 0 ? mantissa >> excess : mantissa
        self.exponent = mantissa.isZero ? 0 : exponent + max(0, excess)
        self.precision = precision
    }

    public init(_ value: Int, precision: Int) { self.init(BigInteger(value), exponent: 0, precision: precision) }

    /// The exact value of a finite double.
    public init(exactly value: Double, precision: Int) {
        precondition(value.isFinite)
        guard value != 0 else {
            self.init(.zero, exponent: 0, precision: precision)
            return
        }
        let whole = BigInteger(UInt64(value.significandBitPattern) | (value.isNormal ? 1 << 52 : 0))
        self.init(value < 0 ? -whole : whole, exponent: value.isNormal ? Int(value.exponent) - 52 : -1074, precision: precision)
    }

    /// The same value with another precision.
    public func rounded(to precision: Int) -> BigReal { BigReal(mantissa, exponent: exponent, precision: precision) }

    public var isZero: Bool { mantissa.isZero }
    public var signum: Int { mantissa.signum }
    public var magnitude: BigReal { signum < 0 ? -self : self }

    /// floor(log2 |value|); a very small number for zero.
    public var binaryExponent: Int { isZero ? Int.min / 4 : exponent + mantissa.bitWidth - 1 }

    /// The nearest double but for an error of one unit in the last place; infinite or zero outside its range.
    public var double: Double {
        if isZero { return 0 }
        let shift = mantissa.bitWidth - 64
        let top = shift > 0 ? mantissa.magnitude >> shift : mantissa.magnitude << -shift
        let power = exponent + shift
        // 2^64 and less, times a power of two: ldexp in two halves, so that nothing overflows on the way.
        guard power < 2000 else { return signum < 0 ? -.infinity : .infinity }
        guard power > -2200 else { return 0 }
        let value = Double(top.uint64!)
        let half = power / 2
        return (signum < 0 ? -1 : 1) * value * Double(sign: .plus, exponent: half, significand: 1)
            * Double(sign: .plus, exponent: power - half, significand: 1)
    }
}

// MARK: Arithmetic

extension BigReal: Comparable {
    public static prefix func - (a: BigReal) -> BigReal { BigReal(-a.mantissa, exponent: a.exponent, precision: a.precision) }

    public static func + (a: BigReal, b: BigReal) -> BigReal {
        let precision = max(a.precision, b.precision)
        if a.isZero { return b.rounded(to: precision) }
        if b.isZero { return a.rounded(to: precision) }
        let (large, small) = a.binaryExponent >= b.binaryExponent ? (a, b) : (b, a)
        if large.binaryExponent - small.binaryExponent > precision + 4 {
            // Far below the last bit only the sign matters.
            let shift = precision + 6 + max(0, precision - large.mantissa.bitWidth)
            return BigReal((large.mantissa << shift) + BigInteger(small.signum), exponent: large.exponent - shift, precision: precision)
        }
        let low = min(a.exponent, b.exponent)
        return BigReal(
            (a.mantissa << (a.exponent - low)) + (b.mantissa << (b.exponent - low)), exponent: low, precision: precision)
    }

    public static func - (a: BigReal, b: BigReal) -> BigReal { a + -b }

    public static func * (a: BigReal, b: BigReal) -> BigReal {
        BigReal(a.mantissa * b.mantissa, exponent: a.exponent + b.exponent, precision: max(a.precision, b.precision))
    }

    /// A zero divisor traps.
    public static func / (a: BigReal, b: BigReal) -> BigReal {
        let precision = max(a.precision, b.precision)
        let shift = max(0, precision + 2 + b.mantissa.bitWidth - a.mantissa.bitWidth)
        return BigReal((a.mantissa << shift) / b.mantissa, exponent: a.exponent - b.exponent - shift, precision: precision)
    }

    public static func += (a: inout BigReal, b: BigReal) { a = a + b }
    public static func -= (a: inout BigReal, b: BigReal) { a = a - b }
    public static func *= (a: inout BigReal, b: BigReal) { a = a * b }
    public static func /= (a: inout BigReal, b: BigReal) { a = a / b }

    public static func + (a: BigReal, b: Int) -> BigReal { a + BigReal(b, precision: a.precision) }
    public static func - (a: BigReal, b: Int) -> BigReal { a + BigReal(-b, precision: a.precision) }
    public static func * (a: BigReal, b: Int) -> BigReal { a * BigReal(b, precision: a.precision) }
    public static func / (a: BigReal, b: Int) -> BigReal { a / BigReal(b, precision: a.precision) }
    public static func + (a: Int, b: BigReal) -> BigReal { b + a }
    public static func - (a: Int, b: BigReal) -> BigReal { -b + a }
    public static func * (a: Int, b: BigReal) -> BigReal { b * a }
    public static func / (a: Int, b: BigReal) -> BigReal { BigReal(a, precision: b.precision) / b }

    public static func == (a: BigReal, b: BigReal) -> Bool { (a - b).isZero }
    public static func < (a: BigReal, b: BigReal) -> Bool {
        if a.signum != b.signum { return a.signum < b.signum }
        return (a - b).signum < 0
    }

    /// value * 2^bits, exact.
    public func scaled(byPowerOfTwo bits: Int) -> BigReal { BigReal(mantissa, exponent: exponent + bits, precision: precision) }

    /// The greatest integer at most this number; traps above 2^62.
    public var floor: Int {
        let integer = integerPart
        let result = integer.int!
        return signum < 0 && BigReal(integer, exponent: 0, precision: precision) != self ? result - 1 : result
    }

    /// The integer nearest to this number, halves to even; traps above 2^62.
    public var nearestInteger: Int {
        let below = floor
        let rest = self - below, half = BigReal(1, precision: precision).scaled(byPowerOfTwo: -1)
        if rest == half { return below & 1 == 0 ? below : below + 1 }
        return rest > half ? below + 1 : below
    }

    /// Rounded towards zero.
    private var integerPart: BigInteger {
        if exponent >= 0 {
            precondition(exponent < 64, "the number is too large for an integer")
            return mantissa << exponent
        }
        return -exponent > mantissa.bitWidth ? .zero : mantissa >> -exponent
    }

    /// The square root of a non-negative number: an integer square root by Newton's method.
    public var squareRoot: BigReal {
        precondition(signum >= 0)
        if isZero { return self }
        var shift = max(0, 2 * precision + 4 - mantissa.bitWidth)
        if (exponent - shift) & 1 != 0 { shift += 1 }
        let value = mantissa << shift
        var root = BigInteger(1) << ((value.bitWidth + 1) / 2)
        while true {
            let next = (root + value / root) >> 1
            if next >= root { break }
            root = next
        }
        return BigReal(root, exponent: (exponent - shift) / 2, precision: precision)
    }

    /// An integer power, also a negative one.
    public func power(_ n: Int) -> BigReal {
        var (base, result, rest) = (self, BigReal(1, precision: precision), n.magnitude)
        while rest > 0 {
            if rest & 1 == 1 { result *= base }
            rest >>= 1
            if rest > 0 { base *= base }
        }
        return n < 0 ? 1 / result : result
    }
}
