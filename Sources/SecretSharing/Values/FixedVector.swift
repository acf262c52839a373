import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// One party's share of a vector of fixed-point numbers: integers times 2^-scale, with a bound on how far each is from the number it
/// stands for. Ranges are those of the integers, so nothing can overflow unseen; errors add up as operations say.
public struct FixedVector<Element: RingElement>: Sendable {
    public let integers: SharedVector<Element>
    /// Fraction bits.
    public let scale: Int
    /// Every value differs from the exact one by at most this (in units of the value, not of the last bit).
    public let error: Double

    public init(integers: SharedVector<Element>, scale: Int, error: Double = 0) {
        precondition(scale >= 0 && scale <= 100 && error >= 0)
        self.integers = integers
        self.scale = scale
        self.error = error
    }

    public var count: Int { integers.count }
    /// One unit of the last bit.
    public var unit: Double { exp2(-Double(scale)) }
    /// The greatest magnitude that the declared bounds allow.
    public var magnitude: Double {
        max(Double(integers.bounds.lower.magnitude), Double(integers.bounds.upper.magnitude)) * unit
    }

    private func requireScale(_ other: FixedVector) throws {
        guard scale == other.scale else {
            throw YinheError(
                .badInput, "fixed-point numbers of \(scale) and of \(other.scale) fraction bits cannot be added",
                remedy: "rescale one of them")
        }
    }

    public static func + (a: FixedVector, b: FixedVector) throws -> FixedVector {
        try a.requireScale(b)
        return FixedVector(integers: try a.integers + b.integers, scale: a.scale, error: a.error + b.error)
    }

    public static func - (a: FixedVector, b: FixedVector) throws -> FixedVector {
        try a.requireScale(b)
        return FixedVector(integers: try a.integers - b.integers, scale: a.scale, error: a.error + b.error)
    }

    /// The sum of all elements.
    public func sum() throws -> FixedVector {
        FixedVector(integers: try integers.sum(), scale: scale, error: error * Double(count))
    }

    // MARK: Conversion

    /// The integers for `values`, rounded to the nearest. Throws `.badInput` with the place of a value that is not a number, is infinite
    /// or does not fit `bounds`.
    public static func encode(_ values: [Double], scale: Int, bounds: DeclaredBounds) throws -> [Element.Signed] {
        try values.enumerated().map { place, value in
            let scaled = (value * exp2(Double(scale))).rounded()
            guard value.isFinite, let integer = Element.Signed(exactly: scaled), bounds.contains(Int128(integer)) else {
                throw YinheError(
                    .badInput, "the number at position \(place) is \(value.isFinite ? "outside the declared bounds" : "not finite")",
                    remedy: "clamp the values, declare wider bounds, or use fewer fraction bits than \(scale)")
            }
            return integer
        }
    }

    public static func decode(_ integers: [Element.Signed], scale: Int) -> [Double] {
        integers.map { Double($0) * exp2(-Double(scale)) }
    }
}

extension TwoPartyComputation {
    /// The product with `scale` fraction bits, rounded down; nil keeps those of both factors together, which costs no rounds.
    public func multiply<E: RingElement>(
        _ x: FixedVector<E>, _ y: FixedVector<E>, scale: Int? = nil
    ) async throws -> FixedVector<E> {
        let product = FixedVector(
            integers: try await multiply(x.integers, y.integers), scale: x.scale + y.scale,
            error: x.magnitude * y.error + y.magnitude * x.error + x.error * y.error)
        guard let scale else { return product }
        return try await rescaled(product, to: scale)
    }

    /// The same numbers with `scale` fraction bits. More bits cost nothing; fewer round down and add less than one unit to the error.
    public func rescaled<E: RingElement>(_ x: FixedVector<E>, to scale: Int) async throws -> FixedVector<E> {
        if scale >= x.scale {
            return FixedVector(
                integers: try x.integers.scaled(by: 1 << Int128(scale - x.scale)), scale: scale, error: x.error)
        }
        return FixedVector(
            integers: try await shiftedRight(x.integers, by: x.scale - scale), scale: scale, error: x.error + exp2(-Double(scale)))
    }

    /// x / y with `scale` fraction bits, rounded down, for y with a positive lower bound.
    public func divide<E: RingElement>(_ x: FixedVector<E>, by y: FixedVector<E>, scale: Int) async throws -> FixedVector<E> {
        let shift = scale + y.scale - x.scale
        guard shift >= 0 else {
            return try await divide(rescaled(x, to: scale + y.scale), by: y, scale: scale)
        }
        let integers = try await divide(x.integers.scaled(by: 1 << Int128(shift)), by: y.integers)
        let least = max(Double(y.integers.bounds.lower) * y.unit - y.error, y.unit / 2)
        return FixedVector(
            integers: integers, scale: scale,
            error: exp2(-Double(scale)) + x.error / least + x.magnitude * y.error / (least * least))
    }

    public func open<E: RingElement>(_ x: FixedVector<E>, to target: RevealTarget = .both) async throws -> [Double]? {
        try await open(x.integers, to: target).map { FixedVector<E>.decode($0, scale: x.scale) }
    }
}
