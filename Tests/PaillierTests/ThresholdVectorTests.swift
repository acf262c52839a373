import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

/// Protocols/Vectors/threshold-paillier.json, made by Python's integers.
@Suite struct ThresholdVectorTests {
    struct Vectors: Decodable {
        struct Share: Decodable { var party: Int, secret: String, key_share: String, key_share_json: String, decryption_share: String }
        struct Case: Decodable {
            var name: String, bits: Int, sharing: String, threshold: Int, parties: Int, base: String, encoded: String, fingerprint: String
            var verification_keys: [String], plaintexts: [String], ciphertexts: [String], context: String
            var shares: [Share]
        }
        var cases: [Case]
    }

    let cases: [Vectors.Case]
    init() throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/threshold-paillier.json")
        cases = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).cases
        try #require(cases.count == 5 && Set(cases.map(\.sharing)) == ["polynomial", "difference"] && cases.contains { $0.bits == 2048 })
    }

    private func bytes(_ text: String) -> [UInt8] { [UInt8](hex: text)! }

    @Test func keysAndSharesOfTheVectorsLoad() throws {
        for v in cases {
            let key = try PaillierThresholdKey(encoded: bytes(v.encoded), allowedBits: [v.bits])
            #expect(key.encoded == bytes(v.encoded) && key.fingerprint == v.fingerprint, "\(v.name)")
            #expect(key.base == hex(v.base) && key.verificationKeys == v.verification_keys.map { hex($0) })
            #expect(key.threshold == v.threshold && key.parties == v.parties)
            for share in v.shares {
                let binary = try PaillierKeyShare(encodedSecret: bytes(share.key_share), allowedBits: [v.bits])
                let json = try PaillierKeyShare(secretJSON: share.key_share_json, allowedBits: [v.bits])
                #expect(binary.encodedSecret() == bytes(share.key_share))
                for loaded in [binary, json] {
                    #expect(loaded.secret == hex(share.secret) && loaded.party == share.party && loaded.publicKey == key)
                }
            }
        }
    }

    @Test func decryptionSharesOfTheVectorsVerifyAndOpen() throws {
        for v in cases {
            let key = try PaillierThresholdKey(encoded: bytes(v.encoded), allowedBits: [v.bits])
            let ciphertexts = try v.ciphertexts.map { try key.encryptionKey.ciphertext(hex($0)) }
            let shares = try v.shares.map { try key.decodeDecryptionShare(bytes($0.decryption_share)) }
            let opening = try key.open(ciphertexts, with: shares, context: bytes(v.context), threads: 1)
            #expect(opening.plaintexts == v.plaintexts.map { hex($0) } && opening.refused.isEmpty, "\(v.name)")
            // The values of a share are determined by the key share; its proof is fresh each time.
            let made = try PaillierKeyShare(encodedSecret: bytes(v.shares[0].key_share), allowedBits: [v.bits])
                .decryptionShare(of: ciphertexts, context: bytes(v.context), threads: 1)
            let count = 40 + ciphertexts.count * key.encryptionKey.ciphertextBytes
            #expect(key.encode(made).prefix(count) == bytes(v.shares[0].decryption_share).prefix(count))
            #expect(key.encode(made).count == bytes(v.shares[0].decryption_share).count)
        }
    }
}
