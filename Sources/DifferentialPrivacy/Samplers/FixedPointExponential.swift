import Arithmetic

/// exp(-x) in 64-bit integers, with a certified error. Read the tables once per batch: `shared` costs an initialisation check.
package struct FixedPointExponential: Sendable {
    package static let shared = FixedPointExponential()

    /// |result - 2^64 exp(-x)| is at most this, for every x that is exact to its last place.
    ///
    /// Each of four factors from a table is short by at most one unit (exp(0) = 1 is stored as 2^64 - 1); three products of factors
    /// below 1 add the errors of both and one unit; the last factor 1 - r + r^2 / 2, r < 2^-24, errs by r^3 / 6 < 2^-74 and two units.
    package static let errorUnits: UInt64 = 16

    private let table: [UInt64]  // exp(-i), exp(-i / 2^8), exp(-i / 2^16), exp(-i / 2^24), 256 of each

    private init() {
        table = (0..<4).flatMap { level in
            (0..<256).map { i in
                let lower = ExactExponential.bounds(minus: BigInteger(i), over: .one << (8 * level), bits: 64).lower
                return lower.uint64 ?? .max
            }
        }
    }

    /// x has 64 bits after the point.
    @inline(__always)
    package func callAsFunction(minus x: UInt128) -> UInt64 {
        let whole = UInt64(truncatingIfNeeded: x >> 64), fraction = UInt64(truncatingIfNeeded: x)
        if whole > 255 { return 0 }
        return table.withUnsafeBufferPointer { table in
            var value = table[Int(whole)]
            value = value.multipliedFullWidth(by: table[256 + Int(fraction >> 56)]).high
            value = value.multipliedFullWidth(by: table[512 + Int(fraction >> 48 & 255)]).high
            value = value.multipliedFullWidth(by: table[768 + Int(fraction >> 40 & 255)]).high
            let r = fraction & (1 << 40 - 1)
            let decrement = r &- r.multipliedFullWidth(by: r).high >> 1
            return value &- value.multipliedFullWidth(by: decrement).high
        }
    }
}

extension WordStream {
    /// True with probability exactly p, when lower <= 2^64 p <= last + 1 and `refine(bits)` brackets 2^bits p ever more closely.
    ///
    /// A uniform number U is drawn 64 bits at a time, as far as it takes to know whether U < p: nearly always 64 bits.
    @inline(__always)
    package mutating func bernoulli(
        between lower: UInt64, and last: UInt64, refine: (_ bits: Int) -> (lower: BigInteger, upper: BigInteger)
    ) -> Bool {
        let first = word()
        if first < lower { return true }
        if first > last { return false }
        return undecided(first, refine)
    }

    @inline(never)
    private mutating func undecided(_ first: UInt64, _ refine: (Int) -> (lower: BigInteger, upper: BigInteger)) -> Bool {
        var drawn = BigInteger(first), bits = 64
        while true {
            drawn = drawn << 64 + BigInteger(word())
            bits += 64
            let (lower, upper) = refine(bits)
            if drawn < lower { return true }
            if drawn >= upper { return false }
        }
    }

    /// True with probability exactly exp(-numerator / denominator), for any numerator >= 0 and denominator > 0; a division of the two, nearly always.
    package mutating func bernoulliExp(minus numerator: BigInteger, over denominator: BigInteger) -> Bool {
        // Short by less than one unit of 2^-64, which moves exp(-x) by less than one unit.
        let x = ((numerator << 64) / denominator).uint128 ?? UInt128.max
        let p = FixedPointExponential.shared(minus: x), slack = FixedPointExponential.errorUnits + 1
        return bernoulli(between: p > slack ? p - slack : 0, and: p < .max - slack ? p + slack : .max) { bits in
            ExactExponential.bounds(minus: numerator, over: denominator, bits: bits)
        }
    }
}
