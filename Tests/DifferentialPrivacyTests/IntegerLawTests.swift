import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// Every law against its probabilities, computed here in floating point from the textbook formula. False alarm 3e-7 per law.
@Suite struct IntegerLawTests {
    /// Chi-square over cells of consecutive integers, each holding at least 50 expected samples; the rest in one cell each side.
    private func fits(_ samples: [Int64], _ range: ClosedRange<Int>, _ probability: (Int) -> Double) -> Bool {
        let n = Double(samples.count)
        var cellOf: [Int] = [], probabilities: [Double] = [0], mass = 0.0
        for x in range {
            cellOf.append(probabilities.count - 1)
            mass = probability(x)
            probabilities[probabilities.count - 1] += mass
            if probabilities.last! * n >= 50 { probabilities.append(0) }
        }
        var counts = [Int](repeating: 0, count: probabilities.count + 1), outside = 0
        for x in samples {
            if range.contains(Int(x)) { counts[cellOf[Int(x) - range.lowerBound]] += 1 } else { outside += 1 }
        }
        // What the listed range leaves, and a last cell that is too small, go together.
        counts[probabilities.count - 1] += outside
        probabilities[probabilities.count - 1] += max(0, 1 - probabilities.reduce(0, +))
        if probabilities.last! * n < 50 {
            let (p, c) = (probabilities.removeLast(), counts[probabilities.count])
            probabilities[probabilities.count - 1] += p
            counts[probabilities.count - 1] += c
        }
        if probabilities.count == 1 { return outside == 0 }
        let (statistic, limit) = StatisticalChecks.chiSquare(Array(counts[..<probabilities.count]), probabilities)
        return statistic <= limit
    }

    private func gaussian(_ sigmaSquared: Double, _ reach: Int) -> (Int) -> Double {
        let total = (-reach...reach).reduce(0.0) { $0 + exp(-Double($1 * $1) / (2 * sigmaSquared)) }
        return { exp(-Double($0 * $0) / (2 * sigmaSquared)) / total }
    }

    @Test(arguments: ["1/1000", "1/16", "1/4", "1", "9/4", "4", "30", "10000", "1000000007/997", "12345678901234567890/12345678901"])
    func discreteGaussianFollowsTheLaw(text: String) throws {
        let law = try DiscreteGaussian(sigmaSquared: Rational(parsing: text))
        let sigma = law.sigmaSquared.approximation.squareRoot(), reach = Int(12 * sigma) + 2
        let samples = law.samples(300_000, random: SeededRandom(7))
        let passes = fits(samples, -reach...reach, gaussian(law.sigmaSquared.approximation, reach))
        #expect(passes)
        let moment = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / 300_000
        #expect(abs(moment - law.variance) <= 5.2 * law.variance * (3 + 1 / law.variance).squareRoot() / 300_000.0.squareRoot())
    }

    @Test func hugeSigmaKeepsMeanAndVariance() throws {
        let law = try DiscreteGaussian(sigma: Rational(1 << 50))
        let n = 200_000, samples = law.samples(n, random: SeededRandom(8)).map { Double($0) / 0x1p50 }
        #expect(abs(samples.reduce(0, +)) <= 5.2 * Double(n).squareRoot())
        #expect(abs(samples.reduce(0) { $0 + $1 * $1 } - Double(n)) <= 5.2 * (2 * Double(n)).squareRoot())
        #expect(StatisticalChecks.isPlausible(samples.count { abs($0) > 1.959963984540054 }, of: n, probability: 0.05))
    }

    @Test(arguments: ["1/3", "2", "700/3"])
    func geometricFollowsTheLaw(text: String) throws {
        let law = try Geometric(scale: Rational(parsing: text))
        let b = law.scale.approximation
        let passes = fits(law.samples(300_000, random: SeededRandom(9)), 0...Int(40 * b) + 40) { exp(-Double($0) / b) * -expm1(-1 / b) }
        #expect(passes)
    }

