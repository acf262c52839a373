import CKernels
import SandboxCore

extension MontgomeryModulus {
    /// What the scalar kernels need of the modulus, in rows of `limbs` words. Only read after `init`; wiped.
    final class Constants: @unchecked Sendable {
        enum Row: Int, CaseIterable { case modulus, one, entry, root }

        let limbs: Int
        /// Limbs of n when the modulus is used as n^2, else 0.
        let rootLimbs: Int
        private let words: UnsafeMutablePointer<UInt64>

        init(_ m: BigInteger, limbs: Int) {
            self.limbs = limbs
            let capacity = Row.allCases.count * limbs
            words = .allocate(capacity: capacity)
            words.initialize(repeating: 0, count: capacity)
            let root = m.exactSquareRoot, half = root.map(MontgomeryModulus.limbs) ?? 0
            rootLimbs = 2 * half == limbs ? half : 0
            m.copyLimbs(to: words, count: limbs)
            let r = BigInteger.one << (64 * (rootLimbs > 0 ? rootLimbs : limbs))
            if let root, rootLimbs > 0 {
                for (row, value) in [(Row.one, r.modulo(m)), (.entry, (r * r * r).modulo(m))] {
                    let digits = value.quotientAndRemainder(dividingBy: root)
                    set(row, low: digits.remainder, high: digits.quotient)
                }
                set(.root, low: root, high: (-r).modulo(root))
            } else {
                r.modulo(m).copyLimbs(to: words + Row.one.rawValue * limbs, count: limbs)
                (r * r).modulo(m).copyLimbs(to: words + Row.entry.rawValue * limbs, count: limbs)
            }
        }

        deinit {
            ConstantTime.wipe(UnsafeMutableRawBufferPointer(start: words, count: Row.allCases.count * limbs * 8))
            words.deallocate()
        }

        subscript(row: Row) -> UnsafePointer<UInt64> { UnsafePointer(words + row.rawValue * limbs) }

        private func set(_ row: Row, low: BigInteger, high: BigInteger) {
            low.copyLimbs(to: words + row.rawValue * limbs, count: rootLimbs)
            high.copyLimbs(to: words + row.rawValue * limbs + rootLimbs, count: rootLimbs)
        }
    }

    var usesADX: Int32 {
        switch kernel {
        case .portable: 0
        case .adx: 1
        case .lanes: mont_adx_available()
        }
    }

    var scalar: mont_modulus {
        let n = constants[.modulus]
        return mont_modulus(limbs: limbs, n0: mont_negative_inverse(n[0]), n: n)
    }

    var context: mont_context {
        let root = constants[.root], half = constants.rootLimbs
        return mont_context(
            modulus: scalar, adx: usesADX, root: mont_modulus(limbs: half, n0: mont_negative_inverse(root[0]), n: root),
            one: constants[.one], entry: constants[.entry], negative: root + half)
    }

    /// A number that was lifted and not entered into a context stands for x / 2^this.
    var liftLossBits: Int { constants.rootLimbs > 0 ? 2 * 64 * constants.rootLimbs : 64 * limbs }
}
