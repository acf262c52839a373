import Arithmetic
import Foundation
import SandboxCore

extension PrivacyAudit {
    private static let rho = try! Rational(1, over: 2)

    /// The exact profile, at epsilon 1, of rho-zCDP noise on `coordinates` results that each change by `each`.
    private static func gaussianDelta(_ law: NoiseLaw, each: Int = 1, coordinates: Int = 1) throws -> Double {
        guard case .gaussian(let gaussian) = law else { preconditionFailure("a Gaussian law") }
        var accountant = PrivacyLossAccountant()
        try accountant.compose(
            .discreteGaussian(sigma: gaussian.sigmaSquared.approximation.squareRoot(), sensitivity: each), count: coordinates)
        return try accountant.delta(epsilon: 1)
    }

    private static func unit(_ rows: Int = 1, _ relation: NeighbouringRelation = .addOrRemove) throws -> PrivacyUnit {
        try PrivacyUnit("subject", neighbours: relation, rowsPerSubject: rows)
    }

    private static func laplace(_ unit: PrivacyUnit) throws -> BoundedQueries { try BoundedQueries(unit: unit, noise: .laplace(epsilon: 1)) }
    private static func gaussian(_ unit: PrivacyUnit) throws -> BoundedQueries { try BoundedQueries(unit: unit, noise: .gaussian(rho: rho)) }

    /// How far a noised value is from `low`, up to `width`: the likelihood ratio of Laplace noise on low and on low + width.
    private static func distance(_ value: Double, _ low: Int, _ width: Int) -> Int64 { Int64(min(max(value - Double(low), 0), Double(width))) }

    static func queries() throws -> [Case] {
        let grid = try ValueGrid(lower: 0, upper: 5, step: 1), signed = try ValueGrid(lower: -3, upper: 7, step: 1)
        let small = try ValueGrid(lower: 0, upper: 1, step: 1)
        let statement = "epsilon 1 by its statement", profile = "profile of the law for rho 1/2"
        let countLaplace = try laplace(unit(2)), countGaussian = try gaussian(unit(2))
        let sumLaplace = try laplace(unit()), sumGaussian = try gaussian(unit()), sumReplace = try laplace(unit(1, .replace))
        let vector = try LaplaceMechanism(epsilon: 1, sensitivity: Sensitivity(l1: 3))
        let cells = try PrivateHistogram(unit: unit(), partitionsPerSubject: 2, noise: .laplace(epsilon: 1))
        let gaussianCells = try PrivateHistogram(unit: unit(), partitionsPerSubject: 4, noise: .gaussian(rho: rho))
        return try [
            Case("laplace-vector", epsilon: 1, claim: "epsilon 1 at sensitivity 3") { onNeighbour, random in
                try vector.noised([Int128](repeating: onNeighbour ? 1 : 0, count: 3), random: random).reduce(0) { $0 + ($1 >= 1 ? 1 : 0) }
            },
            Case("laplace-on-shares", epsilon: 1, claim: "epsilon 1 at sensitivity 3") { onNeighbour, random in
                var shares: [UInt128] = [.max]
                vector.addNoise(to: &shares, random: random)
                return Int64(Int128(truncatingIfNeeded: shares[0] &+ 1)) + (onNeighbour ? 3 : 0)
            },
            Case("count-laplace", epsilon: 1, claim: statement) { onNeighbour, random in
                Int64(try countLaplace.count(onNeighbour ? 12 : 10, random: random).value.value)
            },
            Case(
                "count-gaussian", epsilon: 1, delta: gaussianDelta(countGaussian.noise.law(VectorSensitivity(each: 2)), each: 2), claim: profile
            ) { onNeighbour, random in
                Int64(try countGaussian.count(onNeighbour ? 12 : 10, random: random).value.value)
            },
            Case("sum-laplace", epsilon: 1, claim: statement) { onNeighbour, random in
                Int64(try sumLaplace.sum(onNeighbour ? [1e9] : [], on: grid, random: random).value.value)
            },
            Case("sum-laplace-replace", epsilon: 1, claim: statement) { onNeighbour, random in
                Int64(try sumReplace.sum([onNeighbour ? 1e9 : -1e9], on: signed, random: random).value.value)
            },
            Case(
                "sum-gaussian", epsilon: 1, delta: gaussianDelta(sumGaussian.noise.law(VectorSensitivity(each: 5)), each: 5), claim: profile
            ) { onNeighbour, random in
                Int64(try sumGaussian.sum(onNeighbour ? [1e9] : [], on: grid, random: random).value.value)
            },
            Case("mean-laplace", epsilon: 1, claim: statement) { onNeighbour, random in
                let mean = try sumLaplace.mean([1, 1, 1] + (onNeighbour ? [] : [0]), on: small, random: random).value
                return mean.map { Int64($0.value * 60) } ?? -1
            },
            Case("variance-laplace", epsilon: 1, claim: statement) { onNeighbour, random in
                let variance = try sumLaplace.variance([0, 0, 0] + (onNeighbour ? [5] : []), on: grid, random: random).value
                return variance.map { Int64($0.value * 10) } ?? -1
            },
            Case("histogram-laplace", epsilon: 1, claim: statement) { onNeighbour, random in
                let counts = try cells.release(knownCategories: onNeighbour ? [6, 6, 5] : [5, 5, 5], random: random).value
                return distance(counts[0].value, 5, 1) + distance(counts[1].value, 5, 1)
            },
            Case("histogram-gaussian", epsilon: 1, delta: gaussianDelta(gaussianCells.law(), coordinates: 4), claim: profile) { onNeighbour, random in
                Int64(try gaussianCells.release(knownCategories: [Int](repeating: onNeighbour ? 6 : 5, count: 4), random: random).value
                    .reduce(0) { $0 + $1.value })
            },
            contributionBounding(),
        ]
    }

