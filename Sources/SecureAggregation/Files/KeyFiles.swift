import ContractText
import Foundation
import Paillier
import SandboxCore
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The key files of an aggregation: JSON, the public ones for everybody, the private ones readable by their owner only.
public enum AggregationKeyFile {
    private static let maximumBytes = 1 << 18
    /// Binds a key's proof to this use.
    private static let proofContext = Array("yinhe/aggregation/key/v1".utf8)

    /// A public key with one owner, or one that several holders share.
    public enum PublicKey: Sendable {
        case single(PaillierPublicKey)
        case shared(PaillierThresholdKey)
    }

    public static func proofPath(_ publicPath: String) -> String { publicPath + ".proof" }

    // MARK: Writing

    /// Writes a key's private file (mode 0600), its public file, and the proof that it is well formed. Never replaces a file.
    public static func write(
        _ key: PaillierPrivateKey, private privatePath: String, public publicPath: String, threads: Int = availableCores,
        progress: ProgressMonitor? = nil
    ) throws {
        let proofPath = proofPath(publicPath)
        try refuseExisting([privatePath, publicPath, proofPath])
        let proof = try PaillierKeyProof.prove(key, context: proofContext, threads: threads, progress: progress)
        var secret = Array(key.secretJSON().utf8)
        defer { ConstantTime.wipe(&secret) }
        try AtomicFile.write(secret, to: privatePath, mode: 0o600)
        try AtomicFile.write(proof.encoded(for: key.publicKey), to: proofPath)
        try AtomicFile.write(key.publicKey.json + "\n", to: publicPath)
    }

    /// Writes the public file of a shared key and one private file (mode 0600) for each holder. Never replaces a file.
    public static func write(_ dealt: PaillierThresholdKey.Dealt, shares: [String], public publicPath: String) throws {
        precondition(shares.count == dealt.shares.count)
        try refuseExisting(shares + [publicPath])
        for (share, path) in zip(dealt.shares, shares) { try share.write(to: path) }
        try AtomicFile.write(dealt.publicKey.json, to: publicPath)
    }

    private static func refuseExisting(_ paths: [String]) throws {
        for path in paths where (try? FileManager.default.attributesOfItem(atPath: path)) != nil {
            throw YinheError(.badInput, "the file exists; a key is never overwritten", at: path, remedy: "choose another name")
        }
    }

    // MARK: Reading

    /// Reads and checks a public key file of either kind.
    public static func readPublic(_ path: String) throws -> PublicKey {
        let text = String(decoding: try BoundedFile.read(path, maximum: maximumBytes, code: .badInput), as: UTF8.self)
        return try placing(path) {
            if let shared = try? PaillierThresholdKey(json: text) { return .shared(shared) }
            return .single(try PaillierPublicKey(json: text))
        }
    }

    /// Whether the proof that lies beside the public key shows that it is well formed; nil when there is none. Throws
    /// `.badInput` for one that does not hold.
    public static func checkProof(of key: PaillierPublicKey, _ publicPath: String) throws -> Bool? {
        let path = proofPath(publicPath)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try BoundedFile.read(path, maximum: maximumBytes, code: .badInput)
        try placing(path) { try PaillierKeyProof(encoded: bytes, for: key).verify(key, context: proofContext) }
        return true
    }

    /// Reads a private key file, which no other user of the machine may be able to read.
    public static func readPrivate(_ path: String) throws -> PaillierPrivateKey {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw YinheError(.badInput, "cannot open the private key", at: path, remedy: "check its name and permissions")
        }
        defer { try? file.close() }
        var status = stat()
        guard fstat(file.fileDescriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw YinheError(.badInput, "the private key is not a regular file", at: path)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw YinheError(.badInput, "other users of this machine can read the private key", at: path, remedy: "chmod 600 \(path)")
        }
        guard status.st_size <= maximumBytes, let data = try? file.read(upToCount: maximumBytes),
            let text = String(validating: data, as: UTF8.self)
        else { throw YinheError(.badInput, "not a private key", at: path) }
        return try placing(path) { try PaillierPrivateKey(secretJSON: text) }
    }

    private static func placing<R>(_ path: String, _ body: () throws -> R) throws -> R {
        do { return try body() } catch var error as YinheError {
            error.place = path
            if error.code == .peerMisbehaved { error.code = .badInput }
            throw error
        }
    }
}

extension AggregationTerms {
    /// Reads a contract and the public key file that it names.
    public static func load(contract: String, publicKey: String) throws -> AggregationTerms {
        let contract = try AggregationContract.load(path: contract)
        do {
            switch try AggregationKeyFile.readPublic(publicKey) {
            case .single(let key):
                guard contract.threshold == 1 else {
                    throw YinheError(
                        .contract, "a key with one owner; the contract's key is shared among \(contract.keyHolders.count)",
                        remedy: "give the public file of the shared key")
                }
                return try AggregationTerms(contract, publicKey: key)
            case .shared(let key): return try AggregationTerms(contract, thresholdKey: key)
            }
        } catch var error as YinheError where error.place.isEmpty {
            error.place = publicKey
            throw error
        }
    }
}
