import Arithmetic
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The discrete staircase law (Q. Geng, P. Viswanath, "The optimal noise-adding mechanism in differential privacy", IEEE Trans. Inf.
/// Theory 62(2), 2016): for an integer sensitivity D and a step r in 1 ... D, the weight of z falls by exp(-epsilon) at every |z| = r + k D.
/// epsilon-differentially private for queries of sensitivity D, with less variance than discrete Laplace noise when epsilon is large.
///
/// Exact: |z| = G D + u with G geometric of ratio exp(-epsilon) and u uniform below D, kept always when u < r and else with probability
/// exp(-epsilon), all of it drawn again otherwise. The time of a draw depends on its magnitude.
public struct Staircase: IntegerLaw {
    public let epsilon: Rational
    public let sensitivity: Int
    public let step: Int
    private let flights: Geometric

    /// `step`: by default the one of least variance. Throws `.range` unless 0 < epsilon <= 100, 1 <= D <= 2^40 and 1 <= step <= D.
    public init(epsilon: Rational, sensitivity: Int, step: Int? = nil) throws {
        guard try PrivacyLoss(epsilon: epsilon).epsilon.isPositive else {
            throw YinheError(.range, "epsilon is zero: the noise would be infinite", remedy: "use a positive epsilon such as 0.5")
        }
        guard (1...1 << 40).contains(sensitivity), step.map({ (1...sensitivity).contains($0) }) ?? true else {
            throw YinheError(
                .range, "a staircase of sensitivity \(sensitivity) and step \(step ?? 0)",
                remedy: "sensitivity 1 to 2^40, step 1 to the sensitivity")
        }
        self.epsilon = epsilon
        self.sensitivity = sensitivity
        flights = try Geometric(scale: 1 / epsilon)
        self.step = step ?? Self.best(epsilon.approximation, sensitivity)
    }

    public var variance: Double { Self.variance(epsilon.approximation, sensitivity, step) }

    public func draw(from stream: inout WordStream) -> Int64 {
        while true {
            let flight = flights.draw(from: &stream)
            let u = stream.uniform(below: UInt64(sensitivity))
            if u >= UInt64(step) { guard stream.bernoulliExp(minus: epsilon) else { continue } }
            let (product, overflow) = flight.multipliedReportingOverflow(by: Int64(sensitivity))
            let negative = stream.bit()
            guard !overflow, product <= .max - Int64(u) else { continue }
            let magnitude = product + Int64(u)
            if negative, magnitude == 0 { continue }
            return negative ? -magnitude : magnitude
        }
    }

    /// Floating point, for the choice of the step and for display.
    private static func variance(_ epsilon: Double, _ sensitivity: Int, _ step: Int) -> Double {
        // Sums of 1, u, u^2 over a flight's two treads; then over flights k with weights q^k.
        let q = exp(-epsilon), d = Double(sensitivity), r = Double(step)
        func powers(_ n: Double) -> (Double, Double, Double) { (n, n * (n - 1) / 2, (n - 1) * n * (2 * n - 1) / 6) }
        let low = powers(r), all = powers(d)
        let m0 = low.0 + q * (all.0 - low.0), m1 = low.1 + q * (all.1 - low.1), m2 = low.2 + q * (all.2 - low.2)
        let complement = -expm1(-epsilon)
        let s0 = 1 / complement, s1 = q / (complement * complement), s2 = q * (1 + q) / (complement * complement * complement)
        // Both signs, zero counted once.
        return 2 * (s2 * d * d * m0 + 2 * s1 * d * m1 + s0 * m2) / (2 * s0 * m0 - 1)
    }

    private static func best(_ epsilon: Double, _ sensitivity: Int) -> Int {
        // Geng and Viswanath's optimum of the continuous law's second moment lies near D / (1 + exp(epsilon / 3)); the variance is
        // unimodal in the step, so a ternary search finds the integer one.
        var (low, high) = (1, sensitivity)
        while high - low > 2 {
            let a = low + (high - low) / 3, b = high - (high - low) / 3
            if variance(epsilon, sensitivity, a) <= variance(epsilon, sensitivity, b) { high = b } else { low = a }
        }
        return (low...high).min { variance(epsilon, sensitivity, $0) < variance(epsilon, sensitivity, $1) }!
    }
}
