import Arithmetic

/// Moments and tails of the discrete Gaussian of standard parameter sigma, by summing its law.
package struct DiscreteGaussianMoments {
    package let variance: BigReal
    package let fourth: BigReal
    package let atZero: BigReal
    private let values: [BigReal]

    package init(sigma: BigReal) throws {
        let law = ExactIntegerLaw.discreteGaussian(sigma: sigma)
        values = try law.probabilities(upTo: law.reach(bits: sigma.precision))
        var (second, fourth) = (BigReal(0, precision: sigma.precision), BigReal(0, precision: sigma.precision))
        for x in (1..<values.count).reversed() {
            let square = x * x
            let part = values[x] * square
            second += part
            fourth += part * square
        }
        variance = 2 * second
        self.fourth = 2 * fourth
        atZero = values[0]
    }

    /// P[X >= x], x >= 1.
    package func tail(from x: Int) -> BigReal {
        x < values.count ? values[x...].reversed().reduce(BigReal(0, precision: atZero.precision), +) : BigReal(0, precision: atZero.precision)
    }
}

extension ExactIntegerLaw {
    /// P[X > x], any x.
    package func upperTail(above x: Int) throws -> BigReal {
        if x < 0 { return try 1 - upperTail(above: -x - 1) }
        if case .discreteLaplace(let b) = self {
            let q = BigReal.exp(-1 / b)
            return BigReal.exp(-(BigReal(x + 1, precision: b.precision) / b)) / (1 + q)
        }
        // Until the terms no longer matter beside the first.
        var n = x + reach(bits: precision)
        while true {
            let values = try probabilities(upTo: n)
            if values[n].binaryExponent < values[x + 1].binaryExponent - precision / 2 - 32 {
                return values[(x + 1)...].reversed().reduce(BigReal(0, precision: precision), +)
            }
            n *= 2
        }
    }
}

/// The negative binomial share NB(r, q), q = exp(-1 / scale), on 0, 1, 2, ...
package enum PolyaShare {
    package static func probability(of x: Int, shares r: BigReal, scale b: BigReal) -> BigReal {
        var value = BigReal.exp(r * BigReal.log(-BigReal.expm1(-1 / b)))
        let q = BigReal.exp(-1 / b)
        for k in 0..<x { value = value * (r + k) * q / (k + 1) }
        return value
    }

    /// P[difference of two shares = 0] = (1 - q)^(2r) 2F1(r, r; 1; q^2), whose terms are all positive.
    package static func differenceAtZero(shares r: BigReal, scale b: BigReal) -> BigReal {
        let square = BigReal.exp(-2 / b)
        let p = r.precision
        var (term, sum, k) = (BigReal(1, precision: p), BigReal(1, precision: p), 0)
        while term.binaryExponent > -p - 16 - Int(max(0, b.double).squareRoot()) {
            let factor = (r + k) / (k + 1)
            term = term * factor * factor * square
            sum += term
            k += 1
        }
        return BigReal.exp(2 * r * BigReal.log(-BigReal.expm1(-1 / b))) * sum
    }

    /// r q / (1 - q)^2.
    package static func variance(shares r: BigReal, scale b: BigReal) -> BigReal {
        let complement = -BigReal.expm1(-1 / b)
        return r * BigReal.exp(-1 / b) / (complement * complement)
    }

    /// The greatest ln P[x] / P[x + 1] over x in 0 ..< count of the difference of two shares, and the first x that has it.
    package static func largestLoss(shares r: BigReal, scale b: BigReal, over count: Int) throws -> (loss: BigReal, at: Int) {
        let values = try ExactIntegerLaw.polyaDifference(shares: r, scale: b).probabilities(upTo: count)
        var best = (ratio: values[0] / values[1], at: 0)
        for x in 1..<count {
            let ratio = values[x] / values[x + 1]
            // Equal but for rounding is not greater.
            if (ratio - best.ratio).signum > 0, (ratio - best.ratio).binaryExponent > -r.precision / 2 { best = (ratio, x) }
        }
        return (BigReal.log(best.ratio), best.at)
    }
}
