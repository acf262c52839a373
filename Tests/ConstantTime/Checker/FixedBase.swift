import Arithmetic
import SandboxCore

extension Report {
    /// Powers of a fixed base with secret exponents on every kernel: plain moduli and squares, which take another way on one.
    mutating func fixedBase() {
        var limbs = (0..<8).map { _ in SystemRandom.shared.word() }
        limbs[0] |= 1
        limbs[7] |= 1 << 63
        let root = BigInteger(limbs: limbs), count = 6, bits = 150
        for kernel in FixedBasePower.Kernel.available {
            for (name, modulus, known) in [("n", root, nil), ("n^2", root * root, root)] {
                let powers = FixedBasePower(base: 3, modulus: modulus, root: known, exponentBits: bits, kernel: kernel)
                var exponents = (0..<count * powers.exponentLimbs).map { _ in SystemRandom.shared.word() }
                var results = [UInt64](repeating: 0, count: count * powers.limbs)
                exponents.poison()
                check("powers of a fixed base modulo \(name) with secret exponents, \(kernel)") {
                    powers.powers(exponents: exponents, count: count, into: &results)
                }
            }
        }
    }
}
