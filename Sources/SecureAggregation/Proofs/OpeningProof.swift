import Arithmetic
import Paillier
import SandboxCore

/// The proof in an opening file that the plaintexts of one piece are what its ciphertexts hold (`DecryptionProof`), bound to the
/// opening's header and the piece.
struct OpeningProof {
    private let header: OpeningHeader
    /// Longest encoding of a proof that is accepted.
    static let maximumBytes = 1 << 14

    init(_ header: OpeningHeader) { self.header = header }

    private func context(_ piece: AggregationLayout.Piece) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/opening-context/v1")
        hash.update(field: header.encoded)
        withUnsafeBytes(of: UInt64(piece.index).littleEndian) { hash.update($0) }
        return hash.finalize()
    }

    func make(
        _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece, _ key: PaillierPrivateKey,
        threads: Int
    ) throws -> [UInt8] {
        try DecryptionProof.prove(ciphertexts, decryptTo: plaintexts, key: key, context: context(piece), threads: threads)
            .encoded(for: key.publicKey)
    }

    /// Throws `.peerMisbehaved` when the proof does not hold.
    func verify(
        _ proof: [UInt8], _ ciphertexts: [PaillierCiphertext], _ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece,
        _ key: PaillierPublicKey, threads: Int
    ) throws {
        try DecryptionProof(encoded: proof, for: key).verify(
            ciphertexts, decryptTo: plaintexts, key: key, context: context(piece), threads: threads)
    }
}
