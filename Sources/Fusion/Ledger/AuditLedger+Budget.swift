import Arithmetic
import ContractText
import Foundation
import SandboxCore

/// Proof that a run's cost is on the disk; made by `AuditLedger.charge` alone, asked for by whatever opens a result.
package struct ChargeReceipt: Sendable {
    package let charge: LedgerRecord.Charge
    /// Hash of the ledger entry, hexadecimal.
    package let entry: String

    fileprivate init(charge: LedgerRecord.Charge, entry: String) {
        self.charge = charge
        self.entry = entry
    }
}

extension AuditLedger {
    /// How much of each contract in this ledger is used up, in order of first appearance.
    public func accounts() throws -> [ContractAccount] {
        let replay = LedgerReplay(try entries())
        return replay.contracts.map { ContractAccount($0, replay) }
    }

    /// Epsilon spent on one input file (SHA-256, hexadecimal) under all contracts together.
    public func spent(onDataset digest: String) throws -> Rational {
        LedgerReplay(try entries()).datasets[digest] ?? .zero
    }

    /// Writes down the terms of a contract, unless they are already in the ledger.
    package func record(_ signed: SignedContract) throws {
        try write { transaction in
            guard LedgerReplay(try transaction.entries()).accounts[signed.hashText] == nil else { return }
            try transaction.append(.contract(.init(signed)))
        }
    }

    /// Refuses when a run that costs `epsilon` could not be started and charged now. A look ahead for clear messages;
    /// `startRun` and `charge` decide.
    package func checkRoom(for signed: SignedContract, at now: Date) throws {
        try Self.checkRoom(LedgerReplay(try entries()), signed, now)
    }

    private static func checkRoom(_ replay: LedgerReplay, _ signed: SignedContract, _ now: Date) throws {
        try checkDate(signed, now)
        guard let account = replay.accounts[signed.hashText] else { return }
        guard account.runs < signed.contract.maximumRuns else {
            throw YinheError(
                .contract, "the contract \"\(signed.contract.name)\" allows \(signed.contract.maximumRuns) runs, all are used",
                remedy: "agree on a new contract")
        }
        _ = try spentAfter(account.spent, signed.contract)
    }

    private static func checkDate(_ signed: SignedContract, _ now: Date) throws {
        guard now < signed.contract.expires else {
            throw YinheError(
                .contract, "the contract \"\(signed.contract.name)\" expired at \(UTCTime.text(signed.contract.expires))",
                remedy: "agree on a new contract")
        }
    }

    private static func spentAfter(_ spent: Rational, _ contract: Contract) throws -> Rational {
        let after = try spent + contract.epsilonPerRun
        guard after <= contract.privacy.epsilon else {
            throw YinheError(
                .budget,
                "a run costs epsilon \(contract.epsilonPerRun), but \(spent) of \(contract.privacy.epsilon) is already spent",
                remedy: "agree on a new contract; the spent budget cannot be taken back")
        }
        return after
    }

    /// Counts a run, before the first byte that depends on data leaves. Atomic against other processes.
    package func startRun(_ start: LedgerRecord.RunStart, of signed: SignedContract, input: LedgerRecord.Input, at now: Date)
        throws
    {
        try write { transaction in
            let replay = LedgerReplay(try transaction.entries())
            try Self.checkRoom(replay, signed, now)
            if replay.accounts[signed.hashText] == nil { try transaction.append(.contract(.init(signed))) }
            try transaction.append(.runStart(start))
            try transaction.append(.input(input))
        }
    }

    /// Charges one run; the charge is on the disk when this returns. Atomic against other processes: two of them cannot
    /// overspend together. Throws `.budget` when the budget does not cover it.
    package func charge(run: String, of signed: SignedContract, dataset: String) throws -> ChargeReceipt {
        try write { transaction in
            let replay = LedgerReplay(try transaction.entries())
            guard let account = replay.accounts[signed.hashText], let state = replay.runs[run], state.charged == nil else {
                throw YinheError(.ledger, "the run to charge was not started, or was charged before")
            }
            let charge = LedgerRecord.Charge(
                run: run, contract: signed.hashText, dataset: dataset,
                outputs: signed.contract.outputs.map { .init(name: $0.name, epsilon: $0.epsilon) },
                epsilon: signed.contract.epsilonPerRun, spentBefore: account.spent,
                spentAfter: try Self.spentAfter(account.spent, signed.contract),
                datasetSpentAfter: try (replay.datasets[dataset] ?? .zero) + signed.contract.epsilonPerRun)
            return ChargeReceipt(charge: charge, entry: try transaction.append(.budgetCharge(charge)).hash)
        }
    }
}

extension LedgerRecord.ContractTerms {
    init(_ signed: SignedContract) {
        let contract = signed.contract
        self.init(
            contract: signed.hashText, name: contract.name, purpose: contract.purpose,
            parties: Dictionary(uniqueKeysWithValues: contract.parties.map { ($0.name, $0.fingerprint) }),
            epsilon: contract.privacy.epsilon, delta: contract.privacy.delta, maximumRuns: contract.maximumRuns,
            expires: UTCTime.text(contract.expires))
    }
}
