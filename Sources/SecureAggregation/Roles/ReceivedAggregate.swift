import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// An aggregate from outside. Making one checks everything that the file alone can show: signature, author, contract, key, layout,
/// who is included.
package final class ReceivedAggregate {
    package let reader: SignedFile.Reader
    package let header: AggregateHeader
    let terms: AggregationTerms

    package var summary: AggregateSummary { AggregateSummary(header, digest: reader.digest, terms.layout) }

    /// Throws `.badInput` for a file that is no intact aggregate, `.contract` for one of somebody or something else, or with
    /// contributors that the contract does not have, `.belowMinimum` for one that covers too few.
    package init(path: String, _ terms: AggregationTerms, progress: ProgressMonitor? = nil) throws {
        reader = try SignedFile.Reader(path: path, kind: .aggregate, progress: progress)
        header = try reader.decodeHeader { try AggregateHeader(from: &$0) }
        self.terms = terms
        func refuse(_ reason: String, _ remedy: String = "") -> YinheError {
            YinheError(.contract, reason, at: path, remedy: remedy)
        }
        let contract = terms.contract
        try header.binding.require(terms, reader)
        guard header.binding.author == contract.aggregator.name, reader.signer.fingerprint == contract.aggregator.fingerprint else {
            throw refuse("signed by \(reader.signer.fingerprint), who is not the aggregator of the contract")
        }
        let expected = contract.contributors.filter { c in header.included.contains { $0.contributor == c.name } }
        guard expected.map(\.name) == header.included.map(\.contributor),
            zip(expected, header.included).allSatisfy({ UInt64($0.weight) == $1.weight })
        else { throw refuse("its list of contributors does not fit the contract") }
        guard header.included.count >= contract.minimumContributors else {
            throw YinheError(
                .belowMinimum, "the aggregate covers \(header.included.count) contributors; fewer than "
                    + "\(contract.minimumContributors) are never opened", at: path, remedy: "the aggregator collects more submissions")
        }
        let due = terms.layout.pieces.reduce(0) { $0 + AggregateProof.bytes($1, terms.publicKey) }
        guard reader.bodyBytes == due else { throw reader.malformed("a body of \(reader.bodyBytes) bytes, \(due) are due") }
    }

    /// The next piece: validated ciphertexts, and the proof that they are the sum.
    package func next(
        _ piece: AggregationLayout.Piece, threads: Int
    ) throws -> (ciphertexts: [PaillierCiphertext], proof: ResidueProof) {
        let key = terms.publicKey
        let bytes = try reader.read(piece.ciphertexts.count * key.ciphertextBytes)
        let proof = try reader.read(ResidueProof.bytes(key))
        do {
            return (try key.decodeCiphertexts(bytes, threads: threads), try ResidueProof(encoded: proof, key))
        } catch let error as YinheError {
            throw reader.malformed("\(error.message), in piece \(piece.index + 1)")
        }
    }

    /// Checks that the aggregate is the weighted sum of exactly `submissions`, given in any order.
    /// Throws `.contract` when one is missing or another one was included, `.badInput` when the sum is not theirs.
    package func check(against submissions: [ReceivedSubmission], threads: Int, progress: ProgressMonitor? = nil) throws {
        let ordered = try header.included.map { entry in
            guard let found = submissions.first(where: { $0.reader.digest == entry.digest }) else {
                let other = submissions.contains { $0.contributor.name == entry.contributor }
                throw YinheError(
                    .contract, other
                        ? "the aggregate includes another submission of \(entry.contributor)"
                        : "the submission of \(entry.contributor) (\(entry.digest.hex.prefix(16))…) is needed to check the sum",
                    at: reader.path, remedy: "give the submission files of everybody who is included")
            }
            return found
        }
        let key = terms.publicKey, proof = AggregateProof(header)
        let counter = ProgressCounter("check sum", total: terms.layout.ciphertextCount, progress)
        try reader.rewind()
        for submission in ordered { try submission.reader.rewind() }
        for piece in terms.layout.pieces {
            let sums = try SubmissionCollection.sum(ordered, piece, key, threads: threads) { _ in }
            let (ciphertexts, residues) = try next(piece, threads: threads)
            guard try proof.isValid(residues, ciphertexts, of: sums, piece, key, threads: threads) else {
                throw YinheError(
                    .badInput, "the aggregate is not the sum of these submissions (ciphertexts \(piece.ciphertexts.lowerBound + 1) to "
                        + "\(piece.ciphertexts.upperBound))", at: reader.path, remedy: "the aggregator must answer for it")
            }
            counter.add(piece.ciphertexts.count)
        }
        for submission in ordered { try submission.reader.finish() }
        try reader.finish()
    }
}

extension ReceivedAggregate {
    /// The aggregate that a key holder is about to open: checked to be the sum of the submissions, if they are given, and recorded as the one
    /// of its contract.
    static func toOpen(
        _ path: String, of submissions: [String], under terms: AggregationTerms, record: OpeningRecord, threads: Int,
        progress: ProgressMonitor?
    ) throws -> ReceivedAggregate {
        let aggregate = try ReceivedAggregate(path: path, terms, progress: progress)
        if !submissions.isEmpty { try aggregate.check(againstFiles: submissions, threads: threads, progress: progress) }
        try record.claim(aggregate, terms)
        try aggregate.reader.rewind()
        return aggregate
    }
}
