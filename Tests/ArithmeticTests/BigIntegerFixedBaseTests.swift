import Arithmetic
import SandboxCore
import TestSupport
import Testing

@Suite struct FixedBasePowerTests {
    @Test(arguments: FixedBasePower.Kernel.available)
    func equalsTheGeneralExponentiation(kernel: FixedBasePower.Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [64, 127, 512, 1000, 1024, 2048, 3072, 4096, 8192, 12288] {
            let modulus = (BigInteger.one << (bits - 1)) + (BigInteger.random(bits: bits - 2, from: random) << 1) + 1
            let base = BigInteger.random(below: modulus, from: random)
            for (exponentBits, window) in [(1, 1), (63, 4), (130, 5), (257, 6), (64, 7)] {
                let powers = FixedBasePower(
                    base: base, modulus: modulus, exponentBits: exponentBits, kernel: kernel, window: window)
                let largest = (BigInteger.one << exponentBits) - .one
                for exponent in [.zero, .one, largest, .random(bits: exponentBits, from: random)] {
                    #expect(
                        powers.power(exponent) == base.power(variableTime: exponent, modulo: modulus),
                        "seed \(seed), \(bits) bits, exponent \(exponent), window \(window)")
                }
            }
        }
    }

    @Test(arguments: FixedBasePower.Kernel.available)
    func theRootOfTheModulusChangesNoPower(kernel: FixedBasePower.Kernel) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for bits in [10, 255, 256, 512, 1000, 1024, 1536, 2048] {
            for root in [(BigInteger.one << bits) - 1, (BigInteger.one << (bits - 1)) + 1] {
                let modulus = root * root
                for base in [modulus - 1, root, .random(below: modulus, from: random)] {
                    let powers = FixedBasePower(base: base, modulus: modulus, root: root, exponentBits: 66, kernel: kernel, window: 3)
                    for exponent in [.zero, .one, (BigInteger.one << 66) - 1, .random(bits: 66, from: random)] {
                        #expect(
                            powers.power(exponent) == base.power(variableTime: exponent, modulo: modulus),
                            "seed \(seed), root \(root), base \(base), exponent \(exponent)")
                    }
                }
            }
        }
    }

    @Test(arguments: FixedBasePower.Kernel.available)
    func batchesOfEverySizeKeepTheirOrder(kernel: FixedBasePower.Kernel) {
        let random = SeededRandom(7)
        let modulus = (BigInteger.one << 1024) - BigInteger(105)
        let powers = FixedBasePower(base: 3, modulus: modulus, exponentBits: 192, kernel: kernel)
        for count in [1, 3, 4, 5, 8, 9, 17, 33, 63, 64, 65, 70] {
            let exponents = (0..<count).map { _ in BigInteger.random(bits: 192, from: random) }
            var results = [UInt64](repeating: 0, count: count * powers.limbs)
            powers.powers(exponents: exponents.flatMap { $0.limbs(count: 3) }, count: count, into: &results)
            for i in 0..<count {
                let result = BigInteger(limbs: Array(results[i * powers.limbs..<(i + 1) * powers.limbs]))
                #expect(result == BigInteger(3).power(variableTime: exponents[i], modulo: modulus))
            }
        }
    }
}
