import Arithmetic
import Foundation
import SandboxCore

/// What a run needs of a ledger. `AuditLedger` is the implementation; tests wrap it to fail at a chosen step.
package protocol RunLedger: Sendable {
    @discardableResult func append(_ record: LedgerRecord) throws -> LedgerEntry
    func record(_ signed: SignedContract) throws
    func checkRoom(for signed: SignedContract, dataset: String?, sketch: CohortSketch?, at now: Date) throws
    func startRun(
        _ start: LedgerRecord.RunStart, of signed: SignedContract, input: LedgerRecord.Input, sketch: CohortSketch?, at now: Date) throws
    func charge(run: String, of signed: SignedContract, dataset: String, sketch: CohortSketch?) throws -> ChargeReceipt
    @discardableResult func append(_ release: LedgerRecord.Release, opened: [[Int128]?]) throws -> LedgerEntry
    func remembered(query: String, dataset: String?) throws -> RememberedRelease?
    func account(of signed: SignedContract) throws -> ContractAccount
    func spent(onDataset digest: String) throws -> Rational
    func head() throws -> LedgerHead
    func requireValid() throws
}

extension AuditLedger: RunLedger {
    package func account(of signed: SignedContract) throws -> ContractAccount {
        guard let account = try accounts().first(where: { $0.contract == signed.hashText }) else {
            throw YinheError(.ledger, "the contract is not in the ledger", at: path)
        }
        return account
    }

    /// Throws `.ledger` with the first problem; a damaged ledger cannot vouch for what was spent.
    package func requireValid() throws {
        guard let problem = try verify().problems.first else { return }
        throw YinheError(
            .ledger, "\(problem)", at: path, remedy: "run `yinhe ledger verify`; restore the ledger before another run")
    }
}
