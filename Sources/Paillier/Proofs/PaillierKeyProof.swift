import Arithmetic
import SandboxCore

/// Proof by the owner of a key, for everybody who encrypts to it, that the key is well formed; not interactive, made once.
///
/// Proven, with soundness error 2^-128 and no assumption on who made the key:
/// - every key: gcd(n, phi(n)) = 1 and no prime below 2^16 divides n. Then n has no square factor and every ciphertext has exactly
///   one plaintext (eight n-th roots; Goldberg, Reyzin, Sagga, Baldimtsi, eprint 2018/057);
/// - keys of the DJN and subgroup schemes also: n is the product of exactly two primes, both 3 modulo 4 (64 fourth roots; the
///   Paillier-Blum modulus proof of Canetti, Gennaro, Goldfeder, Makriyannis, Peled, eprint 2021/060, figure 16).
///
/// Not proven: the sizes of the two primes, that they are random, and for a subgroup key the order of its base h. An owner who gets
/// these wrong weakens the secrecy of what is sent to it, never the correctness of sums. Zero-knowledge, perfect in the random
/// oracle model up to 2^-128 for each challenge.
///
/// Protocols/paillier-proofs.md, "Key proof". 20 KiB at 2048 bits.
public struct PaillierKeyProof: Sendable, Equatable {
    /// z_i with z_i^n = y_i mod n.
    package let nthRoots: [BigInteger]
    /// Of DJN and subgroup keys.
    package let blum: Blum?

    package struct Blum: Equatable, Sendable {
        /// w, of Jacobi symbol -1 in an honest proof.
        package let nonResidue: BigInteger
        /// Bit 0: the sign of y was changed. Bit 1: y was multiplied by w.
        package let flags: [UInt8]
        /// x_i with x_i^4 = (-1)^a w^b y_i mod n.
        package let fourthRoots: [BigInteger]

        package init(nonResidue: BigInteger, flags: [UInt8], fourthRoots: [BigInteger]) {
            self.nonResidue = nonResidue
            self.flags = flags
            self.fourthRoots = fourthRoots
        }
    }

    package init(nthRoots: [BigInteger], blum: Blum?) {
        self.nthRoots = nthRoots
        self.blum = blum
    }

    /// The elements whose roots are asked.
    package struct Challenges {
        package let nth: [BigInteger]
        package let fourth: [BigInteger]

        package init(_ key: PaillierPublicKey, context: [UInt8], nonResidue: BigInteger?) {
            var transcript = ProofTranscript(.key, key: key, context: context)
            var stream = ChallengeStream(transcript.challenge("n-th roots"))
            nth = (0..<ProofParameters.repetitions).map { _ in stream.residue(modulo: key.n) }
            guard let nonResidue else {
                fourth = []
                return
            }
            transcript.absorb("w", [nonResidue], width: key.residueBytes)
            stream = ChallengeStream(transcript.challenge("fourth roots"))
            fourth = (0..<ProofParameters.fourthRoots).map { _ in stream.residue(modulo: key.n) }
        }
    }
}

// MARK: Verification

extension PaillierKeyProof {
    /// Throws `.peerMisbehaved` that says what does not hold.
    public func verify(_ key: PaillierPublicKey, context: [UInt8]) throws {
        func fail(_ reason: String) -> YinheError { ProofKind.key.failure(reason) }
        guard (blum != nil) == (key.scheme != .standard) else { throw fail("it is for a key of another scheme") }
        try ProofParameters.checkSmallFactors(key, .key)
        guard !key.n.isPerfectPower, !key.n.isProbablePrime() else { throw fail("the modulus is a prime or a power") }
        let n = key.n, challenges = Challenges(key, context: context, nonResidue: blum?.nonResidue)
        // A root or w that is not a unit would void the equations modulo one of the primes.
        let all = challenges.nth + challenges.fourth + nthRoots + (blum.map { $0.fourthRoots + [$0.nonResidue] } ?? [])
        let product = all.reduce(BigInteger.one) { ($0 * $1).modulo(n) }
        guard product.greatestCommonDivisor(with: n) == .one else { throw fail("a challenge or root shares a factor with the modulus") }
        guard nthRoots.count == challenges.nth.count,
            zip(nthRoots, challenges.nth).allSatisfy({ $0.power(variableTime: n, modulo: n) == $1 })
        else { throw fail("an n-th root is wrong, so n may share a factor with phi(n)") }
        guard let blum else { return }
        guard n.modulo(word: 4) == 1 else { throw fail("the modulus is not 1 modulo 4") }
        guard blum.fourthRoots.count == challenges.fourth.count, blum.flags.count == challenges.fourth.count else {
            throw fail("the number of fourth roots is wrong")
        }
        for ((y, flag), x) in zip(zip(challenges.fourth, blum.flags), blum.fourthRoots) {
            let square = (x * x).modulo(n)
            guard (square * square).modulo(n) == Self.adjust(y, flag, blum.nonResidue, n) else {
                throw fail("a fourth root is wrong, so n may not be a product of two primes that are 3 modulo 4")
            }
        }
    }

