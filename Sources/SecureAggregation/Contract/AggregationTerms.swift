import Paillier
import SandboxCore

/// A contract together with the public key that it names: what every step of an aggregation works under.
public struct AggregationTerms: Sendable {
    public let contract: AggregationContract
    public let publicKey: PaillierPublicKey
    package let layout: AggregationLayout
    package let layoutDigest: [UInt8]
    package let keyDigest: [UInt8]
    /// How the key is shared among several holders; nil when there is one.
    public let thresholdKey: PaillierThresholdKey?

    /// Of a contract whose key several holders share. Throws `.contract` when it is another key, or shared in another way.
    public init(_ contract: AggregationContract, thresholdKey: PaillierThresholdKey) throws {
        guard let sharing = contract.key.sharing, sharing == thresholdKey.fingerprint,
            thresholdKey.threshold == contract.threshold, thresholdKey.parties == contract.keyHolders.count
        else {
            throw YinheError(
                .contract, "the shared key \(thresholdKey.fingerprint.prefix(16))… (\(thresholdKey.threshold) of \(thresholdKey.parties)) "
                    + "is not the one of the contract (\(contract.threshold) of \(contract.keyHolders.count))",
                remedy: "use the key file that was dealt for this contract")
        }
        try self.init(contract, thresholdKey.encryptionKey, thresholdKey)
    }

    /// Throws `.contract` when the key is not the one that the contract names.
    public init(_ contract: AggregationContract, publicKey: PaillierPublicKey) throws {
        try self.init(contract, publicKey, nil)
    }

    private init(_ contract: AggregationContract, _ publicKey: PaillierPublicKey, _ thresholdKey: PaillierThresholdKey?) throws {
        let fingerprint = publicKey.fingerprint
        guard fingerprint == contract.key.fingerprint, publicKey.bits == contract.key.bits else {
            throw YinheError(
                .contract, "the public key \(fingerprint.prefix(16))… of \(publicKey.bits) bits is not the one of the contract "
                    + "(\(contract.key.fingerprint.prefix(16))…, \(contract.key.bits) bits)",
                remedy: "use the key file that the key holder published for this contract")
        }
        self.contract = contract
        self.publicKey = publicKey
        self.thresholdKey = thresholdKey
        layout = try AggregationLayout(contract)
        layoutDigest = layout.digest
        keyDigest = [UInt8](hex: fingerprint)!
    }

    func sharedKey() throws -> PaillierThresholdKey {
        guard let thresholdKey else {
            throw YinheError(
                .contract, "the contract has one key holder, or the key file is not that of a shared key",
                remedy: "give the public file of the shared key that the contract names")
        }
        return thresholdKey
    }

    /// Ciphertexts in one submission.
    public var ciphertextCount: Int { layout.ciphertextCount }
    /// Values that share one ciphertext.
    public var valuesPerCiphertext: Double { layout.valuesPerCiphertext }
}
