import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct PrivacyLossAccountantTests {
    private func bounds(_ steps: [(PrivacyMechanism, Int)], delta: Double, tolerance: Double = 5e-5) throws -> ClosedRange<Double> {
        var accountant = PrivacyLossAccountant(tolerance: tolerance)
        for (step, count) in steps { try accountant.compose(step, count: count) }
        return try accountant.epsilonBounds(delta: delta)
    }

    @Test func gaussiansAgreeWithTheClosedFormForRandomParameters() throws {
        let random = SeededRandom(4_127)
        // The closed form in long numbers is what takes the time.
        for _ in 0..<(LawFitTests.isLong ? 60 : 20) {
            let sigma = exp(random.unit() * 6 - 1), delta = exp(-3 - random.unit() * 60), k = 1 + Int(random.unit() * 2000)
            let found = try bounds([(.gaussian(noiseMultiplier: sigma), k)], delta: delta)
            let p = 160
            let s = BigReal(exactly: sigma, precision: p) / BigReal(k, precision: p).squareRoot
            let exact = AnalyticGaussian.epsilon(sigma: s, delta: BigReal(exactly: delta, precision: p)).double
            #expect(found.lowerBound <= exact && exact <= found.upperBound * (1 + 1e-13), "sigma \(sigma), k \(k), delta \(delta): \(found), exact \(exact)")
            #expect(found.upperBound - exact < 1e-4 * max(1, exact / 100), "sigma \(sigma), k \(k), delta \(delta): \(found), exact \(exact)")
        }
    }

    @Test func pureStepsAgreeWithTheOptimalCompositionForRandomParameters() throws {
        let random = SeededRandom(4_128)
        for _ in 0..<60 {
            let e = exp(random.unit() * 7 - 5), delta = exp(-2 - random.unit() * 40), k = 1 + Int(random.unit() * 600)
            let exact = ExactConversions.optimalComposition(
                epsilon: BigReal(exactly: e, precision: 300), count: k, delta: BigReal(exactly: delta, precision: 300)
            ).double
            let found = try bounds([(.pure(epsilon: e), k)], delta: delta)
            #expect(found.lowerBound <= exact * (1 + 1e-14) && exact <= found.upperBound * (1 + 1e-14), "e \(e), k \(k), delta \(delta): \(found), exact \(exact)")
            #expect(found.upperBound - exact < 1e-3, "e \(e), k \(k), delta \(delta)")
        }
    }

    /// On a common grid, where nothing is exact: different pure steps, whose composition a plain sum over all outcomes gives.
    @Test func unequalPureStepsAreNeverBelowTheirSumOverOutcomes() throws {
        let random = SeededRandom(4_129)
        for _ in 0..<20 {
            let losses = (0..<9).map { _ in 0.05 + random.unit() }
            let delta = exp(-3 - random.unit() * 12)
            func exactDelta(_ epsilon: Double) -> Double {
                var sum: Double = 0
                for signs in 0..<512 {
                    var loss: Double = 0, mass: Double = 1
                    for (i, e) in losses.enumerated() {
                        let plus = signs >> i & 1 == 1
                        loss += plus ? e : -e
                        mass /= 1 + exp(plus ? -e : e)
                    }
                    if loss > epsilon { sum += mass * -expm1(epsilon - loss) }
                }
                return sum
            }
            let found = try bounds(losses.map { (PrivacyMechanism.pure(epsilon: $0), 1) }, delta: delta)
            #expect(exactDelta(found.upperBound) <= delta * (1 + 1e-9))
            // Few unequal steps near their largest loss are where the bound is widest.
            #expect(exactDelta(found.upperBound - 0.02) > delta)
            #expect(exactDelta(found.lowerBound) >= delta * (1 - 1e-9))
        }
    }

    @Test func everyBoundHoldsOnOtherGridsAndLaws() throws {
        let steps: [PrivacyMechanism] = [
            .laplace(scale: 1.7), .sampled(.gaussian(noiseMultiplier: 0.8), probability: 0.02), .sampled(.laplace(scale: 0.7), probability: 0.1),
            .sampled(.pure(epsilon: 1.3), probability: 0.3), .discreteGaussian(sigma: 3.3, sensitivity: 2), .discreteLaplace(scale: 4, sensitivity: 5),
            .approximate(epsilon: 0.3, delta: 1e-9), .sampled(.discreteGaussian(sigma: 1.1, sensitivity: 1), probability: 0.05),
        ]
        for step in steps {
            for k in [1, 7, 300] {
                let coarse = try bounds([(step, k)], delta: 1e-6, tolerance: 2e-4)
                let fine = try bounds([(step, k)], delta: 1e-6, tolerance: 5e-6)
                #expect(coarse.lowerBound <= fine.upperBound && fine.lowerBound <= coarse.upperBound, "\(step) \(k): \(coarse) \(fine)")
                #expect(fine.upperBound <= coarse.upperBound + 1e-3 && coarse.upperBound - fine.upperBound < 1e-3, "\(step) \(k): \(coarse) \(fine)")
            }
        }
    }

    @Test func compositionIsMonotoneAndBelowRenyi() throws {
        for step in [PrivacyMechanism.laplace(scale: 5), .discreteGaussian(sigma: 6, sensitivity: 1), .sampled(.gaussian(noiseMultiplier: 1.1), probability: 0.01)] {
            var last = 0.0
            for k in [1, 2, 5, 20, 100, 500] {
                var accountant = PrivacyLossAccountant(), renyi = RenyiAccountant()
                try accountant.compose(step, count: k)
                try renyi.compose(step, count: k)
                let epsilon = try accountant.epsilon(delta: 1e-7)
                #expect(epsilon >= last - 1e-9)
                #expect(epsilon <= (try renyi.epsilon(delta: 1e-7).epsilon) + 1e-4)
                #expect(try accountant.epsilon(delta: 1e-6) <= epsilon)
                last = epsilon
            }
        }
    }

    @Test func deltaAndEpsilonAreInverse() throws {
        for step in [PrivacyMechanism.laplace(scale: 4), .sampled(.gaussian(noiseMultiplier: 1), probability: 0.01), .pure(epsilon: 0.2), .gaussian(noiseMultiplier: 9)] {
            var accountant = PrivacyLossAccountant(tolerance: 1e-5)
            try accountant.compose(step, count: 120)
            for delta in [1e-4, 1e-9, 1e-25] {
                let epsilon = try accountant.epsilon(delta: delta)
                let back = try accountant.delta(epsilon: epsilon)
                #expect(abs(log(back / delta)) < 0.02, "\(step): \(delta) -> \(epsilon) -> \(back)")
            }
        }
    }

    @Test func tinyDeltasAndLargeLossesStayFinite() throws {
        let big = try bounds([(.laplace(scale: 0.01), 50)], delta: 1e-30)
        #expect(big.upperBound <= 5000 * (1 + 1e-9) && big.lowerBound > 4900)
        let tiny = try bounds([(.gaussian(noiseMultiplier: 30), 10)], delta: 1e-150)
        #expect(tiny.upperBound.isFinite && tiny.upperBound - tiny.lowerBound < 1e-3)
        var pure = PrivacyLossAccountant()
        try pure.compose(.laplace(scale: 2), count: 4)
        #expect(try pure.epsilon(delta: 0) >= 2 && pure.epsilon(delta: 0) < 2 + 1e-9)
        try pure.compose(.gaussian(noiseMultiplier: 5))
        #expect(try pure.epsilon(delta: 0) == .infinity)
        #expect(try PrivacyLossAccountant().epsilon(delta: 1e-6) == 0)
    }

    @Test func badParametersAreRefused() {
        let bad: [PrivacyMechanism] = [
            .gaussian(noiseMultiplier: 0), .gaussian(noiseMultiplier: -1), .gaussian(noiseMultiplier: .nan), .gaussian(noiseMultiplier: .infinity),
            .laplace(scale: 0), .laplace(scale: 1e-9), .laplace(scale: 1e12), .discreteGaussian(sigma: 1, sensitivity: 0),
            .discreteLaplace(scale: 1, sensitivity: -3), .pure(epsilon: 0), .pure(epsilon: .nan), .pure(epsilon: 1e9),
            .approximate(epsilon: 1, delta: 1), .approximate(epsilon: 1, delta: -0.1), .sampled(.laplace(scale: 1), probability: 0),
            .sampled(.laplace(scale: 1), probability: 1.5), .sampled(.sampled(.laplace(scale: 1), probability: 0.5), probability: 0.5),
        ]
        for mechanism in bad {
            var accountant = PrivacyLossAccountant()
            #expect(throws: YinheError.self) { try accountant.compose(mechanism) }
        }
        var accountant = PrivacyLossAccountant()
        #expect(throws: YinheError.self) { try accountant.compose(.laplace(scale: 1), count: 0) }
        #expect(throws: YinheError.self) { try accountant.compose(.laplace(scale: 1), count: .max) }
        for delta in [-1, 1, .nan, 1e-300, Double.infinity] {
            #expect(throws: YinheError.self) { _ = try accountant.epsilon(delta: delta) }
        }
        for epsilon in [-1, .nan, Double.infinity] {
            #expect(throws: YinheError.self) { _ = try accountant.delta(epsilon: epsilon) }
        }
    }

    @Test func transformMultipliesModuloXToTheNPlusOne() {
        let random = SeededRandom(4_130)
        for length in [16, 32, 64, 256, 2048] {
            let a = (0..<length).map { _ in random.unit() - 0.5 }, b = (0..<length).map { _ in random.unit() - 0.5 }
            var plain = [Double](repeating: 0, count: length)
            for i in 0..<length { for j in 0..<length { plain[(i + j) & (length - 1)] += i + j < length ? a[i] * b[j] : -a[i] * b[j] } }
            let transform = NegacyclicTransform(length: length), n = length / 2
            var (ar, ai, br, bi) = (Array(a[..<n]), Array(a[n...]), Array(b[..<n]), Array(b[n...]))
            ar.withUnsafeMutableBufferPointer { r in ai.withUnsafeMutableBufferPointer { transform.forward(r.baseAddress!, $0.baseAddress!) } }
            br.withUnsafeMutableBufferPointer { r in bi.withUnsafeMutableBufferPointer { transform.forward(r.baseAddress!, $0.baseAddress!) } }
            for j in 0..<n { (ar[j], ai[j]) = (ar[j] * br[j] - ai[j] * bi[j], ar[j] * bi[j] + ai[j] * br[j]) }
            ar.withUnsafeMutableBufferPointer { r in ai.withUnsafeMutableBufferPointer { transform.inverse(r.baseAddress!, $0.baseAddress!) } }
            let found = ar + ai
            var square: Double = 0, norm: Double = 0
            for j in 0..<length {
                let difference: Double = plain[j] - found[j]
                square += difference * difference
                norm += plain[j] * plain[j]
            }
            #expect(square.squareRoot() <= 3 * transform.relativeError * norm.squareRoot() + 1e-14, "length \(length)")
        }
    }
}

extension SeededRandom {
    /// Uniform in 0 ..< 1.
    fileprivate func unit() -> Double { Double((word() as UInt64) >> 11) * 0x1p-53 }
}
