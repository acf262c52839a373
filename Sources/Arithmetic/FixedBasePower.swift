import CKernels
import SandboxCore

/// Powers of one base modulo one odd number for many secret exponents, from a precomputed table.
///
/// One multiplication per `window` bits of the exponent, no squarings. Time and memory accesses depend on sizes only: each
/// look-up reads its whole sub-table, which at windows of 5 to 7 bits costs 10 to 25 % and keeps the table at a few MiB.
/// (A larger table indexed directly needs a third fewer multiplications but shows the exponent to the caches.)
///
/// Building takes 3 to 60 ms on the lanes kernel. A table of public numbers can be kept: `FixedBasePower+Table.swift`.
package final class FixedBasePower: @unchecked Sendable {
    package enum Kernel: Int32, CaseIterable, Sendable {
        case portable, adx, lanes, ifma

        package static var available: [Kernel] { allCases.filter { fixed_base_kernel_available($0.rawValue) != 0 } }
        package static var best: Kernel { available.last! }

        /// The window that needs the fewest cycles per power on this kernel, by measurement.
        package func bestWindow(modulusBits: Int) -> Int {
            switch self {
            case .ifma: 5
            case .lanes: modulusBits >= 3072 ? 7 : 6
            case .portable, .adx: 6
            }
        }
    }

    package let base: BigInteger
    package let modulus: BigInteger
    package let exponentBits: Int
    package let kernel: Kernel
    package let window: Int
    /// 64-bit limbs of a result.
    package let limbs: Int
    /// The lanes kernel computes with pairs of digits to the base of the modulus' root.
    let usesRoot: Bool
    let table: OpaquePointer
    /// The memory that the table lies in when it is not the table's own.
    private let memory: (any TableMemory)?

    /// `modulus`: odd, at most 12288 bits. `root`: its square root when it is a square, which saves a third of the time on the
    /// lanes kernel. `window`: bits per look-up, 1 to 12; memory is 2^window * exponentBits / window numbers.
    package convenience init(
        base: BigInteger, modulus: BigInteger, root: BigInteger? = nil, exponentBits: Int, kernel: Kernel = .best,
        window: Int? = nil
    ) {
        self.init(Shape(base, modulus, root, exponentBits, kernel, window), memory: nil)
    }

    init(_ shape: Shape, memory: (any TableMemory)?) {
        let modulus = shape.modulus, limbs = shape.limbs, kernel = shape.kernel.rawValue, bits = shape.modulus.bitWidth
        base = shape.base
        self.modulus = modulus
        exponentBits = shape.exponentBits
        self.kernel = shape.kernel
        window = shape.window
        self.limbs = limbs
        usesRoot = shape.root != nil
        self.memory = memory
        let r = BigInteger.one << (64 * limbs), r52 = BigInteger.one << (52 * fixed_base_limbs52(bits))
        var numbers = [modulus, r, shape.base * r, r52].enumerated().map { i, number in
            (i == 0 ? number : number.modulo(modulus)).limbs(count: limbs)
        }
        var root = shape.root?.limbs(count: limbs / 2)
        defer {
            for i in numbers.indices { ConstantTime.wipe(&numbers[i]) }
            if root != nil { ConstantTime.wipe(&root!) }
        }
        if let memory {
            table = fixed_base_over_table(
                kernel, numbers[0], root, bits, limbs, shape.exponentBits, UInt32(shape.window), memory.words)
        } else {
            table = fixed_base_new(
                kernel, numbers[0], root, bits, limbs, numbers[1], numbers[2], numbers[3], shape.exponentBits,
                UInt32(shape.window))
        }
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

    /// base^exponent for 0 <= exponent < 2^exponentBits. Kernels of several lanes fill only one of them.
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

    /// The arguments, checked and completed.
    struct Shape {
        let base: BigInteger, modulus: BigInteger
        /// On kernels that use it.
        let root: BigInteger?
        let exponentBits: Int, kernel: Kernel, window: Int, limbs: Int

        init(
            _ base: BigInteger, _ modulus: BigInteger, _ root: BigInteger?, _ exponentBits: Int, _ kernel: Kernel, _ window: Int?
        ) {
            precondition(modulus.isOdd && modulus > .one && exponentBits > 0 && root.map { $0 * $0 == modulus } != false)
            let step = Int(FIXED_BASE_LIMB_STEP), limbs = ((modulus.bitWidth + 63) / 64 + step - 1) / step * step
            precondition(limbs <= Int(FIXED_BASE_MAX_LIMBS), "a modulus of more than 12288 bits")
            self.base = base.modulo(modulus)
            self.modulus = modulus
            self.root = kernel == .lanes ? root : nil
            self.exponentBits = exponentBits
            self.kernel = kernel
            self.window = window ?? kernel.bestWindow(modulusBits: modulus.bitWidth)
            self.limbs = limbs
        }

        var tableWords: Int { fixed_base_table_words(kernel.rawValue, modulus.bitWidth, limbs, exponentBits, UInt32(window)) }
    }
}
