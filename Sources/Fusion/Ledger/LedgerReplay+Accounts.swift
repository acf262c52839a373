import Arithmetic
import SandboxCore

extension LedgerReplay {
    /// One charge, as the accounts see it.
    struct Spending {
        let run: String
        let contract: String
        /// Nil in older entries: it then counts on every unit.
        let unit: String?
        let dataset: String?
        let digest: String
        let epsilon: Rational
        let delta: Rational
        let outputs: [LedgerRecord.Charge.OutputCharge]
        let sketch: String?
        let near: [LedgerRecord.CohortUse.NearRun]
        let time: String
    }

    struct ReRelease {
        let entry: LedgerRecord.ReRelease
        let time: String
    }

    /// What has been spent.
    struct Total {
        var epsilon = Rational.zero
        var delta = Rational.zero

        mutating func add(_ epsilon: Rational, _ delta: Rational) throws {
            try self.epsilon += epsilon
            try self.delta += delta
        }
    }

    private func total(_ isCounted: (Spending) -> Bool) throws -> Total {
        try spendings.reduce(into: Total()) { if isCounted($1) { try $0.add($1.epsilon, $1.delta) } }
    }

    /// Spent on a dataset under its name, in any file that was ever charged under it, and on those files under any name.
    func spent(onDataset name: String, alsoIn digest: String? = nil) throws -> Total {
        let digests = Set(spendings.filter { $0.dataset == name }.map(\.digest)).union(digest.map { [$0] } ?? [])
        return try total { $0.dataset == name || digests.contains($0.digest) }
    }

    /// Spent on everything about one unit: as if every dataset were about the same subjects.
    func spent(onUnit name: String) throws -> Total { try total { $0.unit == nil || $0.unit == name } }

    /// Spent on a file and on the inputs of `near` runs together.
    func spent(onCohort near: [LedgerRecord.CohortUse.NearRun], _ digest: String, unit: String) throws -> Total {
        let runs = Set(near.map(\.run))
        return try total { runs.contains($0.run) || $0.digest == digest && ($0.unit == nil || $0.unit == unit) }
    }

    /// The largest budget among the contracts of the runs and this one: what limits a cohort whose unit has no limit.
    func cohortLimit(_ near: [LedgerRecord.CohortUse.NearRun], _ contract: String) -> (epsilon: Rational, delta: Rational)? {
        let hashes = Set(near.compactMap { runs[$0.run]?.contract } + [contract])
        let terms = hashes.compactMap { accounts[$0]?.terms }
        guard let epsilon = terms.map(\.epsilon).max(), let delta = terms.map(\.delta).max() else { return nil }
        return (epsilon, delta)
    }

    /// Checks and counts a charge on its contract's delta and on every other account.
    mutating func applyAccounts(_ charge: LedgerRecord.Charge, _ account: inout Account, _ entry: LedgerEntry) throws {
        let delta = charge.delta ?? .zero
        let outputs = try charge.outputs.reduce(Rational.zero) { try $0 + ($1.delta ?? .zero) }
        if outputs != delta { report(entry, "the outputs cost delta \(outputs), charged is \(delta)") }
        account.deltaSpent = try account.deltaSpent + delta
        if let after = charge.deltaSpentAfter, after != account.deltaSpent {
            report(entry, "the charge says delta \(after) is spent, the ledger adds up to \(account.deltaSpent)")
        }
        if account.deltaSpent > account.terms.delta {
            report(entry, "delta \(account.deltaSpent) spent of \"\(account.terms.name)\", whose budget is \(account.terms.delta)")
        }
        let unit = charge.unit ?? account.terms.unit, dataset = charge.datasetName ?? runs[charge.run]?.dataset
        for use in charge.accounts ?? [] { try check(use, charge, unit, entry) }
        if charge.accounts != nil {
            let counted = Set(charge.accounts!.map(\.account))
            let due = [unit.map { LedgerRecord.Account(.unit, $0) }, dataset.map { .init(.dataset, $0) }].compactMap(\.self)
            for account in due where !counted.contains(account) && limits[account] != nil {
                report(entry, "the charge does not count on the \(account), which has a limit")
            }
        }
        spendings.append(
            Spending(
                run: charge.run, contract: charge.contract, unit: unit, dataset: dataset, digest: charge.dataset,
                epsilon: charge.epsilon, delta: delta, outputs: charge.outputs, sketch: charge.cohort?.sketch,
                near: charge.cohort?.near ?? [], time: entry.time))
    }

    private mutating func check(
        _ use: LedgerRecord.AccountUse, _ charge: LedgerRecord.Charge, _ unit: String?, _ entry: LedgerEntry
    ) throws {
        let name = use.account.name
        var spent: Total
        var limit: (epsilon: Rational?, delta: Rational?) = (limits[use.account]?.epsilon, limits[use.account]?.delta)
        switch use.account.kind {
        case .dataset: spent = try self.spent(onDataset: name, alsoIn: charge.dataset)
        case .unit: spent = try self.spent(onUnit: name)
        case .cohort:
            let near = charge.cohort?.near ?? []
            spent = try self.spent(onCohort: near, charge.dataset, unit: name)
            let own = limits[.init(.unit, name)]
            let contracts = cohortLimit(near, charge.contract)
            limit = (own?.epsilon ?? contracts?.epsilon, own?.delta ?? contracts?.delta)
        }
        try spent.add(charge.epsilon, charge.delta ?? .zero)
        if spent.epsilon != use.epsilon || spent.delta != use.delta {
            report(entry, "the charge says \(use.epsilon) is spent on the \(use.account), the ledger adds up to \(spent.epsilon)")
        }
        if use.epsilonLimit != limit.epsilon || use.deltaLimit != limit.delta {
            report(entry, "the charge names another limit of the \(use.account) than the one in force")
        }
        if let allowed = limit.epsilon, spent.epsilon > allowed {
            report(entry, "epsilon \(spent.epsilon) spent on the \(use.account), whose limit is \(allowed)")
        }
        if let allowed = limit.delta, spent.delta > allowed {
            report(entry, "delta \(spent.delta) spent on the \(use.account), whose limit is \(allowed)")
        }
    }

    mutating func apply(_ again: LedgerRecord.ReRelease, _ entry: LedgerEntry) {
        if accounts[again.contract] == nil { report(entry, "a release shown again under a contract that is not in the ledger") }
        guard let release = runs[again.release]?.release else {
            return report(entry, "a release is shown again that was never made")
        }
        if release.outputs != again.outputs || release.result != again.result || release.sharedResult != again.sharedResult {
            report(entry, "what is shown again is not what run \(again.release.prefix(16)) released")
        }
        reReleases.append(.init(entry: again, time: entry.time))
    }
}
