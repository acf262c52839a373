import Arithmetic
import SandboxCore

/// The randomness of ciphertexts as the witness of a sigma protocol: masks, first messages and responses.
///
/// Exponents r (w = (h^n)^r) are answered over the integers, mask + sum of weight * r; units r (w = r^n) modulo n, mask * product of
/// r^weight. Both show the same: the n-th power is one. With an exponent z the equation contains (h^n)^z = (h^z)^n.
struct RandomnessWitness {
    let isExponent: Bool
    private let secrets: [BigInteger]
    private let key: PaillierPublicKey

    init(_ openings: [PaillierOpening], count: Int, _ key: PaillierPublicKey) throws {
        func refuse(_ reason: String) -> YinheError { YinheError(.badInput, "no proof can be made: \(reason)") }
        guard openings.count == count, (1...ProofParameters.maximumCount).contains(count) else {
            throw refuse("\(openings.count) openings for \(count) ciphertexts, at most \(ProofParameters.maximumCount)")
        }
        let exponents = openings.filter { if case .exponent = $0.randomness { true } else { false } }.count
        guard exponents == 0 || exponents == count, exponents == 0 || key.randomizerBase != nil else {
            throw refuse("the ciphertexts were made by different encryptors")
        }
        isExponent = exponents > 0
        secrets = openings.map(\.randomness.value)
        self.key = key
    }

    private static func maskBits(_ key: PaillierPublicKey, _ count: Int) -> Int {
        ProofParameters.maskBits(hiding: key.exponentBits, count: count)
    }

    func mask(from random: some RandomSource) -> BigInteger {
        isExponent
            ? .random(bits: Self.maskBits(key, secrets.count), from: random) : .randomUnit(modulo: key.n, from: random)
    }

    /// The n-th power of a mask, in constant time.
    func secretPower(_ mask: BigInteger) -> BigInteger {
        isExponent ? key.randomizerBase!.power(secret: mask, modulo: key.nSquared) : mask.power(secret: key.n, modulo: key.nSquared)
    }

    func responses(_ masks: [BigInteger], _ weights: [[UInt16]]) throws -> [BigInteger] {
        if isExponent { return zip(masks, weights).map { $0 + WeightedProducts.sum(secrets, $1) } }
        return zip(masks, try WeightedProducts.of(secrets, weights: weights, modulo: key.n)).map { ($0 * $1).modulo(key.n) }
    }

    /// The n-th powers of responses. Throws when a response is not a unit: with such a one, half of the equation would be void.
    static func publicPowers(
        _ responses: [BigInteger], isExponent: Bool, _ key: PaillierPublicKey, _ kind: ProofKind, threads: Int
    ) throws -> [BigInteger] {
        // A proof that was decoded for another key ends here at the latest.
        guard !isExponent || key.randomizerBase != nil else { throw kind.failure("it is for a key of another scheme") }
        if !isExponent {
            let product = responses.reduce(BigInteger.one) { ($0 * $1).modulo(key.n) }
            guard product.greatestCommonDivisor(with: key.n) == .one else { throw kind.failure("a response is not a unit") }
        }
        return try Parallel.map(responses.count, threads: threads) { i in
            isExponent
                ? key.randomizerBase!.power(variableTime: responses[i], modulo: key.nSquared)
                : responses[i].power(variableTime: key.n, modulo: key.nSquared)
        }
    }

    // MARK: Coding

    static func responseBytes(isExponent: Bool, count: Int, _ key: PaillierPublicKey) -> Int {
        isExponent ? (maskBits(key, count) + 8) / 8 : key.residueBytes
    }

    static func readForm(_ reader: inout ProofReader, _ key: PaillierPublicKey) throws -> Bool {
        let form = try reader.read(UInt8.self)
        guard form == 0 || form == 1 && key.randomizerBase != nil else { throw reader.malformed("its form does not fit the key") }
        return form == 1
    }

    static func readResponses(
        _ reader: inout ProofReader, isExponent: Bool, count: Int, _ key: PaillierPublicKey
    ) throws -> [BigInteger] {
        try reader.readNumbers(
            ProofParameters.repetitions, width: responseBytes(isExponent: isExponent, count: count, key),
            below: isExponent ? .one << (maskBits(key, count) + 1) : key.n)
    }
}
