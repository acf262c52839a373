import Arithmetic
import SandboxCore

/// What opens a ciphertext: its plaintext and its randomness. Whoever has it can read the ciphertext; keep it only until the proof
/// that needs it is made.
public struct PaillierOpening: Sendable, CustomStringConvertible, CustomReflectable {
    /// How the random n-th power of a ciphertext was made.
    package enum Randomness: Sendable {
        /// w = (h^n)^r mod n^2
        case exponent(BigInteger)
        /// w = r^n mod n^2
        case unit(BigInteger)

        var value: BigInteger {
            switch self {
            case .exponent(let r), .unit(let r): r
            }
        }
    }

    package let plaintext: BigInteger
    package let randomness: Randomness

    package init(plaintext: BigInteger, randomness: Randomness) {
        self.plaintext = plaintext
        self.randomness = randomness
    }

    public var description: String { "PaillierOpening" }
    public var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The n-th power and with it the ciphertext, for whoever has no tables. Constant time in the randomness.
    package func ciphertext(_ key: PaillierPublicKey) -> PaillierCiphertext {
        let w =
            switch randomness {
            case .exponent(let r): key.randomizerBase!.power(secret: r, modulo: key.nSquared)
            case .unit(let r): r.power(secret: key.n, modulo: key.nSquared)
            }
        return PaillierCiphertext(unchecked: ((.one + plaintext * key.n) * w).modulo(key.nSquared))
    }
}

extension PaillierEncryptor {
    /// Fresh encryptions as `encrypt` makes them, each with the opening that proofs about it need. Throws `.range` for a plaintext
    /// outside 0 ..< n.
    public func encryptWithOpenings(
        _ plaintexts: [BigInteger], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> (ciphertexts: [PaillierCiphertext], openings: [PaillierOpening]) {
        let counter = ProgressCounter("encrypt", total: plaintexts.count, progress)
        let pairs = try PaillierPublicKey.inParallel(plaintexts.count, threads: threads, chunk: Self.chunk) { range in
            defer { counter.add(range.count) }
            return try range.map { try encryptWithOpening(plaintexts[$0], random: SystemRandom.shared) }
        }
        return (pairs.map(\.0), pairs.map(\.1))
    }

    package func encryptWithOpening(
        _ plaintext: BigInteger, random: some RandomSource
    ) throws -> (PaillierCiphertext, PaillierOpening) {
        let isExponent = tableBytes > 0
        let r: BigInteger =
            isExponent ? .random(bits: publicKey.exponentBits, from: random) : .randomUnit(modulo: publicKey.n, from: random)
        let ciphertext = try encrypt(plaintext, fixed: r)
        return (ciphertext, PaillierOpening(plaintext: plaintext, randomness: isExponent ? .exponent(r) : .unit(r)))
    }
}
