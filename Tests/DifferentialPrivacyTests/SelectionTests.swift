import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct SelectionTests {
    private static let scores: [Int64] = [10, 9, 8, 3, 3, 0]

    /// The exact probabilities of permute-and-flip: over all orders of those before i, by inclusion and exclusion on their coins
    /// (McKenna and Sheldon 2020, proposition 5 in subset form).
    private func permuteAndFlip(_ coins: [Double]) -> [Double] {
        coins.indices.map { i in
            let others = coins.indices.filter { $0 != i }
            var total = 0.0
            for subset in 0..<1 << others.count {
                let chosen = others.indices.filter { subset >> $0 & 1 == 1 }
                // The subset's members come first, all refused, then i: probability |S|! (n - 1 - |S|)! / n!.
                let refused = chosen.reduce(1.0) { $0 * (1 - coins[others[$1]]) }
                let order = exp(lgamma(Double(chosen.count) + 1) + lgamma(Double(coins.count - chosen.count)) - lgamma(Double(coins.count) + 1))
                total += refused * order * coins[i]
            }
            return total
        }
    }

    @Test(arguments: ["1/10", "1", "4"], [false, true])
    func choicesFollowTheLaw(epsilon: String, monotone: Bool) throws {
        let e = try Rational(parsing: epsilon)
        let weights = Self.scores.map { exp(e.approximation * Double($0 - 10) / (monotone ? 1 : 2)) }
        let laws: [(PrivateSelection.Mechanism, [Double])] = [
            (.exponential, weights.map { $0 / weights.reduce(0, +) }), (.permuteAndFlip, permuteAndFlip(weights)),
        ]
        for (mechanism, probabilities) in laws {
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
            let selection = try PrivateSelection(epsilon: e, isMonotone: monotone, mechanism: mechanism)
            var stream = WordStream(SeededRandom(21)), counts = [Int](repeating: 0, count: 6)
            let n = 20_000
            for _ in 0..<n { counts[try selection.choose(Self.scores, from: &stream)] += 1 }
            for (hits, p) in zip(counts, probabilities) {
                #expect(StatisticalChecks.isPlausible(hits, of: n, probability: p), "\(mechanism) \(counts) \(probabilities)")
            }
        }
    }

    @Test func extremeScoresDoNotOverflow() throws {
        let selection = try PrivateSelection(epsilon: 1)
        #expect(try selection.choose([.min, .max, .min]) == 1)
        #expect(try PrivateSelection(epsilon: 1, mechanism: .exponential).choose([.max]) == 0)
    }
}
