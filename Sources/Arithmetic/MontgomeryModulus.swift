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
        /// 64-bit limbs in C; the same with mulx, adcx and adox.
        case portable, adx

        package static var available: [Kernel] { allCases.filter { $0 == .portable || mont_adx_available() != 0 } }
        package static var best: Kernel { available.last! }
    }

    /// Bits of the largest modulus: n^3 of a 4096-bit key (Damgard-Jurik, s = 2).
    package static let maximumBits = Int(MONT_MAX_LIMBS) * 64

    package let modulus: BigInteger
    package let kernel: Kernel
    /// 64-bit words of a number in a buffer: the modulus's, rounded up to a multiple of 8. R = 2^(64 limbs).
    package let limbs: Int
    private let rows: Constants

    /// `modulus`: odd, above 1, at most `maximumBits` bits.
    package init(_ modulus: BigInteger, kernel: Kernel = .best) {
        precondition(modulus.isOdd && modulus > .one, "the modulus must be odd and above 1")
        precondition(modulus.bitWidth <= Self.maximumBits, "a modulus of more than \(Self.maximumBits) bits")
        self.modulus = modulus
        self.kernel = kernel
        limbs = Self.limbs(modulus)
        rows = Constants(modulus, limbs: limbs)
    }

    private static func limbs(_ number: BigInteger) -> Int {
        let step = Int(MONT_LIMB_STEP)
        return ((number.bitWidth + 63) / 64 + step - 1) / step * step
    }

    /// What the kernels need of the modulus m, in rows of `limbs` words. Only read after `init`; wiped.
    private final class Constants: @unchecked Sendable {
        enum Row: Int { case modulus, one, r, rSquare, internalOne, entry, root }
        let limbs: Int
        /// 0 when the modulus is not used as a square.
        let rootLimbs: Int
        private let words: UnsafeMutablePointer<UInt64>
        private static let count = 7

        init(_ m: BigInteger, limbs: Int) {
            self.limbs = limbs
            words = .allocate(capacity: Self.count * limbs)
            words.initialize(repeating: 0, count: Self.count * limbs)
            let root = m.exactSquareRoot, half = root.map(MontgomeryModulus.limbs) ?? 0
            rootLimbs = 2 * half == limbs ? half : 0
            let r = (BigInteger.one << (64 * limbs)).modulo(m)
            m.copyLimbs(to: words, count: limbs)
            set(.one, .one)
            set(.r, r)
            set(.rSquare, (r * r).modulo(m))
            if let root, rootLimbs > 0 {
                let r = BigInteger.one << (64 * rootLimbs)
                for (row, value) in [(Row.internalOne, r.modulo(m)), (.entry, (r * r * r).modulo(m))] {
                    let digits = value.quotientAndRemainder(dividingBy: root)
                    set(row, low: digits.remainder, high: digits.quotient)
                }
                set(.root, low: root, high: (-r).modulo(root))
            } else {
                set(.internalOne, r)
                set(.entry, (r * r).modulo(m))
            }
        }

        deinit {
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: words, count: Self.count * limbs * 8))
            words.deallocate()
        }

        subscript(row: Row) -> UnsafePointer<UInt64> { UnsafePointer(words + row.rawValue * limbs) }

        private func set(_ row: Row, _ value: BigInteger) {
            value.copyLimbs(to: words + row.rawValue * limbs, count: limbs)
        }

        private func set(_ row: Row, low: BigInteger, high: BigInteger) {
            low.copyLimbs(to: words + row.rawValue * limbs, count: rootLimbs)
            high.copyLimbs(to: words + row.rawValue * limbs + rootLimbs, count: rootLimbs)
        }
    }

    // MARK: What the kernels need

    var useADX: Int32 { kernel == .portable ? 0 : 1 }
    var words: mont_modulus { mont_modulus(limbs: limbs, n0: mont_negative_inverse(rows[.modulus][0]), n: rows[.modulus]) }
    var context: mont_context {
        let root = rows[.root], half = rows.rootLimbs
        return mont_context(
            modulus: words, adx: useADX, root: mont_modulus(limbs: half, n0: mont_negative_inverse(root[0]), n: root),
            one: rows[.internalOne], entry: rows[.entry], negative: root + half)
    }
    /// R of the form that exponentiations use, and how many R a lifted number loses.
    var internalR: BigInteger { (BigInteger.one << (64 * (rows.rootLimbs > 0 ? rows.rootLimbs : limbs))).modulo(modulus) }
    var internalLoss: Int { withUnsafePointer(to: context) { Int(mont_lift_loss($0)) } }
    /// R mod n, which represents 1 for `multiply` and `square`.
    var r: UnsafePointer<UInt64> { rows[.r] }
    var rSquare: UnsafePointer<UInt64> { rows[.rSquare] }
    var one: UnsafePointer<UInt64> { rows[.one] }

    // MARK: Montgomery products

    /// r[i] = a[i] b[i] / R; r may be a or b.
    package func multiply(
        _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>
    ) {
        withUnsafePointer(to: words) { mont_multiply_rows(r, a, b, limbs, count, $0, useADX) }
    }

    /// r[i] = a[i] b / R for one number b; r may be a.
    package func multiply(
        _ a: UnsafePointer<UInt64>, byOne b: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>
    ) {
        withUnsafePointer(to: words) { mont_multiply_rows(r, a, b, 0, count, $0, useADX) }
    }

    /// r[i] = a[i]^2 / R; r may be a.
    package func square(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) {
        withUnsafePointer(to: words) { mont_square_rows(r, a, count, $0, useADX) }
    }

    /// R^k mod n for any k: what a row times it loses or gains. A row that holds x R^j becomes x by `multiply(byOne: powerOfR(1 - j))`.
    package func powerOfR(_ k: Int) -> [UInt64] {
        // A Montgomery product of R^i and R^j is R^(i + j - 1): powers of R^2 count k - 1 upwards from R, powers of 1 downwards.
        var result = [UInt64](UnsafeBufferPointer(start: r, count: limbs))
        let base = k >= 1 ? rSquare : one
        var bit = UInt64(1) << 63
        let exponent = (k - 1).magnitude
        withUnsafePointer(to: words) { words in
            result.withUnsafeMutableBufferPointer { result in
                let p = result.baseAddress!
                while bit > 0 {
                    mont_square(p, p, words, useADX)
                    if UInt64(exponent) & bit != 0 { mont_multiply(p, p, base, words, useADX) }
                    bit >>= 1
                }
            }
        }
        return result
    }

    /// The product of `count` ordinary residues: one multiplication a number. 1 when there is none.
    package func product(_ a: UnsafePointer<UInt64>, count: Int) -> BigInteger {
        guard count > 0 else { return .one }
        return withScratch(rows: 1) { product in
            product.update(from: a, count: limbs)
            withUnsafePointer(to: words) { words in
                for i in 1..<max(count, 1) { mont_multiply(product, product, a + i * limbs, words, useADX) }
                mont_multiply(product, product, powerOfR(count), words, useADX)
            }
            return number(product)
        }
    }

    /// r[i] = -a[i] mod n; r may be a. Constant time.
    package func negate(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) {
        for i in 0..<count {
            let a = a + i * limbs, r = r + i * limbs
            var any: UInt64 = 0
            for j in 0..<limbs { any |= a[j] }
            let mask = yinhe_opaque(0 &- ((any | (0 &- any)) >> 63))
            var borrow: UInt64 = 0
            let n = rows[.modulus]
            for j in 0..<limbs {
                let (d, b1) = n[j].subtractingReportingOverflow(a[j])
                let (e, b2) = d.subtractingReportingOverflow(borrow)
                borrow = (b1 ? 1 : 0) | (b2 ? 1 : 0)
                r[j] = e & mask
            }
        }
    }

    // MARK: Numbers and rows

    func number(_ row: UnsafePointer<UInt64>) -> BigInteger {
        BigInteger(limbs: UnsafeBufferPointer(start: row, count: limbs))
    }

    /// Memory for rows, wiped afterwards.
    func withScratch<T>(rows: Int, _ body: (UnsafeMutablePointer<UInt64>) throws -> T) rethrows -> T {
        let scratch = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, rows * limbs))
        defer {
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: scratch, count: rows * limbs * 8))
            scratch.deallocate()
        }
        return try body(scratch)
    }
}
