import Arithmetic
import SandboxCore

/// Secret exponents for powers of a fixed base, and those powers as integers.
enum RandomExponents {
    /// Calls `body` with `count` uniform exponents of `bits` bits, ceil(bits / 64) words each, and wipes them.
    static func with<R>(
        _ count: Int, bits: Int, random: some RandomSource, _ body: (UnsafePointer<UInt64>) -> R
    ) -> R {
        let limbs = (bits + 63) / 64, spare = limbs * 64 - bits
        var exponents = [UInt64](repeating: 0, count: count * limbs)
        defer { ConstantTime.wipe(&exponents) }
        exponents.withUnsafeMutableBytes { random.fill($0) }
        if spare > 0 { for i in 0..<count { exponents[i * limbs + limbs - 1] >>= UInt64(spare) } }
        return exponents.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

extension FixedBasePower {
    /// The powers for `count` exponents of `exponentLimbs` words.
    func powers(_ exponents: UnsafePointer<UInt64>, _ count: Int) -> [BigInteger] {
        var results = [UInt64](repeating: 0, count: count * limbs)
        defer { ConstantTime.wipe(&results) }
        return results.withUnsafeMutableBufferPointer { buffer in
            powers(exponents: exponents, count: count, into: buffer.baseAddress!)
            return (0..<count).map { i in
                BigInteger(limbs: UnsafeBufferPointer(rebasing: buffer[i * limbs..<(i + 1) * limbs]))
            }
        }
    }
}
