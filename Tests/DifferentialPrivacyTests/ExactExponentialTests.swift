import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct ExactExponentialTests {
    /// floor(10^40 exp(-1)), from the reciprocal of e (OEIS A068985).
    @Test func expMinusOneHasItsDigits() {
        let (lower, upper) = ExactExponential.bounds(minus: 1, over: 1, bits: 200)
        let known = BigInteger(decimal: "3678794411714423215955237701614608674458")!
        let ten = BigInteger(decimal: "1" + String(repeating: "0", count: 40))!
        #expect(lower <= ((known + 1) << 200) / ten && upper >= (known << 200) / ten)
        #expect(upper - lower <= 2)
    }

    @Test func bracketsAreNestedAndMultiply() {
        let seed = UInt64.random(in: 0 ... .max)
        let random = SeededRandom(seed)
        for _ in 0..<200 {
            let a = BigInteger(random.uniform(below: 5000)), b = BigInteger(random.uniform(below: 300) + 1)
            let c = BigInteger(random.uniform(below: 400)), d = BigInteger(random.uniform(below: 300) + 1)
            let narrow = ExactExponential.bounds(minus: a, over: b, bits: 300), wide = ExactExponential.bounds(minus: a, over: b, bits: 128)
            #expect(narrow.lower <= narrow.upper && narrow.upper - narrow.lower <= 2, "seed \(seed)")
            #expect(wide.lower <= narrow.lower >> 172 && wide.upper + .one >= narrow.upper >> 172, "seed \(seed)")
            // exp(-a/b) exp(-c/d) = exp(-(ad + bc)/(bd)).
            let other = ExactExponential.bounds(minus: c, over: d, bits: 300)
            let product = ExactExponential.bounds(minus: a * d + b * c, over: b * d, bits: 300)
            #expect((narrow.lower * other.lower) >> 300 <= product.upper, "seed \(seed)")
            #expect(product.lower <= ((narrow.upper * other.upper) >> 300) + .one, "seed \(seed)")
        }
    }

    @Test func theFastExponentialKeepsItsErrorBound() {
        let seed = UInt64.random(in: 0 ... .max)
        let random = SeededRandom(seed)
        let fast = FixedPointExponential.shared
        var worst: UInt64 = 0
        for i in 0..<20_000 {
            let whole = i % 4 == 0 ? 0 : random.uniform(below: 70), fraction = i < 100 ? [0, 1, .max, 1 << 40 - 1][i % 4] : random.word()
            let x = UInt128(whole) << 64 | UInt128(fraction)
            let exact = ExactExponential.bounds(minus: BigInteger(x), over: .one << 64, bits: 64)
            let value = BigInteger(fast(minus: x))
            let distance = max((value - exact.lower).magnitude, (value - exact.upper).magnitude).uint64!
            worst = max(worst, distance)
        }
        // The bracket itself is two units wide.
        #expect(worst <= FixedPointExponential.errorUnits + 2, "seed \(seed)")
        #expect(fast(minus: UInt128(300) << 64) == 0)
    }

    private struct Scripted: RandomSource {
        let words: [UInt64]
        func fill(_ buffer: UnsafeMutableRawBufferPointer) {
            for (i, word) in words.enumerated() { buffer.storeBytes(of: word, toByteOffset: 8 * i, as: UInt64.self) }
        }
    }

    /// At p = 1/3 = 0.5555...(16), every word but 0x5555... decides at once; that one is decided by the words after it.
    @Test func undecidedDrawsGoOnExactly() {
        let third: UInt64 = 0x5555_5555_5555_5555
        func outcome(_ words: [UInt64]) -> (Bool, Int) {
            var asked = 0
            var stream = WordStream(Scripted(words: words))
            let result = stream.bernoulli(between: third, and: third) { bits in
                asked += 1
                let value = (BigInteger.one << bits) / 3
                return (value, value + 1)
            }
            return (result, asked)
        }
        #expect(outcome([third - 1]) == (true, 0) && outcome([third + 1]) == (false, 0))
        #expect(outcome([third, third - 1]) == (true, 1) && outcome([third, third + 1]) == (false, 1))
        #expect(outcome([third, third, third, 0]) == (true, 3) && outcome([third, third, .max]) == (false, 2))
    }

    @Test func squareRootsAreFloors() {
        let random = SeededRandom(4)
        for bits in [1, 2, 3, 64, 65, 127, 300] {
            for _ in 0..<50 {
                let value = BigInteger.random(below: .one << bits, from: random)
                let root = value.squareRoot
                #expect(root * root <= value && (root + .one) * (root + .one) > value)
            }
        }
    }
}
