import Arithmetic
import SandboxCore

/// Everything that a party's ledger says about privacy budget: accounts, and what each release cost. From the entries alone;
/// `LedgerVerification` checks them.
public struct BudgetOverview: Sendable, Codable {
    public let contracts: [ContractAccount]
    public let datasets: [Account]
    public let units: [Account]
    /// Every charged run, in order.
    public let releases: [Release]

    /// Spent on one dataset name or one unit, under all contracts.
    public struct Account: Sendable, Hashable, Codable {
        public let name: String
        public let spent: Rational
        public let deltaSpent: Rational
        /// Nil where the owner has declared none.
        public let limit: Rational?
        public let deltaLimit: Rational?
        public let remaining: Rational?
        /// What a run on nearly the same subjects meets; of units only.
        public let nearIdentical: Contract.Privacy.NearIdentical?
        public let runs: Int
        /// Input files, SHA-256; of datasets only.
        public let files: Int?
    }

    public struct Release: Sendable, Hashable, Codable {
        public let run: String
        /// UTC, of the charge.
        public let time: String
        public let contract: String
        public let contractName: String
        public let dataset: String?
        /// SHA-256 of the input file, hexadecimal.
        public let input: String
        public let unit: String?
        public let epsilon: Rational
        public let delta: Rational
        public let outputs: [LedgerRecord.Charge.OutputCharge]
        /// Whether the run came to its release; its cost is spent in either case.
        public let isReleased: Bool
        /// Earlier runs that it was charged together with.
        public let near: [LedgerRecord.CohortUse.NearRun]
        /// When the same numbers were shown again, at no cost.
        public let shownAgain: [String]
    }

    public init(_ ledger: LedgerExport) throws {
        let replay = LedgerReplay(ledger.entries)
        contracts = replay.contracts.map { ContractAccount($0, replay) }
        func names(_ kind: LedgerRecord.Account.Kind, _ used: [String?]) -> [String] {
            let declared = replay.limits.keys.filter { $0.kind == kind }.map(\.name).sorted()
            return (used.compactMap(\.self) + declared).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        }
        func account(
            _ kind: LedgerRecord.Account.Kind, _ name: String, _ spent: LedgerReplay.Total, runs: Int, files: Int?
        ) throws -> Account {
            let limit = replay.limits[.init(kind, name)]
            return Account(
                name: name, spent: spent.epsilon, deltaSpent: spent.delta, limit: limit?.epsilon, deltaLimit: limit?.delta,
                remaining: try limit?.epsilon.map { try $0 - spent.epsilon }, nearIdentical: limit?.nearIdentical, runs: runs, files: files)
        }
        datasets = try names(.dataset, replay.spendings.map(\.dataset)).map { name in
            let own = replay.spendings.filter { $0.dataset == name }
            return try account(
                .dataset, name, replay.spent(onDataset: name), runs: own.count, files: Set(own.map(\.digest)).count)
        }
        units = try names(.unit, replay.spendings.map(\.unit)).map { name in
            let own = replay.spendings.filter { $0.unit == nil || $0.unit == name }
            return try account(.unit, name, replay.spent(onUnit: name), runs: own.count, files: nil)
        }
        releases = replay.spendings.map { spending in
            Release(
                run: spending.run, time: spending.time, contract: spending.contract,
                contractName: replay.accounts[spending.contract]?.terms.name ?? "", dataset: spending.dataset, input: spending.digest,
                unit: spending.unit, epsilon: spending.epsilon, delta: spending.delta, outputs: spending.outputs,
                isReleased: replay.runs[spending.run]?.release != nil, near: spending.near,
                shownAgain: replay.reReleases.filter { $0.entry.release == spending.run }.map(\.time))
        }
    }
}

extension AuditLedger {
    /// The limit that the owner has declared for a dataset or unit.
    public func limit(of account: LedgerRecord.Account) throws -> LedgerRecord.BudgetLimit? {
        LedgerReplay(try entries()).limits[account]
    }

    /// Declares what an account may spend in all, from here on; replaces an earlier limit. What is spent already stays spent, also above it.
    ///
    /// `change` gets the limit in force (nil for none) and returns the new one. Throws `.range` for a number that is not a limit.
    @discardableResult
    public func setLimit(
        of account: LedgerRecord.Account, _ change: (LedgerRecord.BudgetLimit?) throws -> LedgerRecord.BudgetLimit
    ) throws -> LedgerRecord.BudgetLimit {
        try write { transaction in
            let limit = try change(LedgerReplay(try transaction.entries()).limits[account])
            guard limit.account == account, account.kind != .cohort, account.kind == .unit || limit.nearIdentical == nil else {
                throw YinheError(.usage, "not a limit of the \(account)", remedy: "near-identical is a policy of a unit")
            }
            guard (limit.epsilon ?? 0) >= 0, (limit.delta ?? 0) >= 0, (limit.delta ?? 0) < 1 else {
                throw YinheError(.range, "a limit of epsilon \(limit.epsilon ?? 0), delta \(limit.delta ?? 0)", remedy: "use numbers of at least 0, delta below 1")
            }
            try transaction.append(.budgetLimit(limit))
            return limit
        }
    }
}
