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
        /// w = (h^n)^r, h of order 2 alpha beta, r of l bits: alpha and beta are primes of l/2 bits, p = 2 alpha p' + 1 and
        /// q = 2 beta q' + 1 (Ma, Han, Lei, "Optimized Paillier's cryptosystem with fast encryption and decryption", ACSAC 2021).
        /// Both encryption and decryption take short exponents; sizes in `SecurityParameters.paillier`. The default.
        case subgroup
        /// w = (h^n)^r, h = -x^2 mod n, r of half the bits of n (Damgard, Jurik, Nielsen, "A generalization of Paillier's
        /// public-key system with applications to electronic voting", Int. J. Inf. Secur. 9(6), 2010). The two primes of n are 3
        /// modulo 4 and p - 1, q - 1 share no factor but 2. x is derived from n by a hash, so nobody chooses it.
        case djn
        /// w = r^n for a random unit r, as Paillier's paper and python-paillier have it: any n, and 40 to 100 times slower.
        case standard
    }

    /// Sizes of n in bits: 2048 stands for 112 bits of security, 3072 for 128 (NIST SP 800-57 part 1, table 2), 4096 for 152.
    public static let allowedBits = [2048, 3072, 4096]

    public let n: BigInteger
    public let scheme: Scheme
    public let bits: Int
    /// n^2: ciphertexts are units modulo this number.
    public let nSquared: BigInteger
    /// The base h of the subgroup and DJN schemes; nil for the standard scheme, and for a key that came with h^n alone.
    public let h: BigInteger?
    /// h^n mod n^2; nil for the standard scheme.
    package let randomizerBase: BigInteger?
    /// Whether h^n came from outside (the interconnection encoding), so that nothing shows that it is an n-th power.
    package var hasForeignBase: Bool { h == nil && randomizerBase != nil }

    /// Checks and takes a foreign key: an allowed size, odd, no prime factor below 2^11, neither a prime nor a power, 1 modulo 4
    /// where the scheme implies it, and a base h that is a unit of Jacobi symbol 1 whose order has a large factor. Whether n has
    /// exactly two prime factors, and of which form they are, cannot be seen from outside. Takes 20 ms at 2048 bits, 60 ms at 3072.
    ///
    /// - Parameter h: the base of a subgroup key, which has one; other schemes have none to give.
    ///
    /// Throws `.badInput` that says what is wrong with the key.
    public convenience init(n: BigInteger, scheme: Scheme, h: BigInteger? = nil) throws {
        try self.init(n: n, scheme: scheme, h: h, allowedBits: Self.allowedBits)
    }

    /// `knownBase`: h^n mod n^2 as found earlier for this key, to save its computation.
    package convenience init(
        n: BigInteger, scheme: Scheme, h: BigInteger? = nil, allowedBits: [Int], knownBase: BigInteger? = nil
    ) throws {
        try Self.check(n, scheme, allowedBits: allowedBits)
        switch scheme {
        case .subgroup:
            guard let h else { throw Self.refusal("a subgroup key needs its base h") }
            try Self.check(base: h, n)
        case .djn, .standard:
            guard h == nil else { throw Self.refusal("only a subgroup key states its base h") }
        }
        let base = scheme == .djn ? Self.derivedH(n) : h
        self.init(checked: n, scheme: scheme, h: base, randomizerBase: try base.map { try knownBase ?? Self.power($0, n) })
    }

    /// A DJN key that came with h^n mod n^2 instead of h; checked as far as that goes.
    package convenience init(n: BigInteger, foreignBase: BigInteger, allowedBits: [Int]) throws {
        try Self.check(n, .djn, allowedBits: allowedBits)
        guard foreignBase > .one, foreignBase < n * n else { throw Self.refusal("its base h^n is outside 2 ..< n^2") }
        try Self.check(base: foreignBase.modulo(n), n)
        self.init(checked: n, scheme: .djn, h: nil, randomizerBase: foreignBase)
    }

    /// The owner's way to the same key, with h^n found modulo p^2 and q^2.
    convenience init(ownedModulus n: BigInteger, scheme: Scheme, h: BigInteger?, power: (BigInteger) -> BigInteger) {
        let base = scheme == .djn ? Self.derivedH(n) : h
        self.init(checked: n, scheme: scheme, h: base, randomizerBase: base.map(power))
    }

    private init(checked n: BigInteger, scheme: Scheme, h: BigInteger?, randomizerBase: BigInteger?) {
        self.n = n
        self.scheme = scheme
        self.h = h
        self.randomizerBase = randomizerBase
        bits = n.bitWidth
        nSquared = n * n
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

    /// SHA-256 over the scheme, the modulus and the base, 64 hexadecimal digits.
    public var fingerprint: String {
        var hash = DomainHash(domain: "yinhe/paillier/public-key/v1")
        hash.update(encoded)
        return hash.finalize().hex
    }

    /// Bytes of one ciphertext on the wire: big-endian, as long as n^2.
    public var ciphertextBytes: Int { bits / 4 }
    /// 64-bit words of a residue modulo n^2, and of one modulo n, in the flat functions.
    package var ciphertextLimbs: Int { (2 * bits + 63) / 64 }
    package var plaintextLimbs: Int { (bits + 63) / 64 }
    /// Random bits in the exponent of a ciphertext of the subgroup and DJN schemes.
    package var exponentBits: Int {
        let sizes = SecurityParameters.paillier(modulusBits: bits)
        return scheme == .subgroup ? sizes.subgroupExponentBits : sizes.djnExponentBits
    }
}

