import CKernels
import COpenSSL
import SandboxCore

/// Constant-time exponentiations to one odd modulus, which may be secret too: time and memory accesses depend only on the number of
/// 64-bit limbs of the exponent and of the modulus.
///
/// With mulx, adcx and adox the project's own kernel (`MontgomeryModulus`), which takes the time of OpenSSL's
/// `BN_mod_exp_mont_consttime`, and 3/5 of it for a modulus that is a square; OpenSSL's on other processors and for larger numbers.
package final class SecretPower: Sendable {
    private enum Engine {
        case own(MontgomeryModulus)
        case openSSL(OpenSSLPower)
    }

    private let engine: Engine

    /// `modulus`: odd and above 1.
    package init(modulus: BigInteger) {
        let isOwn = mont_adx_available() != 0 && modulus.bitWidth <= MontgomeryModulus.maximumBits
        engine = isOwn ? .own(MontgomeryModulus(modulus, kernel: .adx)) : .openSSL(OpenSSLPower(modulus: modulus))
    }

    /// base^exponent, exponent > 0.
    package func power(_ base: BigInteger, _ exponent: BigInteger) -> BigInteger {
        switch engine {
        case .own(let modulus): modulus.power(base, secret: exponent, exponentBits: (exponent.bitWidth + 63) / 64 * 64)
        case .openSSL(let field): field.power(base, exponent)
        }
    }
}

/// OpenSSL's `BN_mod_exp_mont_consttime`.
private final class OpenSSLPower: @unchecked Sendable {
    private let modulus: BigInteger
    private let limbs: Int
    private let bnModulus: OpaquePointer
    // Only read after `init`; OpenSSL documents a filled BN_MONT_CTX as shareable between threads.
    private let montgomery: OpaquePointer

    init(modulus: BigInteger) {
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

    func power(_ base: BigInteger, _ exponent: BigInteger) -> BigInteger {
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
