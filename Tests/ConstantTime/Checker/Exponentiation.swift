import Arithmetic
import CKernels
import SandboxCore

extension Report {
    private func number(_ words: Int) -> [UInt64] { (0..<words).map { _ in SystemRandom.shared.word() } }

    /// An odd number of exactly this many words.
    private func odd(_ words: Int) -> BigInteger {
        var modulus = number(words)
        modulus[0] |= 1
        modulus[words - 1] |= 1 << 63
        return BigInteger(limbs: modulus)
    }

    private func square(_ x: BigInteger) -> BigInteger { x * x }

    /// Numbers below the modulus, whose highest word is at least 2^62.
    private func rows(_ count: Int, of modulus: MontgomeryModulus) -> [UInt64] {
        var rows = number(count * modulus.limbs)
        for i in 1...count { rows[i * modulus.limbs - 1] >>= 2 }
        return rows
    }

    /// Montgomery arithmetic and powers on every kernel: plain moduli and squares, which take another way.
    mutating func exponentiation() {
        let count = 6  // a full group of the lanes kernel and two for the scalar one
        var kernels = MontgomeryModulus.Kernel.available
        // Valgrind runs adcx and adox but does not show them; a processor with AVX2 has mulx.
        if kernels.contains(.lanes), !kernels.contains(.adx) { kernels.append(.adx) }
        for kernel in kernels {
            for (name, m) in [("n", odd(16)), ("n^2", square(odd(16)))] {
                let modulus = MontgomeryModulus(m, kernel: kernel)
                var a = rows(count, of: modulus), b = rows(count, of: modulus), r = a
                var exponents = number(3 * count)
                a.poison()
                b.poison()
                exponents.poison()
                check("Montgomery products of secrets modulo \(name), \(kernel)") {
                    modulus.multiply(a, b, count: count, into: &r)
                    modulus.multiply(a, byOne: b, count: count, into: &r)
                    modulus.square(a, count: count, into: &r)
                    modulus.negate(a, count: count, into: &r)
                }
                check("powers of secrets modulo \(name), a secret exponent each, \(kernel)") {
                    modulus.powers(a, count: count, secretExponents: exponents, exponentBits: 150, into: &r)
                }
                check("powers of secrets modulo \(name), one secret exponent, \(kernel)") {
                    modulus.powers(a, count: count, secretExponent: exponents, exponentBits: 150, into: &r)
                }
            }
        }
        decryption()
    }

    /// Decryption's exponentiation: the exponent p - 1 is the secret. Its top bit is set, as in every prime of a key.
    private mutating func decryption() {
        var limbs = number(16)
        limbs[15] |= 1 << 63
        let prime = odd(16), power = SecretPower(modulus: prime * prime), base = BigInteger(limbs: number(32)).modulo(prime * prime)
        limbs.poison()
        // How many limbs the number has is public; GMP looks for the highest one that is not zero.
        limbs.withUnsafeMutableBytes { declassify(UnsafeRawBufferPointer(rebasing: $0[120...])) }
        let exponent = BigInteger(limbs: limbs)
        check(
            "exponentiation of Paillier decryption, 1024-bit secret exponent", verdicts: 3,
            because: "the result's highest limb is not zero, which GMP and OpenSSL look at"
        ) { _ = power.power(base, exponent) }
    }
}
