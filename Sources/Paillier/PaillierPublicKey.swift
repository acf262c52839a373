import Arithmetic
import SandboxCore

/// The public side of Paillier's cryptosystem (EUROCRYPT 1999) with g = n + 1: a modulus that everybody may encrypt to.
///
///     c = (1 + m n) * w mod n^2,   w a random n-th power
///
/// See Protocols/paillier.md. Operations on ciphertexts take time that depends on the (public) ciphertexts.
public final class PaillierPublicKey: Sendable {
    /// How the random n-th power w of a ciphertext is made.
    public enum Scheme: String, Sendable, CaseIterable {
        /// w = (h^n)^r, h = -x^2 mod n, r of half the bits of n (Damgard, Jurik, Nielsen, "A generalization of Paillier's
        /// public-key system with applications to electronic voting", Int. J. Inf. Secur. 9(6), 2010). The two primes of n are 3
        /// modulo 4 and p - 1, q - 1 share no factor but 2. x is derived from n by a hash, so nobody chooses it.
        case djn
        /// w = r^n for a random unit r, as Paillier's paper and python-paillier have it: any n, and 40 to 100 times slower.
        case standard
    }

    /// Sizes of n in bits: 2048 stands for 112 bits of security, 3072 for 128 (NIST SP 800-57 part 1, table 2), 4096 for more.
    public static let allowedBits = [2048, 3072, 4096]

    public let n: BigInteger
    public let scheme: Scheme
    public let bits: Int
    /// n^2: ciphertexts are units modulo this number.
    public let nSquared: BigInteger
    /// h^n mod n^2 of the DJN scheme; nil for the standard scheme.
    package let randomizerBase: BigInteger?

    /// Checks and takes a foreign modulus: an allowed size, odd, no prime factor below 2^11, neither a prime nor a power, the
    /// residue modulo 4 that the scheme implies, and an h whose n-th power is neither 0 nor 1. Whether n has exactly two prime
    /// factors cannot be seen from outside. Takes 15 ms at 2048 bits, 50 ms at 3072.
    ///
    /// Throws `.badInput` that says what is wrong with the key.
    public convenience init(n: BigInteger, scheme: Scheme = .djn) throws {
        try self.init(n: n, scheme: scheme, allowedBits: Self.allowedBits)
    }

    package init(n: BigInteger, scheme: Scheme, allowedBits: [Int]) throws {
        func refuse(_ reason: String) -> YinheError {
            YinheError(.badInput, "not a Paillier public key: \(reason)", remedy: "ask its owner for a new key")
        }
        guard n.signum > 0, allowedBits.contains(n.bitWidth) else {
            throw refuse("its modulus has \(n.bitWidth) bits; allowed are \(allowedBits.map(String.init).joined(separator: ", "))")
        }
        guard n.isOdd, !n.hasSmallFactor else { throw refuse("its modulus has a small factor") }
        guard !n.isPerfectPower else { throw refuse("its modulus is a power") }
        guard !n.isProbablePrime(rounds: 2) else { throw refuse("its modulus is a prime") }
        if scheme == .djn, n.modulo(word: 4) != 1 {
            throw refuse("its modulus is not a product of two primes that are 3 modulo 4")
        }
        self.n = n
        self.scheme = scheme
        bits = n.bitWidth
        nSquared = n * n
        if scheme == .djn {
            let h = Self.derivedH(n)
            guard h.greatestCommonDivisor(with: n) == .one else { throw refuse("its modulus is broken") }
            let base = h.power(variableTime: n, modulo: nSquared)
            guard base != .one, !base.isZero else { throw refuse("its modulus is broken") }
            randomizerBase = base
        } else {
            randomizerBase = nil
        }
    }

    /// The owner's way to the same key, with h^n found modulo p^2 and q^2.
    init(ownedModulus n: BigInteger, scheme: Scheme, power: (BigInteger) -> BigInteger) {
        self.n = n
        self.scheme = scheme
        bits = n.bitWidth
        nSquared = n * n
        randomizerBase = scheme == .djn ? power(Self.derivedH(n)) : nil
    }

    /// Protocols/paillier.md, "The base h": x = SHA-256 blocks over (n, counter), 128 bits longer than n, modulo n; h = -x^2.
    package static func derivedH(_ n: BigInteger) -> BigInteger {
        let width = n.bigEndian
        var stream: [UInt8] = []
        var counter: UInt32 = 0
        while stream.count < width.count + 16 {
            var hash = DomainHash(domain: "yinhe/paillier/djn-base/v1")
            hash.update(field: width)
            withUnsafeBytes(of: counter.littleEndian) { hash.update($0) }
            stream += hash.finalize()
            counter += 1
        }
        let x = BigInteger(bigEndian: stream[..<(width.count + 16)]).modulo(n)
        return (-(x * x)).modulo(n)
    }

    /// SHA-256 over the scheme and the modulus, 64 hexadecimal digits.
    public var fingerprint: String {
        var hash = DomainHash(domain: "yinhe/paillier/public-key/v1")
        hash.update(encoded)
        return hash.finalize().hex
    }

    /// Bytes of one ciphertext on the wire: big-endian, as long as n^2.
    public var ciphertextBytes: Int { bits / 4 }
    /// Random bits in the exponent of a DJN ciphertext.
    package var exponentBits: Int { (bits + 1) / 2 }
}

extension PaillierPublicKey: Equatable {
    public static func == (a: PaillierPublicKey, b: PaillierPublicKey) -> Bool { a.n == b.n && a.scheme == b.scheme }
}

// MARK: Signed plaintexts

extension PaillierPublicKey {
    /// The largest magnitude of a signed plaintext, n / 3 - 1: the middle third of 0 ..< n stays empty and shows an overflow
    /// (python-paillier's rule).
    public var maximumSigned: BigInteger { n / 3 - 1 }

    /// The residue in 0 ..< n that stands for a signed integer; negative ones are counted down from n.
    /// Throws `.range` beyond `maximumSigned`.
    public func encode(_ value: BigInteger) throws -> BigInteger {
        guard value.magnitude <= maximumSigned else {
            throw YinheError(.range, "a value of \(value.bitWidth) bits does not fit a Paillier key of \(bits) bits")
        }
        return value.signum < 0 ? value + n : value
    }

    /// The signed integer behind a residue. Throws `.range` when it lies in the middle third: some sum has overflowed.
    public func decode(_ residue: BigInteger) throws -> BigInteger {
        if residue <= maximumSigned { return residue }
        let negative = residue - n
        guard negative.magnitude <= maximumSigned else {
            throw YinheError(.range, "an encrypted sum has left the range of its key", remedy: "use a longer key or smaller values")
        }
        return negative
    }
}
