import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// Mechanisms on data: unbiased where they should be, inside their own intervals as often as they say, and with the noise that their
/// sensitivity asks for.
@Suite struct MechanismQueryTests {
    private let noises: [AdditiveNoise] = [.laplace(epsilon: 1), .gaussian(rho: 1)]

    private func unit(_ rows: Int = 1, _ relation: NeighbouringRelation = .addOrRemove) throws -> PrivacyUnit {
        try PrivacyUnit("enterprise", neighbours: relation, rowsPerSubject: rows)
    }

    /// Of `trials` intervals, how many hold the truth; at least the stated part, up to 5.2 standard deviations.
    private func covers(_ estimates: [PrivateEstimate], _ truth: Double) -> Bool {
        let hits = estimates.count { $0.lower <= truth && truth <= $0.upper }, n = Double(estimates.count)
        let p = estimates[0].confidence
        return Double(hits) >= n * p - 5.2 * (n * p * (1 - p)).squareRoot()
    }

    @Test func gridsRoundAndClamp() throws {
        let grid = try ValueGrid(lower: Rational(parsing: "-1.25"), upper: Rational(parsing: "2"), step: Rational(parsing: "0.5"))
        #expect(grid.bounds == -2...4)
        #expect([-9, -1.24, -0.3, 0, 0.2, 0.3, 1.99, 7, .infinity, -.infinity].map { grid.index(of: $0) } == [-2, -2, -1, 0, 0, 1, 4, 4, 4, -2])
        #expect(grid.index(of: .nan) == nil)
        let placed = grid.place([.nan, 9, 0.1])
        #expect(placed.indices == [4, 0] && placed.clamped == 1 && placed.missing == 1)
        for (lower, upper, step) in [("0", "1", "0"), ("1", "0", "1"), ("1/4", "3/4", "1"), ("0", "1e17", "1")] {
            #expect { try ValueGrid(lower: Rational(parsing: lower), upper: Rational(parsing: upper), step: Rational(parsing: step)) } throws: {
                ($0 as? YinheError)?.code == .range
            }
        }
    }

    @Test func countSumMeanAndVarianceCoverTheTruth() throws {
        let random = SeededRandom(40)
        let grid = try ValueGrid(lower: 0, upper: 50, step: Rational(parsing: "0.25"))
        let values = (0..<2000).map { _ in Double(random.uniform(below: 201)) / 4 }
        let n = Double(values.count), sum = values.reduce(0, +), mean = sum / n
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
        for noise in noises {
            let queries = try BoundedQueries(unit: unit(), noise: noise, confidence: 0.9)
            #expect(try covers((0..<400).map { _ in try queries.count(2000, random: random).value }, n))
            #expect(try covers((0..<400).map { _ in try queries.sum(values, on: grid, random: random).value }, sum))
            #expect(try covers((0..<400).compactMap { _ in try queries.mean(values, on: grid, random: random).value }, mean))
            #expect(try covers((0..<400).compactMap { _ in try queries.variance(values, on: grid, random: random).value }, variance))
        }
        // No data: no mean, no crash; the interval of a mean stays within the bounds.
        let queries = try BoundedQueries(unit: unit(), noise: .laplace(epsilon: 1))
        for _ in 0..<50 {
            if let mean = try queries.mean([], on: grid, random: random).value { #expect(mean.lower >= 0 && mean.upper <= 50) }
        }
    }

    /// The noise's variance shows the sensitivity that was used.
    @Test func noiseFollowsTheSensitivity() throws {
        let grid = try ValueGrid(lower: -3, upper: 7, step: 1)
        let cases: [(PrivacyUnit, Double)] = [(try unit(), 7), (try unit(5), 35), (try unit(2, .replace), 20)]
        for (unit, sensitivity) in cases {
            for (noise, variance) in [
                (AdditiveNoise.laplace(epsilon: 1), try DiscreteLaplace(scale: Rational(Int(sensitivity))).variance),
                (.gaussian(rho: 1), sensitivity * sensitivity / 2),
            ] {
                let random = SeededRandom(41)
                let queries = try BoundedQueries(unit: unit, noise: noise)
                let errors = try (0..<4000).map { _ in try queries.sum([], on: grid, random: random).value.value }
                let observed = errors.reduce(0) { $0 + $1 * $1 } / 4000
                #expect(abs(observed / variance - 1) < 5.2 * (5.5 / 4000).squareRoot(), "\(sensitivity) \(noise)")
            }
        }
        // Ten categories of one subject: L1 ten times, L2 the root of ten times as much.
        let laplace = try PrivateHistogram(unit: unit(), partitionsPerSubject: 10, noise: .laplace(epsilon: 1))
        let gaussian = try PrivateHistogram(unit: unit(), partitionsPerSubject: 10, noise: .gaussian(rho: 1))
        let zeros = [Int](repeating: 0, count: 4000)
        for (histogram, variance) in [(laplace, 200.0), (gaussian, 5.0)] {
            let cells = try histogram.release(knownCategories: zeros, random: SeededRandom(42)).value
            let observed = cells.reduce(0) { $0 + $1.value * $1.value } / 4000
            #expect(abs(observed / variance - 1) < 0.2)
            #expect(covers(cells, 0))
        }
    }

    @Test func statementsNameTheCost() throws {
        let sum = try BoundedQueries(unit: unit(), noise: .laplace(epsilon: 1)).count(5)
        #expect(sum.statement.cost == .pure(epsilon: 1) && sum.statement.unit == "enterprise" && sum.statement.isFloatingPointSafe)
        #expect(sum.statement.mechanism.contains("discrete Laplace") && sum.statement.trust == .central)
        #expect(try AdditiveNoise.gaussian(rho: 3).part(Rational(parsing: "1/3")) == .gaussian(rho: 1))
    }

    // MARK: Unknown categories

    /// A category of one subject is shown with probability at most delta / l0, and the threshold one lower would show it too often.
    @Test(arguments: [1, 3])
    func thresholdsHideLonelySubjects(l0: Int) throws {
        let delta = try Rational(parsing: "0.01")
        for noise in noises {
            let histogram = try PrivateHistogram(unit: unit(), partitionsPerSubject: l0, noise: noise)
            let unknown = try UnknownCategories(histogram, delta: delta)
            let law = try noise.law(VectorSensitivity(each: 1, touched: l0))
            let n = 400_000, t = Int64(unknown.threshold)
            let samples = law.samples(n, random: SeededRandom(43))
            let allowed = 0.01 / Double(l0)
            let shown = samples.count { 1 + $0 >= t }, lower = samples.count { 1 + $0 >= t - 1 }
            #expect(Double(shown) <= allowed * Double(n) + 5.2 * (allowed * Double(n)).squareRoot(), "\(noise) \(t)")
            #expect(Double(lower) > allowed * Double(n) - 5.2 * (allowed * Double(n)).squareRoot(), "\(noise) \(t)")
            let release = try unknown.release(["lonely": 1, "crowd": 100_000, "b": 100_000], random: SeededRandom(44))
            #expect(release.value.map(\.key) == ["b", "crowd"])
        }
        #expect { try UnknownCategories(PrivateHistogram(unit: unit(1, .replace), noise: .laplace(epsilon: 1)), delta: delta) } throws: {
            ($0 as? YinheError)?.code == .range
        }
        #expect { try UnknownCategories(PrivateHistogram(unit: unit(), noise: .laplace(epsilon: 1)), delta: 0) } throws: {
            ($0 as? YinheError)?.code == .range
        }
    }

    /// Neither neighbour's decision is more likely than epsilon and delta allow, and somewhere each bound is met: optimality.
    @Test(arguments: [("1", "1/100000"), ("1/10", "1/1000"), ("5", "1/100000000")])
    func optimalSelectionIsPrivateAndTight(epsilon: String, delta: String) throws {
        let selection = try OptimalSelection(epsilon: Rational(parsing: epsilon), delta: Rational(parsing: delta))
        let e = exp(selection.epsilon.approximation), d = selection.delta.approximation
        var n = 0, tightUp = false, tightDown = false
        while selection.probability(of: n) < 1 {
            let p = selection.probability(of: n), next = selection.probability(of: n + 1)
            #expect(next <= e * p + d + 1e-15 && 1 - p <= e * (1 - next) + d + 1e-12 && next > p)
            if abs(next - (e * p + d)) < 1e-12 { tightUp = true }
            if abs((1 - p) - (e * (1 - next) + d)) < 1e-12 { tightDown = true }
            n += 1
        }
        #expect(tightUp && tightDown && selection.probability(of: 0) == 0)
        #expect(abs(selection.probability(of: 1) / d - 1) < 1e-12)
        let middle = (0..<n).first { selection.probability(of: $0) > 0.3 }!
        let counts = Dictionary(uniqueKeysWithValues: (0..<20_000).map { ($0, middle) })
        let hits = selection.select(counts, random: SeededRandom(45)).count
        #expect(StatisticalChecks.isPlausible(hits, of: 20_000, probability: selection.probability(of: middle)))
        #expect(selection.select(["x": 0]) == [] && selection.select(["x": n]) == ["x"])
    }

    // MARK: Order

    /// The exponential mechanism's law over every grid value, computed here value by value.
    @Test(arguments: ["0", "1/4", "1/2", "1"])
    func quantilesFollowTheLaw(probability: String) throws {
        let grid = try ValueGrid(lower: 0, upper: 30, step: 1)
        let data: [Double] = [2, 2, 2, 5, 9, 9, 14, 22, 22, 40]
        let q = try Rational(parsing: probability)
        let mechanism = try PrivateQuantile(unit: unit(), epsilon: 1, probability: q)
        let weights = (0...30).map { v -> Double in
            let rank = Double(data.count { min($0, 30) < Double(v) })
            return exp(-abs(rank - q.approximation * 10) / 2)
        }
        let total = weights.reduce(0, +), n = 30_000
        let random = SeededRandom(46)
        var counts = [Int](repeating: 0, count: 31)
        for _ in 0..<n { counts[Int(mechanism.release(data, on: grid, random: random).value)] += 1 }
        let (statistic, limit) = StatisticalChecks.chiSquare(counts, weights.map { $0 / total })
        #expect(statistic <= limit)
        #expect(try (0...30).contains(Int(mechanism.release([], on: grid).value)))
    }

    @Test func quantileRankErrorsHold() throws {
        let grid = try ValueGrid(lower: 0, upper: 10_000, step: 1)
        let random = SeededRandom(47)
        let data = (0..<5000).map { _ in Double(random.uniform(below: 10_000)) }
        let mechanism = try PrivateQuantile(unit: unit(), epsilon: 1, probability: Rational(parsing: "0.9"), confidence: 0.95)
        let bound = mechanism.rankError(points: 10_001)
        let bad = (0..<200).count { _ in
            let value = mechanism.release(data, on: grid, random: random).value
            return abs(Double(data.count { $0 < value }) - 4500) > bound
        }
        #expect(bad <= 30 && bound < 40)
    }

    @Test func topChoicesArePrivateAndGood() throws {
        let scores: [Int64] = [1000, 5, 900, 3, 800, 0]
        let top = try TopK(3, epsilon: 3)
        #expect(try top.choose(scores, random: SeededRandom(48)) == [0, 2, 4])
        #expect(try Set(TopK(6, epsilon: Rational(parsing: "0.01")).choose(scores)) == Set(0..<6))
        #expect { try top.choose([1, 2]) } throws: { ($0 as? YinheError)?.code == .range }
        let random = SeededRandom(49)
        let noisy = try ReportNoisyMax(epsilon: 2)
        // Equal scores: every index equally likely.
        var counts = [Int](repeating: 0, count: 4)
        for _ in 0..<8000 { counts[try noisy.choose([7, 7, 7, 7], random: random)] += 1 }
        #expect(counts.allSatisfy { StatisticalChecks.isPlausible($0, of: 8000, probability: 0.25) })
    }

    @Test func sparseVectorsStopWhenPaidUp() throws {
        let vector = try SparseVector(epsilon: 4, positives: 2, threshold: 1000, random: SeededRandom(50))
        for _ in 0..<1000 { #expect(try !vector.isAbove(0)) }
        #expect(try vector.isAbove(2000) && vector.remaining == 1)
        #expect(try vector.isAbove(2000))
        do { _ = try vector.isAbove(0); Issue.record("a free answer") } catch { #expect((error as? YinheError)?.code == .budget) }
    }

    // MARK: Linear queries

    @Test(arguments: [1, 2, 7, 16, 100])
    func rangesAreConsistentAndCoverTheTruth(bins: Int) throws {
        let random = SeededRandom(51)
        let counts = (0..<bins).map { _ in Int(random.uniform(below: 1000)) }
        let queries = try RangeQueries(unit: unit(), noise: .laplace(epsilon: 1), bins: bins, fanout: 4)
        var estimates: [[PrivateEstimate]] = Array(repeating: [], count: 3)
        let ranges = [0..<bins, bins / 3..<bins, 0..<(bins + 1) / 2], truths = ranges.map { counts[$0].reduce(0, +) }
        for _ in 0..<200 {
            let answers = try queries.release(counts, random: random).value
            for (i, range) in ranges.enumerated() where !range.isEmpty {
                estimates[i].append(answers.count(range, confidence: 0.9))
                let split = range.lowerBound + range.count / 2
                let parts = answers.count(range.lowerBound..<split).value + answers.count(split..<range.upperBound).value
                #expect(abs(parts - answers.count(range).value) < 1e-6)
            }
            let median = answers.quantile(0.5)
            #expect((0..<bins).contains(median))
        }
        for (estimates, truth) in zip(estimates, truths) where !estimates.isEmpty {
            #expect(covers(estimates, Double(truth)))
            // Unbiased: the mean error is within 5.2 of its standard deviations.
            let errors = estimates.map { $0.value - Double(truth) }, n = Double(errors.count)
            let deviation = (errors.reduce(0) { $0 + $1 * $1 } / n / n).squareRoot()
            #expect(abs(errors.reduce(0, +) / n) <= 5.2 * deviation + 1e-9)
        }
    }

    /// Least squares beats the bare nodes: the whole domain of 64 bins, from one level of leaves alone, has 64 variances.
    @Test func treesBeatFlatCountsOnLongRanges() throws {
        let random = SeededRandom(52)
        let queries = try RangeQueries(unit: unit(), noise: .laplace(epsilon: 1), bins: 4096, fanout: 16)
        let counts = [Int](repeating: 3, count: 4096)
        let error = try (0..<30).map { _ in
            pow(try queries.release(counts, random: random).value.count(5..<4090).value - 3.0 * 4085, 2)
        }.reduce(0, +) / 30
        let flat = try 4085 * DiscreteLaplace(scale: 1).variance
        #expect(error < flat / 3)
    }

    @Test func theMatrixMechanismIsUnbiased() throws {
        // Two counts and their sum; the least-squares estimate of the first has 2/3 of the variance of one answer.
        let mechanism = try MatrixMechanism(unit: unit(), noise: .gaussian(rho: 1), strategy: [[1, 0], [0, 1], [1, 1]])
        let random = SeededRandom(53)
        var errors: [Double] = [], estimates: [PrivateEstimate] = []
        for _ in 0..<4000 {
            let cells = try mechanism.release([500, 300], workload: [[1, 0], [2, -1]], confidence: 0.9, random: random).value
            errors.append(cells[0].value - 500)
            estimates.append(cells[1])
        }
        // Columns (1, 0, 1): squared norm 2, so sigma^2 = 2 / 2.
        let variance = errors.reduce(0) { $0 + $1 * $1 } / 4000
        #expect(abs(variance / (2.0 / 3) - 1) < 5.2 * (2.0 / 4000).squareRoot() + 0.01)
        #expect(abs(errors.reduce(0, +) / 4000) < 5.2 * (variance / 4000).squareRoot())
        #expect(covers(estimates, 700))
        #expect { try MatrixMechanism(unit: unit(), noise: .gaussian(rho: 1), strategy: [[1, 1], [2, 2]]) } throws: {
            ($0 as? YinheError)?.code == .range
        }
        #expect { try MatrixMechanism(unit: unit(), noise: .gaussian(rho: 1), strategy: [[1], [2, 2]]) } throws: {
            ($0 as? YinheError)?.code == .range
        }
    }
}
