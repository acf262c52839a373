import ContractText
import Foundation
import SandboxCore

/// A contract that every party has signed, with the proof.
public struct SignedContract: Sendable {
    public let contract: Contract
    /// The exact bytes that were signed.
    public let bytes: [UInt8]
    /// SHA-256 of `bytes`; identifies the contract everywhere.
    public let hash: [UInt8]
    public let signatures: [ContractSignature]
    /// Party name -> verified key.
    public let identities: [String: PublicIdentity]

    public var hashText: String { hash.hex }

    /// Verifies that each party signed exactly these bytes with the key that the contract names.
    /// Throws `.contract` that names the first party whose signature is missing or wrong.
    public init(_ contract: Contract, bytes: [UInt8], signatures: [ContractSignature], path: String = "") throws {
        self.contract = contract
        self.bytes = bytes
        self.signatures = signatures
        hash = DomainHash.plainSHA256(bytes)
        var identities: [String: PublicIdentity] = [:]
        for party in contract.parties {
            guard let signature = signatures.first(where: { $0.party == party.name }) else {
                throw YinheError(
                    .contract, "\(party.name) has not signed", at: path,
                    remedy: "\(party.name) runs `yinhe contract sign`; its signature file belongs beside the contract")
            }
            let place = path.isEmpty ? "" : ContractSignature.path(contract: path, party: party.name)
            identities[party.name] = try signature.verify(contract, bytes: bytes, at: place)
        }
        self.identities = identities
    }

    /// Reads a contract and the signature files beside it, and verifies all of them.
    public static func load(path: String) throws -> SignedContract {
        let (contract, bytes) = try Contract.load(path: path)
        var signatures: [ContractSignature] = []
        for party in contract.parties {
            let file = ContractSignature.path(contract: path, party: party.name)
            if FileManager.default.fileExists(atPath: file) { signatures.append(try ContractSignature.load(path: file)) }
        }
        return try SignedContract(contract, bytes: bytes, signatures: signatures, path: path)
    }

    /// What is known of one party's signature; for showing a contract that is not complete yet.
    public enum SignatureStatus: Sendable, Equatable {
        case valid
        case missing
        /// Why it does not count.
        case invalid(String)
    }

    /// The state of each party's signature file, in the order of the contract.
    public static func signatureStatus(path: String) throws -> [(party: String, status: SignatureStatus)] {
        let (contract, bytes) = try Contract.load(path: path)
        return contract.parties.map { party in
            let file = ContractSignature.path(contract: path, party: party.name)
            guard FileManager.default.fileExists(atPath: file) else { return (party.name, .missing) }
            do {
                let signature = try ContractSignature.load(path: file)
                guard signature.party == party.name else { return (party.name, .invalid("signed as \(signature.party)")) }
                _ = try signature.verify(contract, bytes: bytes, at: file)
                return (party.name, .valid)
            } catch {
                return (party.name, .invalid((error as? YinheError)?.message ?? "\(error)"))
            }
        }
    }

    /// Signs the contract at `path` for the party whose key is `identity`, and writes the signature beside it.
    public static func sign(path: String, identity: Identity) throws -> ContractSignature {
        let (contract, bytes) = try Contract.load(path: path)
        let fingerprint = identity.fingerprint.description
        guard let party = contract.parties.first(where: { $0.fingerprint == fingerprint }) else {
            throw YinheError(
                .contract, "your key \(fingerprint) is not the key of any party", at: path,
                remedy: "put it into the contract's parties, or sign with the key that is there")
        }
        let signature = try ContractSignature(contract, bytes: bytes, party: party.name, identity: identity)
        try signature.write(beside: path)
        return signature
    }
}

extension Contract {
    /// Reads a contract file, signed or not.
    public static func load(path: String) throws -> (contract: Contract, bytes: [UInt8]) {
        let bytes = try BoundedFile.read(path, maximum: StrictYaml.maximumBytes)
        return (try Contract(parsing: bytes, file: path), bytes)
    }
}
