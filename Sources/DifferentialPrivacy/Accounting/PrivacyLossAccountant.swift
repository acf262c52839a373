import Foundation
import SandboxCore

/// Accounts for a sequence of mechanisms on the same subjects by the law of their total privacy loss: numerical, tight, and never
/// below the true value (Protocols/privacy-accounting.md has the argument).
///
/// Gaussians are merged exactly; a repeated mechanism on a lattice (discrete Gaussian, discrete Laplace, any pure step) is composed
/// without discretisation; everything else goes to a common grid whose step follows from `tolerance`.
public struct PrivacyLossAccountant: Sendable {
    /// The aim for the excess of epsilon over the true value.
    public let tolerance: Double
    private var gaussian = 0.0
    private var steps: [PrivacyMechanism: Int] = [:]

    public init(tolerance: Double = 5e-5) {
        precondition(tolerance > 0 && tolerance <= 0.1)
        self.tolerance = tolerance
    }

    /// Adds `count` uses of a mechanism. Throws `.range` for bad parameters, with the reason.
    public mutating func compose(_ mechanism: PrivacyMechanism, count: Int = 1) throws {
        try mechanism.validate()
        try PrivacyParameter.count(count)
        switch mechanism {
        case .gaussian(let multiplier), .sampled(.gaussian(let multiplier), probability: 1):
            // Independent Gaussians compose to one: squares of 1 / noise multiplier add up (J. Dong, A. Roth, W. Su, "Gaussian
            // differential privacy", 2022, corollary 3.3).
            gaussian += Double(count) / (multiplier * multiplier)
        default:
            let total = (steps[mechanism] ?? 0) + count
            try PrivacyParameter.count(total)
            steps[mechanism] = total
        }
    }

    /// The smallest epsilon found for this delta; at least the true one. Infinite when only a larger delta can be reached.
    public func epsilon(delta: Double) throws -> Double {
        try PrivacyParameter.delta(delta, zeroAllowed: true)
        if delta == 0 { return largestLoss }
        return try min(largestLoss, solve(delta: delta, upper: true))
    }

    /// An interval around the true epsilon for this delta. The upper end is proven; the lower end, on which no guarantee rests, is an
    /// estimate less four times the tolerance where losses of single points lie between those of the grid.
    public func epsilonBounds(delta: Double) throws -> ClosedRange<Double> {
        let high = try epsilon(delta: delta)
        if delta == 0 { return 0...high }
        // Of Gaussians alone the upper end is right to some 10^-10 of it.
        let low = try min(high, solve(delta: delta, upper: false)) - (steps.isEmpty ? high * 1e-8 + 1e-6 : 4 * tolerance)
        return max(0, low)...high
    }

    /// A bound on delta at this epsilon; at least the true one.
    public func delta(epsilon: Double) throws -> Double {
        try PrivacyParameter.epsilon(epsilon, zeroAllowed: true)
        if isEmpty || epsilon >= largestLoss { return 0 }
        var worst = 0.0
        for plan in try plans(target: .epsilon(epsilon)) {
            worst = max(worst, try plan.best(upper: true, by: min) { $0.delta(epsilon: epsilon - plan.rounding, upper: true) })
        }
        return min(1, worst)
    }

    private var isEmpty: Bool { gaussian == 0 && steps.isEmpty }

    private func solve(delta: Double, upper: Bool) throws -> Double {
        if isEmpty { return 0 }
        var worst = 0.0
        for plan in try plans(target: .delta(delta)) {
            let found = try plan.best(upper: upper, by: upper ? min : max) { $0.epsilon(delta: delta, upper: upper) }
            // Merged intervals are right to 1e-10 each; a lower bound, on which no guarantee rests, leaves room for that and for what
            // floating point adds at large losses.
            let room = max(found * 1e-9, min(found * 1e-7, 2e-5))
            worst = max(worst, upper ? found + plan.rounding : found - room - plan.rounding)
        }
        return worst
    }

