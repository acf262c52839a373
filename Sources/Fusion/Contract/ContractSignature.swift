import ContractText
import Foundation
import SandboxCore

/// One party's detached signature of a contract's exact bytes, kept beside it as `<contract file>.<party>.sig` (JSON).
public struct ContractSignature: Hashable, Sendable, Codable {
    static let domain = "yinhe/contract/v1"
    static let formatName = "yinhe-contract-signature/1"
    static let maximumBytes = 1 << 14

    public let format: String
    /// SHA-256 of the signed bytes, hexadecimal.
    public let contract: String
    public let party: String
    /// Text form of the signer's fingerprint.
    public let fingerprint: String
    /// Ed25519 public key, hexadecimal.
    public let publicKey: String
    /// Ed25519 signature over the domain and the contract's bytes, hexadecimal.
    public let signature: String

    /// Signs for `party`. Throws `.contract` when the identity is not the one the contract names for it.
    public init(_ contract: Contract, bytes: [UInt8], party: String, identity: Identity) throws {
        guard let entry = contract.party(named: party) else {
            throw YinheError(
                .contract, "no party is named \"\(party)\"",
                remedy: "parties: \(contract.parties.map(\.name).joined(separator: ", "))")
        }
        guard entry.fingerprint == identity.fingerprint.description else {
            throw YinheError(
                .contract, "the contract names another key for \(party): \(entry.fingerprint), yours is \(identity.fingerprint)",
                remedy: "sign with the key of \(party), or correct the contract")
        }
        format = Self.formatName
        self.contract = DomainHash.plainSHA256(bytes).hex
        self.party = party
        fingerprint = entry.fingerprint
        publicKey = identity.publicIdentity.publicKey.hex
        signature = try identity.sign(bytes, domain: Self.domain).hex
    }

    public static func path(contract path: String, party: String) -> String { "\(path).\(party).sig" }

    public static func load(path: String) throws -> ContractSignature {
        let bytes = try BoundedFile.read(path, maximum: maximumBytes)
        guard let value = try? CanonicalJSON.decode(ContractSignature.self, from: bytes), value.format == formatName else {
            throw YinheError(.contract, "not a contract signature", at: path, remedy: "ask the party to sign again")
        }
        return value
    }

    /// Writes the signature beside the contract, replacing an older one.
    public func write(beside contractPath: String) throws {
        try AtomicFile.write(CanonicalJSON.encode(self) + [10], to: Self.path(contract: contractPath, party: party))
    }

    /// The signer, once everything about the signature has been checked against the contract.
    /// Throws `.contract` that says which party's signature is wrong, and in what.
    public func verify(_ contract: Contract, bytes: [UInt8], at place: String = "") throws -> PublicIdentity {
        func refuse(_ message: String, _ remedy: String) -> YinheError {
            YinheError(.contract, message, at: place, remedy: remedy)
        }
        guard let entry = contract.party(named: party) else {
            throw refuse("signed as \"\(party)\", who is not a party", "remove the file")
        }
        guard self.contract == DomainHash.plainSHA256(bytes).hex else {
            throw refuse(
                "\(party) signed another text of this contract", "compare the two texts; then \(party) signs the agreed one again"
            )
        }
        guard let key = [UInt8](hex: publicKey), let value = [UInt8](hex: signature),
            let signer = try? PublicIdentity(publicKey: key)
        else { throw refuse("the key or the signature of \(party) is malformed", "\(party) signs again") }
        guard signer.fingerprint.description == entry.fingerprint, fingerprint == entry.fingerprint else {
            throw refuse(
                "\(party) signed with the key \(signer.fingerprint), the contract names \(entry.fingerprint)",
                "\(party) signs with the key of the contract")
        }
        guard signer.isValid(signature: value, over: bytes, domain: Self.domain) else {
            throw refuse("the signature of \(party) is not valid", "\(party) signs again")
        }
        return signer
    }
}
