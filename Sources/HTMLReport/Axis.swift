import Foundation

/// From values to coordinates of a drawing, with the values where a line is ruled.
package struct Axis: Sendable {
    package let low: Double
    package let high: Double
    package let ticks: [Double]
    private let start: Double
    private let end: Double
    private let isLogarithmic: Bool

    private init(low: Double, high: Double, ticks: [Double], start: Double, end: Double, isLogarithmic: Bool) {
        (self.low, self.high, self.ticks) = (low, high, ticks)
        (self.start, self.end, self.isLogarithmic) = (start, end, isLogarithmic)
    }

    /// The coordinate of a value; what lies beyond an end is drawn at the end.
    package func callAsFunction(_ value: Double) -> Double {
        let inside = min(max(value, low), high)
        let share = isLogarithmic ? log(inside / low) / log(high / low) : (inside - low) / (high - low)
        return start + share * (end - start)
    }

    /// Whole steps of 1, 2 or 5 times a power of ten around the finite `values`.
    package static func linear(_ values: [Double], includesZero: Bool = false, from start: Double, to end: Double) -> Axis {
        let finite = values.filter(\.isFinite)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
        if high <= low { (low, high) = (low - 0.5, high + 0.5) }
        let step = tickStep(high - low)
        (low, high) = ((low / step).rounded(.down) * step, (high / step).rounded(.up) * step)
        let count = Int(((high - low) / step).rounded())
        return Axis(
            low: low, high: high, ticks: (0...count).map { low + Double($0) * step }, start: start, end: end, isLogarithmic: false)
    }

    /// A logarithmic axis with a margin around the positive `values`; ruled at 1, 2 and 5 times powers of ten, at powers alone where
    /// those would be many.
    package static func logarithmic(_ values: [Double], from start: Double, to end: Double) -> Axis {
        let positive = values.filter { $0 > 0 && $0.isFinite }
        let least = positive.min() ?? 1
        let low = least * 0.95, high = max((positive.max() ?? 10) * 1.05, least * 1.2)
        let steps = log10(high / low) > 3.2 ? [1.0] : [1.0, 2, 5]
        var ticks: [Double] = []
        for power in Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up)) {
            for step in steps {
                let tick = step * pow(10, Double(power))
                if tick >= low, tick <= high { ticks.append(tick) }
            }
        }
        return Axis(low: low, high: high, ticks: ticks, start: start, end: end, isLogarithmic: true)
    }

    /// The distance of two ticks, where they are equally far apart.
    package var step: Double { ticks.count > 1 ? ticks[1] - ticks[0] : 1 }

    /// A step of 1, 2 or 5 times a power of ten that gives four to eight ticks over `span`.
    package static func tickStep(_ span: Double) -> Double {
        guard span > 0, span.isFinite else { return 1 }
        let rough = span / 6
        let power = pow(10, log10(rough).rounded(.down))
        let ratio = rough / power
        return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10)
    }
}
