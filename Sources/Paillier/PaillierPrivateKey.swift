import Arithmetic
import SandboxCore

/// A Paillier key pair. It has no description that shows anything of the primes, and overwrites them when it goes away.
///
/// Decryption works modulo p^2 and q^2 (Paillier 1999, section 7), with exponentiations in constant time.
public final class PaillierPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    public let publicKey: PaillierPublicKey
    package let p: PrimeSide
    package let q: PrimeSide
    private let pInverseModQ: BigInteger
    private let pSquaredInverseModQSquared: BigInteger

    /// What is computed modulo one of the primes.
    package struct PrimeSide: Sendable {
        package let prime: BigInteger
        package let squared: BigInteger
        fileprivate let order: BigInteger  // prime - 1
        fileprivate let power: SecretPower
        fileprivate let inverseOfL: BigInteger

        fileprivate init(_ prime: BigInteger, other: BigInteger) {
            self.prime = prime
            squared = prime * prime
            order = prime - .one
            power = SecretPower(modulus: squared)
            // L((n + 1)^(p-1) mod p^2) = (p - 1) q mod p = -q mod p.
            inverseOfL = (-other).modulo(prime).inverse(modulo: prime)!
        }

        /// The plaintext modulo this prime: L(c^(p-1) mod p^2) / L(g^(p-1) mod p^2), L(u) = (u - 1) / p.
        fileprivate func decrypt(_ c: BigInteger) -> BigInteger {
            let u = power.power(c, order)
            return ((u - .one) / prime * inverseOfL).modulo(prime)
        }
    }

    /// Checks and takes two primes. Throws `.badInput` when they do not make a key of an allowed size.
    public convenience init(p: BigInteger, q: BigInteger, scheme: PaillierPublicKey.Scheme = .djn) throws {
        try self.init(p: p, q: q, scheme: scheme, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(p: BigInteger, q: BigInteger, scheme: PaillierPublicKey.Scheme, allowedBits: [Int]) throws {
        func refuse(_ reason: String) -> YinheError {
            YinheError(.badInput, "not a Paillier private key: \(reason)", remedy: "restore the key from a backup, or make a new one")
        }
        guard p.signum > 0, q.signum > 0, p != q, p.bitWidth == q.bitWidth else { throw refuse("its primes differ in size") }
        guard allowedBits.contains((p * q).bitWidth) else { throw refuse("its size is not one of \(allowedBits)") }
        guard p.isProbablePrime(), q.isProbablePrime() else { throw refuse("its factors are not primes") }
        if scheme == .djn, !Self.fitDJN(p, q) { throw refuse("its primes do not fit the DJN scheme") }
        self.init(checkedP: p, q: q, scheme: scheme)
    }

    init(checkedP: BigInteger, q: BigInteger, scheme: PaillierPublicKey.Scheme) {
        let n = checkedP * q
        let p = PrimeSide(checkedP, other: q), q = PrimeSide(q, other: checkedP)
        let inverse = p.squared.inverse(modulo: q.squared)!
        self.p = p
        self.q = q
        pInverseModQ = p.prime.inverse(modulo: q.prime)!
        pSquaredInverseModQSquared = inverse
        publicKey = PaillierPublicKey(ownedModulus: n, scheme: scheme) { h in
            Self.join(p.power.power(h, n), q.power.power(h, n), p.squared, q.squared, inverse)
        }
    }

    /// p = q = 3 modulo 4 and gcd(p - 1, q - 1) = 2: then -x^2 generates, but for a negligible share of all x, the cyclic group
    /// of the units with Jacobi symbol 1.
    static func fitDJN(_ p: BigInteger, _ q: BigInteger) -> Bool {
        p.modulo(word: 4) == 3 && q.modulo(word: 4) == 3
            && (p - .one).greatestCommonDivisor(with: q - .one) == BigInteger(2)
    }

    /// The number below a * b that is x modulo a and y modulo b (Garner).
    private static func join(
        _ x: BigInteger, _ y: BigInteger, _ a: BigInteger, _ b: BigInteger, _ aInverse: BigInteger
    ) -> BigInteger {
        x + a * ((y - x) * aInverse).modulo(b)
    }

    /// The residue modulo n^2 that is x modulo p^2 and y modulo q^2.
    package func joinSquares(_ x: BigInteger, _ y: BigInteger) -> BigInteger {
        Self.join(x, y, p.squared, q.squared, pSquaredInverseModQSquared)
    }

    public var description: String { "PaillierPrivateKey(\(publicKey.bits) bits, public key \(publicKey.fingerprint.prefix(16)))" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: Decryption

extension PaillierPrivateKey {
    /// The plaintext in 0 ..< n.
    public func decrypt(_ ciphertext: PaillierCiphertext) -> BigInteger {
        Self.join(p.decrypt(ciphertext.value), q.decrypt(ciphertext.value), p.prime, q.prime, pInverseModQ)
    }

    /// The plaintext as a signed integer; see `PaillierPublicKey.decode`.
    public func decryptSigned(_ ciphertext: PaillierCiphertext) throws -> BigInteger {
        try publicKey.decode(decrypt(ciphertext))
    }

    /// The plaintexts in 0 ..< n, in order. Synchronous; from async code call it through a thread of its own.
    public func decrypt(
        _ ciphertexts: [PaillierCiphertext], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> [BigInteger] {
        let counter = ProgressCounter("decrypt", total: ciphertexts.count, progress)
        return try PaillierPublicKey.inParallel(ciphertexts.count, threads: threads, chunk: 8) { range in
            defer { counter.add(range.count) }
            return range.map { decrypt(ciphertexts[$0]) }
        }
    }
}