    /// A subject with six rows in each of two categories, of which the limits leave three each: the noise is for three.
    private static func contributionBounding() throws -> Case {
        let bounding = try ContributionBounding(partitions: 2, rowsPerPartition: 3)
        let cells = try PrivateHistogram(unit: unit(3), partitionsPerSubject: 2, noise: .laplace(epsilon: 1))
        return Case("contribution-bounding", epsilon: 1, claim: "epsilon 1 after bounding", share: 0.1) { onNeighbour, random in
            let rows = onNeighbour ? (0..<12).map { (subject: UInt64(7), category: $0 < 6 ? "a" : "b") } : []
            let kept = try bounding.count(rows, parts: 1, in: FileManager.default.temporaryDirectory, random: random).rows
            let counts = try cells.release(knownCategories: [kept["a"] ?? 0, kept["b"] ?? 0], random: random).value
            return counts.reduce(0) { $0 + distance($1.value, 0, 6) }
        }
    }

    static func unknownCategories() throws -> [Case] {
        let delta = try Rational(1, over: 20)
        let plain = try UnknownCategories(PrivateHistogram(unit: unit(), partitionsPerSubject: 2, noise: .laplace(epsilon: 1)), delta: delta)
        let single = try UnknownCategories(PrivateHistogram(unit: unit(), noise: .laplace(epsilon: 1)), delta: delta)
        let gaussian = try UnknownCategories(PrivateHistogram(unit: unit(), noise: .gaussian(rho: rho)), delta: delta)
        let threshold = Int(single.threshold)
        let selection = try OptimalSelection(epsilon: 1, delta: delta), three = try OptimalSelection(epsilon: 1, delta: delta, partitionsPerSubject: 3)
        return [
            Case("unknown-laplace-lonely", epsilon: 1, delta: 0.05, claim: "epsilon 1, delta 0.05 by its statement") { onNeighbour, random in
                Int64(try plain.release(onNeighbour ? ["a": 1, "b": 1] : [:], random: random).value.count)
            },
            Case("unknown-laplace-counts", epsilon: 1, claim: "epsilon 1 where no category appears") { onNeighbour, random in
                try single.release(["a": threshold + (onNeighbour ? 1 : 0)], random: random).value.first.map { Int64($0.count.value) } ?? -1
            },
            Case("unknown-gaussian-lonely", epsilon: 0.01, delta: 0.05, claim: "delta 0.05 for a new category") { onNeighbour, random in
                Int64(try gaussian.release(onNeighbour ? ["a": 1] : [:], random: random).value.count)
            },
            Case("optimal-selection-lonely", epsilon: 1, delta: 0.05, claim: "epsilon 1, delta 0.05 by its cost") { onNeighbour, random in
                Int64(selection.select(onNeighbour ? ["a": 1] : [:], random: random).count)
            },
            Case("optimal-selection-counts", epsilon: 1, delta: 0.05, claim: "epsilon 1, delta 0.05 by its cost") { onNeighbour, random in
                Int64(selection.select(["a": onNeighbour ? 3 : 2], random: random).count)
            },
            Case("optimal-selection-three", epsilon: 1, delta: 0.05, claim: "epsilon 1, delta 0.05 by its cost") { onNeighbour, random in
                let shown = three.select(onNeighbour ? ["a": 1, "b": 4, "c": 9] : ["b": 3, "c": 8], random: random)
                return shown.reduce(0) { $0 | (1 << (["a", "b", "c"].firstIndex(of: $1) ?? 3)) }
            },
        ]
    }