extension PaillierPublicKey: Equatable {
    public static func == (a: PaillierPublicKey, b: PaillierPublicKey) -> Bool {
        a.n == b.n && a.scheme == b.scheme && a.h == b.h && a.randomizerBase == b.randomizerBase
    }
}

// MARK: Checks of what comes from outside

extension PaillierPublicKey {
    static func refusal(_ reason: String) -> YinheError {
        YinheError(.badInput, "not a Paillier public key: \(reason)", remedy: "ask its owner for a new key")
    }

    private static func check(_ n: BigInteger, _ scheme: Scheme, allowedBits: [Int]) throws {
        guard n.signum > 0, allowedBits.contains(n.bitWidth) else {
            throw refusal("its modulus has \(n.bitWidth) bits; allowed are \(allowedBits.map(String.init).joined(separator: ", "))")
        }
        guard n.isOdd, !n.hasSmallFactor else { throw refusal("its modulus has a small factor") }
        guard !n.isPerfectPower else { throw refusal("its modulus is a power") }
        guard !n.isProbablePrime(rounds: 2) else { throw refusal("its modulus is a prime") }
        if scheme != .standard, n.modulo(word: 4) != 1 {
            throw refusal("its modulus is not a product of two primes that are 3 modulo 4")
        }
    }

    /// A base h, or h^n modulo n, which has the same symbol and, as n and the order of h share no factor, the same order.
    private static func check(base: BigInteger, _ n: BigInteger) throws {
        guard base > .one, base < n - .one else { throw refusal("its base h is outside 2 ... n - 2") }
        guard base.greatestCommonDivisor(with: n) == .one else { throw refusal("its base h is not a unit modulo n") }
        // h is -1 times a square modulo both primes, which are 3 modulo 4.
        guard base.jacobi(over: n) == 1 else { throw refusal("its base h has Jacobi symbol -1") }
        let power = base.power(variableTime: smoothExponent, modulo: n)
        guard (power - .one).greatestCommonDivisor(with: n) == .one else { throw refusal("its base h generates a small group") }
    }

    /// 2^40 times, for each odd prime below 2^9, its largest power below 2^16: a base whose order modulo one of the primes divides
    /// this would have few powers, and would show a factor of n.
    private static let smoothExponent: BigInteger = {
        var product = BigInteger.one << 40
        for prime in stride(from: UInt64(3), to: 512, by: 2) where BigInteger(prime).isProbablePrime(rounds: 1) {
            var power = prime
            while power * prime < 1 << 16 { power *= prime }
            product *= BigInteger(power)
        }
        return product
    }()

    private static func power(_ h: BigInteger, _ n: BigInteger) throws -> BigInteger {
        let field = MontgomeryModulus(n * n)
        let base = field.powers([h], publicExponent: n)[0]
        guard base > .one, h.greatestCommonDivisor(with: n) == .one else { throw refusal("its modulus is broken") }
        return base
    }
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
