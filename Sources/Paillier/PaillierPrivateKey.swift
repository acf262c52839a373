import Arithmetic
import SandboxCore

/// A Paillier key pair. It has no description that shows anything of the primes, and overwrites them when it goes away.
///
/// Decryption works modulo p^2 and q^2 (Paillier 1999, section 7), with exponentiations in constant time.
public final class PaillierPrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    public let publicKey: PaillierPublicKey
    package let p: PrimeSide
    package let q: PrimeSide
    let pInverseModQ: BigInteger
    private let pSquaredInverseModQSquared: BigInteger

    /// What is computed modulo one of the primes.
    package struct PrimeSide: Sendable {
        package let prime: BigInteger
        package let squared: BigInteger
        /// alpha for p, beta for q; nil outside the subgroup scheme.
        package let subgroupPrime: BigInteger?
        /// prime - 1: every unit to this power is 1 modulo the prime.
        let order: BigInteger
        /// Arithmetic modulo the square.
        package let field: MontgomeryModulus
        let inverseOfL: BigInteger
        /// The same for the powers of h only, whose order is 2 alpha.
        let short: (order: BigInteger, inverseOfL: BigInteger)?

        init(_ prime: BigInteger, other: BigInteger, subgroupPrime: BigInteger?) {
            self.prime = prime
            self.subgroupPrime = subgroupPrime
            squared = prime * prime
            order = prime - .one
            field = MontgomeryModulus(squared)
            // L((n + 1)^e mod p^2) = e q mod p; for e = p - 1 that is -q.
            inverseOfL = (-other).modulo(prime).inverse(modulo: prime)!
            short = subgroupPrime.map { alpha in
                let order = alpha << 1
                return (order, (order * other).modulo(prime).inverse(modulo: prime)!)
            }
        }
    }

    /// The primes of a key, and what else the subgroup scheme has.
    package struct Parts: Sendable {
        var p: BigInteger, q: BigInteger
        var subgroup: Subgroup?

        package struct Subgroup: Sendable {
            var alpha: BigInteger, beta: BigInteger, h: BigInteger
        }

        package init(p: BigInteger, q: BigInteger) {
            self.p = p
            self.q = q
        }

        package init(p: BigInteger, q: BigInteger, alpha: BigInteger, beta: BigInteger, h: BigInteger) {
            self.init(p: p, q: q)
            subgroup = Subgroup(alpha: alpha, beta: beta, h: h)
        }
    }

    /// Checks and takes two primes, of a key of the DJN or standard scheme. Throws `.badInput` when they do not make a key of an
    /// allowed size.
    public convenience init(p: BigInteger, q: BigInteger, scheme: PaillierPublicKey.Scheme) throws {
        try self.init(Parts(p: p, q: q), scheme: scheme, allowedBits: PaillierPublicKey.allowedBits)
    }

    /// Checks and takes a key of the subgroup scheme: p = 2 alpha p' + 1, q = 2 beta q' + 1, all of them primes, and h of order
    /// 2 alpha modulo p and 2 beta modulo q. Throws `.badInput` that says what is wrong.
    public convenience init(p: BigInteger, q: BigInteger, alpha: BigInteger, beta: BigInteger, h: BigInteger) throws {
        try self.init(
            Parts(p: p, q: q, alpha: alpha, beta: beta, h: h), scheme: .subgroup, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(p: BigInteger, q: BigInteger, scheme: PaillierPublicKey.Scheme, allowedBits: [Int]) throws {
        try self.init(Parts(p: p, q: q), scheme: scheme, allowedBits: allowedBits)
    }

    package convenience init(_ parts: Parts, scheme: PaillierPublicKey.Scheme, allowedBits: [Int]) throws {
        try parts.check(scheme, allowedBits: allowedBits)
        self.init(checked: parts, scheme: scheme)
    }

    init(checked parts: Parts, scheme: PaillierPublicKey.Scheme) {
        let n = parts.p * parts.q
        let p = PrimeSide(parts.p, other: parts.q, subgroupPrime: parts.subgroup?.alpha)
        let q = PrimeSide(parts.q, other: parts.p, subgroupPrime: parts.subgroup?.beta)
        let inverse = p.squared.inverse(modulo: q.squared)!
        self.p = p
        self.q = q
        pInverseModQ = p.prime.inverse(modulo: q.prime)!
        pSquaredInverseModQSquared = inverse
        publicKey = PaillierPublicKey(ownedModulus: n, scheme: scheme, h: parts.subgroup?.h) { h in
            Self.join(
                p.field.powers([h], secret: n)[0], q.field.powers([h], secret: n)[0], p.squared, q.squared, inverse)
        }
    }

    /// The number below a * b that is x modulo a and y modulo b (Garner).
    static func join(
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

// MARK: Checks

extension PaillierPrivateKey.Parts {
    func check(_ scheme: PaillierPublicKey.Scheme, allowedBits: [Int]) throws {
        func refuse(_ reason: String) -> YinheError {
            YinheError(.badInput, "not a Paillier private key: \(reason)", remedy: "restore the key from a backup, or make a new one")
        }
        guard p.signum > 0, q.signum > 0, p != q, p.bitWidth == q.bitWidth else { throw refuse("its primes differ in size") }
        guard allowedBits.contains((p * q).bitWidth) else { throw refuse("its size is not one of \(allowedBits)") }
        guard p.isProbablePrime(), q.isProbablePrime() else { throw refuse("its factors are not primes") }
        guard (scheme == .subgroup) == (subgroup != nil) else {
            throw refuse("alpha, beta and h belong to a subgroup key, and to no other")
        }
        if scheme == .djn, !fitDJN { throw refuse("its primes do not fit the DJN scheme") }
        guard let subgroup else { return }

        let width = SecurityParameters.paillier(modulusBits: (p * q).bitWidth).subgroupPrimeBits
        for (prime, factor, name) in [(p, subgroup.alpha, "alpha"), (q, subgroup.beta, "beta")] {
            guard factor.signum > 0, factor.bitWidth == width else { throw refuse("\(name) has not \(width) bits") }
            let (cofactor, remainder) = (prime - .one).quotientAndRemainder(dividingBy: factor << 1)
            guard remainder.isZero else { throw refuse("\(name) does not divide its prime less one") }
            guard factor.isProbablePrime() else { throw refuse("\(name) is not a prime") }
            guard cofactor.isProbablePrime() else { throw refuse("the cofactor of \(name) is not a prime") }
        }
        guard fitDJN, subgroup.alpha != subgroup.beta else { throw refuse("p - 1 and q - 1 share a factor") }
        let h = subgroup.h
        guard h.signum > 0, h < p * q else { throw refuse("its base h is outside 1 ..< n") }
        for (prime, factor) in [(p, subgroup.alpha), (q, subgroup.beta)] {
            let residue = h.modulo(prime), minusOne = prime - .one
            guard residue != minusOne, !residue.isZero, residue.power(secret: factor, modulo: prime) == minusOne else {
                throw refuse("its base h has not the order 2 alpha beta")
            }
        }
    }

    /// p = q = 3 modulo 4 and gcd(p - 1, q - 1) = 2: then -x^2 generates, but for a negligible share of all x, the cyclic group
    /// of the units with Jacobi symbol 1.
    var fitDJN: Bool {
        p.modulo(word: 4) == 3 && q.modulo(word: 4) == 3
            && (p - .one).greatestCommonDivisor(with: q - .one) == BigInteger(2)
    }
}
