import Arithmetic

/// Integrals of products of Laplace densities and distribution functions: between the centres each factor is a polynomial in
/// exp(z / scale), so the integral has a closed form.
package enum PiecewiseExponential {
    /// Distribution function of a Laplace law at z, or one minus it.
    package struct Factor {
        package var centre: BigReal
        package var upper: Bool
        package init(centre: BigReal, upper: Bool = false) {
            self.centre = centre
            self.upper = upper
        }
    }

    /// The integral over z of the Laplace density of scale `scale / ratio` at `centre`, times the factors, which have scale `scale`.
    package static func integral(centre: BigReal, ratio: Int, scale: BigReal, factors: [Factor]) -> BigReal {
        let p = scale.precision
        let rate = scale / ratio
        let points = (factors.map(\.centre) + [centre]).sorted()
        var sum = BigReal(0, precision: p)
        for i in 0...points.count {
            let low = i == 0 ? nil : points[i - 1], high = i == points.count ? nil : points[i]
            if let low, let high, low == high { continue }
            // A point of the segment tells on which side of the other centres it lies.
            func isBelow(_ c: BigReal) -> Bool { high.map { $0 <= c } ?? false }
            // Coefficients by the power of exp(z / scale).
            let below = isBelow(centre)
            var terms = [
                (below ? ratio : -ratio): BigReal.exp(below ? -(centre / rate) : centre / rate) / (2 * rate)
            ]
            for factor in factors {
                let side = isBelow(factor.centre)
                let slope = BigReal.exp(side ? -(factor.centre / scale) : factor.centre / scale) / 2
                // Below its centre F = slope u and 1 - F = 1 - slope u; above it 1 - F = slope / u.
                let plain = side == factor.upper
                var next: [Int: BigReal] = [:]
                for (power, value) in terms {
                    let moved = power + (side ? 1 : -1)
                    if plain {
                        next[power] = (next[power] ?? BigReal(0, precision: p)) + value
                        next[moved] = (next[moved] ?? BigReal(0, precision: p)) - value * slope
                    } else {
                        next[moved] = (next[moved] ?? BigReal(0, precision: p)) + value * slope
                    }
                }
                terms = next
            }
            for (power, value) in terms {
                if power == 0 {
                    // Only between two points: outside, the density makes every power decay.
                    sum += value * (high! - low!)
                    continue
                }
                func primitive(_ z: BigReal) -> BigReal { BigReal.exp(z * power / scale) * scale / power }
                if let high { sum += value * primitive(high) }
                if let low { sum -= value * primitive(low) }
            }
        }
        return sum
    }
}
