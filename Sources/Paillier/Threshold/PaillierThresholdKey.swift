import Arithmetic
import SandboxCore

/// A Paillier key whose private part is shared among several parties: everybody encrypts to `encryptionKey` as usual, and several
/// parties together open.
///
///     shares d of the parties:   d = 0 modulo the order of the squares modulo n, d = 1 modulo n, so c^d = 1 + m n
///     party i                    c_i = c^(2 Delta s_i) mod n^2, with a proof that s_i is the exponent of its verification key
///     anybody                    m from the product of c_i^(2 lambda_i) over enough parties
///
/// Damgard, Jurik, "A generalisation, a simplification and some applications of Paillier's probabilistic public-key system",
/// PKC 2001 (threshold variant), after Shoup, "Practical threshold signatures", EUROCRYPT 2000. Protocols/threshold-paillier.md.
public final class PaillierThresholdKey: Sendable {
    /// How the exponent d is shared.
    public enum Sharing: Sendable, Hashable {
        /// s_i is a polynomial's value at i, of degree threshold - 1, modulo n times the order of the squares modulo n: any `threshold`
        /// of the parties 1 ... parties open.
        case polynomial(threshold: Int, parties: Int)
        /// d = s_1 - s_2 over the integers: both of two parties open. What two parties make without a dealer.
        case difference

        public var parties: Int {
            switch self {
            case .polynomial(_, let parties): parties
            case .difference: 2
            }
        }

        public var threshold: Int {
            switch self {
            case .polynomial(let threshold, _): threshold
            case .difference: 2
            }
        }
    }

    /// Most parties of one key: Delta = parties! lengthens every exponent by 118 bits here.
    public static let maximumParties = 32

    /// What everybody encrypts to.
    public let encryptionKey: PaillierPublicKey
    public let sharing: Sharing
    /// v_i = v^(Delta s_i) mod n^2 of parties 1 ... parties; see `base`.
    public let verificationKeys: [BigInteger]
    /// v, a generator of the squares modulo n^2.
    package let base: BigInteger
    let group: SquareGroup

    public var parties: Int { sharing.parties }
    /// How many parties it takes to open.
    public var threshold: Int { sharing.threshold }

    /// Checks and takes what a dealer or a key generation published: sizes, that each v_i is a unit, and that the exponents behind
    /// them are shares of one d with d = 0 modulo the order of the squares modulo n and d = 1 modulo n. So shares that match their
    /// verification keys open correctly, in every combination. 10 ms for two or three parties, 1 s for 32.
    ///
    /// Throws `.badInput` that says what is wrong with the key.
    public convenience init(encryptionKey: PaillierPublicKey, sharing: Sharing, verificationKeys: [BigInteger]) throws {
        try self.init(unverified: encryptionKey, sharing, verificationKeys)
        try checkSharing()
    }

    /// Without `checkSharing`, for the side that has made the shares.
    init(unverified encryptionKey: PaillierPublicKey, _ sharing: Sharing, _ verificationKeys: [BigInteger]) throws {
        guard (2...Self.maximumParties).contains(sharing.parties), (2...sharing.parties).contains(sharing.threshold) else {
            throw Self.refusal(
                "\(sharing.threshold) of \(sharing.parties) parties; 2 to \(Self.maximumParties) parties and a threshold from 2 are allowed")
        }
        guard verificationKeys.count == sharing.parties else {
            throw Self.refusal("\(verificationKeys.count) verification keys for \(sharing.parties) parties")
        }
        for (i, key) in verificationKeys.enumerated() {
            guard key > .one, key < encryptionKey.nSquared, key.greatestCommonDivisor(with: encryptionKey.n) == .one else {
                throw Self.refusal("the verification key of party \(i + 1) is not a unit")
            }
        }
        self.encryptionKey = encryptionKey
        self.sharing = sharing
        self.verificationKeys = verificationKeys
        group = SquareGroup(encryptionKey)
        base = Self.base(of: encryptionKey)
    }

    /// Of Delta s_i.
    var secretBits: Int { sharing.secretBits(keyBits: encryptionKey.bits) }

    static func refusal(_ reason: String) -> YinheError {
        YinheError(.badInput, "not a threshold Paillier key: \(reason)", remedy: "ask for the key again where it was made")
    }

