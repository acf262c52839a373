import Arithmetic
import SandboxCore

/// One party's share of a threshold key. It has no description that shows anything of the secret, and overwrites it when it goes away.
public final class PaillierKeyShare: Sendable, CustomStringConvertible, CustomReflectable {
    public let publicKey: PaillierThresholdKey
    /// 1 ... parties.
    public let party: Int
    /// s_i.
    package let secret: BigInteger
    /// x = Delta s_i, the exponent of the verification key.
    private let exponent: BigInteger

    /// Throws `.badInput` unless `secret` is the share behind the verification key of `party`. 30 to 200 ms.
    package convenience init(publicKey: PaillierThresholdKey, party: Int, secret: BigInteger) throws {
        guard (1...publicKey.parties).contains(party) else {
            throw Self.refusal("party \(party) of \(publicKey.parties)")
        }
        guard secret.signum > 0,
            (secret * publicKey.sharing.delta).bitWidth <= publicKey.secretBits
        else { throw Self.refusal("its secret is out of range") }
        self.init(unchecked: publicKey, party, secret)
        guard publicKey.group.power(publicKey.base, secret: exponent, bits: publicKey.secretBits) == publicKey.verificationKeys[party - 1] else {
            throw Self.refusal("its secret does not match the verification key of party \(party)")
        }
    }

    init(unchecked publicKey: PaillierThresholdKey, _ party: Int, _ secret: BigInteger) {
        self.publicKey = publicKey
        self.party = party
        self.secret = secret
        exponent = secret * publicKey.sharing.delta
    }

    static func refusal(_ reason: String) -> YinheError {
        YinheError(
            .badInput, "not a share of a threshold Paillier key: \(reason)",
            remedy: "restore the share from a backup, or have the key made again")
    }

    public var description: String {
        "PaillierKeyShare(party \(party), \(publicKey.threshold) of \(publicKey.parties), key \(publicKey.fingerprint.prefix(16)))"
    }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

// MARK: Decryption shares

extension PaillierKeyShare {
    /// This party's share of the plaintexts, with one proof for all of them. It shows nothing of the plaintexts to fewer than
    /// `threshold` parties together, and nothing of the key share.
    ///
    /// Whoever holds `threshold` of them opens exactly these ciphertexts, so a party makes one only for ciphertexts that it agrees to
    /// open. `context` (at most 256 bytes, such as a contract's hash and a round) enters the proof and must be the same where it is
    /// opened. One constant-time exponentiation a ciphertext, 2 * bits(n) + log2(parties!) bits long modulo n^2.
    /// Synchronous; from async code call it through a thread of its own. Throws `.badInput` for no ciphertext at all.
    public func decryptionShare(
        of ciphertexts: [PaillierCiphertext], context: [UInt8] = [], threads: Int, progress: ProgressMonitor? = nil
    ) throws -> PaillierDecryptionShare {
        try decryptionShare(of: ciphertexts, context: context, threads: threads, random: SystemRandom.shared, progress: progress)
    }

    package func decryptionShare(
        of ciphertexts: [PaillierCiphertext], context: [UInt8] = [], threads: Int, random: some RandomSource,
        progress: ProgressMonitor? = nil
    ) throws -> PaillierDecryptionShare {
        try publicKey.checkRequest(ciphertexts, context)
        let counter = ProgressCounter("decryption share", total: ciphertexts.count, progress)
        let double = exponent << 1, group = publicKey.group
        let values = try group.powers(
            ciphertexts.map(\.value), secret: double, bits: publicKey.secretBits + 1, threads: threads) { counter.add($0) }
        let statement = ShareProof.Statement(publicKey, party, ciphertexts, values, context)
        let proof = try ShareProof.make(statement, exponent: exponent, threads: threads, random: random)
        return PaillierDecryptionShare(
            keyFingerprint: publicKey.fingerprintBytes, party: party, values: values, proof: proof)
    }
}

extension PaillierThresholdKey {
    static let maximumContextBytes = 256

    func checkRequest(_ ciphertexts: [PaillierCiphertext], _ context: [UInt8]) throws {
        guard !ciphertexts.isEmpty, ciphertexts.count <= PaillierDecryptionShare.maximumCount else {
            throw YinheError(
                .badInput, "\(ciphertexts.count) ciphertexts to open; 1 to \(PaillierDecryptionShare.maximumCount) are allowed at a time")
        }
        guard context.count <= Self.maximumContextBytes else {
            throw YinheError(.badInput, "a context of \(context.count) bytes; at most \(Self.maximumContextBytes) are allowed")
        }
    }
}
