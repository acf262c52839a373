import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// What the aggregator reports about an aggregate.
public struct AggregateSummary: Sendable, Codable, Hashable {
    public struct Included: Sendable, Codable, Hashable {
        public var contributor: String
        public var weight: Int
        /// Of the submission.
        public var digest: String
    }
    /// Of the aggregate file, hexadecimal.
    public var digest: String
    public var included: [Included]
    public var rows: Int
    public var ciphertexts: Int

    package init(_ header: AggregateHeader, digest: [UInt8], _ layout: AggregationLayout) {
        self.digest = digest.hex
        included = header.included.map { Included(contributor: $0.contributor, weight: Int($0.weight), digest: $0.digest.hex) }
        rows = layout.rowCount
        ciphertexts = layout.ciphertextCount
    }
}

extension SubmissionCollection {
    /// Closes the collection and writes the aggregate: the weighted sum of what was submitted, re-randomised, with a proof that it is
    /// that sum, signed. On a collection that is closed already it writes an aggregate of the same submissions again.
    ///
    /// Throws `.contract` when `identity` is not the aggregator's, `.belowMinimum` when too few have submitted. Synchronous.
    public func close(
        to output: String, as identity: Identity, now: Date = Date(), threads: Int = availableCores,
        progress: ProgressMonitor? = nil
    ) throws -> AggregateSummary {
        try terms.contract.requireAggregator(identity.fingerprint)
        try freeze()
        let submissions = try submissions()
        let layout = terms.layout, key = terms.publicKey
        let header = AggregateHeader(
            binding: FileBinding(terms, author: terms.contract.aggregator.name, created: now), included: submissions.map(\.entry))
        let file = try SignedFile.Writer(path: output, kind: .aggregate, header: header.encoded)
        let proof = AggregateProof(header)
        let counter = ProgressCounter("add", total: layout.ciphertextCount * submissions.count, progress)
        for piece in layout.pieces {
            let sums = try Self.sum(submissions, piece, key, threads: threads) { counter.add($0) }
            try file.write(proof.rerandomized(sums, piece, key, threads: threads))
        }
        for submission in submissions { try submission.reader.finish() }
        let digest = try file.commit(signedBy: identity)
        return AggregateSummary(header, digest: digest, layout)
    }

    /// The product of the submissions' ciphertexts of one piece, each to the power of its contributor's weight.
    static func sum(
        _ submissions: [ReceivedSubmission], _ piece: AggregationLayout.Piece, _ key: PaillierPublicKey, threads: Int,
        added: (Int) -> Void
    ) throws -> [PaillierCiphertext] {
        var sums: [PaillierCiphertext] = []
        for submission in submissions {
            let weight = BigInteger(submission.contributor.weight)
            let ciphertexts = try submission.next(piece, checkingProofs: false, threads: threads)
            let previous = sums
            let terms = weight == .one
                ? ciphertexts
                : try key.multiply(ciphertexts, byPublic: ciphertexts.map { _ in weight }, threads: threads)
            sums = previous.isEmpty
                ? terms : try Parallel.map(terms.count, threads: threads) { key.add(previous[$0], terms[$0]) }
            added(ciphertexts.count)
        }
        return sums
    }
}

/// Re-randomisation of the sums, and the proof that nothing but that was done to them.
///
/// The aggregate is c'_j = c_j r_j^n with uniform units r_j: it hides from the key's owner, too, which ciphertexts went into it. That c'_j / c_j
/// is an n-th power (`ResidueProof`) shows everybody who has the submissions that both hold the same plaintext.
struct AggregateProof {
    private let header: AggregateHeader

    init(_ header: AggregateHeader) { self.header = header }

    static func bytes(_ piece: AggregationLayout.Piece, _ key: PaillierPublicKey) -> Int {
        piece.ciphertexts.count * key.ciphertextBytes + ResidueProof.bytes(key)
    }

    private func statement(_ piece: AggregationLayout.Piece, _ sums: [PaillierCiphertext], _ key: PaillierPublicKey) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/sum-statement/v1")
        hash.update(field: header.encoded)
        withUnsafeBytes(of: UInt64(piece.index).littleEndian) { hash.update($0) }
        for sum in sums { hash.update(key.encode(sum)) }
        return hash.finalize()
    }

    /// One piece of the aggregate's body: the new ciphertexts, then the proof.
    func rerandomized(
        _ sums: [PaillierCiphertext], _ piece: AggregationLayout.Piece, _ key: PaillierPublicKey, threads: Int
    ) throws -> [UInt8] {
        let made = try Parallel.map(sums.count, threads: threads) { _ in
            let root = BigInteger.randomUnit(modulo: key.n, from: SystemRandom.shared)
            return (root: root, power: root.power(secret: key.n, modulo: key.nSquared))
        }
        let proof = try ResidueProof.make(statement: statement(piece, sums, key), made.map(\.power), key) { weights in
            try ResidueProof.product(made.map(\.root), weights, modulo: key.n, threads: threads)
        }
        let bytes = zip(sums, made).flatMap { ($0.value * $1.power).modulo(key.nSquared).bigEndian(count: key.ciphertextBytes) }
        return bytes + proof.encoded(key)
    }

    /// Whether the aggregate's piece is a re-randomisation of `sums`.
    func isValid(
        _ proof: ResidueProof, _ aggregate: [PaillierCiphertext], of sums: [PaillierCiphertext],
        _ piece: AggregationLayout.Piece, _ key: PaillierPublicKey, threads: Int
    ) throws -> Bool {
        let quotients = try Parallel.map(sums.count, threads: threads) { key.subtract(aggregate[$0], sums[$0]).value }
        return try proof.isValid(statement: statement(piece, sums, key), quotients, key, threads: threads)
    }
}
