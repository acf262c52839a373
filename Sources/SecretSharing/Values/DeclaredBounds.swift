import SandboxCore

/// The range that every element of a shared vector is declared to lie in.
///
/// Every operation computes the range of its result, so that a result which might leave the ring is refused before anything
/// is computed; shares themselves are uniform and show no overflow. Results beyond 128 signed bits throw `.range`.
public struct DeclaredBounds: Hashable, Sendable, CustomStringConvertible {
    public let lower: Int128
    public let upper: Int128

    /// Throws `.range` when `lower` is above `upper`.
    public init(_ lower: Int128, _ upper: Int128) throws {
        guard lower <= upper else {
            throw YinheError(.range, "the declared bounds \(lower) ... \(upper) are empty", remedy: "put the lower bound first")
        }
        self.init(unchecked: lower, upper)
    }

    init(unchecked lower: Int128, _ upper: Int128) {
        self.lower = lower
        self.upper = upper
    }

    public init(_ range: ClosedRange<Int64>) { self.init(unchecked: Int128(range.lowerBound), Int128(range.upperBound)) }

    public func contains(_ value: Int128) -> Bool { lower <= value && value <= upper }
    public func contains(_ other: DeclaredBounds) -> Bool { lower <= other.lower && other.upper <= upper }

    public var description: String { "\(lower) ... \(upper)" }

    private static func tooWide(_ what: String) -> YinheError {
        YinheError(
            .range, "\(what) could leave the range of 128 signed bits", remedy: "declare tighter bounds, or sum fewer elements")
    }

    private static func checked(
        _ what: @autoclosure () -> String, _ a: (Int128, Bool), _ b: (Int128, Bool)
    ) throws -> DeclaredBounds {
        guard !a.1, !b.1 else { throw tooWide(what()) }
        return DeclaredBounds(unchecked: min(a.0, b.0), max(a.0, b.0))
    }

    public static func + (a: DeclaredBounds, b: DeclaredBounds) throws -> DeclaredBounds {
        try checked("the sum of values in \(a) and in \(b)", a.lower.adding(b.lower), a.upper.adding(b.upper))
    }

    public static func - (a: DeclaredBounds, b: DeclaredBounds) throws -> DeclaredBounds {
        try checked("the difference of values in \(a) and in \(b)", a.lower.subtracting(b.upper), a.upper.subtracting(b.lower))
    }

    /// Of values multiplied by a public factor.
    public func scaled(by factor: Int128) throws -> DeclaredBounds {
        try Self.checked("a value in \(self) times \(factor)", lower.multiplied(by: factor), upper.multiplied(by: factor))
    }

    public static func * (a: DeclaredBounds, b: DeclaredBounds) throws -> DeclaredBounds {
        let products = [
            a.lower.multiplied(by: b.lower), a.lower.multiplied(by: b.upper), a.upper.multiplied(by: b.lower),
            a.upper.multiplied(by: b.upper),
        ]
        guard products.allSatisfy({ !$0.1 }) else { throw tooWide("the product of values in \(a) and in \(b)") }
        return DeclaredBounds(unchecked: products.map(\.0).min()!, products.map(\.0).max()!)
    }

    /// Of the square of a value.
    public func squared() throws -> DeclaredBounds {
        let product = try self * self
        let reachesZero = lower <= 0 && upper >= 0
        let ends = [lower.multiplied(by: lower).0, upper.multiplied(by: upper).0]
        return DeclaredBounds(unchecked: reachesZero ? 0 : ends.min()!, product.upper)
    }

    /// The smallest bounds that hold the values of both.
    public func union(_ other: DeclaredBounds) -> DeclaredBounds {
        DeclaredBounds(unchecked: min(lower, other.lower), max(upper, other.upper))
    }

    /// The least k with -2^k <= value < 2^k for every value: bits of the magnitude in two's complement, without the sign.
    package var magnitudeBits: Int {
        func bits(_ value: Int128) -> Int { 128 - (value < 0 ? ~value : value).leadingZeroBitCount }
        return max(bits(lower), bits(upper))
    }

    /// Of the sum of `count` values.
    public func summed(_ count: Int) throws -> DeclaredBounds { try scaled(by: Int128(count)) }

    /// Throws `.range`, naming `operation`, unless every value fits `ring`.
    func require(in ring: Ring, for operation: String) throws {
        guard ring.range.contains(self) else {
            throw YinheError(
                .range, "the result of \(operation) lies in \(self), which the ring \(ring.rawValue) does not hold",
                remedy: ring == .z64 ? "use z2^128, or declare tighter bounds" : "declare tighter bounds")
        }
    }
}

extension Int128 {
    fileprivate func adding(_ other: Int128) -> (Int128, Bool) {
        let r = addingReportingOverflow(other)
        return (r.partialValue, r.overflow)
    }
    fileprivate func subtracting(_ other: Int128) -> (Int128, Bool) {
        let r = subtractingReportingOverflow(other)
        return (r.partialValue, r.overflow)
    }
    fileprivate func multiplied(by other: Int128) -> (Int128, Bool) {
        let r = multipliedReportingOverflow(by: other)
        return (r.partialValue, r.overflow)
    }
}

extension DeclaredBounds: Codable {
    private enum CodingKeys: CodingKey { case lower, upper }

    /// Coded as decimal text, because JSON readers lose digits of 128-bit numbers.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func number(_ key: CodingKeys) throws -> Int128 {
            let text = try container.decode(String.self, forKey: key)
            guard let value = Int128(text) else { throw YinheError(.badInput, "\"\(text.prefix(60))\" is not an integer bound") }
            return value
        }
        try self.init(number(.lower), number(.upper))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(String(lower), forKey: .lower)
        try container.encode(String(upper), forKey: .upper)
    }
}
