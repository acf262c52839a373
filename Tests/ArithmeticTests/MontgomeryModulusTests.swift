import Arithmetic
import SandboxCore
import TestSupport
import Testing

/// Rows of numbers, as MontgomeryModulus takes them.
struct Rows {
    let limbs: Int
    var words: [UInt64]

    init(_ numbers: [BigInteger], limbs: Int) {
        self.limbs = limbs
        words = numbers.flatMap { $0.limbs(count: limbs) }
    }

    init(zeros count: Int, limbs: Int) {
        self.limbs = limbs
        words = [UInt64](repeating: 0, count: count * limbs)
    }

    var numbers: [BigInteger] {
        stride(from: 0, to: words.count, by: limbs).map { BigInteger(limbs: Array(words[$0..<$0 + limbs])) }
    }
}

/// An odd number of exactly `bits` bits: random, or next to a power of two, where carries run far.
func oddModuli(bits: Int, from random: SeededRandom) -> [BigInteger] {
    let top = BigInteger.one << (bits - 1)
    guard bits > 3 else { return [top + 1] }
    return [
        top + (BigInteger.random(bits: bits - 2, from: random) << 1) + 1,
        (top << 1) - .one, top + 1,
    ]
}

@Suite struct MontgomeryModulusTests {
    static let sizes = [2, 64, 65, 511, 512, 513, 1000, 1024, 1536, 2048, 3072, 4096, 6144, 8192, 9216, 12288]

    @Test(arguments: MontgomeryModulus.Kernel.available)
    func productsAndSquaresEqualTheOracle(kernel: MontgomeryModulus.Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in Self.sizes {
            for m in oddModuli(bits: bits, from: random) {
                let modulus = MontgomeryModulus(m, kernel: kernel), limbs = modulus.limbs
                let inverse = (BigInteger.one << modulus.rBits).inverse(modulo: m)!
                let half = BigInteger(limbs: Array(repeating: .max, count: max(1, limbs / 2))).modulo(m)
                let values = [.zero, .one, m - .one, m - 2, half].map { $0.modulo(m) }
                    + (0..<4).map { _ in BigInteger.random(below: m, from: random) }
                let pairs = values.flatMap { a in values.map { (a, $0) } }
                let a = Rows(pairs.map(\.0), limbs: limbs), b = Rows(pairs.map(\.1), limbs: limbs)
                var r = Rows(zeros: pairs.count, limbs: limbs)
                let expected = pairs.map { ($0 * $1 * inverse).modulo(m) }
                modulus.multiply(a.words, b.words, count: pairs.count, into: &r.words)
                #expect(r.numbers == expected, "seed \(seed), \(bits) bits")
                modulus.square(a.words, count: pairs.count, into: &r.words)
                #expect(r.numbers == pairs.map { ($0.0 * $0.0 * inverse).modulo(m) }, "seed \(seed), \(bits) bits")
                modulus.multiply(a.words, byOne: b.words, count: pairs.count, into: &r.words)
                #expect(r.numbers == pairs.map { ($0.0 * pairs[0].1 * inverse).modulo(m) }, "seed \(seed)")

                // Counts that do not fill groups of four.
                for count in 1...7 {
                    var some = Rows(zeros: count, limbs: limbs)
                    modulus.multiply(a.words, b.words, count: count, into: &some.words)
                    #expect(some.numbers == Array(expected.prefix(count)), "seed \(seed), \(bits) bits, \(count) rows")
                    modulus.square(b.words, count: count, into: &some.words)
                    #expect(some.numbers == pairs.prefix(count).map { ($0.1 * $0.1 * inverse).modulo(m) }, "seed \(seed)")
                }

                // In place, over either operand.
                let count = pairs.count
                var place = a.words
                place.withUnsafeMutableBufferPointer { modulus.multiply($0.baseAddress!, b.words, count: count, into: $0.baseAddress!) }
                #expect(place == Rows(expected, limbs: limbs).words)
                place = b.words
                place.withUnsafeMutableBufferPointer { modulus.multiply(a.words, $0.baseAddress!, count: count, into: $0.baseAddress!) }
                #expect(place == Rows(expected, limbs: limbs).words)
                place = a.words
                place.withUnsafeMutableBufferPointer { modulus.square($0.baseAddress!, count: pairs.count, into: $0.baseAddress!) }
                #expect(place == Rows(pairs.map { ($0.0 * $0.0 * inverse).modulo(m) }, limbs: limbs).words)

                modulus.negate(a.words, count: pairs.count, into: &r.words)
                #expect(r.numbers == pairs.map { (-$0.0).modulo(m) }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: MontgomeryModulus.Kernel.available)
    func powersOfRCorrectAnyNumberOfProducts(kernel: MontgomeryModulus.Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [64, 1000, 4096] {
            let m = oddModuli(bits: bits, from: random)[0], modulus = MontgomeryModulus(m, kernel: kernel), limbs = modulus.limbs
            let r = BigInteger.one << modulus.rBits
            for k in [0, 1, 2, 3, 17, 1_000_003] {
                #expect(BigInteger(limbs: modulus.powerOfR(k)) == r.power(variableTime: BigInteger(k), modulo: m))
                let inverse = r.inverse(modulo: m)!
                #expect(BigInteger(limbs: modulus.powerOfR(-k)) == inverse.power(variableTime: BigInteger(k), modulo: m))
            }
            for count in [0, 1, 2, 3, 4, 5, 8, 9, 33, 100] {
                let values = (0..<count).map { _ in BigInteger.random(below: m, from: random) }
                let product = modulus.product(Rows(values, limbs: limbs).words, count: count)
                #expect(product == values.reduce(.one) { ($0 * $1).modulo(m) }, "seed \(seed), \(count)")
            }
        }
    }
}
