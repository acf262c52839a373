import CKernels
import SandboxCore

extension MontgomeryModulus {
    /// r[i] = 1 / a[i]: three multiplications each, and one inversion for hundreds (Montgomery's trick: P. L. Montgomery, "Speeding
    /// the Pollard and elliptic curve methods of factorization", Math. Comp. 48, 1987). Variable time. r may be a.
    ///
    /// False when some a[i] is not a unit; r is then not defined.
    package func inverses(_ a: UnsafePointer<UInt64>, count: Int, into r: UnsafeMutablePointer<UInt64>) -> Bool {
        // A chunk's prefix products stay in the second-level cache.
        let chunk = 512
        for from in stride(from: 0, to: count, by: chunk) {
            let rows = min(chunk, count - from), a = a + from * limbs, r = r + from * limbs
            let batched = lanes == nil || rows < 2 * Lanes.count ? 0 : rows - rows % Lanes.count
            if let lanes, batched > 0, !lanes.invert(a, count: batched, into: r, of: self) { return false }
            if rows > batched, !invertScalar(a + batched * limbs, rows - batched, into: r + batched * limbs) { return false }
        }
        return true
    }

    /// One chain; count > 0.
    func invertScalar(_ a: UnsafePointer<UInt64>, _ count: Int, into r: UnsafeMutablePointer<UInt64>) -> Bool {
        withScratch(rows: count + 2) { scratch in
            let limbs = limbs, running = scratch, next = scratch + limbs, prefixes = scratch + 2 * limbs
            return withUnsafePointer(to: scalar) { m in
                // prefixes[i] = a[0] ... a[i] / R^i
                prefixes.update(from: a, count: limbs)
                for i in 1..<max(count, 1) {
                    mont_multiply(prefixes + i * limbs, prefixes + (i - 1) * limbs, a + i * limbs, m, usesADX)
                }
                guard let inverse = number(prefixes + (count - 1) * limbs).inverse(modulo: modulus) else { return false }
                inverse.copyLimbs(to: running, count: limbs)
                // running = R^i / (a[0] ... a[i]), so that its Montgomery product with prefixes[i - 1] is 1 / a[i], without any R.
                for i in stride(from: count - 1, to: 0, by: -1) {
                    mont_multiply(next, running, a + i * limbs, m, usesADX)
                    mont_multiply(r + i * limbs, running, prefixes + (i - 1) * limbs, m, usesADX)
                    running.update(from: next, count: limbs)
                }
                r.update(from: running, count: limbs)
                return true
            }
        }
    }
}
