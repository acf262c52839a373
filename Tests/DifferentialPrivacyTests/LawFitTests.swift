import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// Every law against exact probabilities: 10^6 samples, and with YINHE_LONG_TESTS=1 10^8. False alarm below 1e-6 a law.
@Suite struct LawFitTests {
    static let isLong = ProcessInfo.processInfo.environment["YINHE_LONG_TESTS"] == "1"
    static let samples = isLong ? 100_000_000 : 1_000_000

    /// `group`: so many consecutive integers are taken together, from multiples of it; `range` and `probability` are then those of the groups.
    private func expectFit(
        _ law: some IntegerLaw, _ range: ClosedRange<Int>, group: Int64 = 1, seed: UInt64, _ probability: (Int) -> Double
    ) {
        let faults = LawFit.faults(range, samples: Self.samples, seed: seed, { count, random in
            let samples = law.samples(count, random: random)
            return group == 1 ? samples : samples.map { ($0 - ($0 < 0 ? group - 1 : 0)) / group }
        }, probability)
        #expect(faults.isEmpty, "seed \(seed)")
    }

    private func laplace(_ b: Double) -> (Int) -> Double {
        let centre = -expm1(-1 / b) / (1 + exp(-1 / b))
        return { centre * exp(-Double(abs($0)) / b) }
    }

    private func gaussian(_ sigma: Double) -> (Int) -> Double {
        let total = (-Int(12 * sigma) - 2...Int(12 * sigma) + 2).reduce(0.0) { $0 + exp(-Double($1) * Double($1) / (2 * sigma * sigma)) }
        return { exp(-Double($0) * Double($0) / (2 * sigma * sigma)) / total }
    }

    private func conditional(_ range: ClosedRange<Int>, _ weight: (Int) -> Double) -> (Int) -> Double {
        let weights = range.map(weight), total = weights.reduce(0, +)
        return { weights[$0 - range.lowerBound] / total }
    }

    @Test(arguments: [1, 100, 1_000_000])
    func discreteLaplace(scale: Int) throws {
        let b = Double(scale), group = max(1, scale / 1000), reach = 40 * scale / group + 5
        // q^m (1 - q^group) / (1 + q) for the group whose values begin, or end, at distance m from zero.
        let mass = -expm1(-Double(group) / b) / (1 + exp(-1 / b))
        expectFit(try DiscreteLaplace(scale: Rational(scale)), -reach...reach, group: Int64(group), seed: 1) {
            mass * exp(-Double($0 < 0 ? -($0 + 1) * group + 1 : $0 * group) / b)
        }
    }

    @Test(arguments: [1, 100, 1_000_000])
    func discreteGaussian(sigma: Int) throws {
        let group = max(1, sigma / 1000), reach = 9 * sigma / group + 2, p = gaussian(Double(sigma))
        expectFit(try DiscreteGaussian(sigma: Rational(sigma)), -reach...reach, group: Int64(group), seed: 2) { k in
            (0..<group).reduce(0) { $0 + p(k * group + $1) }
        }
    }

    @Test func geometric() throws {
        expectFit(try Geometric(scale: 100), 0...4000, seed: 3) { exp(-Double($0) / 100) * -expm1(-0.01) }
    }

    private func poisson(_ mean: Double) -> (Int) -> Double {
        { $0 < 0 ? 0 : exp(Double($0) * log(mean) - mean - lgamma(Double($0) + 1)) }
    }

    @Test func poissonAndSkellam() throws {
        expectFit(try Poisson(mean: Rational(17, over: 2)), 0...80, seed: 4, poisson(8.5))
        let p = (0...140).map(poisson(10))
        expectFit(try Skellam(mean: 10), -70...70, seed: 5) { x in (0...70).reduce(0) { $0 + p[$1] * p[$1 + abs(x)] } }
    }

    /// A share of two, by the negative binomial law, and the sum of three, which is discrete Laplace.
    @Test func polya() throws {
        let b = 10.0, reach = 450
        let table = (0...2 * reach).map { k -> Double in
            let x = Double(k)
            let choose: Double = lgamma(x + 0.5) - lgamma(0.5) - lgamma(x + 1)
            return exp(choose + 0.5 * log(-expm1(-1 / b)) - x / b)
        }
        let share = (0...reach).map { x in (0...reach).reduce(0) { $0 + table[$1] * table[$1 + x] } }
        expectFit(try PolyaNoise(scale: 10, parties: 2), -reach...reach, seed: 6) { share[abs($0)] }
        let part = try PolyaNoise(scale: 25, parties: 3)
        let faults = LawFit.faults(-1000...1000, samples: Self.samples, seed: 7, { count, random in
            var sum = part.samples(count, random: random)
            for _ in 1..<3 { for (i, x) in part.samples(count, random: random).enumerated() { sum[i] += x } }
            return sum
        }, laplace(25))
        #expect(faults.isEmpty)
    }

    @Test func staircase() throws {
        func weight(_ x: Int) -> Double {
            let (flight, u) = abs(x).quotientAndRemainder(dividingBy: 10)
            return exp(-Double(flight + (u < 4 ? 0 : 1)))
        }
        expectFit(try Staircase(epsilon: 1, sensitivity: 10, step: 4), -420...420, seed: 8, conditional(-420...420, weight))
    }

    @Test func truncated() throws {
        expectFit(try Truncated(DiscreteLaplace(scale: 4), to: -100...2), -100...2, seed: 9, conditional(-100...2) { exp(-Double(abs($0)) / 4) })
        expectFit(try Truncated(DiscreteGaussian(sigma: 4), to: -3...5), -3...5, seed: 10, conditional(-3...5) { exp(-Double($0 * $0) / 32) })
    }

    @Test func constantTime() throws {
        expectFit(try ConstantTimeLaplace(scale: 3), -125...125, seed: 11, laplace(3))
        expectFit(try ConstantTimeGaussian(sigmaSquared: 9), -30...30, seed: 12, gaussian(3))
    }

    /// A scale one part in 50 too wide, a missing tail, too many zeros and a single sample far out are seen in the short form already.
    @Test func theFitRejectsWrongLaws() throws {
        func faults(_ draw: @escaping (Int, SeededRandom) throws -> [Int64]) throws -> [String] {
            try LawFit.faults(-45...45, samples: 1_000_000, seed: 13, draw, laplace(1))
        }
        let right = try DiscreteLaplace(scale: 1), wide = try DiscreteLaplace(scale: Rational(51, over: 50))
        let kept = try faults { right.samples($0, random: $1) }
        #expect(kept.isEmpty)
        #expect(try !faults { wide.samples($0, random: $1) }.isEmpty)
        #expect(try !faults { right.samples($0, random: $1).map { abs($0) > 8 ? 0 : $0 } }.isEmpty)
        #expect(try !faults { right.samples($0, random: $1).enumerated().map { $0.offset % 40 == 0 ? 0 : $0.element } }.isEmpty)
        #expect(try !faults { right.samples($0, random: $1).enumerated().map { $0.offset == 7 ? 40 : $0.element } }.isEmpty)
    }
}
