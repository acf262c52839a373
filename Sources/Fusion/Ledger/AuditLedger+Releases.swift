import ContractText
import Foundation
import GRDB
import SandboxCore

/// An earlier release, as this party stored it: enough to show it again.
package struct RememberedRelease: Sendable {
    package let release: LedgerRecord.Release
    /// UTC, of the entry.
    package let time: String
    /// Per query of the plan and cell; nil where this party was not a recipient. Not checked against the entry's digest yet.
    package let opened: [[Int128]?]
}

// The released numbers themselves. They lie in the ledger's file, beside the chain, which holds their digest; they are not exported.

extension AuditLedger {
    /// Writes the release into the chain and its numbers beside it, in one transaction.
    @discardableResult
    package func append(_ release: LedgerRecord.Release, opened: [[Int128]?]) throws -> LedgerEntry {
        try write { transaction in
            let entry = try transaction.append(.release(release))
            if let query = release.query, let dataset = LedgerReplay(try transaction.entries()).runs[release.run]?.digest {
                let text = try CanonicalJSON.encode(opened.map { $0?.map(\.description) })
                try transaction.db.execute(
                    sql: "INSERT INTO releases VALUES (?, ?, ?, ?)",
                    arguments: [release.run, query, dataset, String(decoding: text, as: UTF8.self)])
            }
            return entry
        }
    }

    /// The newest release of this question on this input file (SHA-256, hexadecimal; nil for any file). Only what the chain holds counts.
    /// Throws `.ledger` when the stored numbers do not read.
    package func remembered(query: String, dataset: String? = nil) throws -> RememberedRelease? {
        let replay = LedgerReplay(try entries())
        let runs = replay.runs.filter { _, run in
            run.release?.query == query && (dataset == nil || run.digest == dataset)
        }
        let newest = replay.spendings.last { runs[$0.run] != nil }
        guard let newest, let run = runs[newest.run], let release = run.release else { return nil }
        let text: String?
        do {
            text = try database.read { db in
                try Row.fetchOne(db, sql: "SELECT opened FROM releases WHERE run = ?", arguments: [newest.run])
                    .map { try LedgerTransaction.read($0, "opened") }
            }
        } catch {
            throw Self.translate(error, path: path)
        }
        guard let text else { return nil }
        let broken = YinheError(.ledger, "the stored numbers of run \(newest.run.prefix(12)) do not read", at: path)
        guard let values = try? CanonicalJSON.decode([[String]?].self, from: Array(text.utf8)) else { throw broken }
        let opened = try values.map { query in
            try query?.map { text in
                guard let value = Int128(text) else { throw broken }
                return value
            }
        }
        return RememberedRelease(release: release, time: run.releasedAt, opened: opened)
    }
}
