import CGMPShims
import COpenSSL
import SandboxCore

extension BigInteger {
    /// The non-negative greatest common divisor.
    public func greatestCommonDivisor(with other: BigInteger) -> BigInteger {
        BigInteger { gmp_gcd($0, pointer, other.pointer) }
    }

    /// The inverse in 0 ..< m, or nil when `self` is not a unit modulo m. m is positive.
    public func inverse(modulo m: BigInteger) -> BigInteger? {
        precondition(m.signum > 0)
        if m == .one { return .zero }
        let storage = Storage()
        guard gmp_invert(storage.pointer, pointer, m.pointer) != 0 else { return nil }
        return BigInteger { gmp_modulo($0, storage.pointer, m.pointer) }
    }

    /// The Jacobi symbol (self / odd).
    public func jacobi(over odd: BigInteger) -> Int {
        precondition(odd.isOdd && odd.signum > 0)
        return Int(gmp_jacobi(pointer, odd.pointer))
    }

    /// Whether this is a^b for integers a and b > 1.
    public var isPerfectPower: Bool { gmp_is_perfect_power(pointer) != 0 }

    /// The non-negative integer whose square this is, or nil.
    package var exactSquareRoot: BigInteger? {
        let storage = Storage()
        guard gmp_square_root(storage.pointer, pointer) != 0 else { return nil }
        return BigInteger(storage: storage)
    }

    /// self^exponent mod m for exponent >= 0 and m > 0. The time depends on all values: for public ones only.
    public func power(variableTime exponent: BigInteger, modulo m: BigInteger) -> BigInteger {
        precondition(exponent.signum >= 0 && m.signum > 0)
        return BigInteger { gmp_power_variable_time($0, pointer, exponent.pointer, m.pointer) }
    }

    /// self^exponent mod m for a secret exponent >= 0 and an odd m > 1: time and memory accesses depend only on the number of
    /// 64-bit limbs of the exponent and of m.
    ///
    /// OpenSSL's `BN_mod_exp_mont_consttime`, which takes about 3/4 of the time of GMP's `mpz_powm_sec` at 1024 to 4096 bits
    /// (Debian's GMP is built without the mulx and adx instructions).
    public func power(secret exponent: BigInteger, modulo m: BigInteger) -> BigInteger {
        precondition(exponent.signum >= 0 && m.isOdd && m > .one)
        guard !exponent.isZero else { return .one }
        return SecretPower(modulus: m).power(self, exponent)
    }
}

/// Constant-time exponentiations to one odd modulus, which may be secret too.
package final class SecretPower: @unchecked Sendable {
    private let modulus: BigInteger
    private let limbs: Int
    private let bnModulus: OpaquePointer
    // Only read after `init`; OpenSSL documents a filled BN_MONT_CTX as shareable between threads.
    private let montgomery: OpaquePointer

    package init(modulus: BigInteger) {
        precondition(modulus.isOdd && modulus > .one)
        self.modulus = modulus
        limbs = (modulus.bitWidth + 63) / 64
        bnModulus = Self.number(modulus)
        guard let montgomery = BN_MONT_CTX_new(), let context = BN_CTX_secure_new() else { fatalError("out of memory") }
        defer { BN_CTX_free(context) }
        precondition(BN_MONT_CTX_set(montgomery, bnModulus, context) == 1)
        self.montgomery = montgomery
    }

    deinit {
        BN_MONT_CTX_free(montgomery)
        BN_clear_free(bnModulus)
    }

    /// base^exponent, exponent > 0.
    package func power(_ base: BigInteger, _ exponent: BigInteger) -> BigInteger {
        guard let context = BN_CTX_new(), let result = BN_new() else { fatalError("out of memory") }
        let bnBase = Self.number(base.modulo(modulus))
        let bnExponent = Self.number(exponent)
        BN_set_flags(bnExponent, BN_FLG_CONSTTIME)
        defer {
            BN_clear_free(bnBase)
            BN_clear_free(bnExponent)
            BN_clear_free(result)
            BN_CTX_free(context)
        }
        precondition(BN_mod_exp_mont_consttime(result, bnBase, bnExponent, bnModulus, context, montgomery) == 1)
        return withUnsafeTemporaryAllocation(byteCount: limbs * 8, alignment: 8) { buffer in
            defer { ConstantTime.wipe(buffer) }
            let bytes = buffer.bindMemory(to: UInt8.self)
            precondition(BN_bn2lebinpad(result, bytes.baseAddress, Int32(buffer.count)) == Int32(buffer.count))
            return buffer.withMemoryRebound(to: UInt64.self) { BigInteger(limbs: UnsafeBufferPointer($0)) }
        }
    }

    private static func number(_ value: BigInteger) -> OpaquePointer {
        let count = max(1, (value.bitWidth + 63) / 64)
        guard let number = BN_new() else { fatalError("out of memory") }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { buffer in
            value.copyLimbs(to: buffer.baseAddress, count: count)
            let raw = UnsafeMutableRawBufferPointer(buffer)
            defer { ConstantTime.wipe(raw) }
            let bytes = raw.bindMemory(to: UInt8.self)
            precondition(BN_lebin2bn(bytes.baseAddress, Int32(raw.count), number) != nil)
        }
        return number
    }
}
