import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

/// Gives the listed words; the rest of the first buffer is whatever it held.
private struct ScriptedRandom: RandomSource {
    private let words: [UInt64]
    init(_ words: [UInt64]) { self.words = words }
    func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        for (i, word) in words.enumerated() { buffer.storeBytes(of: word, toByteOffset: 8 * i, as: UInt64.self) }
    }
}

/// A width in which every word can be tried.
extension UInt8: SamplerWord {
    package static func draw(_ stream: inout WordStream) -> UInt8 { UInt8(truncatingIfNeeded: stream.word()) }
}

@Suite struct ExactBernoulliTests {
    /// For every bound of an 8-bit width, every accepted word counted: each result must come from equally many words.
    @Test func uniformIsExactForEveryBoundAndWord() {
        for bound in UInt8(1)...255 {
            var counts = [Int](repeating: 0, count: Int(bound))
            var rejected = 0
            for word in 0..<256 as Range<UInt64> {
                // 255 is accepted for every bound; it is still unread when `word` was.
                var stream = WordStream(ScriptedRandom([word, 255]))
                let result: UInt8 = stream.uniform(below: bound)
                if stream.word() == 255 { counts[Int(result)] += 1 } else { rejected += 1 }
            }
            #expect(Set(counts) == [256 / Int(bound)], "bound \(bound)")
            #expect(rejected == 256 % Int(bound), "bound \(bound)")
        }
    }

    /// Exact count over all 8-bit words for every fraction n / (d k) that fits.
    @Test func bernoulliIsExactForEveryFraction() {
        for d in UInt8(1)...15 {
            for k: UInt8 in [1, 2, 3, 7, 16] {
                for n in 0...d {
                    var (hits, accepted) = (0, 0)
                    for word in 0..<256 as Range<UInt64> {
                        var stream = WordStream(ScriptedRandom([word, 255]))
                        let outcome: Bool = stream.bernoulli(n, over: d, times: k)
                        guard stream.word() == 255 else { continue }
                        accepted += 1
                        hits += outcome ? 1 : 0
                    }
                    #expect(hits * Int(d) * Int(k) == accepted * Int(n) && accepted > 0, "\(n) / (\(d) * \(k))")
                }
            }
        }
    }

    /// K > k exactly when N < D / k!, so the outcome changes there and nowhere else.
    @Test func expMinusOneChangesExactlyAtTheFactorialFractions() {
        func outcome(_ n: UInt64) -> Bool {
            // The word after N makes a further chain step fail, so K = 18 there.
            var stream = WordStream(ScriptedRandom([n, 3 << 62]))
            return stream.bernoulliExpMinusOne()
        }
        var factorial: UInt64 = 1
        for k in 2...17 as ClosedRange<UInt64> {
            factorial *= k
            #expect(FactorialThresholds.multiple % factorial == 0)
            let threshold = FactorialThresholds.multiple / factorial
            #expect(outcome(threshold) == (k % 2 == 1), "k = \(k)")
            #expect(outcome(threshold - 1) == (k % 2 == 0), "k = \(k)")
        }
        #expect(outcome(FactorialThresholds.multiple - 1) == false)
        // A word at or above D is drawn again.
        var stream = WordStream(ScriptedRandom([FactorialThresholds.multiple, FactorialThresholds.multiple / 6]))
        #expect(stream.bernoulliExpMinusOne() == true)
    }

    /// False alarm below 2e-7 per row.
    @Test(arguments: ["0", "1/7", "1/2", "1", "3/2", "7", "12345678901234567890123/98765432109876543210987"])
    func bernoulliExpHasProbabilityExpMinusX(text: String) throws {
        let x = try Rational(parsing: text)
        var stream = WordStream(SeededRandom(11))
        let trials = 300_000
        var hits = 0
        for _ in 0..<trials { hits += stream.bernoulliExp(minus: x) ? 1 : 0 }
        let p = exp(-x.approximation)
        if x == 0 { #expect(hits == trials) } else { #expect(StatisticalChecks.isPlausible(hits, of: trials, probability: p)) }
        // A probability one part in twenty-five off would be noticed.
        #expect(!StatisticalChecks.isPlausible(hits, of: trials, probability: p * 0.96) || p < 0.01)
    }
}
