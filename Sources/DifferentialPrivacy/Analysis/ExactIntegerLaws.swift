import Arithmetic
import SandboxCore

/// Symmetric laws on the integers, and sums of two, as probabilities of 0 ... n in any precision.
package enum ExactIntegerLaw {
    case discreteGaussian(sigma: BigReal)
    case discreteLaplace(scale: BigReal)
    /// The difference of two Poisson laws, of this variance.
    case skellam(variance: BigReal)
    case sumOfTwoDiscreteGaussians(sigma: BigReal)
    case sumOfTwoDiscreteLaplaces(scale: BigReal)
    /// The difference of two negative binomials NB(r, q), q = exp(-1 / scale): what parties with r of the shares add.
    case polyaDifference(shares: BigReal, scale: BigReal)

    package var precision: Int {
        switch self {
        case .discreteGaussian(let x), .discreteLaplace(let x), .skellam(let x), .sumOfTwoDiscreteGaussians(let x),
            .sumOfTwoDiscreteLaplaces(let x), .polyaDifference(let x, _): x.precision
        }
    }

    /// About the standard deviation, for choosing how many terms to sum.
    package var spread: Double {
        switch self {
        case .discreteGaussian(let s): s.double
        case .sumOfTwoDiscreteGaussians(let s): s.double * 2.0.squareRoot()
        case .skellam(let v): v.double.squareRoot()
        case .discreteLaplace(let b), .polyaDifference(_, let b): b.double * 1.5
        case .sumOfTwoDiscreteLaplaces(let b): b.double * 2
        }
    }

    /// A count beyond which the tail is below 2^-bits of all mass.
    package func reach(bits: Int) -> Int {
        let nats = Double(bits) * 0.6931472
        switch self {
        case .discreteGaussian, .sumOfTwoDiscreteGaussians: return Int((2 * nats).squareRoot() * spread) + 4
        case .skellam(let v): return Int((2 * nats * v.double).squareRoot() + nats) + 16
        case .discreteLaplace(let b), .polyaDifference(_, let b): return Int(nats * b.double) + 4
        case .sumOfTwoDiscreteLaplaces(let b): return Int((nats + 8) * b.double * 1.1) + 16
        }
    }

    /// P[X = 0], ..., P[X = n], with a relative precision that holds in the tail, too.
    package func probabilities(upTo n: Int) throws -> [BigReal] {
        let p = precision
        guard n <= 3_000_000 else {
            throw YinheError(.range, "a law with \(n) values in its tail takes too long to add up", remedy: "use a smaller scale")
        }
        switch self {
        case .discreteGaussian(let sigma):
            let reach = max(n, self.reach(bits: p))
            let weights = Self.gaussianWeights(1 / (2 * (sigma * sigma)), upTo: reach)
            let norm = weights[1...].reduce(BigReal(0, precision: p), +) * 2 + 1
            return weights[...n].map { $0 / norm }
        case .discreteLaplace(let b):
            let q = BigReal.exp(-1 / b)
            var value = -BigReal.expm1(-1 / b) / (1 + q)
            return (0...n).map { _ in
                defer { value *= q }
                return value
            }
        case .sumOfTwoDiscreteGaussians(let sigma):
            // exp(-(y^2 + (x - y)^2) / 2 s^2) = exp(-x^2 / 4 s^2) exp(-(y - x / 2)^2 / s^2): the sum over y only knows x's parity.
            let rate = 1 / (sigma * sigma)
            let one = BigReal(1, precision: p)
            let single = try Self.discreteGaussian(sigma: sigma).probabilities(upTo: 0)[0]
            let even = Self.gaussianWeights(rate, upTo: self.reach(bits: p))[1...].reduce(BigReal(0, precision: p), +) * 2 + 1
            var odd = BigReal(0, precision: p)
            for y in 0...self.reach(bits: p) {
                let half = BigReal(2 * y + 1, precision: p) / 2
                let term = BigReal.exp(-(half * half * rate))
                odd += 2 * term
                if term.binaryExponent < odd.binaryExponent - p - 8 { break }
            }
            let scale = single * single
            return Self.gaussianWeights(one * rate / 4, upTo: n).enumerated().map { $1 * scale * ($0 & 1 == 0 ? even : odd) }
        case .sumOfTwoDiscreteLaplaces(let b):
            // ((1 - q) / (1 + q))^2 q^x (x + (1 + q^2) / (1 - q^2)).
            let q = BigReal.exp(-1 / b)
            let ratio = -BigReal.expm1(-1 / b) / (1 + q), a = (1 + q * q) / -BigReal.expm1(-2 / b)
            var power = ratio * ratio
            return (0...n).map { x in
                defer { power *= q }
                return power * (a + x)
            }
        case .skellam(let v):
            // exp(-v) I_x(v) by Miller's recurrence downwards, I(x - 1) = I(x + 1) + 2 x / v I(x), scaled by I_0 + 2 sum I_x = e^v.
            let start = max(n, self.reach(bits: p)) + Int(Double(p)) + 32
            var (above, here) = (BigReal(0, precision: p), BigReal(1, precision: p))
            var values = [BigReal](repeating: above, count: n + 1)
            var sum = BigReal(0, precision: p)
            for x in stride(from: start, through: 0, by: -1) {
                if x <= n { values[x] = here }
                sum += x == 0 ? here : 2 * here
                (above, here) = (here, above + here * (2 * x) / v)
            }
            return values.map { $0 / sum }
        case .polyaDifference(let r, let b):
            return Self.polya(r, b, upTo: n)
        }
    }

    /// exp(-rate x^2) for 0 ... n by ratios.
    private static func gaussianWeights(_ rate: BigReal, upTo n: Int) -> [BigReal] {
        let p = rate.precision
        // Rounding of n products of products grows like n^2 units: bits of n twice.
        let wide = rate.rounded(to: p + 2 * (Int.bitWidth - n.leadingZeroBitCount) + 8)
        let square = BigReal.exp(-2 * wide)
        var ratio = BigReal.exp(-wide)
        var value = BigReal(1, precision: wide.precision)
        var values: [BigReal] = []
        values.reserveCapacity(n + 1)
        for _ in 0...n {
            values.append(value.rounded(to: p))
            value *= ratio
            ratio *= square
        }
        return values
    }

    /// The generating function G of the difference of two NB(r, q) satisfies z G' (1 + q^2 - q (z + 1/z)) = r q (z - 1/z) G, so
    /// q (x + 1 - r) P(x + 1) = (1 + q^2) x P(x) - q (x - 1 + r) P(x - 1); downwards this is stable. The scale is the sum 1.
    private static func polya(_ r: BigReal, _ b: BigReal, upTo n: Int) -> [BigReal] {
        let p = r.precision
        let q = BigReal.exp(-1 / b), middle = 1 + q * q
        // Errors of the start shrink by q^2 a step.
        let start = n + Int(Double(p + 32) * 0.35 * b.double) + 64
        var (above, here) = (BigReal(0, precision: p), BigReal(1, precision: p))
        var values = [BigReal](repeating: above, count: n + 1)
        var sum = BigReal(0, precision: p)
        for x in stride(from: start, through: 1, by: -1) {
            if x <= n { values[x] = here }
            sum += 2 * here
            (above, here) = (here, (middle * here * x - q * (1 - r + x) * above) / (q * (r + (x - 1))))
        }
        values[0] = here
        sum += here
        return values.map { $0 / sum }
    }

    /// The sum over x of max(0, P[X = x] - e^epsilon P[X + shift = x]): delta at epsilon for a query that changes by `shift`.
    package func hockeyStick(shift: Int, epsilon: BigReal) throws -> BigReal {
        let p = precision, growth = BigReal.exp(epsilon)
        let shift = abs(shift)
        var n = reach(bits: p) + shift + 16
        while true {
            let values = try probabilities(upTo: n + shift)
            var sum = BigReal(0, precision: p)
            var last = sum
            // Positive differences are those below some x, as the laws are log-concave.
            for x in stride(from: n, through: -n, by: -1) {
                let term = values[abs(x)], difference = term - growth * values[abs(x - shift)]
                // What is only rounding counts as nothing: exactly on the largest loss the two sides are equal.
                if difference.signum > 0, difference.binaryExponent > term.binaryExponent - p + 40 { sum += difference }
                if x == -n { last = difference }
            }
            // Nothing at all only if the loss at the far end does not exceed epsilon (laws whose loss is bounded).
            if last.signum <= 0 || last.binaryExponent < sum.binaryExponent - p / 2 || last.binaryExponent <= values[n].binaryExponent - p + 40 {
                if !sum.isZero || bounded { return sum }
            }
            n *= 2
        }
    }

    private var bounded: Bool {
        switch self {
        case .discreteLaplace, .sumOfTwoDiscreteLaplaces, .polyaDifference: true
        default: false
        }
    }
}
