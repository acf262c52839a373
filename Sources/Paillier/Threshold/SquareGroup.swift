import Arithmetic
import SandboxCore

/// Exponentiations modulo n^2 on many numbers: where decryption shares and their proofs spend their time.
struct SquareGroup: Sendable {
    let n: BigInteger
    let nSquared: BigInteger
    private let secretPower: SecretPower

    init(_ key: PaillierPublicKey) {
        n = key.n
        nSquared = key.nSquared
        secretPower = SecretPower(modulus: key.nSquared)
    }

    func times(_ a: BigInteger, _ b: BigInteger) -> BigInteger { (a * b).modulo(nSquared) }

    func square(_ a: BigInteger) -> BigInteger { (a * a).modulo(nSquared) }

    /// base^exponent, constant time in a secret exponent > 0 (but for its length in 64-bit words).
    func power(_ base: BigInteger, secret exponent: BigInteger) -> BigInteger { secretPower.power(base, exponent) }

    /// base^exponent for public numbers and an exponent of either sign; base is a unit.
    func power(_ base: BigInteger, public exponent: BigInteger) -> BigInteger {
        guard exponent.signum < 0 else { return base.power(variableTime: exponent, modulo: nSquared) }
        return base.inverse(modulo: nSquared)!.power(variableTime: exponent.magnitude, modulo: nSquared)
    }

    /// The product of bases[i]^exponents[i], all public, exponents of 128 bits.
    func product(_ bases: [BigInteger], _ exponents: [UInt128], threads: Int) throws -> BigInteger {
        let chunk = 256
        let parts = try Parallel.map((bases.count + chunk - 1) / chunk, threads: threads) { part in
            var product = BigInteger.one
            for i in part * chunk..<min(bases.count, (part + 1) * chunk) {
                product = times(product, bases[i].power(variableTime: BigInteger(exponents[i]), modulo: nSquared))
            }
            return product
        }
        return parts.reduce(BigInteger.one, times)
    }

    /// The products of bases[i]^|exponents[i]| over the positive and over the negative exponents.
    func quotient(_ bases: [BigInteger], _ exponents: [BigInteger]) -> (above: BigInteger, below: BigInteger) {
        var above = BigInteger.one, below = BigInteger.one
        for (base, exponent) in zip(bases, exponents) {
            let power = base.power(variableTime: exponent.magnitude, modulo: nSquared)
            if exponent.signum < 0 { below = times(below, power) } else { above = times(above, power) }
        }
        return (above, below)
    }
}
