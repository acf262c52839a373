import Paillier
import SandboxCore

/// A contract together with the public key that it names: what every step of an aggregation works under.
public struct AggregationTerms: Sendable {
    public let contract: AggregationContract
    public let publicKey: PaillierPublicKey
    package let layout: AggregationLayout
    package let layoutDigest: [UInt8]
    package let keyDigest: [UInt8]

    /// Throws `.contract` when the key is not the one that the contract names.
    public init(_ contract: AggregationContract, publicKey: PaillierPublicKey) throws {
        let fingerprint = publicKey.fingerprint
        guard fingerprint == contract.key.fingerprint, publicKey.bits == contract.key.bits else {
            throw YinheError(
                .contract, "the public key \(fingerprint.prefix(16))… of \(publicKey.bits) bits is not the one of the contract "
                    + "(\(contract.key.fingerprint.prefix(16))…, \(contract.key.bits) bits)",
                remedy: "use the key file that the key holder published for this contract")
        }
        self.contract = contract
        self.publicKey = publicKey
        layout = try AggregationLayout(contract)
        layoutDigest = layout.digest
        keyDigest = [UInt8](hex: fingerprint)!
    }

    /// Ciphertexts in one submission.
    public var ciphertextCount: Int { layout.ciphertextCount }
    /// Values that share one ciphertext.
    public var valuesPerCiphertext: Double { layout.valuesPerCiphertext }
}
