#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The privacy profile of integer noise from its probabilities, in floating point: what an audit compares samples with.
package enum LawDivergence {
    /// The least delta at which adding noise of this law to x and to x + shift is (epsilon, delta)-close, in both directions: the greater hockey-stick
    /// divergence, the sum of max(0, P(k) - e^epsilon P(k - shift)). `probabilities`: of first, first + 1, ...; zero elsewhere.
    package static func delta(epsilon: Double, shift: Int, probabilities: [Double]) -> Double {
        func p(_ k: Int) -> Double { probabilities.indices.contains(k) ? probabilities[k] : 0 }
        let factor = exp(epsilon)
        var forward = 0.0, backward = 0.0
        for k in -shift..<probabilities.count + shift {
            forward += max(0, p(k) - factor * p(k - shift))
            backward += max(0, p(k - shift) - factor * p(k))
        }
        return max(forward, backward)
    }

    /// Probabilities of -n ... n from those of 0 ... n.
    package static func mirrored(_ half: [Double]) -> [Double] { half.dropFirst().reversed() + half }

    /// A truncated law.
    package static func conditional(_ probabilities: some Sequence<Double>) -> [Double] {
        let all = Array(probabilities), total = all.reduce(0, +)
        return all.map { $0 / total }
    }
}