    /// (-1)^a w^b y mod n
    static func adjust(_ y: BigInteger, _ flag: UInt8, _ w: BigInteger, _ n: BigInteger) -> BigInteger {
        let scaled = flag & 2 == 0 ? y : y * w
        return (flag & 1 == 0 ? scaled : -scaled).modulo(n)
    }
}

// MARK: Proving

extension PaillierKeyProof {
    /// - Parameter context: what binds the proof to its use, such as the hash of a contract; the verifier states the same.
    ///
    /// 0.2 s at 2048 bits on one core, 0.6 s at 3072. Throws `.badInput` when gcd(n, phi(n)) > 1.
    public static func prove(
        _ key: PaillierPrivateKey, context: [UInt8], threads: Int = 1, progress: ProgressMonitor? = nil
    ) throws -> PaillierKeyProof {
        try prove(key, context: context, threads: threads, progress: progress, random: SystemRandom.shared)
    }

    package static func prove(
        _ key: PaillierPrivateKey, context: [UInt8], threads: Int = 1, progress: ProgressMonitor? = nil, random: some RandomSource
    ) throws -> PaillierKeyProof {
        let pub = key.publicKey, n = pub.n
        let roots = try OwnerRoots(key)
        var nonResidue: BigInteger?
        if pub.scheme != .standard {
            repeat { nonResidue = .random(below: n, from: random) } while nonResidue!.jacobi(over: n) != -1
        }
        let challenges = Challenges(pub, context: context, nonResidue: nonResidue)
        let counter = ProgressCounter("key proof", total: challenges.nth.count + challenges.fourth.count, progress)
        let nth = try Parallel.map(challenges.nth.count, threads: threads) { i in
            defer { counter.add(1) }
            return roots.nthRoot(challenges.nth[i])
        }
        guard let w = nonResidue else { return PaillierKeyProof(nthRoots: nth, blum: nil) }
        let fourth = try Parallel.map(challenges.fourth.count, threads: threads) { i in
            defer { counter.add(1) }
            let scale: UInt8 = challenges.fourth[i].jacobi(over: n) == 1 ? 0 : 2
            let (root, isNegated) = roots.fourthRoot(adjust(challenges.fourth[i], scale, w, n))
            return (root, scale | (isNegated ? 1 : 0))
        }
        return PaillierKeyProof(
            nthRoots: nth, blum: Blum(nonResidue: w, flags: fourth.map(\.1), fourthRoots: fourth.map(\.0)))
    }
}

// MARK: Coding

extension PaillierKeyProof {
    /// Specification, "Bytes".
    public func encoded(for key: PaillierPublicKey) -> [UInt8] {
        var writer = ProofWriter(.key)
        writer.write(nthRoots, width: key.residueBytes)
        if let blum {
            writer.write([blum.nonResidue], width: key.residueBytes)
            writer.write(raw: blum.flags)
            writer.write(blum.fourthRoots, width: key.residueBytes)
        }
        return writer.bytes
    }

    /// Reads a proof about `key`; throws `.peerMisbehaved` for bytes that are not one.
    public init(encoded bytes: [UInt8], for key: PaillierPublicKey) throws {
        var reader = try ProofReader(bytes, .key)
        let width = key.residueBytes
        nthRoots = try reader.readNumbers(ProofParameters.repetitions, width: width, below: key.n)
        if key.scheme != .standard {
            let w = try reader.readNumbers(1, width: width, below: key.n)[0]
            let flags = try reader.readRaw(ProofParameters.fourthRoots)
            guard flags.allSatisfy({ $0 < 4 }) else { throw reader.malformed("a flag is out of range") }
            let roots = try reader.readNumbers(ProofParameters.fourthRoots, width: width, below: key.n)
            blum = Blum(nonResidue: w, flags: flags, fourthRoots: roots)
        } else {
            blum = nil
        }
        try reader.finish()
    }
}