    private func poisson(_ mean: Double) -> (Int) -> Double {
        { $0 < 0 ? 0 : exp(Double($0) * log(mean) - mean - lgamma(Double($0) + 1)) }
    }

    @Test(arguments: ["1/7", "1", "17/2", "1000", "1000000"])
    func poissonFollowsTheLaw(text: String) throws {
        let law = try Poisson(mean: Rational(parsing: text))
        let mean = law.mean.approximation, reach = 12 * mean.squareRoot() + 30
        let passes = fits(law.samples(300_000, random: SeededRandom(10)), max(0, Int(mean - reach))...Int(mean + reach), poisson(mean))
        #expect(passes)
    }

    @Test func skellamIsADifferenceOfPoissons() throws {
        let p = poisson(10)
        func skellam(_ x: Int) -> Double { (0...120).reduce(0) { $0 + p($1) * p($1 + x) } }
        let passes = try fits(Skellam(mean: 10).samples(300_000, random: SeededRandom(11)), -60...60, skellam)
        #expect(passes)
    }

    private func polya(_ shape: Double, _ b: Double) -> (Int) -> Double {
        let empty = shape * log(-expm1(-1 / b)) - lgamma(shape)
        return { k in
            guard k >= 0 else { return 0 }
            let x = Double(k)
            return exp(empty + lgamma(x + shape) - lgamma(x + 1) - x / b)
        }
    }

    @Test(arguments: [(2, "2"), (3, "10"), (5, "1/2"), (1, "3")])
    func polyaShareFollowsTheLaw(parties: Int, scale: String) throws {
        let law = try PolyaNoise(scale: Rational(parsing: scale), parties: parties)
        let b = law.scale.approximation, reach = Int(30 * b) + 20
        let table = (0...2 * reach).map(polya(1 / Double(parties), b))
        func share(_ x: Int) -> Double { (0...reach).reduce(0) { $0 + table[$1] * table[$1 + abs(x)] } }
        let passes = fits(law.samples(300_000, random: SeededRandom(12)), -reach...reach, share)
        #expect(passes)
    }

    @Test(arguments: [2, 3, 7])
    func polyaSharesAddUpToDiscreteLaplace(parties: Int) throws {
        let law = try PolyaNoise(scale: 25, parties: parties)
        var sums = [Int64](repeating: 0, count: 200_000)
        for party in 0..<parties {
            for (i, share) in law.samples(sums.count, random: SeededRandom(UInt64(13 + party))).enumerated() { sums[i] += share }
        }
        #expect(StatisticalChecks.passesLaplaceFit(sums, scale: 25))
    }

    @Test(arguments: [("1", 10, 4), ("1/2", 1, 1), ("3", 7, 1), ("7/2", 50, 50)])
    func staircaseFollowsTheLaw(epsilon: String, sensitivity: Int, step: Int) throws {
        let law = try Staircase(epsilon: Rational(parsing: epsilon), sensitivity: sensitivity, step: step)
        let e = law.epsilon.approximation
        func weight(_ x: Int) -> Double {
            let (flight, u) = abs(x).quotientAndRemainder(dividingBy: sensitivity)
            return exp(-e * Double(flight + (u < step ? 0 : 1)))
        }
        let reach = Int(40 / e) * sensitivity
        let total = (-reach...reach).reduce(0) { $0 + weight($1) }
        let samples = law.samples(300_000, random: SeededRandom(14))
        let passes = fits(samples, -reach...reach) { weight($0) / total }
        #expect(passes)
        let second = (-reach...reach).reduce(0.0) { $0 + Double($1 * $1) * weight($1) / total }
        #expect(abs(law.variance / second - 1) < 1e-9)
    }

    @Test func theDefaultStepOfAStaircaseIsTheBest() throws {
        for (epsilon, sensitivity) in [("1/10", 13), ("1", 100), ("4", 31)] {
            let law = try Staircase(epsilon: Rational(parsing: epsilon), sensitivity: sensitivity)
            let all = try (1...sensitivity).map { try Staircase(epsilon: law.epsilon, sensitivity: sensitivity, step: $0).variance }
            #expect(law.variance == all.min())
        }
    }

