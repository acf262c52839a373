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
        let words = (exponentBits + 63) / 64, batched = batched(count)
        if let lanes, batched > 0 { lanes_power_rows_each(lanes.pointer, r, bases, batched, secretExponents, exponentBits) }
        let done = batched * limbs
        withUnsafePointer(to: context) {
            mont_powers_secret(
                $0, bases + done, count - batched, secretExponents + batched * words, words, exponentBits, r + done)
        }
    }

    /// The same with one exponent for all bases.
    package func powers(
        _ bases: UnsafePointer<UInt64>, count: Int, secretExponent: UnsafePointer<UInt64>, exponentBits: Int,
        into r: UnsafeMutablePointer<UInt64>
    ) {
        precondition(exponentBits > 0)
        let batched = batched(count), done = batched * limbs
        if let lanes, batched > 0 { lanes_power_rows_shared(lanes.pointer, r, bases, batched, secretExponent, exponentBits) }
        withUnsafePointer(to: context) {
            mont_powers_secret($0, bases + done, count - batched, secretExponent, 0, exponentBits, r + done)
        }
    }

    /// r[i] = bases[i]^publicExponents[i]; the time depends on the exponents. r may be bases.
    package func powers(
        _ bases: UnsafePointer<UInt64>, count: Int, publicExponents: UnsafePointer<UInt64>, exponentBits: Int,
        into r: UnsafeMutablePointer<UInt64>
    ) {
        precondition(exponentBits > 0)
        let words = (exponentBits + 63) / 64, batched = batched(count), done = batched * limbs
        if let lanes, batched > 0 {
            publicPowers(lanes, bases, PublicExponents(publicExponents, count: batched, bits: exponentBits), r)
        }
        withUnsafePointer(to: context) {
            mont_powers_public(
                $0, bases + done, count - batched, publicExponents + batched * words, words, exponentBits, r + done)
        }
    }

    private func batched(_ count: Int) -> Int { lanes == nil ? 0 : Lanes.batched(count) }

    /// Groups of four with exponents as long as the longest of the four.
    private func publicPowers(
        _ lanes: Lanes, _ bases: UnsafePointer<UInt64>, _ exponents: PublicExponents, _ r: UnsafeMutablePointer<UInt64>
    ) {
        let stride = exponents.stride, count = exponents.count
        var packed = [UInt64](repeating: 0, count: Lanes.count * stride)
        for from in Swift.stride(from: 0, to: count, by: Lanes.count) {
            let four = min(Lanes.count, count - from), part = exponents[from..<from + four], bits = max(1, part.usedBits)
            let words = (bits + 63) / 64, at = from * limbs
            for i in 0..<four { for j in 0..<words { packed[i * words + j] = part.words[i * stride + j] } }
            lanes_power_rows_each(lanes.pointer, r + at, bases + at, four, packed, bits)
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
