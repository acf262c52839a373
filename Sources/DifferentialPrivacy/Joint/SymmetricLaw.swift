import Foundation
import SandboxCore

/// A symmetric law on the integers as a table of P[X = 0], ..., P[X = n] in double precision; what lies beyond is in `rest`.
///
/// For statements about sums of noise that have no closed form. Figures are rounded to the safe side by what double precision can lose.
package struct SymmetricLaw: Sendable {
    package private(set) var values: [Double]
    /// An upper bound of P[|X| > n].
    package private(set) var rest: Double

    /// More entries take too long to add up.
    package static let maximumCount = 1 << 23

    package init(values: [Double], rest: Double) {
        precondition(!values.isEmpty)
        self.values = values
        self.rest = rest
    }

    package subscript(x: Int) -> Double { abs(x) < values.count ? values[abs(x)] : 0 }

    package var variance: Double {
        var sum = 0.0
        for x in stride(from: values.count - 1, to: 0, by: -1) { sum += 2 * Double(x) * Double(x) * values[x] }
        return sum
    }

    /// The sum over x of max(0, P[X = x] - e^epsilon P[X = x + shift]): the delta at epsilon of noise of this law on a query that changes
    /// by `shift`; by symmetry in both directions.
    package func delta(epsilon: Double, shift: Int) -> Double {
        let growth = exp(epsilon), n = values.count - 1
        var sum = 0.0
        values.withUnsafeBufferPointer { values in
            for x in -n...n {
                let other = abs(x + shift)
                let difference = values[abs(x)] - (other <= n ? growth * values[other] : 0)
                if difference > 0 { sum += difference }
            }
        }
        return min(1, sum * (1 + 1e-9) + rest)
    }

    /// The greatest ln P[x] / P[x + shift] over those x where the table holds both.
    package func largestLoss(shift: Int) -> Double {
        var worst = 0.0
        let n = values.count - 1
        guard shift <= n else { return .infinity }
        for x in -n...(n - shift) { worst = max(worst, log(values[abs(x)] / values[abs(x + shift)])) }
        return worst
    }

    /// The least epsilon with delta(epsilon) <= `delta`, for noise whose loss is at most `most` (may be infinite).
    package func epsilon(delta: Double, shift: Int, atMost most: Double) -> Double {
        Self.epsilon(delta: delta, atMost: most) { self.delta(epsilon: $0, shift: shift) }
    }

    /// By bisection, rounded up; `profile` decreases.
    static func epsilon(delta: Double, atMost most: Double, _ profile: (Double) -> Double) -> Double {
        var high = most
        if high.isInfinite {
            high = 1
            while profile(high) > delta {
                high *= 2
                if high > 1e4 { return .infinity }
            }
        }
        var low = 0.0
        if profile(low) <= delta { return 0 }
        for _ in 0..<44 {
            let middle = (low + high) / 2
            if profile(middle) <= delta { high = middle } else { low = middle }
        }
        return high
    }

    /// The law of the sum of two independent samples, one of this law and one of `other`. Quadratic in the lengths.
    package func convolved(with other: SymmetricLaw, upTo length: Int) -> SymmetricLaw {
        let a = values, b = other.values
        var out = [Double](repeating: 0, count: length + 1)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for z in 0...length {
                    var sum = 0.0
                    for x in max(-(a.count - 1), z - (b.count - 1))..<min(a.count, z + b.count) { sum += a[abs(x)] * b[abs(z - x)] }
                    out[z] = sum
                }
            }
        }
        let held = out[0] + 2 * out.dropFirst().reduce(0, +)
        return SymmetricLaw(values: out, rest: min(1, max(0, 1 - held) + 1e-15))
    }

    /// The law of `factor` times a sample.
    package func scaled(by factor: Int, upTo length: Int) -> SymmetricLaw {
        var out = [Double](repeating: 0, count: length + 1)
        for (x, p) in values.enumerated() where x * factor <= length { out[x * factor] = p }
        let held = out[0] + 2 * out.dropFirst().reduce(0, +)
        return SymmetricLaw(values: out, rest: min(1, max(0, 1 - held) + 1e-15))
    }
}
