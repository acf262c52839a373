import SandboxCore

extension BigInteger {
    /// Uniform in 0 ..< 2^bits.
    package static func random(bits: Int, from random: some RandomSource = SystemRandom.shared) -> BigInteger {
        precondition(bits >= 0)
        var bytes = random.bytes((bits + 7) / 8)
        defer { ConstantTime.wipe(&bytes) }
        if bits % 8 != 0 { bytes[0] &= UInt8(1 << (bits % 8)) - 1 }
        return bytes.withUnsafeBytes { BigInteger(bigEndian: $0) }
    }

    /// Uniform in 0 ..< bound, by rejection.
    package static func random(below bound: BigInteger, from random: some RandomSource = SystemRandom.shared) -> BigInteger {
        precondition(bound.signum > 0)
        while true {
            let candidate = Self.random(bits: bound.bitWidth, from: random)
            if candidate < bound { return candidate }
        }
    }

    /// Uniform among the units modulo m, by rejection.
    package static func randomUnit(modulo m: BigInteger, from random: some RandomSource = SystemRandom.shared) -> BigInteger {
        while true {
            let candidate = Self.random(below: m, from: random)
            if candidate.greatestCommonDivisor(with: m) == .one { return candidate }
        }
    }
}
