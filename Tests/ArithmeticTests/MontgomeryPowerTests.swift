import Arithmetic
import SandboxCore
import TestSupport
import Testing

@Suite struct MontgomeryPowerTests {
    typealias Kernel = MontgomeryModulus.Kernel

    /// Squares, for which exponentiation works on pairs of digits, and others.
    private func moduli(bits: Int, from random: SeededRandom) -> [BigInteger] {
        let roots = oddModuli(bits: bits / 2, from: random)
        return oddModuli(bits: bits, from: random) + roots.map { $0 * $0 }
    }

    private func exponents(bits: Int, count: Int, from random: SeededRandom) -> [BigInteger] {
        let extreme = [.zero, .one, (BigInteger.one << bits) - .one, BigInteger.one << (bits - 1)]
        return (0..<count).map { $0 < 4 ? extreme[$0] : .random(bits: bits, from: random) }
    }

    @Test(arguments: Kernel.available)
    func powersEqualTheOracle(kernel: Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [64, 512, 1000, 1024, 2048, 3072, 4096, 9216] {
            for m in moduli(bits: bits, from: random) {
                let modulus = MontgomeryModulus(m, kernel: kernel), limbs = modulus.limbs
                for exponentBits in bits > 4096 ? [65] : [1, 2, 32, 64, 65, 130, 448] {
                    let count = 9
                    let bases = (0..<count).map { $0 == 8 ? m - .one : BigInteger.random(below: m, from: random) }
                    let e = exponents(bits: exponentBits, count: count, from: random)
                    let rows = Rows(bases, limbs: limbs), words = e.flatMap { $0.limbs(count: (exponentBits + 63) / 64) }
                    var r = Rows(zeros: count, limbs: limbs)
                    let expected = zip(bases, e).map { $0.power(variableTime: $1, modulo: m) }
                    modulus.powers(rows.words, count: count, secretExponents: words, exponentBits: exponentBits, into: &r.words)
                    #expect(r.numbers == expected, "secret, seed \(seed), \(bits) bits, exponents of \(exponentBits)")
                    r = Rows(zeros: count, limbs: limbs)
                    modulus.powers(rows.words, count: count, publicExponents: words, exponentBits: exponentBits, into: &r.words)
                    #expect(r.numbers == expected, "public, seed \(seed), \(bits) bits, exponents of \(exponentBits)")
                    for shared in [0, 4] {
                        let one = e[shared].limbs(count: (exponentBits + 63) / 64)
                        modulus.powers(rows.words, count: count, secretExponent: one, exponentBits: exponentBits, into: &r.words)
                        #expect(r.numbers == bases.map { $0.power(variableTime: e[shared], modulo: m) }, "shared, seed \(seed)")
                    }
                }
            }
        }
    }

    @Test(arguments: Kernel.available)
    func batchesOfEverySizeKeepTheirOrderInPlace(kernel: Kernel) {
        let random = SeededRandom(11)
        let m = oddModuli(bits: 1024, from: random)[0], modulus = MontgomeryModulus(m, kernel: kernel)
        for count in 1...9 {
            let bases = (0..<count).map { _ in BigInteger.random(below: m, from: random) }
            let e = (0..<count).map { _ in BigInteger.random(bits: 100, from: random) }
            let words = e.flatMap { $0.limbs(count: 2) }, expected = zip(bases, e).map { $0.power(variableTime: $1, modulo: m) }
            for isSecret in [false, true] {
                var rows = Rows(bases, limbs: modulus.limbs)
                rows.words.withUnsafeMutableBufferPointer {
                    let p = $0.baseAddress!
                    if isSecret {
                        modulus.powers(p, count: count, secretExponents: words, exponentBits: 100, into: p)
                    } else {
                        modulus.powers(p, count: count, publicExponents: words, exponentBits: 100, into: p)
                    }
                }
                #expect(rows.numbers == expected)
            }
        }
    }

    @Test(arguments: Kernel.available)
    func exponentsAddWhenPowersMultiply(kernel: Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        let m = oddModuli(bits: 2048, from: random)[0], modulus = MontgomeryModulus(m, kernel: kernel)
        for bits in [7, 200, 1024] {
            let x = BigInteger.random(below: m, from: random)
            let a = BigInteger.random(bits: bits, from: random), b = BigInteger.random(bits: bits, from: random)
            func power(_ e: BigInteger) -> BigInteger { modulus.power(x, secret: e, exponentBits: bits + 1) }
            #expect((power(a) * power(b)).modulo(m) == power(a + b), "seed \(seed)")
        }
        // A base outside of 0 ..< m is reduced.
        #expect(modulus.power(m + 3, secret: 2, exponentBits: 2) == 9 && modulus.power(-2, secret: 3, exponentBits: 2) == m - 8)
    }

