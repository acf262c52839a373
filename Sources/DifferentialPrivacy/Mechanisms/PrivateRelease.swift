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
    /// How the noise is drawn.
    public let sampler: String

    /// Data reaches noise as integers, and noise is sampled on integers: no rounding error of floating point can show through it
    /// (I. Mironov, "On significance of the least significant bits for differential privacy", CCS 2012).
    public let isFloatingPointSafe = true

    package init(
        unit: String, neighbours: NeighbouringRelation, cost: PrivacyCost, trust: TrustModel = .central, mechanism: String,
        composition: String = "one release", sampler: String = "exact on integers"
    ) {
        self.sampler = sampler
        self.unit = unit
        self.neighbours = neighbours
        self.cost = cost
        self.trust = trust
        self.mechanism = mechanism
        self.composition = composition
    }
}

extension PrivacyStatement: Codable {
    private enum CodingKeys: CodingKey {
        case unit, neighbours, epsilon, delta, rho, isPerReport, trust, mechanism, composition, sampler, isFloatingPointSafe
    }

    /// Throws `.badInput` for a cost that is none.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let epsilon = try fields.decodeIfPresent(Rational.self, forKey: .epsilon)
        let delta = try fields.decodeIfPresent(Rational.self, forKey: .delta)
        let cost: PrivacyCost
        if let rho = try fields.decodeIfPresent(Rational.self, forKey: .rho) {
            cost = .zeroConcentrated(rho: rho)
        } else if let epsilon, let delta, delta.isPositive {
            cost = .approximate(epsilon: epsilon, delta: delta)
        } else if let epsilon {
            cost = try fields.decodeIfPresent(Bool.self, forKey: .isPerReport) == true ? .local(epsilon: epsilon) : .pure(epsilon: epsilon)
        } else {
            throw YinheError(.badInput, "a privacy statement without a cost")
        }
        self.init(
            unit: try fields.decode(String.self, forKey: .unit),
            neighbours: try fields.decode(NeighbouringRelation.self, forKey: .neighbours), cost: cost,
            trust: try fields.decode(TrustModel.self, forKey: .trust), mechanism: try fields.decode(String.self, forKey: .mechanism),
            composition: try fields.decode(String.self, forKey: .composition),
            sampler: try fields.decode(String.self, forKey: .sampler))
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(unit, forKey: .unit)
        try fields.encode(neighbours, forKey: .neighbours)
        switch cost {
        case .pure(let epsilon):
            try fields.encode(epsilon, forKey: .epsilon)
            try fields.encode(Rational.zero, forKey: .delta)
        case .approximate(let epsilon, let delta):
            try fields.encode(epsilon, forKey: .epsilon)
            try fields.encode(delta, forKey: .delta)
        case .zeroConcentrated(let rho): try fields.encode(rho, forKey: .rho)
        case .local(let epsilon):
            try fields.encode(epsilon, forKey: .epsilon)
            try fields.encode(true, forKey: .isPerReport)
        }
        try fields.encode(trust, forKey: .trust)
        try fields.encode(mechanism, forKey: .mechanism)
        try fields.encode(composition, forKey: .composition)
        try fields.encode(sampler, forKey: .sampler)
        try fields.encode(isFloatingPointSafe, forKey: .isFloatingPointSafe)
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
