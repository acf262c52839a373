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

    /// Refuses when a run could not be started and charged now. A look ahead for clear messages; `startRun` and `charge` decide.
    ///
    /// - Parameters:
    ///   - dataset: SHA-256 of the own input file, hexadecimal; nil before it is read.
    ///   - sketch: of its subjects.
    package func checkRoom(
        for signed: SignedContract, dataset: String? = nil, sketch: CohortSketch? = nil, at now: Date
    ) throws {
        try write { try checkRoom($0, LedgerReplay(try $0.entries()), signed, dataset, sketch, now) }
    }

    private func checkRoom(
        _ transaction: LedgerTransaction, _ replay: LedgerReplay, _ signed: SignedContract, _ dataset: String?,
        _ sketch: CohortSketch?, _ now: Date
    ) throws {
        try Self.checkDate(signed, now)
        let account = replay.accounts[signed.hashText]
        guard (account?.runs ?? 0) < signed.contract.maximumRuns else {
            throw YinheError(
                .contract, "the contract \"\(signed.contract.name)\" allows \(signed.contract.maximumRuns) runs, all are used",
                remedy: "agree on a new contract")
        }
        _ = try Self.spentAfter(account, signed.contract)
        _ = try uses(transaction, replay, signed, dataset ?? "", sketch)
    }

    /// Throws `.contract` once the contract has expired.
    package static func checkDate(_ signed: SignedContract, _ now: Date) throws {
        guard now < signed.contract.expires else {
            throw YinheError(
                .contract, "the contract \"\(signed.contract.name)\" expired at \(UTCTime.text(signed.contract.expires))",
                remedy: "agree on a new contract")
        }
    }

    private static func spentAfter(_ account: LedgerReplay.Account?, _ contract: Contract) throws -> LedgerReplay.Total {
        let spent = LedgerReplay.Total(epsilon: account?.spent ?? .zero, delta: account?.deltaSpent ?? .zero)
        return try BudgetRefusal.check(
            spent, cost: contract, limit: (contract.privacy.epsilon, contract.privacy.delta), of: "contract \"\(contract.name)\"",
            remedy: "agree on a new contract; the spent budget cannot be taken back")
    }

    /// What a run would do to the accounts of its dataset, its unit and its cohort; refuses what a limit or a policy forbids.
    private func uses(
        _ transaction: LedgerTransaction, _ replay: LedgerReplay, _ signed: SignedContract, _ dataset: String,
        _ sketch: CohortSketch?
    ) throws -> (accounts: [LedgerRecord.AccountUse], cohort: LedgerRecord.CohortUse?) {
        let contract = signed.contract, unit = contract.privacy.unit
        let fingerprint = identity.fingerprint.description
        let name = contract.parties.first { $0.fingerprint == fingerprint }.flatMap { contract.dataset(of: $0.name)?.name }
        let owner = LedgerRecord.Account(.unit, unit)
        func use(
            _ account: LedgerRecord.Account, _ spent: LedgerReplay.Total, _ limit: (epsilon: Rational?, delta: Rational?), _ remedy: String
        ) throws -> LedgerRecord.AccountUse {
            let after = try BudgetRefusal.check(spent, cost: contract, limit: limit, of: "\(account)", remedy: remedy)
            return .init(
                account: account, epsilon: after.epsilon, delta: after.delta, epsilonLimit: limit.epsilon, deltaLimit: limit.delta)
        }
        func limited(_ account: LedgerRecord.Account, _ spent: LedgerReplay.Total) throws -> LedgerRecord.AccountUse {
            let limit = replay.limits[account]
            return try use(account, spent, (limit?.epsilon, limit?.delta), BudgetRefusal.raise(account))
        }
        var accounts = [try limited(owner, replay.spent(onUnit: unit))]
        if let name {
            accounts.append(try limited(.init(.dataset, name), replay.spent(onDataset: name, alsoIn: dataset)))
        }
        guard let sketch else { return (accounts, nil) }
        let near = try nearRuns(transaction, replay, unit: unit, dataset: dataset, sketch)
        if let first = near.first {
            let policies = [contract.privacy.nearIdentical, replay.limits[owner]?.nearIdentical]
            guard !policies.contains(.refuse) else { throw BudgetRefusal.nearIdentical(first, replay.runs[first.run]?.startedAt ?? "") }
            let own = replay.limits[owner], contracts = replay.cohortLimit(near, signed.hashText)
            let limit = (
                own?.epsilon ?? max(contracts?.epsilon ?? .zero, contract.privacy.epsilon),
                own?.delta ?? max(contracts?.delta ?? .zero, contract.privacy.delta)
            )
            accounts.append(
                try use(
                    .init(.cohort, unit), replay.spent(onCohort: near, dataset, unit: unit), limit,
                    BudgetRefusal.joint(first, replay.runs[first.run]?.startedAt ?? "", unit)))
        }
        return (accounts, .init(sketch: sketch.digest.hex, near: near))
    }

    /// Counts a run, before the first byte that depends on data leaves. Atomic against other processes.
    package func startRun(
        _ start: LedgerRecord.RunStart, of signed: SignedContract, input: LedgerRecord.Input, sketch: CohortSketch? = nil, at now: Date
    ) throws {
        try write { transaction in
            let replay = LedgerReplay(try transaction.entries())
            try checkRoom(transaction, replay, signed, input.digest, sketch, now)
            if replay.accounts[signed.hashText] == nil { try transaction.append(.contract(.init(signed))) }
            try transaction.append(.runStart(start))
            try transaction.append(.input(input))
        }
    }

    /// Charges one run; the charge is on the disk when this returns. Atomic against other processes: two of them cannot
    /// overspend together. The sketch, if any, is stored in the same transaction. Throws `.budget` when an account does not cover it.
    package func charge(
        run: String, of signed: SignedContract, dataset: String, sketch: CohortSketch? = nil
    ) throws -> ChargeReceipt {
        try write { transaction in
            let replay = LedgerReplay(try transaction.entries())
            guard let account = replay.accounts[signed.hashText], let state = replay.runs[run], state.charged == nil else {
                throw YinheError(.ledger, "the run to charge was not started, or was charged before")
            }
            let contract = signed.contract
            let after = try Self.spentAfter(account, contract)
            let uses = try uses(transaction, replay, signed, dataset, sketch)
            var charge = LedgerRecord.Charge(
                run: run, contract: signed.hashText, dataset: dataset,
                outputs: contract.outputs.map {
                    .init(name: $0.name, epsilon: $0.epsilon, delta: $0.delta.isPositive ? $0.delta : nil)
                } + (contract.diagnostics.map { [.init(name: MatchDiagnostics.chargeName, epsilon: $0)] } ?? []),
                epsilon: contract.epsilonPerRun, spentBefore: account.spent, spentAfter: after.epsilon,
                datasetSpentAfter: try (replay.datasets[dataset] ?? .zero) + contract.epsilonPerRun)
            charge.delta = contract.deltaPerRun
            charge.deltaSpentAfter = after.delta
            charge.unit = contract.privacy.unit
            charge.datasetName = uses.accounts.first { $0.account.kind == .dataset }?.account.name
            charge.accounts = uses.accounts
            charge.cohort = uses.cohort
            if let sketch { try transaction.store(sketch, run: run, unit: contract.privacy.unit, dataset: dataset) }
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
            expires: UTCTime.text(contract.expires), unit: contract.privacy.unit)
    }
}
