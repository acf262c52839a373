import Arithmetic

/// exp(-x) for rational x >= 0 to any number of bits, with certified bounds: what decides the draws that 64 bits leave open, and
/// what fills the tables of the fast path.
package enum ExactExponential {
    /// Integers around the value: lower <= 2^bits * exp(-numerator / denominator) <= upper, and upper - lower <= 2.
    /// numerator >= 0, denominator > 0, 1 <= bits <= 4096.
    ///
    /// exp(-f) of the fraction by Taylor's series and exp(-1) to the integer part k, in fixed point with 32 more bits. A term is short by
    /// at most 2 units, some hundred terms are added, and a product of two factors below 1 adds their errors and one unit, so
    /// k <= 4096 factors leave less than 2^24 units, 2^-8 of the last place that is returned.
    package static func bounds(
        minus numerator: BigInteger, over denominator: BigInteger, bits: Int
    ) -> (lower: BigInteger, upper: BigInteger) {
        precondition(numerator.signum >= 0 && denominator.signum > 0 && bits > 0 && bits <= 4096)
        if numerator.isZero { return (.one << bits, .one << bits) }
        let (whole, fraction) = numerator.quotientAndRemainder(dividingBy: denominator)
        // exp(-k) < 2^-bits.
        guard let k = whole.int, k < bits else { return (0, 1) }
        let places = bits + guardBits, one = BigInteger.one << places
        var value = series((fraction << places) / denominator, places)
        if k > 0 { value = (value * power(series(one, places), k, places)) >> places }
        let lower = (value - errorBound) >> guardBits
        return (lower.signum < 0 ? .zero : lower, ((value + errorBound) >> guardBits) + .one)
    }

    private static let guardBits = 32
    private static let errorBound = BigInteger.one << 24

    /// 2^places * exp(-x / 2^places) for 0 <= x <= 2^places.
    private static func series(_ x: BigInteger, _ places: Int) -> BigInteger {
        var term = BigInteger.one << places, sum = term
        var i = 1
        while true {
            term = ((term * x) >> places) / BigInteger(i)
            if term.isZero { return sum }
            sum = i % 2 == 1 ? sum - term : sum + term
            i += 1
        }
    }

    private static func power(_ base: BigInteger, _ exponent: Int, _ places: Int) -> BigInteger {
        var result = BigInteger.one << places, square = base, rest = exponent
        while rest > 0 {
            if rest & 1 == 1 { result = (result * square) >> places }
            square = (square * square) >> places
            rest >>= 1
        }
        return result
    }
}
