import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// What can be checked from files alone, by anybody who has the contract and the public key.
public struct AggregationCheck {
    private let terms: AggregationTerms
    private let threads: Int
    private let progress: ProgressMonitor?

    public init(_ terms: AggregationTerms, threads: Int = availableCores, progress: ProgressMonitor? = nil) {
        self.terms = terms
        self.threads = threads
        self.progress = progress
    }

    /// A submission: signature, contract, key, layout, ciphertexts, proofs. Returns contributor and digest.
    public func submission(_ path: String) throws -> (contributor: String, digest: String) {
        let submission = try ReceivedSubmission(path: path, terms, progress: progress)
        try submission.check(threads: threads, progress: progress)
        return (submission.contributor.name, submission.reader.digest.hex)
    }

    /// An aggregate: signature, contract, key, layout, number of contributors, ciphertexts. That it is the sum takes `sum`.
    public func aggregate(_ path: String) throws -> AggregateSummary {
        let aggregate = try ReceivedAggregate(path: path, terms, progress: progress)
        for piece in terms.layout.pieces { _ = try aggregate.next(piece, threads: threads) }
        try aggregate.reader.finish()
        return aggregate.summary
    }

    /// That an aggregate includes a submission. Throws `.contract` when it does not.
    public func inclusion(of submission: String, in aggregate: String) throws {
        let submission = try ReceivedSubmission(path: submission, terms)
        let aggregate = try ReceivedAggregate(path: aggregate, terms)
        guard let entry = aggregate.header.included.first(where: { $0.contributor == submission.contributor.name }) else {
            throw YinheError(
                .contract, "the aggregate includes no submission of \(submission.contributor.name)", at: aggregate.reader.path,
                remedy: "ask the aggregator why")
        }
        guard entry.digest == submission.reader.digest else {
            throw YinheError(
                .contract, "the aggregate includes another submission of \(submission.contributor.name)", at: aggregate.reader.path,
                remedy: "ask the aggregator for it")
        }
    }

    /// That an aggregate is the weighted sum of the submissions it lists; all of them must be given.
    public func sum(_ aggregate: String, of submissions: [String]) throws {
        try ReceivedAggregate(path: aggregate, terms, progress: progress)
            .check(againstFiles: submissions, threads: threads, progress: progress)
    }

    /// That an opening was signed by the key holder and is the right decryption of the aggregate; with `result`, that the table is
    /// what was opened. Returns the key holder's name.
    public func opening(_ path: String, of aggregatePath: String, result: String? = nil) throws -> String {
        let opening = try ReceivedOpening(path: path, terms, progress: progress)
        let aggregate = try ReceivedAggregate(path: aggregatePath, terms)
        guard opening.header.aggregate == aggregate.reader.digest else {
            throw YinheError(
                .contract, "it opens another aggregate (\(opening.header.aggregate.hex.prefix(16))…)", at: path,
                remedy: "give the aggregate that was opened")
        }
        let table = try result.map { try AggregationResult.comparing($0, terms.contract) }
        let counter = ProgressCounter("check opening", total: terms.layout.ciphertextCount, progress)
        for piece in terms.layout.pieces {
            let (ciphertexts, _) = try aggregate.next(piece, threads: threads)
            let plaintexts = try opening.next(piece, ciphertexts, threads: threads)
            try table?.take(terms.records(plaintexts, piece, aggregate.header))
            counter.add(piece.ciphertexts.count)
        }
        try aggregate.reader.finish()
        try opening.reader.finish()
        try table?.finish()
        return opening.header.binding.author
    }

    /// That the decryption shares of enough key holders are right and open the aggregate; with `result`, that the table is what they
    /// open. Returns the names of the holders whose shares were used.
    public func jointOpening(_ shares: [String], of aggregate: String, result: String? = nil) throws -> [String] {
        try JointOpening.check(
            aggregate: aggregate, shares: shares, under: terms, result: result, threads: threads, progress: progress
        ).holders
    }
}

/// An opening from outside.
final class ReceivedOpening {
    let reader: SignedFile.Reader
    let header: OpeningHeader
    private let terms: AggregationTerms

    init(path: String, _ terms: AggregationTerms, progress: ProgressMonitor? = nil) throws {
        reader = try SignedFile.Reader(path: path, kind: .opening, progress: progress)
        header = try reader.decodeHeader { try OpeningHeader(from: &$0) }
        self.terms = terms
        try header.binding.require(terms, reader)
        guard let holder = terms.contract.keyHolder(named: header.binding.author), holder.fingerprint == reader.signer.fingerprint else {
            throw YinheError(.contract, "signed by \(reader.signer.fingerprint), who is not a key holder of the contract", at: path)
        }
        guard terms.contract.threshold == 1 else {
            throw YinheError(
                .contract, "one key holder alone opened it; the contract asks for \(terms.contract.threshold)", at: path)
        }
    }

    /// The plaintexts of the next piece, once their proof has been checked.
    func next(
        _ piece: AggregationLayout.Piece, _ ciphertexts: [PaillierCiphertext], threads: Int
    ) throws -> [BigInteger] {
        let key = terms.publicKey, width = key.bits / 8
        let bytes = try reader.read(piece.ciphertexts.count * width)
        let plaintexts = (0..<piece.ciphertexts.count).map { BigInteger(bigEndian: bytes[$0 * width..<($0 + 1) * width]) }
        let proof = try reader.readField(maximum: OpeningProof.maximumBytes)
        do {
            try OpeningProof(header).verify(proof, ciphertexts, plaintexts, piece, key, threads: threads)
        } catch let error as YinheError {
            throw YinheError(
                .badInput, "the opened values are not shown to be those of the aggregate (ciphertexts "
                    + "\(piece.ciphertexts.lowerBound + 1) to \(piece.ciphertexts.upperBound)): \(error.message)", at: reader.path,
                remedy: "the key holder must answer for it")
        }
        return plaintexts
    }
}
