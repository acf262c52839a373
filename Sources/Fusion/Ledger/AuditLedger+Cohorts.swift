import Foundation
import GRDB
import SandboxCore

// Sketches of charged inputs. They lie in the ledger's file, beside the chain; their digests are in it.

extension LedgerTransaction {
    func store(_ sketch: CohortSketch, run: String, unit: String, dataset: String) throws {
        try db.execute(
            sql: "INSERT INTO sketches VALUES (?, ?, ?, ?)", arguments: [run, unit, dataset, Data(sketch.encoded)])
    }

    /// The sketch of a charged run. Throws `.ledger` when it is not the one that the charge names.
    func sketch(of run: String, digest: String) throws -> CohortSketch {
        guard let row = try Row.fetchOne(db, sql: "SELECT sketch FROM sketches WHERE run = ?", arguments: [run]) else {
            throw YinheError(
                .ledger, "the sketch of the subjects of run \(run.prefix(12)) is missing", remedy: "restore the ledger from a backup")
        }
        let data: Data = try Self.read(row, "sketch")
        let sketch = try CohortSketch(encoded: [UInt8](data))
        guard sketch.digest.hex == digest else {
            throw YinheError(
                .ledger, "the sketch of the subjects of run \(run.prefix(12)) is not the one that was charged",
                remedy: "restore the ledger from a backup")
        }
        return sketch
    }
}

extension AuditLedger {
    /// Charged runs under the same unit on nearly the same subjects, in another file; nearest first.
    func nearRuns(
        _ transaction: LedgerTransaction, _ replay: LedgerReplay, unit: String, dataset: String, _ sketch: CohortSketch
    ) throws -> [LedgerRecord.CohortUse.NearRun] {
        var near: [LedgerRecord.CohortUse.NearRun] = []
        for spending in replay.spendings where spending.digest != dataset && (spending.unit ?? unit) == unit {
            guard let digest = spending.sketch else { continue }
            let earlier = try transaction.sketch(of: spending.run, digest: digest)
            guard sketch.isNearlyIdentical(to: earlier) else { continue }
            near.append(.init(run: spending.run, difference: sketch.difference(from: earlier)))
        }
        return near.sorted { ($0.difference, $0.run) < ($1.difference, $1.run) }
    }
}
