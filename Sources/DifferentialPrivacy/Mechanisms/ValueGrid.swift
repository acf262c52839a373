import Arithmetic
import SandboxCore

/// Declared bounds and the step to which values are rounded before anything else happens to them: a number enters a mechanism as a
/// multiple of the step, clamped. Rounding moves a value by at most half a step.
public struct ValueGrid: Hashable, Sendable {
    public let step: Rational
    /// In steps.
    public let bounds: ClosedRange<Int64>
    /// The step's numerator and denominator.
    private let numerator: Double
    private let denominator: Double

    /// Throws `.range` unless step > 0, lower <= upper, and both bounds are within 2^53 steps of zero. A bound that is not a multiple of the step is
    /// rounded towards the inside.
    public init(lower: Rational, upper: Rational, step: Rational) throws {
        guard step.isPositive else { throw YinheError(.range, "a grid step of \(step)", remedy: "use a positive step such as 0.01") }
        let low = try (lower / step).roundedUp, high = try (upper / step).roundedDown
        guard low <= high else {
            throw YinheError(.range, "no multiple of \(step) lies between \(lower) and \(upper)", remedy: "use a finer step")
        }
        guard low >= -(1 << 53), high <= 1 << 53 else {
            throw YinheError(.range, "bounds of more than 2^53 steps", remedy: "use a coarser step")
        }
        self.step = step
        bounds = Int64(low)...Int64(high)
        (numerator, denominator) = (Double(step.numerator), Double(step.denominator))
    }

    /// The step's number that stands for `x`: the nearest one (ties to even), clamped. Nil for NaN, which no bound can place.
    public func index(of x: Double) -> Int64? {
        if x.isNaN { return nil }
        let scaled = (x * denominator / numerator).rounded(.toNearestOrEven)
        return Int64(min(max(scaled, Double(bounds.lowerBound)), Double(bounds.upperBound)))
    }

    public func value(of index: Double) -> Double { index * numerator / denominator }

    /// The middle, in steps: subtracting it halves the sensitivity of a sum.
    var middle: Int64 { bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) / 2 }

    /// Values as steps; what was clamped is counted, and NaN is counted and left out.
    public func place(_ values: some Sequence<Double>) -> (indices: [Int64], clamped: Int, missing: Int) {
        var (indices, clamped, missing): ([Int64], Int, Int) = ([], 0, 0)
        for x in values {
            guard let i = index(of: x) else { missing += 1; continue }
            let y = value(of: Double(i))
            if abs(y - x) > value(of: 1) { clamped += 1 }
            indices.append(i)
        }
        return (indices, clamped, missing)
    }
}
