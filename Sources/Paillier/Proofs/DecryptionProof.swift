import Arithmetic
import SandboxCore

/// Proof by the owner of a key that ciphertexts decrypt to the plaintexts it states, for everybody who has the ciphertexts.
///
/// Proven: c_i / (1 + n)^(m_i) is an n-th power modulo n^2 for every i, so m_i is the plaintext of c_i; soundness error 2^-128,
/// without assumption, for a key whose proof (`PaillierKeyProof`) holds, even when its owner chose the primes badly on purpose.
/// Honest-verifier zero-knowledge, perfect: nothing is shown but that the plaintexts are right.
///
/// The protocol for n-th powers of Damgard, Jurik, "A generalisation, a simplification and some applications of Paillier's
/// probabilistic public-key system", PKC 2001, for many ciphertexts at once by a random combination, in eight repetitions with
/// challenges of 16 bits. Protocols/paillier-proofs.md, "Decryption". 2.1 KiB at 2048 bits for any number of ciphertexts.
public struct DecryptionProof: Sendable, Equatable {
    let count: Int
    let challenge: [UInt8]
    /// n-th roots, masked, of the combinations.
    let roots: [BigInteger]
}

extension DecryptionProof {
    /// Decrypts and proves.
    ///
    /// Throws `.badInput` without ciphertexts.
    public static func decrypt(
        _ ciphertexts: [PaillierCiphertext], key: PaillierPrivateKey, context: [UInt8], threads: Int = 1,
        progress: ProgressMonitor? = nil
    ) throws -> (plaintexts: [BigInteger], proof: DecryptionProof) {
        let plaintexts = try key.decrypt(ciphertexts, threads: threads, progress: progress)
        return (plaintexts, try prove(ciphertexts, decryptTo: plaintexts, key: key, context: context, threads: threads))
    }

    /// Proves that `ciphertexts` decrypt to `plaintexts`, each in 0 ..< n. It is not checked that they do: a proof of something
    /// wrong does not verify.
    public static func prove(
        _ ciphertexts: [PaillierCiphertext], decryptTo plaintexts: [BigInteger], key: PaillierPrivateKey, context: [UInt8],
        threads: Int = 1
    ) throws -> DecryptionProof {
        try prove(
            ciphertexts, decryptTo: plaintexts, key: key, context: context, threads: threads, random: SystemRandom.shared)
    }

    package static func prove(
        _ ciphertexts: [PaillierCiphertext], decryptTo plaintexts: [BigInteger], key: PaillierPrivateKey, context: [UInt8],
        threads: Int = 1, random: some RandomSource
    ) throws -> DecryptionProof {
        let pub = key.publicKey, rows = ProofParameters.repetitions
        guard ciphertexts.count == plaintexts.count, (1...ProofParameters.maximumCount).contains(ciphertexts.count),
            plaintexts.allSatisfy({ $0.signum >= 0 && $0 < pub.n })
        else { throw YinheError(.badInput, "no proof can be made: the plaintexts do not fit the ciphertexts") }
        let owner = try OwnerRoots(key)
        let masks = (0..<rows).map { _ in BigInteger.randomUnit(modulo: pub.n, from: random) }
        let commitments = try Parallel.map(rows, threads: threads) { owner.nthPower(masks[$0]) }
        let challenge = Self.challenge(ciphertexts, plaintexts, commitments, pub, context)
        var stream = ChallengeStream(challenge)
        let weights = stream.weights(rows: rows, count: ciphertexts.count)
        // (1 + n)^m is 1 modulo n, so the root of c / (1 + n)^m modulo n is that of c.
        let residues = ciphertexts.map { $0.value.modulo(pub.n) }
        let products = try WeightedProducts.of(residues, weights: weights, modulo: pub.n, threads: threads)
        let roots = try Parallel.map(rows, threads: threads) { (masks[$0] * owner.nthRoot(products[$0])).modulo(pub.n) }
        return DecryptionProof(count: ciphertexts.count, challenge: challenge, roots: roots)
    }

    private static func challenge(
        _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ commitments: [BigInteger], _ key: PaillierPublicKey,
        _ context: [UInt8]
    ) -> [UInt8] {
        var transcript = ProofTranscript(.decryption, key: key, context: context)
        transcript.absorb("ciphertexts", ciphertexts.map(\.value), width: key.ciphertextBytes)
        transcript.absorb("plaintexts", plaintexts, width: key.residueBytes)
        transcript.absorb("commitments", commitments, width: key.ciphertextBytes)
        return transcript.challenge("weights")
    }

    /// Throws `.peerMisbehaved` that says what does not hold.
    public func verify(
        _ ciphertexts: [PaillierCiphertext], decryptTo plaintexts: [BigInteger], key: PaillierPublicKey, context: [UInt8],
        threads: Int = 1, progress: ProgressMonitor? = nil
    ) throws {
        guard count == ciphertexts.count, count == plaintexts.count else {
            throw ProofKind.decryption.failure(
                "it covers \(count) ciphertexts, there are \(ciphertexts.count) with \(plaintexts.count) plaintexts")
        }
        guard plaintexts.allSatisfy({ $0.signum >= 0 && $0 < key.n }) else {
            throw ProofKind.decryption.failure("a plaintext is outside 0 ..< n")
        }
        try ProofParameters.checkSmallFactors(key, .decryption)
        var stream = ChallengeStream(challenge)
        let weights = stream.weights(rows: roots.count, count: count)
        let counter = ProgressCounter("verify decryption", total: count, progress)
        let products = try WeightedProducts.of(
            ciphertexts.map(\.value), weights: weights, modulo: key.nSquared, threads: threads, progress: counter)
        let powers = try RandomnessWitness.publicPowers(roots, isExponent: false, key, .decryption, threads: threads)
        let commitments = try roots.indices.map { i in
            guard let inverse = products[i].inverse(modulo: key.nSquared) else {
                throw ProofKind.decryption.failure("a ciphertext is not a unit")
            }
            // root^n / (product / (1 + n)^sum)
            let generator = key.powerOfGenerator(WeightedProducts.sum(plaintexts, weights[i]))
            return (generator * (powers[i] * inverse).modulo(key.nSquared)).modulo(key.nSquared)
        }
        guard Self.challenge(ciphertexts, plaintexts, commitments, key, context) == challenge else {
            throw ProofKind.decryption.failure("the roots do not fit the challenge: some plaintext is not the one in its ciphertext")
        }
    }
}

// MARK: Coding

extension DecryptionProof {
    /// Specification, "Bytes".
    public func encoded(for key: PaillierPublicKey) -> [UInt8] {
        var writer = ProofWriter(.decryption)
        writer.write(UInt32(count))
        writer.write(raw: challenge)
        writer.write(roots, width: key.residueBytes)
        return writer.bytes
    }

    /// Reads a proof under `key`; throws `.peerMisbehaved` for bytes that are not one.
    public init(encoded bytes: [UInt8], for key: PaillierPublicKey) throws {
        var reader = try ProofReader(bytes, .decryption)
        count = try reader.readCount()
        challenge = try reader.readRaw(32)
        roots = try reader.readNumbers(ProofParameters.repetitions, width: key.residueBytes, below: key.n)
        try reader.finish()
    }
}
