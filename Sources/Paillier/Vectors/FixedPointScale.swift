import SandboxCore

/// How a real number stands as an integer: one unit is 10^-decimals * 2^-fractionBits.
///
/// A value is rounded to the nearest unit, so it is off by at most half a unit; a sum with weights w_i by at most half a unit times
/// the sum of |w_i|. Nothing is rounded after that: sums and products are exact.
public struct FixedPointScale: Sendable, Hashable {
    public let decimals: Int
    public let fractionBits: Int

    /// Whole numbers.
    public static let integer = FixedPointScale(unchecked: 0, 0)
    /// Units of 10^-digits; `digits` in 0 ... 18.
    public static func decimal(_ digits: Int) -> FixedPointScale { FixedPointScale(decimals: digits, fractionBits: 0) }
    /// Units of 2^-bits; `bits` in 0 ... 62.
    public static func binary(_ bits: Int) -> FixedPointScale { FixedPointScale(decimals: 0, fractionBits: bits) }

    /// Traps outside 0 ... 18 decimals and 0 ... 62 bits.
    public init(decimals: Int, fractionBits: Int) {
        precondition((0...18).contains(decimals) && (0...62).contains(fractionBits), "a scale outside 0 ... 18 digits, 0 ... 62 bits")
        self.init(unchecked: decimals, fractionBits)
    }

    init(unchecked decimals: Int, _ fractionBits: Int) {
        self.decimals = decimals
        self.fractionBits = fractionBits
    }

    /// Units in 1, as a double; exact up to 22 decimals.
    var unitsInOne: Double {
        var factor = 1.0
        for _ in 0..<decimals { factor *= 10 }
        for _ in 0..<fractionBits { factor *= 2 }
        return factor
    }

    /// The nearest whole number of units, ties to even. Throws `.range` for a value that is not finite or whose units pass 64 bits.
    ///
    /// The product is rounded once in double precision before it is rounded to a unit: above 2^53 units the half unit is a promise
    /// about the double that is nearest to `value` times `unitsInOne`.
    public func units(of value: Double) throws -> Int64 {
        guard let units = Int64(exactly: (value * unitsInOne).rounded(.toNearestOrEven)) else {
            throw YinheError(
                .range, "a value does not fit 64 bits in units of \(self)", remedy: "declare fewer digits, or clamp the values")
        }
        return units
    }

    /// The double nearest to so many units, up to two roundings.
    public func value(ofUnits units: Int128) -> Double { Double(units) / unitsInOne }

    /// The scale of a product.
    package static func * (a: FixedPointScale, b: FixedPointScale) -> FixedPointScale {
        FixedPointScale(unchecked: a.decimals + b.decimals, a.fractionBits + b.fractionBits)
    }
}

extension FixedPointScale: CustomStringConvertible {
    public var description: String {
        switch (decimals, fractionBits) {
        case (0, 0): "1"
        case (_, 0): "10^-\(decimals)"
        case (0, _): "2^-\(fractionBits)"
        default: "10^-\(decimals) * 2^-\(fractionBits)"
        }
    }
}
