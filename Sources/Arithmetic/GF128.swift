import CKernels

/// The field GF(2^128) as a quadratic extension of `GF64`: F = B[z]/(z^2 + z + g) with B = GF(2^64) and g = y^61. The element
/// c0 + c1 z is the block with low word c0 and high word c1; B lies in F as the blocks with high word 0.
///
/// z^2 + z + g is irreducible over B exactly when the trace of g, g + g^2 + g^4 + ... + g^(2^63), is 1 (w -> w^2 + w maps B onto
/// the elements of trace 0; Lidl and Niederreiter, "Finite Fields", theorem 2.25). The trace of y^i is the i-th power sum of the
/// roots of y^64 + y^4 + y^3 + y + 1, whose elementary symmetric functions are 0 but for e60 = e61 = e63 = e64 = 1 (and e0). By
/// Newton's identities p_i = i e_i + sum_{0<j<i} e_j p_(i-j) = i e_i while no smaller e_j is 1: so p_i = 0 for 0 < i < 60,
/// p_60 = 60 = 0, and p_61 = 61 + e60 p_1 = 1. y^61 is the first power of y with trace 1.
///
/// Running time is independent of the elements.
package enum GF128 {
    package static func multiply(_ a: Block128, _ b: Block128) -> Block128 {
        Block128(best.pointee.multiply128(yinhe_gf128(a), yinhe_gf128(b)))
    }

    /// The product with an element of the small field: (a c0) + (a c1) z.
    package static func multiply(_ a: UInt64, _ b: Block128) -> Block128 {
        Block128(low: GF64.multiply(a, b.low), high: GF64.multiply(a, b.high))
    }

    /// The inverse, and 0 for 0: the conjugate of c0 + c1 z is (c0 + c1) + c1 z, their product, the norm, lies in B.
    package static func inverse(_ a: Block128) -> Block128 {
        let conjugate = Block128(low: a.low ^ a.high, high: a.high)
        return multiply(GF64.inverse(multiply(a, conjugate).low), conjugate)
    }

    /// a^exponent, with 0^0 = 1. Time depends on the exponent, which is public.
    package static func power(_ a: Block128, _ exponent: UInt64) -> Block128 {
        var result = Block128(low: 1, high: 0)
        var base = a
        var rest = exponent
        while rest != 0 {
            if rest & 1 == 1 { result = multiply(result, base) }
            base = multiply(base, base)
            rest >>= 1
        }
        return result
    }

    /// accumulator[i] += scalars[i] * delta, for i < count.
    package static func addProducts(
        into accumulator: UnsafeMutablePointer<Block128>, _ scalars: UnsafePointer<UInt64>, _ delta: Block128, count: Int
    ) {
        best.pointee.add_products64(words(accumulator), scalars, yinhe_gf128(delta), count)
    }

    /// accumulator[i] += values[i] * delta, for i < count.
    package static func addProducts(
        into accumulator: UnsafeMutablePointer<Block128>, _ values: UnsafePointer<Block128>, _ delta: Block128, count: Int
    ) {
        best.pointee.add_products128(words(accumulator), words(values), yinhe_gf128(delta), count)
    }

    /// The sum of a[i] * b[i], for i < count.
    package static func innerProduct(
        _ a: UnsafePointer<Block128>, _ b: UnsafePointer<Block128>, count: Int
    ) -> Block128 {
        Block128(best.pointee.inner_product128(words(a), words(b), count))
    }

    /// The sum of a[i] * b[i], for i < count, with a in the small field.
    package static func innerProduct(_ a: UnsafePointer<UInt64>, _ b: UnsafePointer<Block128>, count: Int) -> Block128 {
        Block128(best.pointee.inner_product64(a, words(b), count))
    }

    /// The kernels that this machine can run, the portable one first.
    nonisolated(unsafe) package static let kernels: [UnsafePointer<yinhe_gf128_kernels>] =
        (0...).lazy.map { yinhe_gf128_available($0) }.prefix { $0 != nil }.map { $0! }

    nonisolated(unsafe) package static let best: UnsafePointer<yinhe_gf128_kernels> = kernels.last!

    private static func words(_ p: UnsafeMutablePointer<Block128>) -> UnsafeMutablePointer<yinhe_gf128> {
        UnsafeMutableRawPointer(p).assumingMemoryBound(to: yinhe_gf128.self)
    }

    private static func words(_ p: UnsafePointer<Block128>) -> UnsafePointer<yinhe_gf128> {
        UnsafeRawPointer(p).assumingMemoryBound(to: yinhe_gf128.self)
    }
}

extension yinhe_gf128 {
    package init(_ a: Block128) { self.init(c0: a.low, c1: a.high) }
}

extension Block128 {
    package init(_ a: yinhe_gf128) { self.init(low: a.c0, high: a.c1) }
}
