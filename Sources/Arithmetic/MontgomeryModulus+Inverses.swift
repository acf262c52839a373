import CKernels
import SandboxCore

extension MontgomeryModulus {
    /// r[i] = 1 / a[i]: three multiplications each, and one inversion for all (Montgomery's trick: P. L. Montgomery, "Speeding the
    /// Pollard and elliptic curve methods of factorization", Math. Comp. 48, 1987). Variable time. r may be a.
    ///
    /// False when some a[i] is not a unit; r is then not defined.
    package func inverses(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) -> Bool {
        let chunk = 512
        return withScratch(rows: min(chunk, count) + 2) { scratch in
            for from in stride(from: 0, to: count, by: chunk) {
                let rows = min(chunk, count - from)
                guard invert(a + from * limbs, rows, into: r + from * limbs, scratch) else { return false }
            }
            return true
        }
    }

    private func invert(
        _ a: UnsafePointer<UInt64>, _ count: Int, into r: UnsafeMutablePointer<UInt64>, _ scratch: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        let limbs = limbs, prefixes = scratch + 2 * limbs, running = scratch, next = scratch + limbs
        return withUnsafePointer(to: words) { words in
            // prefixes[i] = a[0] ... a[i] / R^i
            prefixes.update(from: a, count: limbs)
            for i in 1..<max(count, 1) {
                mont_multiply(prefixes + i * limbs, prefixes + (i - 1) * limbs, a + i * limbs, words, useADX)
            }
            guard let inverse = number(prefixes + (count - 1) * limbs).inverse(modulo: modulus) else { return false }
            inverse.copyLimbs(to: running, count: limbs)
            // running = R^i / (a[0] ... a[i]), so that its Montgomery product with prefixes[i - 1] is 1 / a[i], without any R.
            for i in stride(from: count - 1, to: 0, by: -1) {
                mont_multiply(next, running, a + i * limbs, words, useADX)
                mont_multiply(r + i * limbs, running, prefixes + (i - 1) * limbs, words, useADX)
                running.update(from: next, count: limbs)
            }
            r.update(from: running, count: limbs)
            return true
        }
    }
}
