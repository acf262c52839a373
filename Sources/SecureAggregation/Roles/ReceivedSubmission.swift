import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// A submission from outside. Making one checks its signature, author, contract, key and layout; `check` its ciphertexts and
/// proofs as well.
package final class ReceivedSubmission {
    package let reader: SignedFile.Reader
    package let header: SubmissionHeader
    package let contributor: AggregationContract.Contributor
    private let terms: AggregationTerms

    package var entry: AggregateHeader.Entry {
        AggregateHeader.Entry(
            contributor: contributor.name, weight: UInt64(contributor.weight), sequence: header.sequence, digest: reader.digest)
    }

    /// Throws `.badInput` for a file that is no intact submission, `.contract` for one of somebody or something else.
    package init(path: String, _ terms: AggregationTerms, progress: ProgressMonitor? = nil) throws {
        reader = try SignedFile.Reader(path: path, kind: .submission, progress: progress)
        header = try reader.decodeHeader { try SubmissionHeader(from: &$0) }
        self.terms = terms
        func refuse(_ reason: String, _ remedy: String = "") -> YinheError {
            YinheError(.contract, reason, at: path, remedy: remedy)
        }
        try header.binding.require(terms, reader)
        let author = header.binding.author
        guard let found = terms.contract.contributor(named: author) else {
            throw refuse("\"\(author)\" is not a contributor of this contract")
        }
        guard found.fingerprint == reader.signer.fingerprint else {
            throw refuse(
                "signed with the key \(reader.signer.fingerprint), the contract names another one for \(author)",
                "\(author) signs with the key of the contract")
        }
        contributor = found
        guard header.binding.createdAt < terms.contract.deadline else {
            throw refuse("made after the deadline, by its own clock")
        }
        guard header.ciphertexts == UInt64(terms.layout.ciphertextCount) else {
            throw reader.malformed("\(header.ciphertexts) ciphertexts, \(terms.layout.ciphertextCount) are due")
        }
        guard header.hasRangeProofs == terms.contract.requiresRangeProofs else {
            throw refuse(
                header.hasRangeProofs ? "it has range proofs, which the contract does not ask for" : "it has no range proofs",
                "make it with this contract again")
        }
        if !header.hasRangeProofs {
            let due = terms.layout.ciphertextCount * terms.publicKey.ciphertextBytes
            guard reader.bodyBytes == due else { throw reader.malformed("a body of \(reader.bodyBytes) bytes, \(due) are due") }
        }
    }

    /// Reads everything once: each ciphertext must be a unit modulo n^2, each proof must hold. Throws `.badInput` that says which not.
    package func check(threads: Int, progress: ProgressMonitor? = nil) throws {
        let counter = ProgressCounter("check submission", total: terms.layout.ciphertextCount, progress)
        try reader.rewind()
        for piece in terms.layout.pieces {
            _ = try next(piece, checkingProofs: true, threads: threads)
            counter.add(piece.ciphertexts.count)
        }
        try reader.finish()
    }

    /// The ciphertexts of the next piece.
    package func next(
        _ piece: AggregationLayout.Piece, checkingProofs: Bool, threads: Int
    ) throws -> [PaillierCiphertext] {
        let key = terms.publicKey
        let place = "ciphertexts \(piece.ciphertexts.lowerBound + 1) to \(piece.ciphertexts.upperBound)"
        let bytes = try reader.read(piece.ciphertexts.count * key.ciphertextBytes)
        let ciphertexts: [PaillierCiphertext]
        do {
            ciphertexts = try key.decodeCiphertexts(bytes, threads: threads)
        } catch let error as YinheError {
            throw reader.malformed("\(error.message), among \(place)")
        }
        guard header.hasRangeProofs else { return ciphertexts }
        let encoded = try reader.readField(maximum: AggregationLayout.maximumProofBytes)
        guard checkingProofs else { return ciphertexts }
        do {
            let ranges = try terms.layout.ranges(ofBlocks: piece.blocks)
            let proof = try SlotRangeProof(encoded: encoded, for: key, ranges: ranges)
            try proof.verify(ciphertexts, ranges: ranges, key: key, context: header.proofContext(of: piece), threads: threads)
        } catch let error as YinheError {
            throw YinheError(
                .badInput, "\(contributor.name) has not proven that its values lie within the contract's bounds: \(error.message)",
                at: "\(reader.path), \(place)", remedy: "leave this submission out and ask \(contributor.name) for a new one")
        }
        return ciphertexts
    }
}
