import Arithmetic
import SandboxCore

/// Damgard and Jurik's generalisation of Paillier's cryptosystem ("A generalisation, a simplification and some applications of
/// Paillier's probabilistic public-key system", PKC 2001): plaintexts modulo n^s, ciphertexts modulo n^(s+1), for s = 1 (Paillier)
/// and s = 2, under the same keys.
///
///     c = (1 + n)^m * w mod n^(s+1),   w = (h^(n^s))^r   (standard scheme: w = r^(n^s) for a unit r)
///
/// It serves where sums outgrow n: at s = 2 a ciphertext is 1.5 times as long for twice the plaintext, and costs about twice as much
/// time. See Protocols/paillier.md, "Damgard-Jurik".
public enum DamgardJurik {
    /// A unit modulo n^(s+1) of one key.
    public struct Ciphertext: Hashable, Sendable {
        public let value: BigInteger
        init(unchecked value: BigInteger) { self.value = value }
    }

    /// The view of a Paillier public key for one s.
    public final class PublicKey: Sendable {
        public let paillier: PaillierPublicKey
        /// s.
        public let exponent: Int
        /// n^s: plaintexts are 0 ..< n^s.
        public let plaintextModulus: BigInteger
        /// n^(s+1).
        public let ciphertextModulus: BigInteger
        /// h^(n^s) mod n^(s+1); nil for the standard scheme.
        package let randomizerBase: BigInteger?

        /// `exponent`: 1 or 2; traps otherwise. At s = 2 this takes a power modulo n^3: 50 ms at 2048 bits, 0.4 s at 4096.
        public convenience init(_ key: PaillierPublicKey, exponent: Int) {
            self.init(key, exponent: exponent) { base, n, modulus in base.power(variableTime: n, modulo: modulus) }
        }

        /// (h^n mod n^2)^n = h^(n^2) modulo n^3: what was cut off is a multiple of n^2 and vanishes in the n-th power.
        init(_ key: PaillierPublicKey, exponent: Int, power: (BigInteger, BigInteger, BigInteger) -> BigInteger) {
            precondition(exponent == 1 || exponent == 2, "s must be 1 or 2")
            paillier = key
            self.exponent = exponent
            plaintextModulus = exponent == 1 ? key.n : key.nSquared
            let modulus = exponent == 1 ? key.nSquared : key.nSquared * key.n
            ciphertextModulus = modulus
            randomizerBase = exponent == 1 ? key.randomizerBase : key.randomizerBase.map { power($0, key.n, modulus) }
        }

        /// Bytes of one ciphertext on the wire: big-endian, (s + 1) times as long as n.
        public var ciphertextBytes: Int { (exponent + 1) * paillier.bits / 8 }

        /// (1 + n)^m mod n^(s+1) = 1 + m n + m (m - 1) / 2 n^2, the last term at s = 2 only.
        package func generatorPower(_ m: BigInteger) -> BigInteger {
            let n = paillier.n, linear = BigInteger.one + (m * n).modulo(ciphertextModulus)
            guard exponent == 2 else { return linear.modulo(ciphertextModulus) }
            let residue = m.modulo(n)
            let binomial = ((residue * (residue - .one)) >> 1).modulo(n)
            return (linear + binomial * paillier.nSquared).modulo(ciphertextModulus)
        }
    }
}

extension DamgardJurik.PublicKey: Equatable {
    public static func == (a: DamgardJurik.PublicKey, b: DamgardJurik.PublicKey) -> Bool {
        a.exponent == b.exponent && a.paillier == b.paillier
    }
}

// MARK: Coding and validation

extension DamgardJurik.PublicKey {
    /// Takes an integer from outside. Throws `.badInput` when it is not a unit in 1 ..< n^(s+1).
    public func ciphertext(_ value: BigInteger) throws -> DamgardJurik.Ciphertext {
        guard value.signum > 0, value < ciphertextModulus else {
            throw YinheError(
                .badInput, "a ciphertext is outside 1 ..< n^\(exponent + 1)", remedy: "it was made for another key, or altered")
        }
        guard value.greatestCommonDivisor(with: paillier.n) == .one else {
            throw YinheError(.badInput, "a ciphertext is not a unit modulo n", remedy: "it was made for another key, or altered")
        }
        return DamgardJurik.Ciphertext(unchecked: value)
    }

