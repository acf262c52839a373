import Arithmetic
import SandboxCore

/// A released number and how far noise may have moved it. The interval covers the noise alone, not the sampling of the data.
public struct PrivateEstimate: Hashable, Sendable, Codable {
    public let value: Double
    public let lower: Double
    public let upper: Double
    /// The interval contains the value without noise with at least this probability.
    public let confidence: Double

    package init(value: Double, lower: Double, upper: Double, confidence: Double) {
        self.value = value
        self.lower = lower
        self.upper = upper
        self.confidence = confidence
    }

    /// value +- halfWidth, times a unit.
    package init(_ value: Int128, _ spread: NoiseSpread, unit: Double = 1) {
        let centre = Double(value) * unit, width = spread.halfWidth * unit
        self.init(value: centre, lower: centre - width, upper: centre + width, confidence: spread.confidence)
    }

    package func mapped(_ transform: (Double) -> Double) -> PrivateEstimate {
        let (a, b) = (transform(lower), transform(upper))
        return PrivateEstimate(value: transform(value), lower: min(a, b), upper: max(a, b), confidence: confidence)
    }
}

/// What a release says of its guarantee, in the terms of NIST SP 800-226, "Guidelines for evaluating differential privacy guarantees" (2025).
public struct PrivacyStatement: Hashable, Sendable {
    public enum TrustModel: String, Codable, Sendable, CaseIterable {
        /// Whoever runs the mechanism sees the data.
        case central
        /// Every subject adds noise before anybody sees anything.
        case local
        /// The data is shared or encrypted among parties that do not all collude; noise is added inside.
        case distributed
    }

    /// Whom the guarantee is about, such as "enterprise".
    public let unit: String
    public let neighbours: NeighbouringRelation
    public let cost: PrivacyCost
    public let trust: TrustModel
    /// The mechanism and its noise, such as "bounded sum, discrete Laplace, scale 20".
    public let mechanism: String
    /// How parts of the release were put together, such as "basic composition of a sum and a count".
    public let composition: String

    /// Data reaches noise as integers, and noise is sampled on integers: no rounding error of floating point can show through it
    /// (I. Mironov, "On significance of the least significant bits for differential privacy", CCS 2012).
    public let isFloatingPointSafe = true

    package init(
        unit: String, neighbours: NeighbouringRelation, cost: PrivacyCost, trust: TrustModel = .central, mechanism: String,
        composition: String = "one release"
    ) {
        self.unit = unit
        self.neighbours = neighbours
        self.cost = cost
        self.trust = trust
        self.mechanism = mechanism
        self.composition = composition
    }
}

/// A result with its statement.
public struct PrivateRelease<Value: Sendable>: Sendable {
    public let value: Value
    public let statement: PrivacyStatement
}

/// Whose privacy a query protects, and how much of the data is one subject's: what every mechanism needs besides its own parameters.
public struct PrivacyUnit: Hashable, Sendable {
    /// Such as "enterprise".
    public let name: String
    public let neighbours: NeighbouringRelation
    /// Rows that one subject has at most: enforce it with `ContributionBounding`.
    public let rowsPerSubject: Int

    /// Throws `.range` unless 1 <= rowsPerSubject <= 2^32.
    public init(_ name: String, neighbours: NeighbouringRelation = .addOrRemove, rowsPerSubject: Int = 1) throws {
        guard (1...1 << 32).contains(rowsPerSubject) else {
            throw YinheError(.range, "\(rowsPerSubject) rows of one \(name)", remedy: "declare 1 or more")
        }
        self.name = name
        self.neighbours = neighbours
        self.rowsPerSubject = rowsPerSubject
    }
}
