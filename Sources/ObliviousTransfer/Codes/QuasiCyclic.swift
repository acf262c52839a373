import Arithmetic
import CKernels
import SandboxCore

/// The quasi-cyclic code: G x = x1 + a x2 cut to m entries, in the ring F2[X]/(X^p - 1), with x1, x2 the halves of x (m' = N/2
/// entries each, filled up with zeros), a a uniform public polynomial and p the first prime from m' on of which 2 is a
/// primitive root, so that (X^p - 1)/(X - 1) is irreducible (Boyle et al., "Efficient two-round OT extension and silent
/// non-interactive secure computation", CCS 2019, section 5.1). Filling up leaves out p - m' columns.
extension DualLPN {
    /// The first prime p >= `least`, p >= 3, of which 2 is a primitive root.
    package static func circulantPrime(atLeast least: Int) -> Int {
        var p = max(3, least | 1)
        while !(isPrime(p) && isPrimitiveRoot(2, of: p)) { p += 2 }
        return p
    }

    /// Every bit plane of the `words` words of an entry is one product of polynomials.
    func quasiCyclic(_ x: UnsafeMutableRawPointer, words: Int) {
        let half = noisePositions / 2
        guard outputs > 0 else { return }
        let p = Self.circulantPrime(atLeast: half)
        // A power of two times the kernel's 32 words, for Karatsuba's halving.
        var size = 32
        while 64 * size < p { size *= 2 }
        let x = x.assumingMemoryBound(to: UInt64.self)
        let a = HugeBuffer<UInt64>(count: size, wiped: false)
        generator.stream(
            into: UnsafeMutableRawBufferPointer(start: a.pointer, count: (p + 7) / 8), fromBlock: 0, lane: Self.circulantLane)
        if p % 64 != 0 { a.pointer[p / 64] &= (1 << UInt64(p % 64)) - 1 }
        let b = HugeBuffer<UInt64>(count: size, wiped: true)
        let product = HugeBuffer<UInt64>(count: 2 * size, wiped: true)
        let scratch = HugeBuffer<UInt64>(count: 4 * size, wiped: true)
        for plane in 0..<64 * words {
            let (word, bit) = (plane / 64, UInt64(plane % 64))
            b.buffer.update(repeating: 0)
            for i in 0..<half {
                b.pointer[i / 64] |= (x[words * (half + i) + word] >> bit & 1) << UInt64(i % 64)
            }
            Self.multiply(product.pointer, a.pointer, b.pointer, size, scratch.pointer)
            for i in 0..<outputs {
                let j = i + p
                let value = product.pointer[i / 64] >> UInt64(i % 64) ^ product.pointer[j / 64] >> UInt64(j % 64)
                x[words * i + word] ^= (value & 1) << bit
            }
        }
    }

    /// product (2 n words) = a b (n words each) by Karatsuba; scratch of 4 n words.
    private static func multiply(
        _ product: UnsafeMutablePointer<UInt64>, _ a: UnsafePointer<UInt64>, _ b: UnsafePointer<UInt64>, _ n: Int,
        _ scratch: UnsafeMutablePointer<UInt64>
    ) {
        guard n > 32 else { return GF128.best.pointee.polynomial(product, a, b, n) }
        let h = n / 2
        let (sum, middle, rest) = (scratch, scratch + n, scratch + 2 * n)
        for i in 0..<h {
            sum[i] = a[i] ^ a[h + i]
            sum[h + i] = b[i] ^ b[h + i]
        }
        multiply(middle, sum, sum + h, h, rest)
        multiply(product, a, b, h, rest)
        multiply(product + n, a + h, b + h, h, rest)
        for i in 0..<n { middle[i] ^= product[i] ^ product[n + i] }
        for i in 0..<n { product[h + i] ^= middle[i] }
    }

    private static func isPrime(_ n: Int) -> Bool { n > 1 && primeFactors(n) == [n] }

    private static func primeFactors(_ n: Int) -> [Int] {
        var (rest, factors, d) = (n, [Int](), 2)
        while d * d <= rest {
            if rest % d == 0 {
                factors.append(d)
                while rest % d == 0 { rest /= d }
            }
            d += 1
        }
        return rest > 1 ? factors + [rest] : factors
    }

    private static func isPrimitiveRoot(_ g: Int, of p: Int) -> Bool {
        primeFactors(p - 1).allSatisfy { q in
            var (result, base, e) = (1, g % p, (p - 1) / q)
            while e > 0 {
                if e & 1 == 1 { result = result * base % p }
                base = base * base % p
                e >>= 1
            }
            return result != 1
        }
    }
}