    /// The sum of the steps' largest losses: pure differential privacy.
    private var largestLoss: Double {
        if gaussian > 0 { return .infinity }
        return steps.reduce(0.0) { $0 + Self.largestLoss($1.key) * Double($1.value) } * (1 + 1e-14)
    }

    private static func largestLoss(_ mechanism: PrivacyMechanism) -> Double {
        switch mechanism {
        case .gaussian, .discreteGaussian: .infinity
        case .laplace(let scale): 1 / scale
        case .discreteLaplace(let scale, let sensitivity): Double(sensitivity) / scale
        case .approximate(let epsilon, let delta): delta == 0 ? epsilon : .infinity
        case .sampled(let step, let probability):
            Subsampling.amplified(epsilon: largestLoss(step), probability: probability)
        }
    }

    // MARK: Plans

    private enum Target {
        case delta(Double)
        case epsilon(Double)
    }

    /// How one direction of the neighbours is computed: the laws, the tilt and the grid.
    private struct Plan {
        var laws: [(law: LossLaw, sketch: LossSketch, count: Int)]
        var theta: Double
        var spread: Double
        var step: Double
        var isLattice: Bool
        /// Floating-point error of all losses together.
        var rounding: Double

        /// A bound, with smaller tilts while those may give a better one. Every tilt gives a valid bound.
        func best(
            upper: Bool, by better: (Double, Double) -> Double, _ bound: (LossSum) -> (value: Double, starved: Bool)
        ) throws -> Double {
            var plan = self
            var found = bound(try plan.sum(upper: upper))
            var value = found.value
            for _ in 0..<6 where found.starved {
                plan.theta /= 8
                plan.spread *= 2
                found = bound(try plan.sum(upper: upper))
                value = better(value, found.value)
            }
            return value
        }

        func sum(upper: Bool) throws -> LossSum {
            let total = laws.reduce(0) { $0 + $1.count }
            let parts = try laws.map { law, sketch, count -> LossSum.Part in
                if isLattice { return (try DiscreteLoss(lattice: law, above: upper), count) }
                // Losses that the tilt makes negligible are raised (or dropped) together.
                let lowest = (sketch.tilted(theta).logMoment - log(1e13 * Double(total))) / theta
                return upper
                    ? (try DiscreteLoss(above: law, step: step, lowest: lowest), count)
                    : (try DiscreteLoss(below: law, step: step, lowest: lowest), count)
            }
            return try LossSum(parts, theta: theta, spread: spread, largestLength: 1 << 22)
        }
    }

    private func plans(target: Target) throws -> [Plan] {
        var entries = steps.map { ($0.key, $0.value) }
        if gaussian > 0 { entries.append((.gaussian(noiseMultiplier: 1 / (gaussian * (1 + 1e-13)).squareRoot()), 1)) }
        let total = entries.reduce(0) { $0 + $1.1 }
        try PrivacyParameter.count(total)
        var tail = 1e-40
        if case .delta(let delta) = target { tail = delta * 1e-8 / Double(total) }
        var plans = try self.plans(entries, target, tail: tail, total: total)
        if case .epsilon = target, let least = plans.map(\.logDelta).min(), least - log(1e8 * Double(total)) < log(tail) {
            // Delta turned out so small that the tail must be, too.
            tail = max(1e-290, exp(least - 3) * 1e-8 / Double(total))
            plans = try self.plans(entries, target, tail: tail, total: total)
        }
        return plans.map(\.plan)
    }

    private func plans(
        _ entries: [(PrivacyMechanism, Int)], _ target: Target, tail: Double, total: Int
    ) throws -> [(plan: Plan, logDelta: Double)] {
        let laws = try entries.map { (laws: try LossLaw.laws(of: $0.0, tail: tail), count: $0.1) }
        return (0..<(laws.contains { $0.laws.count == 2 } ? 2 : 1)).map { direction in
            let chosen = laws.map { entry in
                let law = entry.laws[min(direction, entry.laws.count - 1)]
                return (law: law, sketch: LossSketch(law), count: entry.count)
            }
            let (theta, logDelta) = Self.tilt(target) { theta in
                chosen.reduce(0) { $0 + $1.sketch.tilted(theta).logMoment * Double($1.count) }
            }
            return (plan(chosen, theta: theta, total: total), logDelta)
        }
    }

