import Foundation
import SandboxCore

/// The law of a sum of independent privacy losses on a window of the grid, tilted by exp(theta * loss) so that the part that decides
/// about delta is near the middle and is computed with a small relative error, however small delta is.
package struct LossSum: Sendable {
    let theta: Double
    let step: Double
    /// The loss of coefficient 0.
    let lowest: Double
    /// ln of the sum of exp(theta * loss) over the untilted masses.
    let logScale: Double
    /// Tilted masses; sum about 1.
    let coefficients: [Double]
    /// Bounds: Euclidean norm of the coefficients' errors; tilted mass outside the window, which wraps around into it.
    let error: Double
    let outside: Double
    /// Mass at an infinite loss.
    let infinite: Double
    /// Relative error of exp(logScale - theta * loss) and of the sums below.
    private let slack: Double

    /// One summand: a law and how often it occurs.
    package typealias Part = (law: DiscreteLoss, count: Int)

    /// - Parameter spread: the standard deviation of the tilted sum, about.
    package init(_ parts: [Part], theta: Double, spread: Double, largestLength: Int) throws {
        precondition(!parts.isEmpty && parts.allSatisfy { $0.law.step == parts[0].law.step })
        let h = parts[0].law.step
        self.theta = theta
        step = h
        var (offset, base, span) = (0.0, 0, 0)
        for (law, count) in parts {
            offset += law.offset * Double(count)
            base += law.first * count
            span += (law.masses.count - 1) * count
        }
        let tilted = parts.map { Tilted($0.law, theta) }
        logScale = zip(tilted, parts).reduce(0) { $0 + $1.0.logScale * Double($1.1.count) }
        let steps = parts.reduce(0) { $0 + $1.count }
        // 1 - product of (1 - infinite) <= sum, and >= 1 - exp(-sum); the larger is used below for upper bounds.
        infinite = parts.reduce(0) { $0 + $1.law.infinite * Double($1.count) }
        if steps == 1 {
            coefficients = tilted[0].masses
            lowest = offset + h * Double(base)
            (error, outside) = (0, 0)
            slack = 1e-12 * (10 + abs(logScale) + theta * (abs(lowest) + h * Double(span)))
            return
        }
        var length = 16
        let wanted = spread * 14 / h
        while length < largestLength, length <= span, Double(length) < wanted || length < 1024 { length *= 2 }
        let mean = zip(tilted, parts).reduce(0) { $0 + $1.0.mean * Double($1.1.count) }
        var (window, missed) = (0, 1.0)
        while true {
            window = max(0, min(Int(mean.rounded()) - length / 2, span + 1 - length))
            missed = LossSum.outside(tilted, parts, mean: mean, below: window, above: window + length, span: span, spread: spread / h)
            // Laws with a heavy tail need a wider window than their spread says.
            if missed < 1e-9 || length >= largestLength || length > span { break }
            length *= 2
        }
        lowest = offset + h * Double(base + window)
        // Masses that the tilt made vanish are below exp(-690) each.
        outside = missed + 1e-280
        (coefficients, error) = LossSum.convolve(tilted, parts.map(\.count), window: window, length: length)
        slack = 1e-12 * (10 + abs(logScale) + theta * (abs(lowest) + h * Double(length))) + Double(steps) * 2e-15
    }

    /// A law times exp(theta * loss), scaled to mass 1.
    private struct Tilted {
        var masses: [Double]
        var logScale: Double
        /// Mean index, counted from the first mass.
        var mean: Double

        init(_ law: DiscreteLoss, _ theta: Double) {
            let growth = theta * law.step
            var peak = -Double.infinity
            masses = law.masses
            if growth * Double(masses.count) < 600 {
                // Powers of exp(growth), afresh every 64 so that rounding does not add up.
                let ratio = exp(growth)
                var factor = 1.0
                for i in masses.indices {
                    factor = i & 63 == 0 ? exp(growth * Double(i)) : factor * ratio
                    masses[i] *= factor
                }
                peak = 0
            } else {
                for (i, mass) in law.masses.enumerated() where mass > 0 { peak = max(peak, log(mass) + growth * Double(i)) }
                for (i, mass) in law.masses.enumerated() where mass > 0 {
                    masses[i] = exp(max(-690, log(mass) + growth * Double(i) - peak))
                }
            }
            let total = masses.reduce(0, +)
            mean = 0
            for i in masses.indices {
                masses[i] /= total
                mean += masses[i] * Double(i)
            }
            logScale = peak + log(total) + theta * law.loss(at: 0)
        }
    }

    /// Chernoff bounds of the tilted mass below and above the window.
    private static func outside(
        _ tilted: [Tilted], _ parts: [Part], mean: Double, below: Int, above: Int, span: Int, spread: Double
    ) -> Double {
        func bound(_ distance: Double, _ sign: Double) -> Double {
            guard distance > 0 else { return 1 }
            var best = 1.0
            var t = distance / (spread * spread)
            for _ in 0..<14 {
                var logMoment = 0.0
                for (law, part) in zip(tilted, parts) {
                    // exp(t i) by powers; their error is far below the factor that covers it.
                    let ratio = exp(sign * t)
                    var (moment, factor) = (0.0, 1.0)
                    for (i, mass) in law.masses.enumerated() {
                        if i & 255 == 0 { factor = exp(min(700, sign * t * (Double(i) - law.mean))) }
                        moment += mass * factor
                        factor *= ratio
                    }
                    logMoment += log(moment) * Double(part.count)
                }
                let candidate = logMoment.isFinite ? exp(logMoment - t * distance) * (1 + 1e-6) : 1
                if candidate > best, best < 1 { break }
                best = min(best, candidate)
                if best < 1e-9 { break }
                t *= 0.6
            }
            return best
        }
        var total = 0.0
        if below > 0 { total += bound(mean - Double(below), -1) }
        if above <= span { total += bound(Double(above) - mean, 1) }
        return total
    }

    /// The product of the laws' polynomials to their counts, modulo X^length + 1, as the coefficients of X^window up.
    private static func convolve(_ laws: [Tilted], _ counts: [Int], window: Int, length: Int) -> ([Double], Double) {
        let transform = NegacyclicTransform.shared(length: length)
        let n = transform.points
        let storage = UnsafeMutablePointer<Double>.allocate(capacity: 4 * n)
        defer { storage.deallocate() }
        let (re, im, productRe, productIm) = (storage, storage + n, storage + 2 * n, storage + 3 * n)
        for j in 0..<n { (productRe[j], productIm[j]) = (1, 0) }
        var inputError = 0.0
        for (law, count) in zip(laws, counts) {
            (re).update(repeating: 0, count: 2 * n)
            for (i, mass) in law.masses.enumerated() {
                // X^n = i, so coefficient j + n is the imaginary part; X^length = -1.
                let place = i & (length - 1)
                let value = i & length == 0 ? mass : -mass
                if place < n { re[place] += value } else { im[place - n] += value }
            }
            let norm = law.masses.reduce(0) { $0 + $1 * $1 }.squareRoot()
            inputError += Double(count) * transform.relativeError * norm
            transform.forward(re, im)
            multiply(productRe, productIm, re, im, power: count, n)
        }
        transform.inverse(productRe, productIm)
        var out = [Double](repeating: 0, count: length)
        var square = 0.0
        for k in 0..<length {
            let e = window + k
            let place = e & (length - 1)
            let value = place < n ? productRe[place] : productIm[place - n]
            square += value * value
            out[k] = e & length == 0 ? value : -value
        }
        let operations = Double(counts.reduce(0, +) + counts.count) * 4 * 0x1p-53
        return (out, 1e-60 + 2 * (inputError + (operations + 2 * transform.relativeError) * square.squareRoot()))
    }

    /// product *= factor^power, point by point.
    private static func multiply(
        _ pr: UnsafeMutablePointer<Double>, _ pi: UnsafeMutablePointer<Double>, _ fr: UnsafeMutablePointer<Double>,
        _ fi: UnsafeMutablePointer<Double>, power: Int, _ n: Int
    ) {
        typealias Vector = SIMD4<Double>
        var j = 0
        while j < n {
            var (r, i) = (UnsafeRawPointer(pr + j).loadUnaligned(as: Vector.self), UnsafeRawPointer(pi + j).loadUnaligned(as: Vector.self))
            var (a, b) = (UnsafeRawPointer(fr + j).loadUnaligned(as: Vector.self), UnsafeRawPointer(fi + j).loadUnaligned(as: Vector.self))
            var rest = power
            while true {
                if rest & 1 == 1 {
                    (r, i) = (r * a - i * b, r * b + i * a)
                    let tiny = (r * r + i * i) .< Vector(repeating: 1e-140)
                    r.replace(with: 0, where: tiny)
                    i.replace(with: 0, where: tiny)
                }
                rest >>= 1
                if rest == 0 { break }
                // Numbers that would become denormal are slow, and nothing beside the error bound.
                let tiny = (a * a + b * b) .< Vector(repeating: 1e-140)
                a.replace(with: 0, where: tiny)
                b.replace(with: 0, where: tiny)
                (a, b) = (a * a - b * b, 2 * (a * b))
            }
            UnsafeMutableRawPointer(pr + j).storeBytes(of: r, as: Vector.self)
            UnsafeMutableRawPointer(pi + j).storeBytes(of: i, as: Vector.self)
            j += 4
        }
    }

    // MARK: Delta and epsilon

    /// What errors of the coefficients can add to, or take from, exp(theta * epsilon - logScale) * delta(epsilon).
    private var margin: Double {
        // psi(s) = exp(-theta s)(1 - exp(-s)) for s > 0: its largest value, and a bound on its norm over the grid.
        let peak = exp(theta * log(theta / (1 + theta))) / (1 + theta)
        let square = 1 / (step * 2 * theta * (2 * theta + 1) * (theta + 1)) + peak * peak
        return error * square.squareRoot() + outside * peak
    }

    /// delta at epsilon = loss(index) + (1 - fraction) steps below the next point, from the sums at the next point.
    private struct Cell {
        var next: Double
        var a: Double
        var d: Double
    }

    private func body(_ epsilon: Double, in cell: Cell) -> Double {
        let gap = max(0, cell.next - epsilon)
        return exp(-theta * gap) * (-expm1(-gap) * cell.a + exp(-gap) * cell.d)
    }

    private func delta(_ epsilon: Double, in cell: Cell, upper: Bool) -> Double {
        let signed = body(epsilon, in: cell) + (upper ? margin : -margin)
        let finite = signed <= 0 ? 0 : exp(logScale - theta * epsilon + log(signed) + (upper ? slack : -slack))
        return upper ? min(1, finite + infinite) : finite + (infinite > 0 ? -expm1(-infinite) * (1 - 1e-12) : 0)
    }

    /// Walks down from the top of the window to the cell whose lower end has a delta above `target`, or lies below `bottom`.
    private func cell(above target: Double, bottom: Double, upper: Bool) -> Cell {
        let (x, y) = (exp(-theta * step), exp(-step)), gain = -expm1(-step)
        let extra = upper ? margin : -margin
        let logTarget = log(max(.leastNormalMagnitude, target - (upper ? infinite : 0)))
        var threshold = 0.0
        var cell = Cell(next: lowest + step * Double(coefficients.count), a: 0, d: 0)
        for j in stride(from: coefficients.count - 1, through: 0, by: -1) {
            // d(j) = sum over i > j of c_i exp(-theta (s_i - s_j))(1 - exp(-(s_i - s_j))), a(j) the same without the bracket, with c_j.
            // Underflow must not lose mass of an upper bound: nothing that is there becomes less than 1e-300.
            let least = upper && cell.a > 0 ? 1e-300 : 0
            let d = max(least, x * (gain * cell.a + y * cell.d))
            let a = max(0, coefficients[j]) + max(least, x * cell.a)
            let candidate = Cell(next: lowest + step * Double(j), a: a, d: d)
            if candidate.next < bottom { return cell }
            // exp(logTarget - logScale + theta s_j) by powers; the exact comparison only where it may matter.
            threshold = j & 63 == 63 || threshold == 0 ? exp(logTarget - logScale + theta * candidate.next) : threshold * x
            if d + extra > threshold * (1 - 1e-5), delta(candidate.next, in: candidate, upper: upper) > target { return cell }
            cell = candidate
        }
        return cell
    }

    /// Whether the answer rests on masses that the tilt made vanish: then a smaller tilt gives a better one.
    private func isStarved(_ cell: Cell) -> Bool { cell.a < 1e-200 && cell.next < lowest + step * Double(coefficients.count) }

    /// A bound on delta at this epsilon, and whether a smaller tilt would give a better one.
    package func delta(epsilon: Double, upper: Bool) -> (value: Double, starved: Bool) {
        let found = cell(above: 2, bottom: epsilon, upper: upper)
        return (delta(epsilon, in: found, upper: upper), isStarved(found))
    }

    /// The smallest epsilon >= 0 that is proven to have at most this delta (`upper`), or proven to have at least it, and whether a
    /// smaller tilt would give a better one. Infinite when the mass at an infinite loss, or the errors, leave no such epsilon.
    package func epsilon(delta target: Double, upper: Bool) -> (value: Double, starved: Bool) {
        if upper, infinite >= target { return (.infinity, false) }
        let found = cell(above: target, bottom: 0, upper: upper)
        if delta(found.next, in: found, upper: upper) > target { return (.infinity, true) }
        var (low, high) = (max(0, found.next - step), max(0, found.next))
        // Without a crossing an upper bound is the end of the search, and a lower bound is not proven.
        if delta(low, in: found, upper: upper) <= target { return upper ? (low, isStarved(found)) : (0, true) }
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if delta(middle, in: found, upper: upper) > target { low = middle } else { high = middle }
        }
        // A tilt beyond the saddle point makes the errors decide.
        let starved = isStarved(found) || margin * 50 > body(high, in: found)
        return (upper ? high : low, starved)
    }
}
