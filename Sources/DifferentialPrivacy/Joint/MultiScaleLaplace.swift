import Arithmetic
import Foundation
import SandboxCore

/// One of n equal shares of multi-scale discrete Laplace noise: C. Harrison, P. Manurangsi, "Infinitely divisible noise for differential privacy:
/// nearly optimal error in the high epsilon regime", FORC 2025, arXiv 2504.05202 (MSDLap, and its form with a coarse scale).
///
/// For an integer query of sensitivity D and step 1 the noise is X_1 + 2 X_2 + ... + D X_D with independent X_i of the discrete Laplace law of scale
/// 1 / epsilon: a change of the query by i is hidden by i X_i. With a step s > 1 it is s (X_1 + ... + m X_m) + Z with m = floor(D / s), the X_i of
/// scale 1 / (epsilon - 1) and Z discrete Laplace of scale s: the multiple of s is hidden at epsilon - 1, the rest, below s, at 1.
/// Both are epsilon-differentially private and infinitely divisible. For large epsilon and small D the variance is far below
/// that of discrete Laplace noise; for small epsilon far above it.
///
/// Exact, up to the events of `PolyaNoise`; the time of a draw depends on the number of points.
public struct MultiScaleLaplace: IntegerLaw {
    public let epsilon: Rational
    public let sensitivity: Int
    /// 1, or the coarse scale s.
    public let step: Int
    /// Shares that together are the noise.
    public let parties: Int

    private let point: PolyaPoint
    private let points: Poisson
    private let rest: PolyaNoise?

    /// 2^20: a share takes some 7 sensitivity / parties steps and more.
    public static let maximumSensitivity = 1 << 20

    /// `step` nil: that of least variance. Throws `.range` unless 0 < epsilon <= 100, 1 <= sensitivity <= 2^20, 1 <= step <= sensitivity, with
    /// epsilon > 1 for a step above 1, and 1 <= parties <= 2^20.
    public init(epsilon: Rational, sensitivity: Int, step: Int? = nil, parties: Int) throws {
        guard epsilon.isPositive, epsilon <= PrivacyLoss.maximumEpsilon else {
            throw YinheError(.range, "an epsilon of \(epsilon) is outside 0 < epsilon <= 100", remedy: "use an epsilon between 1 and 10")
        }
        guard (1...Self.maximumSensitivity).contains(sensitivity) else {
            throw YinheError(
                .range, "multi-scale noise for a sensitivity of \(sensitivity)",
                remedy: "use integers in coarser units, so that the sensitivity is 1 to \(Self.maximumSensitivity), or another noise")
        }
        let step = step ?? Self.bestStep(epsilon: epsilon, sensitivity: sensitivity)
        guard (1...sensitivity).contains(step), step == 1 || epsilon > 1 else {
            throw YinheError(.range, "a step of \(step) at epsilon \(epsilon)", remedy: "use 1 ... sensitivity, and 1 unless epsilon is above 1")
        }
        (self.epsilon, self.sensitivity, self.step, self.parties) = (epsilon, sensitivity, step, parties)
        rest = step == 1 ? nil : try PolyaNoise(scale: Rational(step), parties: parties)
        guard (1...1 << 20).contains(parties) else {
            throw YinheError(.range, "\(parties) parties share the noise: 1 to 2^20 can")
        }
        point = try PolyaPoint(scale: 1 / (step == 1 ? epsilon : epsilon - 1))
        points = try Poisson(mean: Rational(Int128(point.octaves * (sensitivity / step)), over: Int128(parties)))
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.epsilon == b.epsilon && a.sensitivity == b.sensitivity && a.step == b.step && a.parties == b.parties
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(epsilon)
        hasher.combine(sensitivity)
        hasher.combine(step)
        hasher.combine(parties)
    }

    /// Of all the noise: s^2 m (m + 1) (2 m + 1) / (6 (cosh(epsilon') - 1)), and 1 / (cosh(1 / s) - 1) for a step above 1.
    public var totalVariance: Double { Self.variance(epsilon.approximation, sensitivity, step) }
    public var variance: Double { totalVariance / Double(parties) }

    private static func variance(_ epsilon: Double, _ sensitivity: Int, _ step: Int) -> Double {
        let m = Double(sensitivity / step), s = Double(step)
        let multiples = s * s * m * (m + 1) * (2 * m + 1) / 6
        if step == 1 { return multiples * unitVariance(epsilon) }
        return multiples * unitVariance(epsilon - 1) + unitVariance(1 / s)
    }

    /// 1 / (cosh a - 1) = 1 / (2 sinh^2(a / 2)): the discrete Laplace law of scale 1 / a.
    private static func unitVariance(_ a: Double) -> Double { 0.5 / pow(sinh(a / 2), 2) }

    /// The step of least variance: floating point, for a choice that any value of is valid.
    static func bestStep(epsilon: Rational, sensitivity: Int) -> Int {
        guard epsilon > 1 else { return 1 }
        let e = epsilon.approximation
        return (1...sensitivity).min { variance(e, sensitivity, $0) < variance(e, sensitivity, $1) }!
    }

    public func draw(from stream: inout WordStream) -> Int64 {
        let multiples = oneSided(&stream) - oneSided(&stream)
        return multiples * Int64(step) + (rest?.draw(from: &stream) ?? 0)
    }

    /// The points of all m scales at once: each belongs to a uniform scale.
    private func oneSided(_ stream: inout WordStream) -> Int64 {
        let scales = UInt64(sensitivity / step)
        var sum: Int64 = 0
        for _ in 0..<points.draw(from: &stream) {
            let factor = 1 + stream.uniform(below: scales)
            sum += Int64(factor) * Int64(point.draw(from: &stream))
        }
        return sum
    }

    /// The law of shares of `weight` of the noise together (1 for all of it), for sensitivities whose convolution is cheap; nil beyond.
    package func table(weight: Double = 1) -> SymmetricLaw? {
        let a = epsilon.approximation - (step == 1 ? 0 : 1), m = sensitivity / step
        let reach = (40 / a + 8).rounded(.up) * Double(m * step) + (step == 1 ? 0 : 44 * Double(step))
        guard reach * reach * Double(m) < 3e8 else { return nil }
        let length = Int(reach)
        let unit = GeneralisedLaplace(shape: weight, scale: 1 / a).table()!
        var law = rest == nil
            ? SymmetricLaw(values: [1], rest: 0)
            : SymmetricLaw(values: GeneralisedLaplace(shape: weight, scale: Double(step)).probabilities(upTo: length), rest: 1e-15)
        for i in 1...m { law = law.convolved(with: unit.scaled(by: i * step, upTo: length), upTo: length) }
        return law
    }
}
