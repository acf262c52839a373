import Arithmetic
import SandboxCore

/// The (epsilon, delta) of differential privacy, exact.
public struct PrivacyLoss: Hashable, Sendable, CustomStringConvertible {
    public let epsilon: Rational
    public let delta: Rational

    public static let none = PrivacyLoss(unchecked: 0, 0)
    /// exp(100) is not a bound on anything: a larger epsilon is a mistake in the contract.
    public static let maximumEpsilon: Rational = 100

    /// Throws `.range` unless 0 <= epsilon <= 100 and 0 <= delta < 1.
    public init(epsilon: Rational, delta: Rational = 0) throws {
        guard epsilon >= 0 else {
            throw YinheError(.range, "epsilon \(epsilon) is negative", remedy: "use a positive epsilon such as 0.5")
        }
        guard epsilon <= Self.maximumEpsilon else {
            throw YinheError(
                .range, "epsilon \(epsilon) is absurd: above \(Self.maximumEpsilon) nothing is protected",
                remedy: "use an epsilon between 0.01 and 10")
        }
        guard delta >= 0, delta < 1 else {
            throw YinheError(.range, "delta \(delta) is outside 0 ..< 1", remedy: "use 0, or a delta such as 1e-9")
        }
        self.init(unchecked: epsilon, delta)
    }

    private init(unchecked epsilon: Rational, _ delta: Rational) {
        self.epsilon = epsilon
        self.delta = delta
    }

    /// Basic composition: the losses of results on the same subjects add up
    /// (C. Dwork, A. Roth, "The algorithmic foundations of differential privacy", theorem 3.16).
    public static func + (a: PrivacyLoss, b: PrivacyLoss) throws -> PrivacyLoss {
        try PrivacyLoss(epsilon: a.epsilon + b.epsilon, delta: a.delta + b.delta)
    }

    /// Whether both parts are at most those of `other`.
    public func isCovered(by other: PrivacyLoss) -> Bool { epsilon <= other.epsilon && delta <= other.delta }

    public var description: String { delta == 0 ? "epsilon \(epsilon)" : "epsilon \(epsilon), delta \(delta)" }
}

extension PrivacyLoss: Codable {
    private enum CodingKeys: CodingKey { case epsilon, delta }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            epsilon: container.decode(Rational.self, forKey: .epsilon), delta: container.decode(Rational.self, forKey: .delta))
    }
}
