import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// What one of several key holders made.
public struct ShareSummary: Sendable, Codable, Hashable {
    public var holder: String
    /// Of the share file, hexadecimal.
    public var digest: String
    public var aggregate: AggregateSummary
    public var checkedSum: Bool
}

/// Opening by `threshold` of several key holders: each makes a share of the decryption, anybody puts them together.
public enum JointOpening {
    /// One holder's step: checks the aggregate as `KeyHolder.open` does, and writes a share with a proof that it is right. Synchronous.
    public static func share(
        aggregate path: String, submissions: [String] = [], under terms: AggregationTerms, keyShare: PaillierKeyShare,
        as identity: Identity, record: OpeningRecord, to output: String, now: Date = Date(), threads: Int = availableCores,
        progress: ProgressMonitor? = nil
    ) throws -> ShareSummary {
        let holder = try terms.contract.keyHolder(with: identity.fingerprint)
        let key = try terms.sharedKey()
        guard keyShare.publicKey == key else {
            throw YinheError(
                .badInput, "the key share belongs to another key (\(keyShare.publicKey.fingerprint.prefix(16))…)",
                remedy: "use the share that was dealt for the contract's key")
        }
        guard terms.contract.keyHolders[keyShare.party - 1] == holder else {
            throw YinheError(
                .contract, "the key share is number \(keyShare.party), which the contract gives to "
                    + "\(terms.contract.keyHolders[keyShare.party - 1].name), not to \(holder.name)",
                remedy: "shares are numbered in the order of key-holders")
        }
        let aggregate = try ReceivedAggregate.toOpen(
            path, of: submissions, under: terms, record: record, threads: threads, progress: progress)

        let header = OpeningHeader(
            binding: FileBinding(terms, author: holder.name, created: now), aggregate: aggregate.reader.digest)
        let file = try SignedFile.Writer(path: output, kind: .decryptionShare, header: header.encoded)
        let counter = ProgressCounter("decryption share", total: terms.layout.ciphertextCount, progress)
        for piece in terms.layout.pieces {
            let (ciphertexts, _) = try aggregate.next(piece, threads: threads)
            let share = try keyShare.decryptionShare(
                of: ciphertexts, context: context(aggregate.reader.digest, piece), threads: threads)
            var writer = ByteWriter()
            writer.write(field: key.encode(share))
            try file.write(writer.bytes)
            counter.add(piece.ciphertexts.count)
        }
        try aggregate.reader.finish()
        let digest = try file.commit(signedBy: identity)
        return ShareSummary(
            holder: holder.name, digest: digest.hex, aggregate: aggregate.summary, checkedSum: !submissions.isEmpty)
    }

    /// Anybody's step: checks the shares' proofs, opens, and writes the result. Needs no key. Wrong shares are left out when enough
    /// others are right; the summary names the holders whose shares were used. Synchronous.
    public static func combine(
        aggregate path: String, shares: [String], under terms: AggregationTerms, result: String, threads: Int = availableCores,
        progress: ProgressMonitor? = nil
    ) throws -> OpeningSummary {
        try run(
            path, shares, terms, AggregationResult.writing(result, terms.contract), threads: threads, progress: progress)
    }

    /// The same, compared with a result that exists, if one is given.
    static func check(
        aggregate path: String, shares: [String], under terms: AggregationTerms, result: String?, threads: Int,
        progress: ProgressMonitor?
    ) throws -> OpeningSummary {
        try run(
            path, shares, terms, result.map { try AggregationResult.comparing($0, terms.contract) }, threads: threads,
            progress: progress)
    }

    private static func run(
        _ path: String, _ shares: [String], _ terms: AggregationTerms, _ table: AggregationResult.Sink?, threads: Int,
        progress: ProgressMonitor?
    ) throws -> OpeningSummary {
        let key = try terms.sharedKey()
        let aggregate = try ReceivedAggregate(path: path, terms, progress: progress)
        let received = try shares.map { try ReceivedShare(path: $0, terms, of: aggregate) }
        var used = Set(terms.contract.keyHolders.map(\.name))
        let counter = ProgressCounter("open", total: terms.layout.ciphertextCount, progress)
        for piece in terms.layout.pieces {
            let (ciphertexts, _) = try aggregate.next(piece, threads: threads)
            let opening = try key.open(
                ciphertexts, with: try received.map { try $0.next(piece, key) },
                context: context(aggregate.reader.digest, piece), threads: threads)
            used.formIntersection(opening.used.map { terms.contract.keyHolders[$0 - 1].name })
            try table?.take(terms.records(opening.plaintexts, piece, aggregate.header))
            counter.add(piece.ciphertexts.count)
        }
        try aggregate.reader.finish()
        for share in received { try share.reader.finish() }
        try table?.finish()
        return OpeningSummary(
            aggregate: aggregate.summary, opening: nil,
            holders: terms.contract.keyHolders.map(\.name).filter { used.contains($0) }, rows: terms.layout.rowCount,
            columns: terms.contract.columns.map(\.name), checkedSum: false)
    }

    /// What every holder's proof for a piece is bound to.
    private static func context(_ aggregate: [UInt8], _ piece: AggregationLayout.Piece) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/share-context/v1")
        hash.update(aggregate)
        withUnsafeBytes(of: UInt64(piece.index).littleEndian) { hash.update($0) }
        return hash.finalize()
    }
}

/// A decryption share from outside.
private final class ReceivedShare {
    let reader: SignedFile.Reader
    private let party: Int

    init(path: String, _ terms: AggregationTerms, of aggregate: ReceivedAggregate) throws {
        reader = try SignedFile.Reader(path: path, kind: .decryptionShare)
        let header = try reader.decodeHeader { try OpeningHeader(from: &$0) }
        try header.binding.require(terms, reader)
        guard let index = terms.contract.keyHolders.firstIndex(where: { $0.name == header.binding.author }),
            terms.contract.keyHolders[index].fingerprint == reader.signer.fingerprint
        else {
            throw YinheError(.contract, "signed by \(reader.signer.fingerprint), who is not a key holder of the contract", at: path)
        }
        guard header.aggregate == aggregate.reader.digest else {
            throw YinheError(
                .contract, "it is for another aggregate (\(header.aggregate.hex.prefix(16))…)", at: path,
                remedy: "give the aggregate that the shares were made for")
        }
        party = index + 1
    }

    func next(_ piece: AggregationLayout.Piece, _ key: PaillierThresholdKey) throws -> PaillierDecryptionShare {
        let bytes = try reader.readField(maximum: key.decryptionShareBytes(count: piece.ciphertexts.count))
        do {
            let share = try key.decodeDecryptionShare(bytes)
            guard share.party == party else { throw YinheError(.badInput, "a share of holder \(share.party)") }
            return share
        } catch let error as YinheError {
            throw reader.malformed("\(error.message), in piece \(piece.index + 1)")
        }
    }
}