    @Test(arguments: Kernel.available)
    func everyMultiPowerMethodEqualsTheNaiveProduct(kernel: Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        let root = oddModuli(bits: 512, from: random)[0]
        for m in [root, root * root] {
            let modulus = MontgomeryModulus(m, kernel: kernel)
            for (count, bits) in [(0, 5), (1, 1), (1, 200), (2, 64), (3, 65), (17, 32), (300, 20), (40, 129)] {
                let bases = (0..<count).map { _ in BigInteger.random(below: m, from: random) }
                let e = exponents(bits: bits, count: count, from: random)
                let words: [UInt64] = e.flatMap { $0.limbs(count: (bits + 63) / 64) } + [0]
                let powers = zip(bases, e).map { $0.power(variableTime: $1, modulo: m) }
                let expected = powers.reduce(BigInteger.one) { ($0 * $1).modulo(m) }
                let rows = Rows(bases, limbs: modulus.limbs).words + [0]
                let methods: [MontgomeryModulus.MultiPowerMethod?] =
                    [nil] + (1...5).map { .straus(window: $0) } + (1...9).map { .pippenger(window: $0) }
                    + (kernel == .lanes ? (1...9).map { .pippengerInLanes(window: $0) } : [])
                for method in methods {
                    let result = modulus.multiPower(rows, count: count, publicExponents: words, exponentBits: bits, method: method)
                    #expect(result == expected, "seed \(seed), \(count) bases, \(bits) bits, \(String(describing: method))")
                }
            }
        }
    }

    @Test(arguments: Kernel.available)
    func multiPowerChangesFromStrausToPippengerWithTheNumberOfBases(kernel: Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        let m = oddModuli(bits: 256, from: random)[0], modulus = MontgomeryModulus(m, kernel: kernel)
        var methods = Set<Bool>()
        for count in [2, 5, 10, 20, 30, 40, 50, 60, 400] {
            if case .straus = modulus.multiPowerMethod(count: count, exponentBits: 32) {
                methods.insert(true)
            } else {
                methods.insert(false)
            }
            let bases = (0..<count).map { _ in BigInteger.random(below: m, from: random) }
            let e = exponents(bits: 32, count: count, from: random)
            let expected = zip(bases, e).reduce(BigInteger.one) { ($0 * $1.0.power(variableTime: $1.1, modulo: m)).modulo(m) }
            let result = modulus.multiPower(
                Rows(bases, limbs: modulus.limbs).words, count: count, publicExponents: e.map { $0.uint64! }, exponentBits: 32)
            #expect(result == expected, "seed \(seed), \(count) bases")
        }
        #expect(methods == [true, false])
    }

    @Test(arguments: Kernel.available)
    func inversesEqualTheOracleAndANonUnitIsNoticed(kernel: Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        let p = BigInteger(1_000_003), m = oddModuli(bits: 700, from: random)[0] * p, modulus = MontgomeryModulus(m, kernel: kernel)
        for count in [0, 1, 2, 3, 4, 5, 7, 8, 100, 513, 1030] {
            let values = (0..<count).map { _ in BigInteger.randomUnit(modulo: m, from: random) }
            let rows = Rows(values, limbs: modulus.limbs)
            var r = Rows(zeros: count, limbs: modulus.limbs)
            #expect(modulus.inverses(rows.words + [0], count: count, into: &r.words))
            #expect(r.numbers == values.map { $0.inverse(modulo: m)! }, "seed \(seed)")
            var place = rows.words
            place.withUnsafeMutableBufferPointer {
                if count > 0 { #expect(modulus.inverses($0.baseAddress!, count: count, into: $0.baseAddress!)) }
            }
            #expect(place == r.words)
            for at in Set([0, count / 2, count - 1]) where count > 0 {
                var broken = values
                broken[at] = at % 2 == 0 ? .zero : p * 5
                #expect(!modulus.inverses(Rows(broken, limbs: modulus.limbs).words, count: count, into: &r.words), "at \(at)")
            }
        }
    }
}