    /// `ciphertextBytes` big-endian bytes.
    public func encode(_ ciphertext: DamgardJurik.Ciphertext) -> [UInt8] { ciphertext.value.bigEndian(count: ciphertextBytes) }

    /// Takes bytes from outside; throws `.badInput` as `ciphertext(_:)` does, and for another length.
    public func decodeCiphertext(_ bytes: some Collection<UInt8>) throws -> DamgardJurik.Ciphertext {
        guard bytes.count == ciphertextBytes else {
            throw YinheError(.badInput, "a ciphertext of \(bytes.count) bytes, \(ciphertextBytes) expected")
        }
        return try ciphertext(BigInteger(bigEndian: bytes))
    }

    /// The largest magnitude of a signed plaintext, n^s / 3 - 1, as for Paillier.
    public var maximumSigned: BigInteger { plaintextModulus / 3 - 1 }

    /// The residue in 0 ..< n^s that stands for a signed integer. Throws `.range` beyond `maximumSigned`.
    public func encode(_ value: BigInteger) throws -> BigInteger {
        guard value.magnitude <= maximumSigned else {
            throw YinheError(.range, "a value of \(value.bitWidth) bits does not fit \(plaintextModulus.bitWidth) bits of plaintext")
        }
        return value.signum < 0 ? value + plaintextModulus : value
    }

    /// The signed integer behind a residue. Throws `.range` when it lies in the middle third: some sum has overflowed.
    public func decode(_ residue: BigInteger) throws -> BigInteger {
        if residue <= maximumSigned { return residue }
        let negative = residue - plaintextModulus
        guard negative.magnitude <= maximumSigned else {
            throw YinheError(.range, "an encrypted sum has left the range of its key", remedy: "use a longer key or smaller values")
        }
        return negative
    }
}

// MARK: Homomorphic operations

extension DamgardJurik.PublicKey {
    /// An encryption of the sum (modulo n^s). Deterministic: re-randomise before it leaves.
    public func add(_ a: DamgardJurik.Ciphertext, _ b: DamgardJurik.Ciphertext) -> DamgardJurik.Ciphertext {
        DamgardJurik.Ciphertext(unchecked: (a.value * b.value).modulo(ciphertextModulus))
    }

    /// An encryption of -a.
    public func negate(_ a: DamgardJurik.Ciphertext) -> DamgardJurik.Ciphertext {
        guard let inverse = a.value.inverse(modulo: ciphertextModulus) else { preconditionFailure("a ciphertext that is not a unit") }
        return DamgardJurik.Ciphertext(unchecked: inverse)
    }

    /// An encryption of a - b.
    public func subtract(_ a: DamgardJurik.Ciphertext, _ b: DamgardJurik.Ciphertext) -> DamgardJurik.Ciphertext {
        add(a, negate(b))
    }

    /// An encryption of a + plaintext, for any integer; the plaintext can be read off the result and a.
    public func add(_ a: DamgardJurik.Ciphertext, plaintext: BigInteger) -> DamgardJurik.Ciphertext {
        let factor = generatorPower(plaintext.modulo(plaintextModulus))
        return DamgardJurik.Ciphertext(unchecked: (a.value * factor).modulo(ciphertextModulus))
    }

    /// An encryption of a * scalar, for any integer. Variable time in the scalar.
    public func multiply(_ a: DamgardJurik.Ciphertext, byPublic scalar: BigInteger) -> DamgardJurik.Ciphertext {
        let base = scalar.signum < 0 ? negate(a).value : a.value
        return DamgardJurik.Ciphertext(unchecked: base.power(variableTime: scalar.magnitude, modulo: ciphertextModulus))
    }

    /// An encryption of the sum of all; of nothing: the trivial encryption 1 of zero.
    public func sum(_ ciphertexts: some Sequence<DamgardJurik.Ciphertext>) -> DamgardJurik.Ciphertext {
        var product = BigInteger.one
        for ciphertext in ciphertexts { product = (product * ciphertext.value).modulo(ciphertextModulus) }
        return DamgardJurik.Ciphertext(unchecked: product)
    }
}
