import CKernels

/// The field GF(2^64) = F2[y]/(y^64 + y^4 + y^3 + y + 1): bit i of a word is the coefficient of y^i, addition is XOR.
/// The polynomial is the lexicographically first irreducible one of degree 64 (G. Seroussi, "Table of low-weight binary
/// irreducible polynomials", HP Labs HPL-98-135). Running time is independent of the elements.
package enum GF64 {
    package static func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 { GF128.best.pointee.multiply64(a, b) }

    /// a^(2^64 - 2): the inverse, and 0 for 0.
    package static func inverse(_ a: UInt64) -> UInt64 {
        // 2^64 - 2 = 2 (2^63 - 1), and a^(2^(2k) - 1) = (a^(2^k - 1))^(2^k) a^(2^k - 1): with k = 1, 3, 7, ..., 63 = 2 * 31 + 1.
        var power = a
        var ones = 1
        while ones < 63 {
            power = multiply(squared(power, times: ones), power)
            power = multiply(squared(power, times: 1), a)
            ones = 2 * ones + 1
        }
        return squared(power, times: 1)
    }

    /// a^exponent, with 0^0 = 1. Time depends on the exponent, which is public.
    package static func power(_ a: UInt64, _ exponent: UInt64) -> UInt64 {
        var result: UInt64 = 1
        var base = a
        var rest = exponent
        while rest != 0 {
            if rest & 1 == 1 { result = multiply(result, base) }
            base = multiply(base, base)
            rest >>= 1
        }
        return result
    }

    private static func squared(_ a: UInt64, times: Int) -> UInt64 {
        var a = a
        for _ in 0..<times { a = multiply(a, a) }
        return a
    }
}
