import Arithmetic
import DifferentialPrivacy
import Foundation
import TestSupport
import Testing

@Suite struct NoiseSpreadTests {
    private func tail(_ p: (Int) -> Double, above k: Int, to end: Int) -> Double { (k + 1...end).reduce(0) { $0 + p($1) } }

    /// Sums of the defining series are the oracle.
    @Test(arguments: ["1/2", "1", "3.7", "25"])
    func oneAndTwoSampleLawsMatchBruteForce(text: String) throws {
        let law = try DiscreteLaplace(scale: Rational(parsing: text))
        let b = law.scale.approximation
        let end = Int(60 * b) + 60
        let norm = tanh(0.5 / b)
        func one(_ x: Int) -> Double { norm * exp(-Double(abs(x)) / b) }
        func two(_ s: Int) -> Double { (-end...end).reduce(0) { $0 + one($1) * one(s - $1) } }
        for x in [0, 1, 2, 5, Int(3 * b)] {
            #expect(abs(law.probability(of: Double(-x)) / one(x) - 1) < 1e-12)
            #expect(abs(law.probability(of: Double(x), samples: 2) / two(x) - 1) < 1e-10)
            #expect(abs(law.upperTail(above: Double(x)) / tail(one, above: x, to: end) - 1) < 1e-10)
            #expect(abs(law.upperTail(above: Double(x), samples: 2) / tail(two, above: x, to: 40 * Int(b + 1)) - 1) < 1e-8)
        }
        for samples in [1, 2] {
            for confidence in [0.5, 0.9, 0.95, 0.999] {
                let spread = law.spread(samples: samples, confidence: confidence)
                let p = samples == 1 ? one : two
                var (k, inside) = (0, p(0))
                while inside < confidence {
                    k += 1
                    inside += 2 * p(k)
                }
                #expect(spread.halfWidth == Double(k), "\(samples) samples, \(confidence)")
                #expect(abs(spread.standardDeviation / (Double(samples) * law.variance).squareRoot() - 1) < 1e-12)
            }
        }
    }

    @Test func largeScalesKeepTheirPrecision() throws {
        let law = try DiscreteLaplace(scale: Rational(1 << 50))
        let b = 0x1p50
        #expect(abs(law.variance / (2 * b * b) - 1) < 1e-9)
        #expect(abs(law.spread().halfWidth / (b * log(20)) - 1) < 1e-6)
        // The sum of two Laplace variables: P[|S| > k] = exp(-k / b) (1 + k / 2b).
        let k = law.spread(samples: 2).halfWidth / b
        #expect(abs(exp(-k) * (1 + k / 2) - 0.05) < 1e-6)
    }

    @Test func magnitudeBoundIsABound() throws {
        for text in ["1/2", "1", "10/3", "1000000"] {
            let law = try DiscreteLaplace(scale: Rational(parsing: text))
            for bits in [1, 40, 128] {
                let k = Double(try law.magnitudeBound(exceededBelowTwoToTheMinus: bits))
                #expect(2 * law.upperTail(above: k) < pow(2, -Double(bits)))
            }
        }
    }
}
