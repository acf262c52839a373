import Foundation
import SandboxCore

/// The law of the privacy loss ln(P / Q) under P, for a pair (P, Q) that dominates a mechanism: atoms, a smooth part, and mass where
/// Q has none.
package struct LossLaw: Sendable {
    package struct Atom: Sendable {
        package var loss: Double
        package var mass: Double
        /// Mass under Q: mass * exp(-loss), kept because the product may overflow.
        package var other: Double
    }

    /// The smooth part in a coordinate t in which the loss does not decrease.
    package struct Curve: Sendable {
        var range: ClosedRange<Double>
        /// The losses at the ends of `range`.
        var losses: ClosedRange<Double>
        /// The coordinate of a loss; infinite where no coordinate has it.
        var coordinate: @Sendable (Double) -> Double
        /// Densities in t: under P, and under Q times exp(shift). The second argument is the shift.
        var pair: @Sendable (Double, Double) -> SIMD2<Double>
        /// Bounds on the mass under P and Q outside `range`, above and below it.
        var above: SIMD2<Double> = .zero
        var below: SIMD2<Double> = .zero
        /// The logarithms of the densities grow at most by (the sum of the distances from the centres) + 1 per unit of t.
        var centres: [Double]
    }

    package var atoms: [Atom] = []
    package var curve: Curve?
    package var infinite = 0.0
    /// The part of `infinite` that is the mechanism's own delta, not a bound on a cut-off tail.
    package var certainlyInfinite = 0.0
    /// Mass under Q that neither the atoms nor the curve hold.
    package var otherOnly = 0.0
    /// Atoms at offset + step * integer, if they all are, and nothing else.
    package var lattice: (offset: Double, step: Double)?

    /// The laws to compose for one mechanism: one, or two where the two directions of the neighbours differ. `tail` is the mass
    /// that may be moved to an infinite loss.
    package static func laws(of mechanism: PrivacyMechanism, tail: Double) throws -> [LossLaw] {
        // P[T > x] <= exp(-x^2 / 2) for a normal T and for a discrete Gaussian (Canonne et al., proposition 25), in sigmas.
        let reach = (-2 * log(min(tail, 0.4))).squareRoot() + 0.5
        switch mechanism {
        case .gaussian(let multiplier): return [gaussian(mu: 1 / multiplier, reach)]
        case .laplace(let scale): return [laplace(scale)]
        case .discreteGaussian(let sigma, let shift): return [try discreteGaussian(sigma, shift, reach)]
        case .discreteLaplace(let scale, let shift): return [discreteLaplace(scale, shift)]
        case .approximate(let epsilon, let delta): return [binary(epsilon, delta)]
        case .sampled(let step, let probability):
            let base = try laws(of: step, tail: tail)
            if probability == 1 { return base }
            return base.flatMap { [$0.sampled(probability, adding: false), $0.sampled(probability, adding: true)] }
        }
    }

    // MARK: The laws

    /// P = N(mu, 1), Q = N(0, 1); t is the deviation from P's mean, the loss mu t + mu^2 / 2.
    private static func gaussian(mu: Double, _ reach: Double) -> LossLaw {
        let range = (-mu - reach)...reach
        let norm = 1 / (2 * Double.pi).squareRoot()
        func tail(_ x: Double) -> Double { erfc(x * 0.5.squareRoot()) / 2 * (1 + 1e-12) }
        return LossLaw(
            curve: Curve(
                range: range, losses: mu * (range.lowerBound + mu / 2)...mu * (range.upperBound + mu / 2),
                coordinate: { $0 / mu - mu / 2 },
                pair: { t, shift in SIMD2(norm * exp(-t * t / 2), norm * exp(shift - (t + mu) * (t + mu) / 2)) },
                above: SIMD2(tail(reach), tail(reach + mu)), below: SIMD2(tail(reach + mu), tail(reach)), centres: [0, -mu]))
    }

    /// Between the atoms at both ends, at loss l the density exp((l - 1/b) / 2) / 4.
    private static func laplace(_ scale: Double) -> LossLaw {
        let a = 1 / scale
        return LossLaw(
            atoms: [Atom(loss: -a, mass: exp(-a) / 2, other: 0.5), Atom(loss: a, mass: 0.5, other: exp(-a) / 2)],
            curve: Curve(
                range: -a...a, losses: -a...a, coordinate: { $0 },
                pair: { t, shift in SIMD2(exp((t - a) / 2) / 4, exp(shift - (t + a) / 2) / 4) }, centres: []))
    }

    private static func discreteGaussian(_ sigma: Double, _ shift: Int, _ reach: Double) throws -> LossLaw {
        let s2 = sigma * sigma, d = Double(shift)
        let top = (reach * sigma).rounded(.up) + 1, bottom = -top - d
        guard top - bottom < Double(1 << 23) else {
            throw YinheError(
                .range, "a discrete Gaussian of sigma \(sigma) has too many values to add up",
                remedy: "account for it as a Gaussian of the same sigma, which it approaches")
        }
        func weight(_ x: Double) -> Double { exp(-x * x / (2 * s2)) }
        var sum = 0.0
        var x = (9 * sigma).rounded(.up) + 1
        while x >= 1 { (sum, x) = (sum + weight(x), x - 1) }
        let norm = 1 / (1 + 2 * sum)
        var law = LossLaw()
        law.atoms.reserveCapacity(Int(top - bottom) + 1)
        x = bottom
        while x <= top {
            law.atoms.append(Atom(loss: d * (2 * x + d) / (2 * s2), mass: weight(x) * norm, other: weight(x + d) * norm))
            x += 1
        }
        // Above the top the losses count as infinite; below the bottom as the lowest.
        law.infinite = exp(-top * top / (2 * s2))
        law.otherOnly = law.infinite
        law.atoms[0].mass += exp(-bottom * bottom / (2 * s2))
        law.lattice = (d * d / (2 * s2), d / s2)
        return law
    }

    private static func discreteLaplace(_ scale: Double, _ shift: Int) -> LossLaw {
        let q = exp(-1 / scale), d = Double(shift)
        let inner = -expm1(-1 / scale) / (1 + q)
        var atoms = [Atom(loss: -d / scale, mass: exp(-d / scale) / (1 + q), other: 1 / (1 + q))]
        for x in stride(from: d - 1, to: 0, by: -1) {
            atoms.append(
                Atom(loss: (d - 2 * x) / scale, mass: inner * exp(-x / scale), other: inner * exp((x - d) / scale)))
        }
        atoms.append(Atom(loss: d / scale, mass: 1 / (1 + q), other: exp(-d / scale) / (1 + q)))
        return LossLaw(atoms: atoms, lattice: (-d / scale, 2 / scale))
    }

    private static func binary(_ epsilon: Double, _ delta: Double) -> LossLaw {
        let high = (1 - delta) / (1 + exp(-epsilon)), low = (1 - delta) / (1 + exp(epsilon))
        return LossLaw(
            atoms: [Atom(loss: -epsilon, mass: low, other: high), Atom(loss: epsilon, mass: high, other: low)], infinite: delta,
            certainlyInfinite: delta, otherOnly: delta, lattice: (-epsilon, 2 * epsilon))
    }

    // MARK: Sampling

    /// The pair ((1 - q) Q + q P, Q), whose loss is ln(1 - q + q exp(l)), or with `adding` the reversed pair
    /// (Y. Zhu, J. Dong, Y. Wang, "Optimal accounting of differential privacy via characteristic function", 2022, theorem 11).
    private func sampled(_ q: Double, adding: Bool) -> LossLaw {
        @Sendable func shrink(_ loss: Double) -> Double {
            loss > 30 ? loss + log(q) + log1p((1 - q) / q * exp(-loss)) : log1p(q * expm1(loss))
        }
        @Sendable func stretch(_ loss: Double) -> Double {
            if loss > 30 { return loss - log(q) + log1p(-(1 - q) * exp(-loss)) }
            let x = expm1(loss) / q
            return x <= -1 ? -.infinity : log1p(x)
        }
        var law = LossLaw()
        for atom in atoms {
            let mixed = (1 - q) * atom.other + q * atom.mass
            law.atoms.append(
                adding
                    ? Atom(loss: -shrink(atom.loss), mass: atom.other, other: mixed)
                    : Atom(loss: shrink(atom.loss), mass: mixed, other: atom.other))
        }
        // Where Q has no mass the reversed pair has none under its first law; where only Q has, the mixture keeps the part 1 - q.
        law.infinite = adding ? 0 : q * infinite
        law.certainlyInfinite = adding ? 0 : q * certainlyInfinite
        if otherOnly > 0 {
            let (whole, part) = (otherOnly, (1 - q) * otherOnly)
            law.atoms.append(
                adding ? Atom(loss: -log1p(-q), mass: whole, other: part) : Atom(loss: log1p(-q), mass: part, other: whole))
        }
        guard let c = curve else { return law }
        if adding {
            law.curve = Curve(
                range: -c.range.upperBound ... -c.range.lowerBound,
                losses: -shrink(c.losses.upperBound) ... -shrink(c.losses.lowerBound), coordinate: { -c.coordinate(stretch(-$0)) },
                pair: { t, shift in
                    let base = c.pair(-t, 0)
                    return SIMD2(base[1], exp(shift) * ((1 - q) * base[1] + q * base[0]))
                },
                above: SIMD2(c.below[1], (1 - q) * c.below[1] + q * c.below[0]),
                below: SIMD2(c.above[1], (1 - q) * c.above[1] + q * c.above[0]), centres: c.centres.map { -$0 })
        } else {
            law.curve = Curve(
                range: c.range, losses: shrink(c.losses.lowerBound)...shrink(c.losses.upperBound),
                coordinate: { c.coordinate(stretch($0)) },
                pair: { t, shift in
                    let base = c.pair(t, shift)
                    return SIMD2((1 - q) * exp(-shift) * base[1] + q * base[0], base[1])
                },
                above: SIMD2((1 - q) * c.above[1] + q * c.above[0], c.above[1]),
                below: SIMD2((1 - q) * c.below[1] + q * c.below[0], c.below[1]), centres: c.centres)
        }
        return law
    }
}
