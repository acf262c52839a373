import SandboxCore

/// An exact rational number: privacy budgets, noise scales and public coefficients, where a rounding error would be a
/// wrong claim.
///
/// Numerator and denominator are 128-bit, in lowest terms, the denominator positive, so equal numbers have equal fields.
/// Arithmetic is exact or throws `YinheError(.range)`; nothing is ever rounded or wrapped.
public struct Rational: Hashable, Sendable {
    /// Never `Int128.min`, so that negation and magnitude always fit.
    public let numerator: Int128
    /// At least 1, and coprime to the numerator.
    public let denominator: Int128

    public static let zero = Rational(0)
    public static let one = Rational(1)

    public init(_ integer: Int) {
        numerator = Int128(integer)
        denominator = 1
    }

    /// `numerator / denominator` in lowest terms. Throws `.range` for a zero denominator, or when the reduced fraction does
    /// not fit.
    public init(_ numerator: Int128, over denominator: Int128 = 1) throws {
        guard denominator != 0 else { throw YinheError(.range, "a fraction with denominator zero") }
        let divisor = Self.gcd(numerator.magnitude, denominator.magnitude)
        let negative = (numerator < 0) != (denominator < 0)
        guard let top = Int128(exactly: numerator.magnitude / divisor),
            let bottom = Int128(exactly: denominator.magnitude / divisor)
        else { throw Self.overflow("the fraction") }
        self.init(reduced: negative ? -top : top, bottom)
    }

    init(reduced numerator: Int128, _ denominator: Int128) {
        self.numerator = numerator
        self.denominator = denominator
    }

    static func gcd(_ a: UInt128, _ b: UInt128) -> UInt128 {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }

    static func overflow(_ what: String) -> YinheError {
        YinheError(
            .range, "\(what) does not fit a 128-bit fraction",
            remedy: "use numbers with fewer digits, such as 0.1 or 1/3")
    }

    public var isInteger: Bool { denominator == 1 }
    public var isPositive: Bool { numerator > 0 }
    public var magnitude: Rational { Rational(reduced: abs(numerator), denominator) }

    /// The greatest integer at most this number.
    public var roundedDown: Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The least integer at least this number.
    public var roundedUp: Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder > 0 ? quotient + 1 : quotient
    }

    /// For display and estimates only.
    public var approximation: Double { Double(numerator) / Double(denominator) }
}

extension Rational: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int) { self.init(value) }
}

extension Rational: Comparable {
    public static func < (a: Rational, b: Rational) -> Bool {
        // Full-width products: comparing never overflows.
        let left = a.numerator.multipliedFullWidth(by: b.denominator)
        let right = b.numerator.multipliedFullWidth(by: a.denominator)
        return (left.high, left.low) < (right.high, right.low)
    }
}

extension Rational {
    public static prefix func - (a: Rational) -> Rational { Rational(reduced: -a.numerator, a.denominator) }

    /// Exact sum; throws `.range` when it, or the numerator over the common denominator before it is reduced, does not fit.
    public static func + (a: Rational, b: Rational) throws -> Rational {
        // Knuth, TAOCP volume 2, 4.5.1: the only common factors left are those of the two denominators.
        let shared = Int128(gcd(a.denominator.magnitude, b.denominator.magnitude))
        let (left, overflowLeft) = a.numerator.multipliedReportingOverflow(by: b.denominator / shared)
        let (right, overflowRight) = b.numerator.multipliedReportingOverflow(by: a.denominator / shared)
        let (top, overflowTop) = left.addingReportingOverflow(right)
        guard !overflowLeft, !overflowRight, !overflowTop, top != .min else { throw overflow("the sum \(a) + \(b)") }
        let common = Int128(gcd(top.magnitude, shared.magnitude))
        let (bottom, overflowBottom) = (a.denominator / shared).multipliedReportingOverflow(by: b.denominator / common)
        guard !overflowBottom else { throw overflow("the sum \(a) + \(b)") }
        return Rational(reduced: top / common, bottom)
    }

    public static func - (a: Rational, b: Rational) throws -> Rational { try a + (-b) }

    /// Exact product; throws `.range` only when the reduced product does not fit.
    public static func * (a: Rational, b: Rational) throws -> Rational {
        let first = Int128(gcd(a.numerator.magnitude, b.denominator.magnitude))
        let second = Int128(gcd(b.numerator.magnitude, a.denominator.magnitude))
        let (top, overflowTop) = (a.numerator / first).multipliedReportingOverflow(by: b.numerator / second)
        let (bottom, overflowBottom) = (a.denominator / second).multipliedReportingOverflow(by: b.denominator / first)
        guard !overflowTop, !overflowBottom, top != .min else { throw overflow("the product \(a) * \(b)") }
        return Rational(reduced: top, bottom)
    }

    /// Exact quotient; throws `.range` for a zero divisor, or when the reduced quotient does not fit.
    public static func / (a: Rational, b: Rational) throws -> Rational {
        guard b.numerator != 0 else { throw YinheError(.range, "division of \(a) by zero") }
        let inverse =
            b.numerator < 0
            ? Rational(reduced: -b.denominator, -b.numerator) : Rational(reduced: b.denominator, b.numerator)
        return try a * inverse
    }

    public static func += (a: inout Rational, b: Rational) throws { a = try a + b }
    public static func -= (a: inout Rational, b: Rational) throws { a = try a - b }
}
