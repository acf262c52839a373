import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// What an opening released.
public struct OpeningSummary: Sendable, Codable, Hashable {
    public var aggregate: AggregateSummary
    /// Of the opening file, hexadecimal; nil when key holders opened jointly: their shares are the evidence then.
    public var opening: String?
    /// Who opened.
    public var holders: [String]
    public var rows: Int
    public var columns: [String]
    /// Whether the aggregate was compared with the submissions before it was opened.
    public var checkedSum: Bool
}

/// The step of a party that holds the whole key.
public enum KeyHolder {
    /// Opens an aggregate: writes the result (CSV) and an opening file that proves to everybody that the result is right.
    ///
    /// Refused is everything but an aggregate of this contract, signed by its aggregator, with at least the agreed number of
    /// contributors; with `submissions`, also one that is not their sum. `record` remembers what was opened: of one contract a single
    /// aggregate is ever opened, since two that differ by a contributor would show that one's values. Synchronous.
    public static func open(
        aggregate path: String, submissions: [String] = [], under terms: AggregationTerms, key: PaillierPrivateKey,
        as identity: Identity, record: OpeningRecord, result: String, opening: String, now: Date = Date(),
        threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> OpeningSummary {
        let holder = try terms.contract.keyHolder(with: identity.fingerprint)
        guard terms.contract.threshold == 1 else {
            throw YinheError(.contract, "the contract asks for \(terms.contract.threshold) key holders to open")
        }
        guard key.publicKey == terms.publicKey else {
            throw YinheError(
                .badInput, "the private key belongs to another public key (\(key.publicKey.fingerprint.prefix(16))…)",
                remedy: "use the private key that was made together with the contract's public key")
        }
        let aggregate = try ReceivedAggregate.toOpen(
            path, of: submissions, under: terms, record: record, threads: threads, progress: progress)

        let header = OpeningHeader(
            binding: FileBinding(terms, author: holder.name, created: now), aggregate: aggregate.reader.digest)
        let file = try SignedFile.Writer(path: opening, kind: .opening, header: header.encoded)
        let table = try AggregationResult.writing(result, terms.contract)
        let proof = OpeningProof(header)
        let counter = ProgressCounter("decrypt", total: terms.layout.ciphertextCount, progress)
        for piece in terms.layout.pieces {
            let (ciphertexts, _) = try aggregate.next(piece, threads: threads)
            let plaintexts = try key.decrypt(ciphertexts, threads: threads)
            try file.write(plaintexts.flatMap { $0.bigEndian(count: terms.publicKey.bits / 8) })
            var writer = ByteWriter()
            writer.write(field: try proof.make(ciphertexts, plaintexts, piece, key, threads: threads))
            try file.write(writer.bytes)
            try table.take(terms.records(plaintexts, piece, aggregate.header))
            counter.add(piece.ciphertexts.count)
        }
        try aggregate.reader.finish()
        let digest = try file.commit(signedBy: identity)
        try table.finish()
        return OpeningSummary(
            aggregate: aggregate.summary, opening: digest.hex, holders: [holder.name], rows: terms.layout.rowCount,
            columns: terms.contract.columns.map(\.name), checkedSum: !submissions.isEmpty)
    }
}

extension AggregationTerms {
    func records(
        _ plaintexts: [BigInteger], _ piece: AggregationLayout.Piece, _ aggregate: AggregateHeader
    ) throws -> [[String]] {
        let width = layout.ciphertextsPerBlock
        return try piece.blocks.enumerated().flatMap { i, block in
            try AggregationResult.records(Array(plaintexts[i * width..<(i + 1) * width]), block: block, self, aggregate)
        }
    }
}

extension ReceivedAggregate {
    package func check(againstFiles paths: [String], threads: Int, progress: ProgressMonitor? = nil) throws {
        try check(against: paths.map { try ReceivedSubmission(path: $0, terms) }, threads: threads, progress: progress)
    }
}

/// A key holder's memory of what it has opened: one file for each contract.
public struct OpeningRecord: Sendable {
    private let folder: String

    /// `folder` is made when it is first needed.
    public init(folder: String) { self.folder = folder }

    private struct Entry: Codable {
        var format = Self.formatName
        var contract: String
        var aggregate: String
        static let formatName = "yinhe-aggregation-opened/1"
    }

    /// Notes that `aggregate` is about to be opened. Throws `.contract` when another one of the contract was.
    func claim(_ aggregate: ReceivedAggregate, _ terms: AggregationTerms) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw YinheError(.system, "cannot create the folder", at: folder)
        }
        let lock = try FolderLock(folder)
        defer { withExtendedLifetime(lock) {} }
        let path = "\(folder)/\(terms.contract.hashText).json", digest = aggregate.reader.digest.hex
        if let data = FileManager.default.contents(atPath: path) {
            guard let entry = try? JSONDecoder().decode(Entry.self, from: data), entry.format == Entry.formatName else {
                throw YinheError(.badInput, "not a record of an opening", at: path, remedy: "restore it from a backup")
            }
            guard entry.aggregate == digest else {
                throw YinheError(
                    .contract, "another aggregate of this contract (\(entry.aggregate.prefix(16))…) was opened before: two that differ by "
                        + "a contributor would show that contributor's values", at: aggregate.reader.path,
                    remedy: "agree on a new contract for a new sum")
            }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try AtomicFile.write(Array(encoder.encode(Entry(contract: terms.contract.hashText, aggregate: digest))) + [10], to: path, mode: 0o600)
    }
}
