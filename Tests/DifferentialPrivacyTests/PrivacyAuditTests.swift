import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// The audit passes what is private and convicts what is not. Seeds are fixed; a correct mechanism fails with at most the stated rate.
@Suite struct PrivacyAuditTests {
    private typealias Case = PrivacyAudit.Case

    private func findings(_ cases: [PrivacyAudit.Case], runs: Int, falseAlarm: Double = 1e-6) throws -> [PrivacyAudit.Finding] {
        let audit = try PrivacyAudit(cases, falseAlarm: falseAlarm)
        return try cases.indices.map { i in try audit.finding(i, runs: runs, threads: 1) { SeededRandom(UInt64(1000 * i + $0)) } }
    }

    /// False alarm 1e-6 for all mechanisms together.
    @Test func everyMechanismOfTheModuleKeepsItsClaim() throws {
        let cases = try PrivacyAudit.standardCases()
        #expect(Set(cases.map(\.name)).count == cases.count && cases.count >= 50)
        for found in try findings(cases, runs: 8000) {
            #expect(!found.isViolation, "\(found.name): \(found.evidence)")
        }
    }

    /// The test has power: of noise that uses its whole budget, most is seen.
    @Test func theBoundIsNearTheTruthForNoiseThatIsTight() throws {
        let names: Set = ["discrete-laplace", "staircase", "count-laplace", "sum-laplace-replace", "local-hadamard"]
        let found = try findings(PrivacyAudit.standardCases().filter { names.contains($0.name) }, runs: 60_000)
        #expect(found.count == names.count)
        for found in found { #expect(found.evidence.epsilon > 0.85 && found.evidence.epsilon <= 1, "\(found.name): \(found.evidence)") }
    }

    private func laplace(_ scale: Rational) throws -> DiscreteLaplace { try DiscreteLaplace(scale: scale) }

    /// A sparse vector with one fault, after the wrong variants that Lyu, Su and Li (VLDB 2017) collect: eight queries that go down, then some that go up.
    private func sparseVector(
        _ name: String, epsilon: Rational = 1, queryNoise: Rational?, thresholdNoise: Rational = 2, limit: Int? = 1
    ) throws -> Case {
        let threshold = try DiscreteLaplace(scale: thresholdNoise / epsilon), query = try queryNoise.map { try DiscreteLaplace(scale: $0 / epsilon) }
        let before = [Int64](repeating: 1, count: 8) + [Int64](repeating: 0, count: 8)
        let after = [Int64](repeating: 0, count: 8) + [Int64](repeating: 1, count: 8)
        return Case(name, epsilon: epsilon.approximation, claim: "epsilon 1") { onNeighbour, count, random in
            var stream = WordStream(random)
            return (0..<count).map { _ in
                let noisy = 1 + threshold.draw(from: &stream)
                var answers: Int64 = 0, given = 0
                for (i, answer) in (onNeighbour ? after : before).enumerated() where given < limit ?? .max {
                    if answer + (query?.draw(from: &stream) ?? 0) >= noisy { (answers, given) = (answers | 1 << Int64(i), given + 1) }
                }
                return answers
            }
        }
    }

    @Test func brokenMechanismsAreConvicted() throws {
        let three = try laplace(3), two = try laplace(2), half = try laplace(Rational(3, over: 2))
        let unit = try PrivacyUnit("subject")
        let narrow = try PrivateHistogram(unit: unit, noise: .laplace(epsilon: 1))
        let loose = try UnknownCategories(narrow, delta: Rational(1, over: 5))
        let gaussian = try DiscreteGaussian(sigma: Rational(3, over: 2))
        let grid = try ValueGrid(lower: 0, upper: 5, step: 1)
        let sum = try BoundedQueries(unit: unit, noise: .laplace(epsilon: 1))
        let response = try FrequencyOracle(epsilon: 2, categories: 4, mechanism: .randomizedResponse)
        let broken: [Case] = [
            Case("half the scale", epsilon: 1, claim: "scale 3 for a shift of 3") { onNeighbour, count, random in
                half.samples(count, random: random).map { $0 + (onNeighbour ? 3 : 0) }
            },
            Case("half the sigma", epsilon: 1, delta: 0.1286, claim: "sigma 3 for a shift of 3") { onNeighbour, count, random in
                gaussian.samples(count, random: random).map { $0 + (onNeighbour ? 3 : 0) }
            },
            // Bounds say 0 ... 5, but the row is not clamped.
            Case("no clamping", epsilon: 1, claim: "sum within 0 ... 5") { onNeighbour, random in
                let released = try sum.sum([], on: grid, random: random).value.value
                return Int64(released) + (onNeighbour ? 10 : 0)
            },
            // Noise for one category of a subject that is in four.
            Case("sensitivity of one cell", epsilon: 1, claim: "a histogram") { onNeighbour, random in
                let counts = try narrow.release(knownCategories: [Int](repeating: onNeighbour ? 6 : 5, count: 4), random: random).value
                return counts.reduce(0) { $0 + ($1.value >= 6 ? 1 : 0) }
            },
            // Two results with one and the same noise: their difference has none.
            Case("noise used twice", epsilon: 1, claim: "a count and a sum, each with half of epsilon") { onNeighbour, count, random in
                let noise = try! DiscreteLaplace(scale: 12).samples(count, random: random)
                let (rows, total): (Int64, Int64) = onNeighbour ? (11, 56) : (10, 50)
                return noise.map { (total + $0) - (rows + $0) }
            },
            // P[0] is doubled: both signs of zero are kept.
            Case("zero counted twice", epsilon: 0.5, claim: "scale 2 for a shift of 1") { onNeighbour, count, random in
                let magnitudes = try! Geometric(scale: 2).samples(count, random: random)
                var stream = WordStream(random)
                return magnitudes.map { (stream.bit() ? -$0 : $0) + (onNeighbour ? 1 : 0) }
            },
            Case("off by one at zero", epsilon: 0.5, claim: "scale 2 for a shift of 1") { onNeighbour, count, random in
                two.samples(count, random: random).map { ($0 > 0 ? $0 - 1 : $0) + (onNeighbour ? 1 : 0) }
            },
            Case("noise of one sign", epsilon: 1, claim: "scale 3 for a shift of 3") { onNeighbour, count, random in
                three.samples(count, random: random).map { abs($0) + (onNeighbour ? 3 : 0) }
            },
            Case("clamped noise, not a clamped result", epsilon: 1, claim: "scale 3 for a shift of 3") { onNeighbour, count, random in
                Clamped(three, to: -6...6).samples(count, random: random).map { $0 + (onNeighbour ? 3 : 0) }
            },
            Case("threshold for a larger delta", epsilon: 1, delta: 0.05, claim: "delta 0.05") { onNeighbour, random in
                Int64(try loose.release(onNeighbour ? ["a": 1] : [:], random: random).value.count)
            },
            Case("response with twice epsilon", epsilon: 1, claim: "epsilon 1 of each report") { onNeighbour, count, random in
                var stream = WordStream(random)
                return (0..<count).map { _ in
                    guard case .category(let c) = response.report(onNeighbour ? 1 : 0, from: &stream) else { return -1 }
                    return Int64(c)
                }
            },
            // Scores under add-or-remove that are not monotone, with the noise of monotone ones.
            Case("selection taken for monotone", epsilon: 2, claim: "epsilon 2") { onNeighbour, count, random in
                let selection = try PrivateSelection(epsilon: 2, isMonotone: true, mechanism: .exponential)
                var stream = WordStream(random)
                let scores = (0..<8).map { Int64($0 == 0 ? (onNeighbour ? 2 : -2) : (onNeighbour ? -1 : 1)) }
                return try (0..<count).map { _ in Int64(try selection.choose(scores, from: &stream)) }
            },
            try sparseVector("sparse vector without query noise (Stoddard and others)", queryNoise: nil, limit: nil),
            try sparseVector("sparse vector without a limit (Chen and others)", queryNoise: 2, limit: nil),
            try sparseVector("sparse vector, query noise not scaled (Lee, Clifton)", queryNoise: Rational(4, over: 3), thresholdNoise: 4, limit: 8),
        ]
        for found in try findings(broken, runs: 60_000, falseAlarm: 1e-4) {
            #expect(found.isViolation, "\(found.name) passed: \(found.evidence)")
        }
    }

    /// The same frame without the faults passes.
    @Test func theCorrectSparseVectorIsNotConvicted() throws {
        for found in try findings([sparseVector("correct", queryNoise: 4)], runs: 60_000) { #expect(!found.isViolation, "\(found.evidence)") }
    }

    /// On pure chance the bound exceeds the true epsilon (zero here) no oftener than it says; alpha 0.05, 400 audits, 5.2 deviations.
    @Test func theErrorProbabilityIsKept() throws {
        let law = try laplace(2), random = SeededRandom(90)
        let alarms = try (0..<400).count { _ in
            let runs = EmpiricalPrivacy.Runs(input: law.samples(1000, random: random), neighbour: law.samples(1000, random: random))
            return try EmpiricalPrivacy.lowerBound(runs, delta: 0, alpha: 0.05).epsilon > 0
        }
        #expect(Double(alarms) <= 20 + 5.2 * (400 * 0.05 * 0.95).squareRoot())
    }

    @Test func clopperPearsonInvertsTheBinomialTail() {
        for (n, k) in [(1, 0), (1, 1), (10, 3), (40, 39), (200, 1), (1000, 500)] {
            for alpha in [0.3, 0.025, 1e-6, 1e-12] {
                let low = ClopperPearson.lower(k, of: n, alpha: alpha), high = ClopperPearson.upper(k, of: n, alpha: alpha)
                func mass(_ p: Double, _ range: ClosedRange<Int>) -> Double {
                    var sum = 0.0
                    for j in range {
                        let x = Double(j), m = Double(n)
                        let choose: Double = lgamma(m + 1) - lgamma(x + 1) - lgamma(m - x + 1)
                        let powers: Double = x * log(p) + (m - x) * log1p(-p)
                        sum += exp(choose + powers)
                    }
                    return sum
                }
                if k > 0 { #expect(abs(mass(low, k...n) / alpha - 1) < 1e-7, "\(k) of \(n)") } else { #expect(low == 0) }
                // Close to 1 a Double has no room for the digits of the complement.
                if high > 0.999 && high < 1 { continue }
                if k < n { #expect(abs(mass(high, 0...k) / alpha - 1) < 1e-7, "\(k) of \(n)") } else { #expect(high == 1) }
                #expect(low <= Double(k) / Double(n) && Double(k) / Double(n) <= high)
            }
        }
        // Large counts keep their digits: for k = 0, 1 - alpha^(1/n).
        #expect(abs(ClopperPearson.upper(0, of: 10_000_000, alpha: 1e-9) / -expm1(log(1e-9) / 1e7) - 1) < 1e-6)
    }

    @Test func absurdAuditsAreRefused() throws {
        func refused(_ body: () throws -> Void) -> Bool {
            do { try body(); return false } catch { return (error as? YinheError)?.code == .range }
        }
        #expect(refused { _ = try PrivacyAudit([], falseAlarm: 0.1) })
        #expect(refused { _ = try PrivacyAudit(PrivacyAudit.standardCases(), falseAlarm: 0) })
        let few = EmpiricalPrivacy.Runs(input: [1, 2], neighbour: [1, 2])
        #expect(refused { _ = try EmpiricalPrivacy.lowerBound(few, delta: 0, alpha: 0.01) })
        let enough = EmpiricalPrivacy.Runs(input: [Int64](0..<200), neighbour: [Int64](0..<200))
        for (delta, alpha) in [(-0.1, 0.1), (1, 0.1), (0, 0), (0, 1), (.nan, 0.1)] {
            #expect(refused { _ = try EmpiricalPrivacy.lowerBound(enough, delta: delta, alpha: alpha) })
        }
    }
}
