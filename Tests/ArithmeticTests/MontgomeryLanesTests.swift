import Arithmetic
import CKernels
import TestSupport
import Testing

/// The four-lane kernel against BigInteger.
@Suite(.enabled(if: mont_lanes_available() != 0)) struct MontgomeryLanesTests {
    /// 1024 to 12288 bits, and sizes around the limits of digits, words and tiles.
    static let sizes = [
        2, 3, 51, 63, 64, 65, 320, 404, 405, 406, 408, 409, 1022, 1023, 1024, 1025, 1536, 2000, 2047, 2048, 3072, 4095, 4096, 4129,
        4130, 5000, 6144, 8192, 12288,
    ]

    /// All digits ones, the lowest number of the size, a power of two minus a little, and a random one.
    static func moduli(bits: Int, _ random: SeededRandom) -> [BigInteger] {
        let top = BigInteger.one << (bits - 1)
        var moduli: [BigInteger] = [top + top - .one, top + .one, top + top - BigInteger(3)]
        moduli.append(top + BigInteger.random(bits: bits - 1, from: random))
        return moduli.map { $0.isOdd ? $0 : $0 - .one }.filter { $0 > .one }
    }

    static func operands(_ n: BigInteger, _ random: SeededRandom) -> [BigInteger] {
        let edge = BigInteger.one << (n.bitWidth - 1)
        var operands: [BigInteger] = [.zero, .one, n - .one, edge - .one, n - BigInteger(2)]
        for _ in 0..<2 { operands.append(.random(below: n, from: random)) }
        return operands.map { $0.modulo(n) }
    }

    @Test(arguments: sizes)
    func productsAndSquaresEqualTheGeneralOnes(bits: Int) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for n in Self.moduli(bits: bits, random) {
            let limbs = (bits + 63) / 64 + bits % 3, lanes = Lanes(n, limbs: limbs)
            let inverse = lanes.inverseR, a = Self.operands(n, random), b = Array(Self.operands(n, random).reversed())
            let squares = lanes.call(a) { lanes_square_rows(lanes.m, $0, $1, a.count) }
            let rows = b.flatMap { $0.limbs(count: limbs) }
            let products = lanes.call(a) { lanes_multiply_rows(lanes.m, $0, $1, rows, a.count) }
            let byLast = lanes.call(a) { lanes_multiply_rows_by_one(lanes.m, $0, $1, rows, a.count) }
            let there = lanes.call(a) { lanes_to_montgomery_rows(lanes.m, $0, $1, a.count) }
            let back = lanes.call(there) { lanes_from_montgomery_rows(lanes.m, $0, $1, a.count) }
            for i in a.indices {
                #expect(squares[i] == (a[i] * a[i] * inverse).modulo(n), "seed \(seed), n \(n), a \(a[i])")
                #expect(products[i] == (a[i] * b[i] * inverse).modulo(n), "seed \(seed), n \(n), a \(a[i]), b \(b[i])")
                #expect(byLast[i] == (a[i] * b[0] * inverse).modulo(n), "seed \(seed), n \(n), a \(a[i]), b \(b[0])")
            }
            #expect(back == a, "seed \(seed), n \(n)")
        }
    }

    @Test(arguments: [8, 64, 200, 512, 1000, 1024, 1536, 2048, 3072, 4096])
    func powersEqualTheGeneralOnes(bits: Int) {
        let seed = freshSeed(), random = SeededRandom(seed)
        for n in Self.moduli(bits: bits, random).prefix(bits > 2048 ? 2 : 4) {
            let limbs = (bits + 63) / 64
            check(n, Lanes(n, limbs: limbs), seed, random)
            check(n * n, Lanes(squareOf: n, rootLimbs: limbs, limbs: 2 * limbs + bits % 3), seed, random)
        }
    }

    private func check(_ n: BigInteger, _ lanes: Lanes, _ seed: UInt64, _ random: SeededRandom) {
        let root = BigInteger.one << (n.bitWidth / 2)
        let bases = Self.operands(n, random) + [root.modulo(n), (n - root).modulo(n)]
        for bits in [1, 2, 64, 67] {
            let words = (bits + 63) / 64, largest = (BigInteger.one << bits) - .one
            let exponents = bases.indices.map { i -> BigInteger in
                i == 0 ? .zero : i < 3 ? largest : .random(bits: bits, from: random)
            }
            let flat = exponents.flatMap { $0.limbs(count: words) }
            let each = lanes.call(bases) { lanes_power_rows_each(lanes.m, $0, $1, bases.count, flat, bits) }
            let shared = lanes.call(bases) {
                lanes_power_rows_shared(lanes.m, $0, $1, bases.count, exponents.last!.limbs(count: words), bits)
            }
            for i in bases.indices {
                #expect(
                    each[i] == bases[i].power(variableTime: exponents[i], modulo: n),
                    "seed \(seed), n \(n), base \(bases[i]), exponent \(exponents[i])")
                #expect(
                    shared[i] == bases[i].power(variableTime: exponents.last!, modulo: n),
                    "seed \(seed), n \(n), base \(bases[i]), exponent \(exponents.last!)")
            }
        }
    }
}

/// The modulus object with numbers in and out.
private final class Lanes {
    let m: OpaquePointer
    let n: BigInteger
    let limbs: Int

    init(_ n: BigInteger, limbs: Int) {
        self.n = n
        self.limbs = limbs
        m = lanes_modulus_new(n.limbs(count: limbs), limbs)!
    }

    init(squareOf root: BigInteger, rootLimbs: Int, limbs: Int) {
        n = root * root
        self.limbs = limbs
        m = lanes_modulus_new_squared(root.limbs(count: rootLimbs), rootLimbs, limbs)!
    }

    deinit { lanes_modulus_free(m) }

    var inverseR: BigInteger { (BigInteger.one << lanes_r_bits(m)).inverse(modulo: n)! }

    func call(_ numbers: [BigInteger], _ body: (UnsafeMutablePointer<UInt64>, UnsafePointer<UInt64>) -> Void) -> [BigInteger] {
        var results = [UInt64](repeating: .max, count: numbers.count * limbs)
        body(&results, numbers.flatMap { $0.limbs(count: limbs) })
        return numbers.indices.map { BigInteger(limbs: Array(results[$0 * limbs..<($0 + 1) * limbs])) }
    }
}
