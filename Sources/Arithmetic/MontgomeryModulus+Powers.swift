import CKernels
import SandboxCore

extension MontgomeryModulus {
    /// r[i] = bases[i]^secretExponents[i] in constant time: a fixed window whose size depends on `exponentBits`, every entry of its
    /// table read at each look-up. An exponent is ceil(exponentBits / 64) words, below 2^exponentBits. r may be bases.
    package func powers(
        _ bases: UnsafePointer<UInt64>, count: Int, secretExponents: UnsafePointer<UInt64>, exponentBits: Int,
        into r: UnsafeMutablePointer<UInt64>
    ) {
        precondition(exponentBits > 0)
        withUnsafePointer(to: context) {
            mont_powers_secret($0, bases, count, secretExponents, (exponentBits + 63) / 64, exponentBits, r)
        }
    }

    /// The same with one exponent for all bases.
    package func powers(
        _ bases: UnsafePointer<UInt64>, count: Int, secretExponent: UnsafePointer<UInt64>, exponentBits: Int,
        into r: UnsafeMutablePointer<UInt64>
    ) {
        precondition(exponentBits > 0)
        withUnsafePointer(to: context) { mont_powers_secret($0, bases, count, secretExponent, 0, exponentBits, r) }
    }

    /// r[i] = bases[i]^publicExponents[i]; the time depends on the exponents. r may be bases.
    package func powers(
        _ bases: UnsafePointer<UInt64>, count: Int, publicExponents: UnsafePointer<UInt64>, exponentBits: Int,
        into r: UnsafeMutablePointer<UInt64>
    ) {
        precondition(exponentBits > 0)
        withUnsafePointer(to: context) {
            mont_powers_public($0, bases, count, publicExponents, (exponentBits + 63) / 64, exponentBits, r)
        }
    }

    /// base^exponent in constant time for 0 <= exponent < 2^exponentBits and any base. (Reducing a base that is not below the
    /// modulus, and the copies into and out of a BigInteger, take time that depends on the numbers' lengths.)
    package func power(_ base: BigInteger, secret exponent: BigInteger, exponentBits: Int) -> BigInteger {
        precondition(exponent.signum >= 0 && exponent.bitWidth <= exponentBits)
        let reduced = base.signum >= 0 && base < modulus ? base : base.modulo(modulus)
        var words = exponent.limbs(count: (exponentBits + 63) / 64)
        defer { ConstantTime.wipe(&words) }
        return withScratch(rows: 1) { row in
            reduced.copyLimbs(to: row, count: limbs)
            powers(row, count: 1, secretExponent: words, exponentBits: exponentBits, into: row)
            return number(row)
        }
    }
}
