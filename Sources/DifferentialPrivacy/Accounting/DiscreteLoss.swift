import Foundation
import SandboxCore

/// A privacy loss on the grid offset + step * integer: an upper or a lower bound of a `LossLaw` in the order of privacy.
package struct DiscreteLoss: Sendable {
    package var offset = 0.0
    package var step: Double
    /// The index of the first mass.
    package var first: Int
    package var masses: [Double]
    package var infinite = 0.0

    /// Relative error of a mass: exponentials of arguments up to 700, erfc, and the quadrature stay far below.
    package static let massError = 1e-11
    private static let largestCount = 1 << 23

    package func loss(at i: Int) -> Double { offset + step * Double(first + i) }

    private init(step: Double, lowest: Double, highest: Double, offset: Double = 0, slack: Double) throws {
        self.step = step
        self.offset = offset
        let low = ((lowest - offset) / step).rounded(.down) - slack, high = ((highest - offset) / step).rounded(.up) + slack
        guard low.isFinite, high.isFinite, high - low < Double(Self.largestCount), abs(low) < 1e15, abs(high) < 1e15 else {
            throw YinheError(
                .range, "a privacy loss between \(lowest) and \(highest) on a grid of \(step) takes too many points",
                remedy: "ask for parameters nearer to practice, or for a larger delta")
        }
        first = Int(low)
        masses = [Double](repeating: 0, count: Int(high - low) + 1)
    }

    /// A law of atoms on a lattice, as it is, with masses rounded up (`above`) or down.
    package init(lattice law: LossLaw, above: Bool) throws {
        guard let lattice = law.lattice else { preconditionFailure("only for laws on a lattice") }
        let losses = law.atoms.map(\.loss)
        try self.init(step: lattice.step, lowest: losses.min()!, highest: losses.max()!, offset: lattice.offset, slack: 1)
        for atom in law.atoms { masses[Int(((atom.loss - offset) / step).rounded()) - first] += atom.mass }
        let factor = above ? 1 + Self.massError : 1 - Self.massError
        for i in masses.indices { masses[i] *= factor }
        infinite = (above ? law.infinite : law.certainlyInfinite) * factor
    }

    /// Pessimistic: every mass between two grid points goes to both, so that its total under P and under Q stay. This connects
    /// the points of the privacy profile on the grid by straight lines in exp(epsilon) (V. Doroshenko, B. Ghazi, P. Kamath,
    /// R. Kumar, P. Manurangsi, "Connect the dots: tighter discrete approximations of privacy loss distributions", 2022).
    /// Losses below `lowest` are raised to it.
    package init(above law: LossLaw, step h: Double, lowest: Double) throws {
        var (low, high) = (Double.infinity, -Double.infinity)
        for atom in law.atoms { (low, high) = (min(low, atom.loss), max(high, atom.loss)) }
        if let curve = law.curve {
            (low, high) = (min(low, curve.losses.lowerBound), max(high, curve.losses.upperBound))
        }
        try self.init(step: h, lowest: max(low, min(lowest, high)), highest: high, slack: 1)
        infinite = law.infinite
        let scale = -1 / expm1(-h), floor = loss(at: 0)
        for atom in law.atoms {
            let cell = max((max(atom.loss, floor) / h).rounded(.down), Double(first)), i = Int(cell) - first
            // Rounding may leave a loss a hair below its grid point; the margin of the losses covers that.
            let upper = -expm1(min(0, h * cell - max(atom.loss, floor))) * scale
            masses[i] += atom.mass * (1 - upper)
            masses[i + 1] += atom.mass * upper
        }
        if let curve = law.curve {
            let quadrature = Quadrature(curve)
            infinite += curve.above[0]
            var t = min(max(curve.coordinate(floor), curve.range.lowerBound), curve.range.upperBound)
            masses[0] += curve.below[0] + quadrature.mass(curve.range.lowerBound, t)
            for i in 0..<(masses.count - 1) where t < curve.range.upperBound {
                let bottom = h * Double(first + i)
                let next = min(max(curve.coordinate(bottom + h), t), curve.range.upperBound)
                // To the upper point the part (P - exp(bottom) Q) / (1 - exp(-h)).
                let parts = quadrature.integral(t, next, shift: bottom) { p, q in max(0, p - q) }
                let upper = min(parts[0], parts[1] * scale)
                masses[i] += parts[0] - upper
                masses[i + 1] += upper
                t = next
            }
            if t < curve.range.upperBound { infinite += quadrature.mass(t, curve.range.upperBound) }
        }
        for i in masses.indices { masses[i] *= 1 + Self.massError }
        infinite *= 1 + Self.massError
    }

    /// Optimistic: neighbouring outcomes are merged, which is post-processing. The merged intervals are chosen so that the
    /// loss of each, ln(P mass / Q mass), is a grid point; what cannot be merged so is lowered. Losses below `lowest` are dropped.
    package init(below law: LossLaw, step h: Double, lowest: Double) throws {
        var (low, high) = (Double.infinity, -Double.infinity)
        for atom in law.atoms { (low, high) = (min(low, atom.loss), max(high, atom.loss)) }
        if let curve = law.curve {
            (low, high) = (min(low, curve.losses.lowerBound), max(high, curve.losses.upperBound))
        }
        try self.init(step: h, lowest: max(low, min(lowest, high)), highest: high, slack: 1)
        infinite = law.certainlyInfinite
        let floor = loss(at: 0)
        for atom in law.atoms where atom.loss >= floor {
            // An atom of a grid point may be computed a hair below it.
            masses[Int((atom.loss / h + 1e-9).rounded(.down)) - first] += atom.mass
        }
        if let curve = law.curve { merge(curve, h) }
        for i in masses.indices { masses[i] *= 1 - Self.massError }
    }

    /// Begins at the end of the curve where more of its mass is, so that only thin ends are lowered.
    private mutating func merge(_ curve: LossLaw.Curve, _ h: Double) {
        let merging = Merging(curve, h, lowest: max(curve.losses.lowerBound, loss(at: 0)))
        let fromBelow = merging.quadrature.mass(merging.bottom, merging.coordinate(merging.lowest + h))
            >= merging.quadrature.mass(merging.coordinate(curve.losses.upperBound - h), merging.top)
        for (index, mass) in fromBelow ? merging.upwards() : merging.downwards() where index >= first { masses[index - first] += mass }
    }
}