    /// v = (1 + 2 n) y^(2 n) mod n^2, y made from n by a hash: an encryption of 2 whose randomness nobody chose. It generates the
    /// squares but for a negligible share of all y, and v^d = 1 + 2 n shows whether d is right.
    package static func base(of key: PaillierPublicKey) -> BigInteger {
        let width = key.n.bigEndian
        var stream: [UInt8] = []
        var counter: UInt32 = 0
        while stream.count < width.count + 16 {
            var hash = DomainHash(domain: "yinhe/threshold-paillier/base/v1")
            hash.update(field: width)
            withUnsafeBytes(of: counter.littleEndian) { hash.update($0) }
            stream += hash.finalize()
            counter += 1
        }
        let y = BigInteger(bigEndian: stream[..<(width.count + 16)]).modulo(key.n)
        let power = (y * y).modulo(key.n).power(variableTime: key.n, modulo: key.nSquared)
        return (power * (1 + 2 * key.n)).modulo(key.nSquared)
    }

    /// SHA-256 over the binary form, 64 hexadecimal digits: names this key with its sharing.
    public var fingerprint: String { fingerprintBytes.hex }

    var fingerprintBytes: [UInt8] {
        var hash = DomainHash(domain: "yinhe/threshold-paillier/public-key/v1")
        hash.update(encoded)
        return hash.finalize()
    }
}

extension PaillierThresholdKey: Equatable {
    public static func == (a: PaillierThresholdKey, b: PaillierThresholdKey) -> Bool {
        a.encryptionKey == b.encryptionKey && a.sharing == b.sharing && a.verificationKeys == b.verificationKeys
    }
}

// MARK: Interpolation

extension PaillierThresholdKey.Sharing {
    /// Delta: parties! for a polynomial, so that the lambdas are integers.
    var delta: BigInteger {
        switch self {
        case .polynomial(_, let parties): (1...parties).reduce(BigInteger.one) { $0 * BigInteger($1) }
        case .difference: .one
        }
    }

    /// lambda_i with Delta f(x) = sum of lambda_i s_i over the parties i of `set`, d = f(0). `set` has `threshold` different parties.
    func coefficients(_ set: [Int], at x: Int = 0) -> [BigInteger] {
        switch self {
        case .polynomial:
            let delta = delta
            return set.map { i in
                var numerator = delta, denominator = BigInteger.one
                for j in set where j != i {
                    numerator *= BigInteger(x - j)
                    denominator *= BigInteger(i - j)
                }
                // Exact: the denominator divides (i - 1)! (parties - i)!, which divides Delta.
                return numerator / denominator
            }
        case .difference:
            return set.map { $0 == 1 ? BigInteger.one : BigInteger(-1) }
        }
    }

    /// Bits that no Delta s_i exceeds.
    func secretBits(keyBits: Int) -> Int {
        switch self {
        // s_i < n * order of the squares < n^2 / 4.
        case .polynomial: 2 * keyBits - 2 + delta.bitWidth
        case .difference: Self.differenceBits(keyBits: keyBits)
        }
    }

    /// Bits of s_1 and s_2 where d = s_1 - s_2: d is below 2^(2 bits + 1) (phi(n) times an inverse that two shares exceed by at most
    /// n), and 128 bits more hide it.
    package static func differenceBits(keyBits: Int) -> Int { 2 * keyBits + 1 + SecurityParameters.computational }
}

extension PaillierThresholdKey {
    /// Throws `.badInput` unless the verification keys belong to one sharing of a right d.
    private func checkSharing() throws {
        let delta = sharing.delta, set = Array(1...threshold)
        let keys = set.map { verificationKeys[$0 - 1] }
        // v^(Delta^2 d), in the form product over positive lambdas / product over negative ones.
        let (above, below) = group.quotient(keys, sharing.coefficients(set))
        guard (below * (1 + 2 * delta * delta * encryptionKey.n)).modulo(encryptionKey.nSquared) == above else {
            throw Self.refusal("its verification keys do not belong to a private exponent of its modulus")
        }
        for party in threshold..<parties {
            let (above, below) = group.quotient(keys, sharing.coefficients(set, at: party + 1))
            let stated = group.power(verificationKeys[party], public: delta)
            guard (below * stated).modulo(encryptionKey.nSquared) == above else {
                throw Self.refusal("the verification key of party \(party + 1) does not fit the others")
            }
        }
    }
}
