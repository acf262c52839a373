import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct TreeQuantileTests {
    private let noises: [AdditiveNoise] = [.laplace(epsilon: 1), .gaussian(rho: 1)]

    private func tree(
        _ noise: AdditiveNoise, upper: Int, leaves: Int = 1 << 16, fanout: Int = 4, confidence: Double = 0.95
    ) throws -> TreeQuantiles {
        try TreeQuantiles(
            unit: PrivacyUnit("enterprise"), noise: noise, grid: ValueGrid(lower: 0, upper: Rational(upper), step: 1), leaves: leaves, fanout: fanout,
            confidence: confidence)
    }

    private let fractions = try! ["0", "1/10", "1/4", "1/2", "9/10", "1"].map { try Rational(parsing: $0) }

    /// The first value with at least q n rows at or below it.
    private func quantile(_ sorted: [Double], _ q: Rational) -> Double {
        let wanted = q.approximation * Double(sorted.count)
        return wanted <= 0 ? 0 : sorted[Int(wanted.rounded(.up)) - 1]
    }

    /// At 5.2 standard deviations, no fewer than the stated part of the intervals hold the truth, on skewed data with empty stretches.
    @Test(arguments: [0, 1], [1 << 16, 50])
    func intervalsHoldTheQuantileOfTheData(noise: Int, leaves: Int) throws {
        let random = SeededRandom(80)
        let data = (0..<3000).map { _ -> Double in
            let u = Double(random.uniform(below: 1000)) / 1000
            return u < 0.3 ? 17 : (900 * u * u).rounded()
        }.sorted()
        let mechanism = try tree(noises[noise], upper: 999, leaves: leaves, confidence: 0.8)
        var hits = [Int](repeating: 0, count: fractions.count), n = 0
        for _ in 0..<120 {
            let released = try mechanism.release(data, at: fractions, random: random).value
            n += 1
            for (i, estimate) in released.enumerated() {
                #expect(estimate.lower <= estimate.value && estimate.value <= estimate.upper && estimate.confidence == 0.8)
                let truth = quantile(data, fractions[i])
                if estimate.lower <= truth && truth <= estimate.upper { hits[i] += 1 }
            }
        }
        for hits in hits { #expect(Double(hits) >= Double(n) * 0.8 - 5.2 * (Double(n) * 0.16).squareRoot()) }
    }

    /// Much data: every quantile is within a few ranks, and intervals are narrow.
    @Test func manyRowsGiveGoodQuantiles() throws {
        let random = SeededRandom(81)
        let data = (0..<100_000).map { _ in Double(random.uniform(below: 1000)) }.sorted()
        for noise in noises {
            let released = try tree(noise, upper: 999, fanout: 16).release(data, at: fractions, random: random).value
            for (q, estimate) in zip(fractions, released).dropFirst().dropLast() {
                #expect(abs(estimate.value - quantile(data, q)) <= 3, "\(noise) \(q)")
                #expect(estimate.upper - estimate.lower <= 8, "\(noise) \(q)")
            }
        }
    }

    @Test func quantilesAreInOrderAndInsideTheGrid() throws {
        let random = SeededRandom(82)
        for rows in [0, 1, 5, 40] {
            for _ in 0..<40 {
                let data = (0..<rows).map { _ in Double(random.uniform(below: 3000)) - 1000 } + [.nan]
                let released = try tree(.laplace(epsilon: Rational(parsing: "0.3")), upper: 700).release(data, at: fractions, random: random).value
                #expect(zip(released, released.dropFirst()).allSatisfy { $0.value <= $1.value })
                #expect(released.allSatisfy { $0.lower >= 0 && $0.upper <= 700 })
            }
        }
    }

    @Test func theStatementNamesTreeAndCost() throws {
        let mechanism = try tree(.laplace(epsilon: 2), upper: 999, leaves: 64, fanout: 8)
        #expect(mechanism.leaves == 63 && mechanism.valuesPerLeaf == 16)
        let statement = try mechanism.release([1, 2], at: fractions).statement
        #expect(statement.cost == .pure(epsilon: 2) && statement.unit == "enterprise")
        #expect(statement.mechanism.contains("6 quantiles") && statement.mechanism.contains("scale 1.5"))
        #expect(statement.composition.contains("3 levels"))
    }

    @Test func absurdTreesAreRefused() throws {
        func refused(_ body: () throws -> Void) -> Bool {
            do { try body(); return false } catch { return (error as? YinheError)?.code == .range }
        }
        #expect(refused { _ = try tree(.laplace(epsilon: 1), upper: 9, leaves: 0) })
        #expect(refused { _ = try tree(.laplace(epsilon: 1), upper: 9, leaves: 1 << 25) })
        #expect(refused { _ = try tree(.laplace(epsilon: 1), upper: 9, fanout: 1) })
        #expect(refused { _ = try tree(.laplace(epsilon: 1), upper: 9, confidence: 1) })
        #expect(refused { _ = try tree(.laplace(epsilon: 1), upper: 9).release([], at: [2]) })
        #expect(refused { _ = try tree(.laplace(epsilon: 0), upper: 9).release([], at: [0]) })
    }
}
