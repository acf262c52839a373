import Arithmetic
import SandboxCore

extension DamgardJurik {
    /// The view of a Paillier private key for one s. Works modulo p^(s+1) and q^(s+1).
    public final class PrivateKey: Sendable {
        public let publicKey: PublicKey
        let p: Side
        let q: Side
        private let plaintextInverse: BigInteger  // p^-s mod q^s
        private let ciphertextInverse: BigInteger

        /// What is computed modulo powers of one of the primes.
        struct Side: Sendable {
            let prime: BigInteger
            let otherPrime: BigInteger
            let exponent: Int
            let plaintextModulus: BigInteger  // p^s
            let ciphertextModulus: BigInteger  // p^(s+1)
            let field: MontgomeryModulus
            /// Exponents that make the random part vanish, and their inverses modulo p^s: 2 alpha for the subgroup, p - 1 for all.
            private let orders: [(order: BigInteger, inverse: BigInteger)]
            private let otherInverse: BigInteger  // of the other prime, modulo p^s

            init(_ side: PaillierPrivateKey.PrimeSide, other: BigInteger, exponent: Int) {
                prime = side.prime
                otherPrime = other
                self.exponent = exponent
                let plain = exponent == 1 ? side.prime : side.squared
                plaintextModulus = plain
                ciphertextModulus = plain * side.prime
                field = MontgomeryModulus(ciphertextModulus)
                let orders = (side.subgroupPrime.map { [$0 << 1] } ?? []) + [side.order]
                self.orders = orders.map { ($0, $0.inverse(modulo: plain)!) }
                otherInverse = other.inverse(modulo: plain)!
            }

            /// The plaintext modulo p^s.
            func decrypt(_ c: BigInteger) -> BigInteger {
                for (order, inverse) in orders {
                    let power = field.powers([c], secret: order)[0]
                    if let logarithm = logarithm(power) { return (logarithm * inverse).modulo(plaintextModulus) }
                }
                preconditionFailure("a ciphertext that is not a unit")
            }

            /// i modulo p^s with (1 + n)^i = a modulo p^(s+1), or nil when a is not 1 modulo p. Damgard and Jurik's theorem 1,
            /// with p in the place of n: L(a) = (a - 1) / p = i q + i (i - 1) / 2 p q^2, the last term at s = 2 only, where i
            /// is needed modulo p alone, which the first term gives.
            private func logarithm(_ a: BigInteger) -> BigInteger? {
                let (quotient, remainder) = (a - .one).quotientAndRemainder(dividingBy: prime)
                guard remainder.isZero else { return nil }
                let first = (quotient * otherInverse).modulo(plaintextModulus)
                guard exponent == 2 else { return first }
                let i = first.modulo(prime)
                // i (i - 1) is even; the division is exact before any reduction.
                let binomial = ((i * (i - .one)) >> 1) * otherPrime
                return (first - binomial.modulo(prime) * prime).modulo(plaintextModulus)
            }
        }

        /// `exponent`: 1 or 2; traps otherwise.
        public init(_ key: PaillierPrivateKey, exponent: Int) {
            precondition(exponent == 1 || exponent == 2, "s must be 1 or 2")
            let p = Side(key.p, other: key.q.prime, exponent: exponent), q = Side(key.q, other: key.p.prime, exponent: exponent)
            let inverse = p.ciphertextModulus.inverse(modulo: q.ciphertextModulus)!
            self.p = p
            self.q = q
            plaintextInverse = p.plaintextModulus.inverse(modulo: q.plaintextModulus)!
            ciphertextInverse = inverse
            publicKey = PublicKey(key.publicKey, exponent: exponent) { base, n, _ in
                PaillierPrivateKey.join(
                    p.field.powers([base], secret: n)[0], q.field.powers([base], secret: n)[0], p.ciphertextModulus,
                    q.ciphertextModulus, inverse)
            }
        }

        /// The residue modulo n^(s+1) that is x modulo p^(s+1) and y modulo q^(s+1).
        func join(_ x: BigInteger, _ y: BigInteger) -> BigInteger {
            PaillierPrivateKey.join(x, y, p.ciphertextModulus, q.ciphertextModulus, ciphertextInverse)
        }

        /// The plaintext in 0 ..< n^s.
        public func decrypt(_ ciphertext: Ciphertext) -> BigInteger {
            PaillierPrivateKey.join(
                p.decrypt(ciphertext.value), q.decrypt(ciphertext.value), p.plaintextModulus, q.plaintextModulus, plaintextInverse)
        }

        /// The plaintext as a signed integer; see `PublicKey.decode`.
        public func decryptSigned(_ ciphertext: Ciphertext) throws -> BigInteger {
            try publicKey.decode(decrypt(ciphertext))
        }

        /// The plaintexts in 0 ..< n^s, in order. Synchronous; from async code call it through a thread of its own.
        public func decrypt(
            _ ciphertexts: [Ciphertext], threads: Int, progress: ProgressMonitor? = nil
        ) throws -> [BigInteger] {
            let counter = ProgressCounter("decrypt", total: ciphertexts.count, progress)
            return try PaillierPublicKey.inParallel(ciphertexts.count, threads: threads, chunk: 8) { range in
                defer { counter.add(range.count) }
                return range.map { decrypt(ciphertexts[$0]) }
            }
        }
    }
}