    private func plan(_ laws: [(law: LossLaw, sketch: LossSketch, count: Int)], theta wanted: Double, total: Int) -> Plan {
        var (theta, variance, largest) = (wanted, 0.0, 0.0)
        let single = laws.count == 1 ? laws[0].law : nil
        for (_, sketch, count) in laws {
            variance += sketch.tilted(theta).variance * Double(count)
            largest += sketch.largest * Double(count)
        }
        let rounding = largest * 4e-15 + 1e-15
        // Splitting a mass between neighbours on a grid of step h adds h^2 / 6 to the variance of a step and half of that to its
        // mean; at tilt theta that moves epsilon by (1 + theta) h^2 / 12 per step.
        var step = (12 * tolerance / (Double(total) * (1 + theta))).squareRoot()
        if let single, let lattice = single.lattice, lattice.step * 4 >= step || single.atoms.count * min(total, 64) < 1 << 16 {
            // Beyond this tilt a step of the lattice says everything.
            theta = min(theta, 20 / lattice.step)
            variance = laws[0].sketch.tilted(theta).variance * Double(total)
            return Plan(
                laws: laws, theta: theta, spread: max(variance.squareRoot(), lattice.step), step: lattice.step, isLattice: true,
                rounding: rounding)
        }
        let spread = variance.squareRoot()
        if total > 1 {
            // A little coarser saves half of the work when the window is just above a power of two.
            let length = spread * 14 / step
            let power = exp2(log2(max(length, 2)).rounded(.down))
            if length > 2048, length < power * 1.2 { step *= length / power * (1 + 1e-9) }
        }
        // Raising every loss by a step is harmless below this. The longest transform bounds the grid, too.
        let finest = tolerance / Double(total)
        step = max(min(step, max(spread / 8, finest)), finest, spread * 15 / Double(1 << 21), largest * 1e-14)
        for law in laws { step = max(step, law.sketch.largest / Double(1 << 21)) }
        // Ends of a law that are known exactly should be grid points: those of the Laplace law are atoms.
        if let single, let curve = single.curve, let end = single.atoms.last?.loss, curve.range.upperBound == end {
            step = end / (end / step).rounded(.up)
        }
        theta = min(theta, 20 / step)
        return Plan(laws: laws, theta: theta, spread: max(spread, step), step: step, isLattice: false, rounding: rounding)
    }

    /// The order theta = alpha - 1 that the conversion from Renyi divergence would choose: near the saddle point.
    private static func tilt(_ target: Target, logMoment: (Double) -> Double) -> (theta: Double, logDelta: Double) {
        func value(_ logTheta: Double) -> (value: Double, logDelta: Double) {
            let theta = exp(logTheta), moment = logMoment(theta)
            // ln of the largest exp(-theta s)(1 - exp(-s)).
            let peak = theta * log(theta) - (1 + theta) * log1p(theta)
            switch target {
            case .delta(let delta): return ((moment - log(delta) + peak) / theta, log(delta))
            case .epsilon(let epsilon): return (moment - theta * epsilon + peak, moment - theta * epsilon + peak)
            }
        }
        var (low, high) = (log(1e-3), log(1e6))
        let golden = (5.0.squareRoot() - 1) / 2
        var (a, b) = (high - golden * (high - low), low + golden * (high - low))
        var (fa, fb) = (value(a), value(b))
        for _ in 0..<14 {
            if fa.value < fb.value {
                (high, b, fb) = (b, a, fa)
                a = high - golden * (high - low)
                fa = value(a)
            } else {
                (low, a, fa) = (a, b, fb)
                b = low + golden * (high - low)
                fb = value(b)
            }
        }
        return (exp((low + high) / 2), min(fa.logDelta, fb.logDelta))
    }
}