/// Intervals of a curve whose merged loss is a grid point.
private struct Merging {
    let curve: LossLaw.Curve
    let h: Double
    let quadrature: Quadrature
    let lowest: Double
    let bottom: Double
    let top: Double

    init(_ curve: LossLaw.Curve, _ h: Double, lowest: Double) {
        (self.curve, self.h, self.lowest) = (curve, h, lowest)
        quadrature = Quadrature(curve)
        top = curve.range.upperBound
        bottom = lowest > curve.losses.lowerBound ? min(max(curve.coordinate(lowest), curve.range.lowerBound), top) : curve.range.lowerBound
    }

    func coordinate(_ loss: Double) -> Double { min(max(curve.coordinate(loss), bottom), top) }

    /// The loss at a coordinate not far from the one of `point`.
    func loss(_ t: Double, near point: Double) -> Double {
        let pair = curve.pair(t, point)
        return pair[0] > 0 && pair[1] > 0 ? point + log(pair[0] / pair[1]) : point
    }

    func upwards() -> [(Int, Double)] {
        var found: [(Int, Double)] = []
        var index = Int((lowest / h + 1e-9).rounded(.down)) + 1
        var start = bottom
        // A thin first half cell is lowered, which centres the other intervals on their grid points.
        let half = coordinate(h * (Double(index) - 0.5)), thin = quadrature.mass(bottom, half)
        if thin <= 0.2 * h {
            found.append((index - 1, thin))
            start = half
        }
        while start < top {
            let point = h * Double(index), middle = coordinate(point)
            guard middle < top else {
                found.append((index - 1, quadrature.mass(start, top)))
                break
            }
            let below = quadrature.integral(start, middle, shift: point) { p, q in max(0, q - p) }
            guard let (end, above) = balance(below[1], from: middle, to: top, guess: 2 * middle - start, point) else {
                found.append((index - 1, below[0]))
                (start, index) = (middle, index + 1)
                continue
            }
            found.append((index, below[0] + above))
            start = end
            index = max(index + 1, Int((loss(end, near: point) / h + 1e-9).rounded(.down)) + 1)
        }
        return found
    }

