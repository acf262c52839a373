import Arithmetic
import SandboxCore

/// Proof by whoever made some ciphertexts that it knows all their plaintexts, so that nobody can submit a copy or a change of
/// somebody else's ciphertext as its own.
///
/// Proven: each ciphertext is (1 + n)^m w^n mod n^2 for an m that the prover knows and some unit w; soundness error 2^-128, without
/// assumption, for a key whose proof (`PaillierKeyProof`) holds. The range of m is not proven (`SlotRangeProof`), nor that w was
/// made with the key's short exponents. Honest-verifier zero-knowledge at statistical distance 8 * 2^-64, perfect for randomness
/// that is a unit.
///
/// The sigma protocol of Cramer, Damgard, Nielsen, "Multiparty computation from threshold homomorphic encryption", EUROCRYPT 2001,
/// for many ciphertexts at once by a random combination, in eight repetitions with challenges of 16 bits: any n without a prime
/// factor below 2^16 will do. Protocols/paillier-proofs.md, "Plaintext knowledge". About 2.7 KiB at 2048 bits for any number of
/// ciphertexts.
public struct PlaintextKnowledgeProof: Sendable, Equatable {
    let count: Int
    let isExponent: Bool
    /// The challenge; the prover's first messages follow from it and the responses.
    let challenge: [UInt8]
    /// Masked combinations of the plaintexts, modulo n.
    let plaintexts: [BigInteger]
    /// Masked combinations of the randomness: integers for exponents, residues for units.
    let randomness: [BigInteger]
}

// MARK: Proving

extension PlaintextKnowledgeProof {
    /// - Parameters:
    ///   - openings: of the ciphertexts, in order, all made by the same encryptor.
    ///   - context: what binds the proof to its use: contract, contributor, purpose; the verifier states the same.
    ///
    /// Throws `.badInput` for openings that do not fit
    /// together.
    public static func prove(
        _ ciphertexts: [PaillierCiphertext], openings: [PaillierOpening], key: PaillierPublicKey, context: [UInt8], threads: Int = 1
    ) throws -> PlaintextKnowledgeProof {
        try prove(ciphertexts, openings: openings, key: key, context: context, threads: threads, random: SystemRandom.shared)
    }

    package static func prove(
        _ ciphertexts: [PaillierCiphertext], openings: [PaillierOpening], key: PaillierPublicKey, context: [UInt8], threads: Int = 1,
        random: some RandomSource
    ) throws -> PlaintextKnowledgeProof {
        let witness = try RandomnessWitness(openings, count: ciphertexts.count, key)
        let rows = ProofParameters.repetitions
        let masks = (0..<rows).map { _ in BigInteger.random(below: key.n, from: random) }
        let randomMasks = (0..<rows).map { _ in witness.mask(from: random) }
        let commitments = try Parallel.map(rows, threads: threads) { i in
            (key.powerOfGenerator(masks[i]) * witness.secretPower(randomMasks[i])).modulo(key.nSquared)
        }
        let challenge = Self.challenge(ciphertexts, isExponent: witness.isExponent, commitments, key, context)
        var stream = ChallengeStream(challenge)
        let weights = stream.weights(rows: rows, count: ciphertexts.count)
        let values = openings.map(\.plaintext)
        return PlaintextKnowledgeProof(
            count: ciphertexts.count, isExponent: witness.isExponent, challenge: challenge,
            plaintexts: zip(masks, weights).map { ($0 + WeightedProducts.sum(values, $1)).modulo(key.n) },
            randomness: try witness.responses(randomMasks, weights))
    }

    private static func challenge(
        _ ciphertexts: [PaillierCiphertext], isExponent: Bool, _ commitments: [BigInteger], _ key: PaillierPublicKey,
        _ context: [UInt8]
    ) -> [UInt8] {
        var transcript = ProofTranscript(.knowledge, key: key, context: context)
        transcript.absorb("form", [isExponent ? 1 : 0])
        transcript.absorb("ciphertexts", ciphertexts.map(\.value), width: key.ciphertextBytes)
        transcript.absorb("commitments", commitments, width: key.ciphertextBytes)
        return transcript.challenge("weights")
    }
}

// MARK: Verification

extension PlaintextKnowledgeProof {
    /// Throws `.peerMisbehaved` that says what does not hold.
    public func verify(
        _ ciphertexts: [PaillierCiphertext], key: PaillierPublicKey, context: [UInt8], threads: Int = 1,
        progress: ProgressMonitor? = nil
    ) throws {
        guard count == ciphertexts.count else {
            throw ProofKind.knowledge.failure("it covers \(count) ciphertexts, there are \(ciphertexts.count)")
        }
        try ProofParameters.checkSmallFactors(key, .knowledge)
        var stream = ChallengeStream(challenge)
        let weights = stream.weights(rows: plaintexts.count, count: count)
        let counter = ProgressCounter("verify plaintext knowledge", total: count, progress)
        let products = try WeightedProducts.of(
            ciphertexts.map(\.value), weights: weights, modulo: key.nSquared, threads: threads, progress: counter)
        let powers = try RandomnessWitness.publicPowers(randomness, isExponent: isExponent, key, .knowledge, threads: threads)
        let commitments = try plaintexts.indices.map { i in
            guard let inverse = products[i].inverse(modulo: key.nSquared) else {
                throw ProofKind.knowledge.failure("a ciphertext is not a unit")
            }
            return (key.powerOfGenerator(plaintexts[i]) * (powers[i] * inverse).modulo(key.nSquared)).modulo(key.nSquared)
        }
        guard Self.challenge(ciphertexts, isExponent: isExponent, commitments, key, context) == challenge else {
            throw ProofKind.knowledge.failure("the responses do not fit the challenge")
        }
    }
}

// MARK: Coding

extension PlaintextKnowledgeProof {
    /// Specification, "Bytes".
    public func encoded(for key: PaillierPublicKey) -> [UInt8] {
        var writer = ProofWriter(.knowledge)
        writer.write(UInt32(count))
        writer.write(UInt8(isExponent ? 1 : 0))
        writer.write(raw: challenge)
        writer.write(plaintexts, width: key.residueBytes)
        writer.write(randomness, width: RandomnessWitness.responseBytes(isExponent: isExponent, count: count, key))
        return writer.bytes
    }

    /// Reads a proof under `key`; throws `.peerMisbehaved` for bytes that are not one.
    public init(encoded bytes: [UInt8], for key: PaillierPublicKey) throws {
        var reader = try ProofReader(bytes, .knowledge)
        count = try reader.readCount()
        isExponent = try RandomnessWitness.readForm(&reader, key)
        challenge = try reader.readRaw(32)
        plaintexts = try reader.readNumbers(ProofParameters.repetitions, width: key.residueBytes, below: key.n)
        randomness = try RandomnessWitness.readResponses(&reader, isExponent: isExponent, count: count, key)
        try reader.finish()
    }
}
