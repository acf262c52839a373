import DifferentialPrivacy
import Foundation
import SandboxCore

/// A planned query: what it is about, how far one subject can move it, and what its noise means for its accuracy.
struct NoisePlan: Sendable {
    enum Query: String, CaseIterable, Codable, Sendable { case count, histogram, sum, mean }

    var query: Query
    var lower = 0.0
    var upper = 0.0
    /// Expected rows that the query covers; nil when unknown.
    var rows: Double?
    var rowsPerSubject = 1
    var relation = NeighbouringRelation.addOrRemove
    var confidence = 0.95

    /// One kind of noise at one scale.
    struct Choice: Codable, Sendable {
        var noise: NoiseKind
        /// In the unit of the query; of the sum for a mean.
        var scale: Double
        var halfWidth: Double
        /// halfWidth over the size of the result: rows, rows * largest value, or largest value. Absent without --rows.
        var relativeError: Double?
        /// Of one release alone, at the target's delta.
        var epsilonOfOne: Double
        /// Of all planned releases; never below the true value.
        var epsilonOfAll: Double
    }

    /// The largest magnitude of a value.
    var largest: Double { max(abs(lower), abs(upper)) }

    /// The parts that are released: sensitivities under L1 and L2.
    private var parts: [(l1: Double, l2: Double)] {
        let r = Double(rowsPerSubject), replaced = relation == .replace
        let sum = r * (replaced ? max(upper, 0) - min(lower, 0) : largest)
        switch query {
        case .count: return [(r, r)]
        // A replaced subject leaves some cells and enters others.
        case .histogram: return [(replaced ? 2 * r : r, replaced ? r * 2.0.squareRoot() : r)]
        case .sum: return [(sum, sum)]
        case .mean: return [(sum, sum), (r, r)]
        }
    }

    /// Discrete noise for counts; a Gaussian also has a delta.
    func kinds(delta: Double) -> [NoiseKind] {
        let laplace: NoiseKind, gaussian: NoiseKind
        switch query {
        case .count: (laplace, gaussian) = (.discreteLaplace, .discreteGaussian)
        case .histogram: (laplace, gaussian) = (.discreteLaplace, rowsPerSubject == 1 && relation == .addOrRemove ? .discreteGaussian : .gaussian)
        case .sum, .mean: (laplace, gaussian) = (.laplace, .gaussian)
        }
        return delta > 0 ? [laplace, gaussian] : [laplace]
    }

    /// Whether the noise of the query is accounted for as pure steps only: a subject in several cells.
    private func isPureOnly(_ kind: NoiseKind) -> Bool {
        query == .histogram && !kind.isGaussian && (rowsPerSubject > 1 || relation == .replace)
    }

    private func calibration(_ kind: NoiseKind, _ epsilon: Double, _ delta: Double) throws -> NoiseCalibration {
        let part = parts[0]
        // Both parts of a mean have the same noise relative to their sensitivity.
        let sensitivity = parts.count > 1 ? 1 : kind.isGaussian ? part.l2 : part.l1
        return try NoiseCalibration(kind: kind, sensitivity: sensitivity, epsilon: epsilon, delta: isPureOnly(kind) ? 0 : delta)
    }

    /// The least noise of a kind for the target.
    func choice(_ kind: NoiseKind, epsilon: Double, delta: Double, releases: Int) throws -> Choice {
        let scale = try calibration(kind, epsilon, delta).scale(releases: releases * parts.count)
        return try choice(kind, scale: scale, epsilon: epsilon, delta: delta, releases: releases)
    }

    private func choice(_ kind: NoiseKind, scale: Double, epsilon: Double, delta: Double, releases: Int) throws -> Choice {
        let calibration = try calibration(kind, epsilon, delta)
        let width = halfWidth(kind, scale)
        return Choice(
            noise: kind, scale: parts.count > 1 ? scale * parts[0].l1 : scale, halfWidth: width,
            relativeError: rows.map { width / ($0 * largest(query, $0)) },
            epsilonOfOne: try calibration.epsilon(scale: scale, releases: parts.count),
            epsilonOfAll: try calibration.epsilon(scale: scale, releases: releases * parts.count))
    }

    private func largest(_ query: Query, _ rows: Double) -> Double {
        switch query {
        case .count, .histogram: 1
        case .sum: largest
        case .mean: largest / rows
        }
    }

    private func halfWidth(_ kind: NoiseKind, _ scale: Double) -> Double {
        guard query == .mean, let rows else { return kind.halfWidth(scale: scale, confidence: confidence) }
        // (S + s) / (n + c) - S / n is about (s - mean c) / n: both noises within their intervals, at half the risk each.
        let each = (1 + confidence) / 2
        return (kind.halfWidth(scale: scale * parts[0].l1, confidence: each)
            + largest * kind.halfWidth(scale: scale * parts[1].l1, confidence: each)) / rows
    }

    /// How many releases with this half width the target allows, and at which scale.
    func releases(_ kind: NoiseKind, halfWidth: Double, epsilon: Double, delta: Double) throws -> (choice: Choice, allowed: Int) {
        // The width grows with the scale.
        var (low, high) = (-30.0, 30.0)
        for _ in 0..<70 {
            let middle = (low + high) / 2
            if self.halfWidth(kind, exp(middle)) <= halfWidth { low = middle } else { high = middle }
        }
        let scale = exp(low)
        let calibration = try calibration(kind, epsilon, delta)
        let allowed: Int
        do {
            allowed = try calibration.releases(scale: scale) / parts.count
        } catch let error as YinheError where error.code == .range {
            throw YinheError(
                .range, "noise within \(halfWidth) hides nothing of a query with sensitivity \(parts[0].l1)",
                remedy: "allow a wider interval")
        }
        return (try choice(kind, scale: scale, epsilon: epsilon, delta: delta, releases: max(1, allowed)), allowed)
    }

    /// Throws `.usage` for options that do not fit together.
    func validate() throws {
        func refuse(_ en: String, _ zh: String) -> YinheError { YinheError(.usage, Help.text(en, zh), remedy: Help.text("see `yinhe noise plan --help`", "参见 `yinhe noise plan --help`")) }
        if query == .sum || query == .mean {
            guard lower.isFinite, upper.isFinite, lower < upper, largest <= 1e15 else {
                throw refuse("a \(query.rawValue) needs finite --lower and --upper, the lower one smaller", "\(query.rawValue) 需要有限的 --lower 与 --upper，且下界小于上界")
            }
        }
        if query == .mean, rows == nil { throw refuse("a mean needs --rows", "mean 需要 --rows") }
        if let rows {
            guard rows.isFinite, rows >= 1, rows <= 1e15 else { throw refuse("--rows must be 1 to 1e15", "--rows 须在 1 到 1e15 之间") }
        }
        guard (1...10_000).contains(rowsPerSubject) else { throw refuse("--rows-per-subject must be 1 to 10000", "--rows-per-subject 须在 1 到 10000 之间") }
        guard confidence >= 0.5, confidence <= 0.999999 else { throw refuse("--confidence must be 0.5 to 0.999999", "--confidence 须在 0.5 到 0.999999 之间") }
    }
}
