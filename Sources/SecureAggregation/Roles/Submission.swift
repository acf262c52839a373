import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// What a contributor learns about the file it made.
public struct SubmissionReceipt: Sendable, Codable, Hashable {
    public var contributor: String
    public var sequence: UInt64
    /// Names the submission everywhere; the contributor looks for it in the aggregate. Hexadecimal.
    public var digest: String
    public var rows: Int
    public var ciphertexts: Int
    public var hasRangeProofs: Bool
    /// Columns of the file that the contract does not ask for.
    public var ignoredColumns: [String]
}

/// A contributor's step: its table, encrypted under the contract's key and signed.
public enum Submission {
    /// Encrypts the CSV file `table` and writes the submission `output`, which appears whole or not at all.
    ///
    /// `sequence`: greater than that of an earlier submission that this one is to replace. Memory: a table whose rows are numbered
    /// is read as it is encrypted, one with labels is held. Synchronous.
    /// Throws `.contract` when `identity` is not a contributor's, `.badInput` with line and column for the table.
    public static func encrypt(
        table: String, under terms: AggregationTerms, as identity: Identity, sequence: UInt64 = 1, to output: String,
        now: Date = Date(), threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> SubmissionReceipt {
        let contributor = try terms.contract.contributor(with: identity.fingerprint)
        guard now < terms.contract.deadline else { throw terms.contract.late("now it is too late to make a submission") }
        let layout = terms.layout
        let cells = try CellReader(path: table, terms.contract, layout, progress: progress)
        let header = SubmissionHeader(
            binding: FileBinding(terms, author: contributor.name, created: now), sequence: sequence,
            ciphertexts: layout.ciphertextCount, hasRangeProofs: terms.contract.requiresRangeProofs)
        let file = try SignedFile.Writer(path: output, kind: .submission, header: header.encoded)
        let encryptor = SubmissionEncryptor(terms, header)
        let counter = ProgressCounter("encrypt", total: layout.ciphertextCount, progress)
        for piece in layout.pieces {
            var plaintexts: [BigInteger] = []
            for block in piece.blocks { plaintexts += layout.pack(try cells.values(block: block), block: block) }
            try file.write(encryptor.encrypt(plaintexts, piece, threads: threads))
            counter.add(plaintexts.count)
        }
        try cells.finish()
        let digest = try file.commit(signedBy: identity)
        return SubmissionReceipt(
            contributor: contributor.name, sequence: sequence, digest: digest.hex, rows: layout.rowCount,
            ciphertexts: layout.ciphertextCount, hasRangeProofs: header.hasRangeProofs, ignoredColumns: cells.ignoredColumns)
    }
}

/// The bytes of one piece of a submission.
struct SubmissionEncryptor {
    private let terms: AggregationTerms
    private let header: SubmissionHeader
    private let encryptor: PaillierEncryptor

    init(_ terms: AggregationTerms, _ header: SubmissionHeader) {
        self.terms = terms
        self.header = header
        encryptor = PaillierEncryptor(terms.publicKey)
    }

    func encrypt(_ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece, threads: Int) throws -> [UInt8] {
        guard header.hasRangeProofs else {
            return try encryptor.encrypt(plaintexts, threads: threads).flatMap { terms.publicKey.encode($0) }
        }
        let (ciphertexts, openings) = try encryptor.encryptWithOpenings(plaintexts, threads: threads)
        let ranges = try terms.layout.ranges(ofBlocks: piece.blocks)
        let proof = try SlotRangeProof.prove(
            ciphertexts, openings: openings, ranges: ranges, key: terms.publicKey, context: header.proofContext(of: piece),
            threads: threads)
        var writer = ByteWriter()
        writer.write(raw: ciphertexts.flatMap { terms.publicKey.encode($0) })
        writer.write(field: proof.encoded(for: terms.publicKey, ranges: ranges))
        return writer.bytes
    }
}

extension SubmissionHeader {
    /// What the range proof of a piece is bound to: contract, key, layout, contributor, sequence and place. A proof cannot be moved.
    func proofContext(of piece: AggregationLayout.Piece) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/range-proof/v1")
        hash.update(field: encoded)
        withUnsafeBytes(of: UInt64(piece.index).littleEndian) { hash.update($0) }
        return hash.finalize()
    }
}

extension AggregationContract {
    func late(_ what: String) -> YinheError {
        YinheError(
            .contract, "the deadline of the contract \"\(name)\" has passed; \(what)",
            remedy: "agree on a new contract with a later deadline")
    }
}

extension AggregationLayout {
    /// Consecutive blocks whose ciphertexts are read, written and proven together.
    package struct Piece: Sendable {
        package let index: Int
        package let blocks: Range<Int>
        package let ciphertexts: Range<Int>
    }
    static let pieceCiphertexts = 256
    /// Bytes of a piece's range proof at most: parts, each of a few points, logarithmic arguments and masked sums.
    static let maximumProofBytes = 1 << 24

    var blocksPerPiece: Int { max(1, Self.pieceCiphertexts / ciphertextsPerBlock) }

    package var pieces: [Piece] {
        stride(from: 0, to: blockCount, by: blocksPerPiece).enumerated().map { index, start in
            let blocks = start..<min(blockCount, start + blocksPerPiece)
            return Piece(
                index: index, blocks: blocks,
                ciphertexts: blocks.lowerBound * ciphertextsPerBlock..<blocks.upperBound * ciphertextsPerBlock)
        }
    }
}