    @Test(arguments: [-3...5, 0...0, -100...2, -2...400] as [ClosedRange<Int64>])
    func truncatedLawsAreConditional(range: ClosedRange<Int64>) throws {
        let laplace = try Truncated(DiscreteLaplace(scale: 4), to: range), normal = try Truncated(DiscreteGaussian(sigma: 4), to: range)
        let inside = Int(range.lowerBound)...Int(range.upperBound)
        func conditional(_ weight: @escaping (Int) -> Double) -> (Int) -> Double {
            let total = inside.reduce(0) { $0 + weight($1) }
            return { weight($0) / total }
        }
        let laplaceSamples = laplace.samples(100_000, random: SeededRandom(15))
        let normalSamples = normal.samples(100_000, random: SeededRandom(16))
        #expect((laplaceSamples + normalSamples).allSatisfy { range.contains($0) })
        if inside.count > 1 {
            let first = fits(laplaceSamples, inside, conditional { exp(-Double(abs($0)) / 4) })
            let second = fits(normalSamples, inside, conditional { exp(-Double($0 * $0) / 32) })
            #expect(first && second)
        }
        let clamped = try Clamped(DiscreteLaplace(scale: 4), to: range).samples(1000, random: SeededRandom(17))
        let plain = try DiscreteLaplace(scale: 4).samples(1000, random: SeededRandom(17))
        // The tails go to the ends, and nothing else changes.
        let tails = plain.count { !range.contains($0) }, ends = clamped.count { $0 == range.lowerBound || $0 == range.upperBound }
        #expect(clamped.allSatisfy { range.contains($0) } && (tails == 0 || ends > 0))
    }

    @Test(arguments: ["1/2", "3", "1000"])
    func constantTimeLawsEqualTheOthers(text: String) throws {
        let scale = try Rational(parsing: text)
        let laplace = try ConstantTimeLaplace(scale: scale).samples(200_000, random: SeededRandom(18))
        #expect(StatisticalChecks.passesLaplaceFit(laplace, scale: scale.approximation))
        guard scale.approximation < 100 else { return }
        let law = try ConstantTimeGaussian(sigmaSquared: scale)
        let reach = Int(12 * scale.approximation.squareRoot()) + 2
        let passes = fits(law.samples(200_000, random: SeededRandom(19)), -reach...reach, gaussian(scale.approximation, reach))
        #expect(passes)
    }

    @Test func badParametersAreRefused() {
        func refused(_ body: () throws -> Void) -> Bool {
            do { try body(); return false } catch { return (error as? YinheError)?.code == .range }
        }
        #expect(refused { _ = try DiscreteGaussian(sigmaSquared: 0) })
        #expect(refused { _ = try DiscreteGaussian(sigmaSquared: -1) })
        #expect(refused { _ = try DiscreteGaussian(sigmaSquared: Rational(1 << 113 as Int128)) })
        #expect(refused { _ = try Poisson(mean: 0) })
        #expect(refused { _ = try Poisson(mean: Rational(1 << 33)) })
        #expect(refused { _ = try PolyaNoise(scale: 1, parties: 0) })
        #expect(refused { _ = try PolyaNoise(scale: -1, parties: 2) })
        #expect(refused { _ = try Staircase(epsilon: 1, sensitivity: 0) })
        #expect(refused { _ = try Staircase(epsilon: 1, sensitivity: 3, step: 4) })
        #expect(refused { _ = try Staircase(epsilon: 0, sensitivity: 3) })
        #expect(refused { _ = try Truncated(DiscreteLaplace(scale: 4), to: 1...5) })
        #expect(refused { _ = try ConstantTimeGaussian(sigmaSquared: Rational(1 << 30)) })
        #expect(refused { _ = try PrivateSelection(epsilon: 0) })
        #expect(refused { _ = try PrivateSelection(epsilon: 1).choose([]) })
    }
}