    /// Ranges, the matrix mechanism and quantiles.
    static func orderedQueries() throws -> [Case] {
        let unit = try unit()
        let flat = [Int](repeating: 0, count: 16)
        let one = flat.indices.map { $0 == 5 ? 1 : 0 }
        /// Counts of the nodes that hold bin 5: all that the row changes.
        @Sendable func nodes(_ answers: RangeQueries.Answers) -> Double {
            [5..<6, 4..<8, 0..<16].reduce(0) { $0 + answers.count($1).value }
        }
        let ranges = try RangeQueries(unit: unit, noise: .laplace(epsilon: 1), bins: 16, fanout: 4)
        let gaussianRanges = try RangeQueries(unit: unit, noise: .gaussian(rho: rho), bins: 16, fanout: 4)
        let rangeLaw = try gaussianRanges.noise.law(VectorSensitivity(each: 1, touched: 3))
        let matrix = try MatrixMechanism(unit: unit, noise: .gaussian(rho: rho), strategy: [[1, 0], [0, 1], [1, 1]])
        let matrixLaw = try AdditiveNoise.gaussian(rho: rho).law(VectorSensitivity(l1: 2, l2Squared: 2))
        let grid = try ValueGrid(lower: 0, upper: 20, step: 1)
        let exponential = try PrivateQuantile(unit: unit, epsilon: 2, probability: 0)
        let fractions = try [Rational(1, over: 4), Rational(1, over: 2), Rational(3, over: 4)]
        let tree = try TreeQuantiles(unit: unit, noise: .laplace(epsilon: 2), grid: ValueGrid(lower: 0, upper: 3, step: 1), fanout: 4)
        return try [
            Case("ranges-laplace", epsilon: 1, claim: "epsilon 1 by its statement") { onNeighbour, random in
                Int64((nodes(try ranges.release(onNeighbour ? one : flat, random: random).value) * 2).rounded())
            },
            Case("ranges-gaussian", epsilon: 1, delta: gaussianDelta(rangeLaw, coordinates: 3), claim: "profile of the law for rho 1/2") { onNeighbour, random in
                Int64((nodes(try gaussianRanges.release(onNeighbour ? one : flat, random: random).value) * 4).rounded())
            },
            Case("matrix-gaussian", epsilon: 1, delta: gaussianDelta(matrixLaw, coordinates: 2), claim: "profile of the law for rho 1/2") { onNeighbour, random in
                // A^T A of the changed coordinate: the sufficient statistic.
                let cell = try matrix.release([onNeighbour ? 6 : 5, 5], workload: [[2, 1]], confidence: 0.95, random: random).value[0]
                return Int64((cell.value * 4).rounded())
            },
            Case("quantile-exponential", epsilon: 2, claim: "epsilon 2 by its statement", share: 0.5) { onNeighbour, random in
                Int64(exponential.release(onNeighbour ? [0] : [], on: grid, random: random).value)
            },
            Case("quantile-tree", epsilon: 2, claim: "epsilon 2 by its statement", share: 0.5) { onNeighbour, random in
                let released = try tree.release(onNeighbour ? [3] : [], at: fractions, random: random).value
                return released.reduce(0) { $0 * 4 + Int64($1.value) }
            },
        ]
    }
}
