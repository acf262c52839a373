import Arithmetic
import SandboxCore

/// Counts of categories. One subject touches at most `partitionsPerSubject` categories, with at most `unit.rowsPerSubject` rows in each
/// (see `ContributionBounding`).
public struct PrivateHistogram: Hashable, Sendable {
    public let unit: PrivacyUnit
    public let partitionsPerSubject: Int
    public let noise: AdditiveNoise
    public let confidence: Double

    /// Throws `.range` unless 1 <= partitionsPerSubject <= 2^20 and 0 <= confidence < 1.
    public init(unit: PrivacyUnit, partitionsPerSubject: Int = 1, noise: AdditiveNoise, confidence: Double = 0.95) throws {
        guard (1...1 << 20).contains(partitionsPerSubject) else {
            throw YinheError(.range, "\(partitionsPerSubject) categories of one \(unit.name)", remedy: "declare 1 to 2^20")
        }
        guard confidence >= 0, confidence < 1 else {
            throw YinheError(.range, "a confidence of \(confidence)", remedy: "use a number such as 0.95")
        }
        self.unit = unit
        self.partitionsPerSubject = partitionsPerSubject
        self.noise = noise
        self.confidence = confidence
    }

    /// The noise of every cell. A replaced subject may leave all its categories and enter as many others.
    func law() throws -> NoiseLaw {
        let touched = partitionsPerSubject * (unit.neighbours == .replace ? 2 : 1)
        return try noise.law(VectorSensitivity(each: Int128(unit.rowsPerSubject), touched: touched))
    }

    /// The counts of categories that are known without looking at the data: every cell is released, empty ones too.
    public func release(knownCategories counts: [Int]) throws -> PrivateRelease<[PrivateEstimate]> {
        try release(knownCategories: counts, random: BufferedRandom())
    }

    package func release(
        knownCategories counts: [Int], random: some RandomSource
    ) throws -> PrivateRelease<[PrivateEstimate]> {
        let law = try law(), spread = law.spread(confidence: confidence)
        var stream = WordStream(random)
        let cells = try law.noised(counts.map { Int128($0) }, from: &stream).map { PrivateEstimate($0, spread) }
        return PrivateRelease(
            value: cells,
            statement: PrivacyStatement(
                unit: unit.name, neighbours: unit.neighbours, cost: noise.cost, mechanism: "histogram, \(law.name)",
                composition: "one vector of \(counts.count) counts"))
    }
}
