import Arithmetic
import SandboxCore

/// What one party contributes to the opening of some ciphertexts: c^(2 Delta s_i) for each, and a proof for all of them together.
///
/// May be shown to anybody who may learn the plaintexts.
public struct PaillierDecryptionShare: Sendable, Equatable {
    /// Names the threshold key.
    let keyFingerprint: [UInt8]
    /// Who made it, 1 ... parties.
    public let party: Int
    /// One unit modulo n^2 for each ciphertext, in their order.
    let values: [BigInteger]
    let proof: ShareProof

    public var count: Int { values.count }

    /// Most ciphertexts of one share; longer columns are opened in parts.
    public static let maximumCount = 1 << 20
}

// MARK: Binary form

extension PaillierThresholdKey {
    private static let shareHeaderBytes = 1 + 1 + 32 + 2 + 4

    /// Bytes of a decryption share for `count` ciphertexts: count * ciphertextBytes + about 2 KiB at 2048 bits.
    public func decryptionShareBytes(count: Int) -> Int {
        Self.shareHeaderBytes + count * encryptionKey.ciphertextBytes + ShareProof.Sizes(self).bytes
    }

    /// Version, kind, key fingerprint, party, count, values, proof. Protocols/threshold-paillier.md, "Decryption share".
    public func encode(_ share: PaillierDecryptionShare) -> [UInt8] {
        var writer = ByteWriter(reserving: decryptionShareBytes(count: share.count))
        writer.write(ThresholdForm.version)
        writer.write(ThresholdForm.decryptionShareKind)
        writer.write(raw: share.keyFingerprint)
        writer.write(UInt16(share.party))
        writer.write(UInt32(share.count))
        for value in share.values { writer.write(raw: value.bigEndian(count: encryptionKey.ciphertextBytes)) }
        writer.write(share.proof.challenge)
        writer.write(raw: share.proof.response.bigEndian(count: ShareProof.Sizes(self).responseBytes))
        return writer.bytes
    }

    /// Reads a share that another party sent. Its proof is checked where it is used. Throws `.badInput` for anything that is not a
    /// share of this key: another length, version, key, a party that does not exist, values out of range.
    public func decodeDecryptionShare(_ bytes: [UInt8]) throws -> PaillierDecryptionShare {
        let width = encryptionKey.ciphertextBytes, sizes = ShareProof.Sizes(self)
        return try ThresholdForm.reading(bytes, "decryption share", kind: ThresholdForm.decryptionShareKind) { reader in
            let fingerprint = try reader.readRaw(32)
            guard fingerprint == fingerprintBytes else {
                throw YinheError(
                    .badInput, "the decryption share was made with another key",
                    remedy: "it names key \(fingerprint.hex.prefix(16)), this one is \(fingerprintBytes.hex.prefix(16))")
            }
            let party = Int(try reader.read(UInt16.self))
            guard (1...parties).contains(party) else {
                throw YinheError(.badInput, "a decryption share of party \(party); the key has \(parties) parties")
            }
            let count = try reader.readCount(maximum: PaillierDecryptionShare.maximumCount, elementBytes: width)
            var values: [BigInteger] = []
            values.reserveCapacity(count)
            for i in 0..<count {
                let value = BigInteger(bigEndian: try reader.readRaw(width))
                guard value.signum > 0, value < encryptionKey.nSquared else {
                    throw YinheError(.badInput, "value \(i + 1) of the decryption share of party \(party) is outside 1 ..< n^2")
                }
                values.append(value)
            }
            let challenge = try reader.read(UInt128.self)
            let response = BigInteger(bigEndian: try reader.readRaw(sizes.responseBytes))
            return PaillierDecryptionShare(
                keyFingerprint: fingerprint, party: party, values: values,
                proof: ShareProof(challenge: challenge, response: response))
        }
    }
}

/// What the binary forms have in common: version, kind.
enum ThresholdForm {
    static let version: UInt8 = 1
    // 1 and 2 are the kinds of plain Paillier keys.
    static let publicKind: UInt8 = 3
    static let keyShareKind: UInt8 = 4
    static let decryptionShareKind: UInt8 = 5

    /// Checks version and kind, runs `body`, checks that nothing is left. A malformed file is `.badInput`.
    static func reading<T>(
        _ bytes: [UInt8], _ what: String, kind: UInt8, _ body: (inout ByteReader) throws -> T
    ) throws -> T {
        do {
            var reader = ByteReader(bytes, what: what)
            let found = try (reader.read(UInt8.self), reader.read(UInt8.self))
            guard found.0 == version else {
                throw YinheError(.badInput, "a \(what) of version \(found.0); this program reads version \(version)")
            }
            guard found.1 == kind else { throw YinheError(.badInput, "not a \(what)") }
            let result = try body(&reader)
            try reader.finish()
            return result
        } catch let error as YinheError where error.code == .peerMisbehaved {
            throw YinheError(.badInput, error.message)
        }
    }
}