    func downwards() -> [(Int, Double)] {
        var found: [(Int, Double)] = []
        var index = Int((curve.losses.upperBound / h - 1e-9).rounded(.up)) - 1
        var end = top
        while end > bottom {
            let point = h * Double(index), middle = coordinate(point)
            let above = quadrature.integral(middle, end, shift: point) { p, q in max(0, p - q) }
            guard middle > bottom, let (start, below) = balance(above[1], from: middle, to: bottom, guess: 2 * middle - end, point)
            else {
                // All that is left loses at least as much as this point says.
                found.append((index, above[0] + quadrature.mass(bottom, middle)))
                break
            }
            found.append((index, above[0] + below))
            end = start
            index = min(index - 1, Int((loss(start, near: point) / h - 1e-9).rounded(.up)) - 1)
        }
        return found
    }

    /// The coordinate between `middle` and `limit` where the integral of |P - exp(point) Q| from `middle` is `target`, and the mass
    /// up to it; nil when the limit comes first.
    private func balance(
        _ target: Double, from middle: Double, to limit: Double, guess: Double, _ point: Double
    ) -> (Double, Double)? {
        var (near, far) = (middle, limit)
        var t = limit > middle ? min(guess, limit) : max(guess, limit)
        for _ in 0..<80 {
            let parts = quadrature.integral(min(middle, t), max(middle, t), shift: point) { p, q in abs(p - q) }
            let excess = parts[1] - target
            if abs(excess) <= 1e-10 * target { return (t, parts[0]) }
            if excess < 0 {
                if t == limit { return nil }
                near = t
            } else {
                far = t
            }
            let pair = curve.pair(t, point)
            let slope = abs(pair[0] - pair[1]) * (limit > middle ? 1 : -1)
            let next = t - excess / slope
            if next > min(near, far), next < max(near, far) {
                t = next
            } else {
                t = far == limit && excess < 0 && abs(limit - middle) < 4 * abs(t - middle) ? limit : (near + far) / 2
            }
        }
        return nil
    }
}

/// Gauss-Legendre integrals over a curve, on panels short enough for a relative error far below `DiscreteLoss.massError`:
/// with n nodes on a panel of length w the error is at most w^(2n+1) (n!)^4 / ((2n+1) (2n)!^3) times the 2n-th derivative, which
/// for these densities is about slope^(2n) times the density.
private struct Quadrature {
    private let curve: LossLaw.Curve
    private static let two = [(-0.577350269189625765, 1.0), (0.577350269189625765, 1.0)]
    private static let three: [(Double, Double)] = [
        (-0.774596669241483377, 5.0 / 9), (0, 8.0 / 9), (0.774596669241483377, 5.0 / 9),
    ]
    private static let five: [(Double, Double)] = [
        (-0.906179845938663993, 0.236926885056189088), (-0.538469310105683091, 0.478628670499366468), (0, 128.0 / 225),
        (0.538469310105683091, 0.478628670499366468), (0.906179845938663993, 0.236926885056189088),
    ]

    init(_ curve: LossLaw.Curve) { self.curve = curve }

    func mass(_ from: Double, _ to: Double) -> Double { integral(from, to, shift: 0) { _, _ in 0 }[0] }

    /// The mass under P between two coordinates, and the integral of `part(P density, exp(shift) * Q density)`.
    @inline(__always)
    func integral(_ from: Double, _ to: Double, shift: Double, _ part: (Double, Double) -> Double) -> SIMD2<Double> {
        guard to > from else { return .zero }
        var slope = 1.0
        for centre in curve.centres { slope += max(abs(from - centre), abs(to - centre)) }
        let size = (to - from) * slope
        let panels = size <= 0.5 ? 1 : Int((size * 2).rounded(.up))
        let nodes = size <= 0.01 ? Self.two : size <= 0.05 ? Self.three : Self.five
        let half = (to - from) / Double(2 * panels)
        var sum = SIMD2<Double>.zero
        for panel in 0..<panels {
            let centre = from + half * Double(2 * panel + 1)
            for (x, w) in nodes {
                let pair = curve.pair(centre + half * x, shift)
                sum += SIMD2(pair[0], part(pair[0], pair[1])) * w
            }
        }
        return sum * half
    }
}
