import CKernels
import SandboxCore

/// Powers of one base modulo one odd number for many secret exponents, from a precomputed table.
///
/// One multiplication per `window` bits of the exponent, no squarings. Time and memory accesses depend on sizes only: each
/// look-up reads its whole sub-table, which at windows of 5 or 6 bits costs 10 to 25 % and keeps the table at a few MiB.
/// (A larger table indexed directly needs a third fewer multiplications but shows the exponent to the caches.)
package final class FixedBasePower: @unchecked Sendable {
    package enum Kernel: Int32, CaseIterable, Sendable {
        case portable, adx, ifma

        package static var available: [Kernel] { allCases.filter { fixed_base_kernel_available($0.rawValue) != 0 } }
        package static var best: Kernel { available.last! }

        /// The window that needs the fewest cycles per power on this kernel, by measurement.
        package var bestWindow: Int { self == .ifma ? 5 : 6 }
    }

    package let modulus: BigInteger
    package let exponentBits: Int
    /// 64-bit limbs of a result.
    package let limbs: Int
    private let table: OpaquePointer

    /// `modulus`: odd, at most 8192 bits. `window`: bits per look-up, 1 to 12; memory is 2^window * exponentBits / window numbers.
    package init(
        base: BigInteger, modulus: BigInteger, exponentBits: Int, kernel: Kernel = .best, window: Int? = nil
    ) {
        precondition(modulus.isOdd && modulus > .one && exponentBits > 0)
        let step = Int(FIXED_BASE_LIMB_STEP), bits = modulus.bitWidth
        let limbs = ((bits + 63) / 64 + step - 1) / step * step
        precondition(limbs <= Int(FIXED_BASE_MAX_LIMBS), "a modulus of more than 8192 bits")
        let r = BigInteger.one << (64 * limbs)
        let r52 = BigInteger.one << (52 * fixed_base_limbs52(bits))
        self.modulus = modulus
        self.exponentBits = exponentBits
        self.limbs = limbs
        func secretLimbs(_ value: BigInteger) -> [UInt64] { value.modulo(modulus).limbs(count: limbs) }
        var numbers = [modulus.limbs(count: limbs), secretLimbs(r), secretLimbs(base * r), secretLimbs(r52)]
        defer { for i in numbers.indices { ConstantTime.wipe(&numbers[i]) } }
        table = fixed_base_new(
            kernel.rawValue, numbers[0], bits, limbs, numbers[1], numbers[2], numbers[3], exponentBits,
            UInt32(window ?? kernel.bestWindow))
    }

    deinit { fixed_base_free(table) }

    package var tableBytes: Int { fixed_base_bytes(table) }
    package var exponentLimbs: Int { (exponentBits + 63) / 64 }

    /// `exponents`: `count` numbers of `exponentLimbs` limbs; `results`: `count` numbers of `limbs` limbs, below the modulus.
    package func powers(
        exponents: UnsafePointer<UInt64>, count: Int, into results: UnsafeMutablePointer<UInt64>
    ) {
        fixed_base_power(table, exponents, count, results)
    }

    /// base^exponent for 0 <= exponent < 2^exponentBits.
    package func power(_ exponent: BigInteger) -> BigInteger {
        precondition(exponent.signum >= 0 && exponent.bitWidth <= exponentBits)
        var digits = exponent.limbs(count: exponentLimbs)
        var result = [UInt64](repeating: 0, count: limbs)
        defer {
            ConstantTime.wipe(&digits)
            ConstantTime.wipe(&result)
        }
        powers(exponents: digits, count: 1, into: &result)
        return BigInteger(limbs: result)
    }
}
