import SandboxCore
import Synchronization

// Elementary functions. Series are summed until their terms vanish, with guard bits; every result is good to a few units in the last
// place of its precision. Sources: R. Brent, P. Zimmermann, "Modern computer arithmetic", chapter 4.

extension BigReal {
    private static let kept = Mutex<[Int: (pi: BigReal, ln2: BigReal)]>([:])

    private static func constants(_ precision: Int) -> (pi: BigReal, ln2: BigReal) {
        if let found = kept.withLock({ $0[precision] }) { return found }
        let bits = precision + 32
        func arctangent(ofInverse n: Int, hyperbolic: Bool) -> BigReal {
            let square = n * n
            var (power, sum, k) = (BigReal(1, precision: bits) / n, BigReal(0, precision: bits), 0)
            while power.binaryExponent > -bits - 8 {
                let term = power / (2 * k + 1)
                sum = !hyperbolic && k & 1 == 1 ? sum - term : sum + term
                power = power / square
                k += 1
            }
            return sum
        }
        // Machin: pi / 4 = 4 arctan(1/5) - arctan(1/239); ln 2 = 18 artanh(1/26) - 2 artanh(1/4801) + 8 artanh(1/8749).
        let pi = (4 * arctangent(ofInverse: 5, hyperbolic: false) - arctangent(ofInverse: 239, hyperbolic: false)) * 4
        let ln2 = 18 * arctangent(ofInverse: 26, hyperbolic: true) - 2 * arctangent(ofInverse: 4801, hyperbolic: true)
            + 8 * arctangent(ofInverse: 8749, hyperbolic: true)
        let made = (pi.rounded(to: precision), ln2.rounded(to: precision))
        kept.withLock { if $0.count < 256 { $0[precision] = made } }
        return made
    }

    /// The number times 2^bits, rounded towards zero.
    private func fixedPoint(_ bits: Int) -> BigInteger {
        exponent + bits >= 0 ? mantissa << (exponent + bits) : mantissa >> -(exponent + bits)
    }

    public static func pi(_ precision: Int) -> BigReal { constants(precision).pi }
    public static func ln2(_ precision: Int) -> BigReal { constants(precision).ln2 }

    /// e^x; traps for |x| of 2^56 and more.
    public static func exp(_ x: BigReal) -> BigReal {
        precondition(x.binaryExponent < 56, "an exponent beyond all use")
        let halvings = 12
        let bits = x.precision + 32 + max(0, x.binaryExponent)
        let wide = x.rounded(to: bits)
        // x = k ln 2 + r, |r| < 1; then e^r = (e^(r / 2^12))^(2^12).
        let k = x.binaryExponent < -1 ? 0 : (wide / ln2(bits)).floor
        let r = (wide - k * ln2(bits)).scaled(byPowerOfTwo: -halvings)
        // In fixed point with `bits` fractional bits.
        let ratio = r.fixedPoint(bits)
        let one = BigInteger(1) << bits
        var (term, total, n) = (one, one, 1)
        while true {
            term = ((term * ratio) >> bits) / BigInteger(n)
            if term.isZero { break }
            total += term
            n += 1
        }
        var sum = BigReal(total, exponent: -bits, precision: bits)
        for _ in 0..<halvings { sum *= sum }
        return sum.scaled(byPowerOfTwo: k).rounded(to: x.precision)
    }

    /// e^x - 1 without cancellation.
    public static func expm1(_ x: BigReal) -> BigReal {
        if x.isZero { return x }
        let extra = max(0, -x.binaryExponent) + 8
        guard extra <= 4 * x.precision else { return x + x * x / 2 }
        return (exp(x.rounded(to: x.precision + extra)) - 1).rounded(to: x.precision)
    }

    /// ln x for x > 0; traps elsewhere.
    public static func log(_ x: BigReal) -> BigReal {
        precondition(x.signum > 0, "the logarithm of a number that is not positive")
        // Near 1 the logarithm is small; more bits keep its digits.
        let distance = x - 1
        if distance.isZero { return BigReal(0, precision: x.precision) }
        let bits = x.precision + 32 + max(0, min(x.precision, -distance.binaryExponent))
        let k = x.binaryExponent
        let m = x.rounded(to: bits).scaled(byPowerOfTwo: -k)
        // Newton's method doubles the digits of ln m each time: y + 2 (m - e^y) / (m + e^y), which even triples them.
        var y = BigReal(exactly: logOfDouble(m.double), precision: bits)
        var good = 40
        while good < bits {
            let e = exp(y)
            y += 2 * (m - e) / (m + e)
            good *= 3
        }
        return (y + k * ln2(bits)).rounded(to: x.precision)
    }

    /// ln(1 + x) for x > -1 without cancellation.
    public static func log1p(_ x: BigReal) -> BigReal {
        if x.isZero { return x }
        let extra = max(0, -x.binaryExponent) + 8
        guard extra <= 4 * x.precision else { return x - x * x / 2 }
        return log(x.rounded(to: x.precision + extra) + 1).rounded(to: x.precision)
    }

    public static func tanh(_ x: BigReal) -> BigReal {
        let e = expm1(2 * x)
        return e / (e + 2)
    }

    /// The complementary error function, with all its digits also where it is tiny.
    public static func erfc(_ x: BigReal) -> BigReal {
        let precision = x.precision
        if x.signum < 0 { return 2 - erfc(-x) }
        let square = x.double * x.double
        guard square < 1e15 else { return (exp(-(x * x)) / (x * pi(precision).squareRoot)).rounded(to: precision) }
        if square > Double(precision + 40) * 0.7 {
            // The asymptotic series: its smallest term is about exp(-x^2).
            let bits = precision + 32 + 2 * max(0, x.binaryExponent)
            let wide = x.rounded(to: bits)
            let factor = -1 / (2 * (wide * wide))
            var (term, sum, n) = (BigReal(1, precision: bits), BigReal(1, precision: bits), 1)
            while true {
                let next = term * factor * (2 * n - 1)
                if next.binaryExponent < -bits || next.binaryExponent > term.binaryExponent + 1 { break }
                term = next
                sum += term
                n += 1
            }
            return (exp(-(wide * wide)) / (wide * pi(bits).squareRoot) * sum).rounded(to: precision)
        }
        // erf x = 2 x e^(-x^2) / sqrt(pi) * sum (2 x^2)^n / (1 * 3 * ... * (2n + 1)); as many more bits as 1 - erf loses.
        let bits = precision + 48 + Int(square * 1.5)
        let wide = x.rounded(to: bits)
        let double = (2 * (wide * wide)).fixedPoint(bits)
        let one = BigInteger(1) << bits
        var (term, total, n) = (one, one, 1)
        while true {
            term = ((term * double) >> bits) / BigInteger(2 * n + 1)
            if term.isZero { break }
            total += term
            n += 1
        }
        let sum = BigReal(total, exponent: -bits, precision: bits)
        return (1 - 2 * wide * exp(-(wide * wide)) / pi(bits).squareRoot * sum).rounded(to: precision)
    }

    /// P[N(0, 1) <= x].
    public static func normalCDF(_ x: BigReal) -> BigReal {
        let half = BigReal(2, precision: x.precision + 8).squareRoot
        return erfc(-x / half).scaled(byPowerOfTwo: -1).rounded(to: x.precision)
    }
}
