import CKernels
import SandboxCore

/// Arithmetic on rows of numbers modulo one odd number, which may be secret.
///
/// A number in a buffer is `limbs` 64-bit words, least significant first, below the modulus; rows follow each other without gaps.
/// `multiply` and `square` are Montgomery products (each divides by R once); everything else takes and gives ordinary residues.
/// Nothing here starts threads: callers share rows out. Products and secret powers take time that depends on sizes only.
///
/// When the modulus is a square n^2, as in Paillier's scheme, exponentiations work on pairs of n-adic digits (montgomery_nadic.c),
/// which takes about 3/5 of the time.
package final class MontgomeryModulus: @unchecked Sendable {
    package enum Kernel: Int32, CaseIterable, Sendable {
        /// 64-bit limbs in C; the same with mulx, adcx and adox; four numbers at a time in AVX2 registers, and the better of the
        /// other two for what is left over.
        case portable, adx, lanes

        package static var available: [Kernel] {
            allCases.filter {
                switch $0 {
                case .portable: true
                case .adx: mont_adx_available() != 0
                case .lanes: mont_lanes_available() != 0
                }
            }
        }
        package static var best: Kernel { available.last! }
    }

    /// Bits of the largest modulus: n^3 of a 4096-bit key (Damgard-Jurik, s = 2).
    package static let maximumBits = Int(MONT_MAX_LIMBS) * 64

    package let modulus: BigInteger
    package let kernel: Kernel
    /// 64-bit words of a number in a buffer: the modulus's, rounded up to a multiple of 8.
    package let limbs: Int
    /// R = 2^rBits in `multiply`, `square` and `powerOfR`.
    package let rBits: Int
    let constants: Constants
    /// For the lanes kernel.
    let lanes: Lanes?

    /// `modulus`: odd, above 1, at most `maximumBits` bits. `kernel`: one that the processor can run.
    package init(_ modulus: BigInteger, kernel: Kernel = .best) {
        precondition(modulus.isOdd && modulus > .one, "the modulus must be odd and above 1")
        precondition(modulus.bitWidth <= Self.maximumBits, "a modulus of more than \(Self.maximumBits) bits")
        self.modulus = modulus
        self.kernel = kernel
        limbs = Self.limbs(modulus)
        constants = Constants(modulus, limbs: limbs)
        lanes = kernel == .lanes ? Lanes(constants) : nil
        rBits = lanes?.rBits ?? 64 * limbs
    }

    static func limbs(_ number: BigInteger) -> Int {
        let step = Int(MONT_LIMB_STEP)
        return ((number.bitWidth + 63) / 64 + step - 1) / step * step
    }

    // MARK: Montgomery products

    /// r[i] = a[i] b[i] / R; r may be a or b.
    package func multiply(
        _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>
    ) {
        let batched = batched(products: count), done = batched * limbs
        if let lanes, batched > 0 { lanes_multiply_rows(lanes.pointer, r, a, b, batched) }
        withUnsafePointer(to: scalar) {
            mont_multiply_rows(r + done, a + done, b + done, limbs, count - batched, $0, usesADX)
            mont_divide_rows(r + done, count - batched, extraRBits, $0)
        }
    }

    /// r[i] = a[i] b / R for one number b, which is not in r; r may be a.
    package func multiply(
        _ a: UnsafePointer<UInt64>, byOne b: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>
    ) {
        let batched = batched(products: count), done = batched * limbs
        if let lanes, batched > 0 { lanes_multiply_rows_by_one(lanes.pointer, r, a, b, batched) }
        withUnsafePointer(to: scalar) {
            mont_multiply_rows(r + done, a + done, b, 0, count - batched, $0, usesADX)
            mont_divide_rows(r + done, count - batched, extraRBits, $0)
        }
    }

    /// r[i] = a[i]^2 / R; r may be a.
    package func square(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) {
        let batched = batched(products: count), done = batched * limbs
        if let lanes, batched > 0 { lanes_square_rows(lanes.pointer, r, a, batched) }
        withUnsafePointer(to: scalar) {
            mont_square_rows(r + done, a + done, count - batched, $0, usesADX)
            mont_divide_rows(r + done, count - batched, extraRBits, $0)
        }
    }

    /// Rows of `count` that the lanes kernel multiplies. The scalar kernel's R is 2^(64 limbs): its products are brought to a larger
    /// R by one more division, as long as that is by less than a word.
    private func batched(products count: Int) -> Int {
        guard lanes != nil else { return 0 }
        return (0..<64).contains(rBits - 64 * limbs) ? Lanes.batched(count) : count
    }

    private var extraRBits: UInt32 { UInt32(min(63, max(0, rBits - 64 * limbs))) }

    /// R^k mod n for any k: a row that holds x R^j becomes x by `multiply(byOne: powerOfR(1 - j))`.
    /// Variable time in k, and in the modulus when k is negative.
    package func powerOfR(_ k: Int) -> [UInt64] { radixPower(bits: rBits, k).limbs(count: limbs) }

    /// The product of `count` ordinary residues: one multiplication a number. 1 when there is none.
    package func product(_ a: UnsafePointer<UInt64>, count: Int) -> BigInteger {
        let batched = lanes == nil || count < 2 * Lanes.count ? 0 : count - count % Lanes.count
        var result = lanes.map { $0.product(a, count: batched, of: self) } ?? .one
        let rest = count - batched
        guard rest > 0 else { return result }
        let rows = a + batched * limbs
        let scalarProduct = withScratch(rows: 1) { product in
            product.update(from: rows, count: limbs)
            withUnsafePointer(to: scalar) { m in
                for i in 1..<max(rest, 1) { mont_multiply(product, product, rows + i * limbs, m, usesADX) }
            }
            return number(product)
        }
        result = (result * scalarProduct).modulo(modulus)
        return rest == 1 ? result : (result * radixPower(bits: 64 * limbs, rest - 1)).modulo(modulus)
    }

    /// r[i] = -a[i] mod n; r may be a. Constant time.
    package func negate(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) {
        withUnsafePointer(to: scalar) { mont_negate_rows(r, a, count, $0) }
    }

    // MARK: Numbers and rows

    func number(_ row: UnsafePointer<UInt64>) -> BigInteger {
        BigInteger(limbs: UnsafeBufferPointer(start: row, count: limbs))
    }

    /// Memory for rows, aligned to 64 bytes, wiped afterwards.
    func withScratch<T>(rows: Int, _ body: (UnsafeMutablePointer<UInt64>) throws -> T) rethrows -> T {
        let bytes = max(1, rows * limbs) * 8, scratch = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        defer {
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: scratch, count: bytes))
            scratch.deallocate()
        }
        return try body(scratch.bindMemory(to: UInt64.self, capacity: bytes / 8))
    }

    /// 2^(bits k) mod n.
    func radixPower(bits: Int, _ k: Int) -> BigInteger {
        let r = (BigInteger.one << bits).modulo(modulus), base = k >= 0 ? r : r.inverse(modulo: modulus)!
        return publicPower(base, BigInteger(UInt64(k.magnitude)))
    }

    /// base^exponent on the scalar kernel, for a public exponent.
    func publicPower(_ base: BigInteger, _ exponent: BigInteger) -> BigInteger {
        guard !exponent.isZero else { return .one }
        let words = exponent.limbs()
        return withScratch(rows: 1) { row in
            base.copyLimbs(to: row, count: limbs)
            withUnsafePointer(to: context) { mont_powers_public($0, row, 1, words, 0, exponent.bitWidth, row) }
            return number(row)
        }
    }
}
