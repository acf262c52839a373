import Arithmetic
import SandboxCore

/// What a ledger adds up to, and where it does not add up.
struct LedgerReplay {
    /// The state of one contract.
    struct Account {
        var terms: LedgerRecord.ContractTerms
        var runs = 0
        var spent = Rational.zero
        var deltaSpent = Rational.zero
    }

    /// How far one run came.
    struct Run {
        let contract: String
        var startedAt = ""
        /// The contract's name of the own dataset, and the file's digest.
        var dataset: String?
        var digest: String?
        var charged: Rational?
        var intended: [String]?
        var release: LedgerRecord.Release?
        var releasedAt = ""
        var ended = false
    }

    private(set) var accounts: [String: Account] = [:]
    /// Contracts in order of first appearance.
    private(set) var contracts: [String] = []
    private(set) var runs: [String: Run] = [:]
    /// Input digest -> epsilon spent on it under any contract.
    private(set) var datasets: [String: Rational] = [:]
    /// Every charge, in order.
    var spendings: [Spending] = []
    /// The newest limit of each account.
    private(set) var limits: [LedgerRecord.Account: LedgerRecord.BudgetLimit] = [:]
    var reReleases: [ReRelease] = []
    private(set) var problems: [LedgerProblem] = []

    init(_ entries: [LedgerEntry]) {
        for entry in entries {
            do {
                try apply(try entry.record(), entry)
            } catch {
                report(entry, (error as? YinheError)?.message ?? "\(error)")
            }
        }
    }

    mutating func report(_ entry: LedgerEntry, _ message: String) {
        problems.append(LedgerProblem(sequence: entry.sequence, message: message))
    }

    private mutating func apply(_ record: LedgerRecord, _ entry: LedgerEntry) throws {
        switch record {
        case .identity: if entry.sequence != 1 { report(entry, "a second owner") }
        case .contract(let terms): apply(terms, entry)
        case .runStart(let start): apply(start, entry)
        case .budgetCharge(let charge): try apply(charge, entry)
        case .releaseIntent(let intent):
            guard runs[intent.run]?.charged != nil else {
                return report(entry, "a release is announced that nothing was charged for")
            }
            if runs[intent.run]!.intended != nil { report(entry, "a second release of one run is announced") }
            runs[intent.run]!.intended = intent.outputs
        case .release(let release):
            guard let run = runs[release.run], run.charged != nil else {
                return report(entry, "a release that nothing was charged for")
            }
            if run.intended == nil { report(entry, "a release that was not announced") }
            if let intended = run.intended, intended != release.outputs { report(entry, "other outputs released than announced") }
            if run.release != nil { report(entry, "a second release of one run") }
            runs[release.run]!.release = release
            runs[release.run]!.releasedAt = entry.time
        case .runEnd(let end):
            guard runs[end.run] != nil || reReleases.contains(where: { $0.entry.run == end.run }) else {
                return report(entry, "the end of a run that never started")
            }
            runs[end.run]?.ended = true
        case .declassification(let open):
            if runs[open.run] == nil { report(entry, "a declassification outside any run") }
            if open.reason.isEmpty { report(entry, "a declassification without a reason") }
        case .input(let input):
            runs[input.run]?.dataset = input.dataset
            runs[input.run]?.digest = input.digest
        case .budgetLimit(let limit): limits[limit.account] = limit
        case .reRelease(let again): apply(again, entry)
        case .refusal, .abort, .headExchange, .countersignature: break
        }
    }

    private mutating func apply(_ terms: LedgerRecord.ContractTerms, _ entry: LedgerEntry) {
        if let known = accounts[terms.contract] {
            if !known.terms.agrees(with: terms) { report(entry, "other terms for a contract that is already known") }
            return
        }
        accounts[terms.contract] = Account(terms: terms)
        contracts.append(terms.contract)
    }

    private mutating func apply(_ start: LedgerRecord.RunStart, _ entry: LedgerEntry) {
        if runs[start.run] != nil { report(entry, "the run \(start.run.prefix(16)) started twice") }
        runs[start.run] = Run(contract: start.contract, startedAt: entry.time)
        guard accounts[start.contract] != nil else { return report(entry, "a run under a contract that is not in the ledger") }
        accounts[start.contract]!.runs += 1
        let account = accounts[start.contract]!
        if account.runs > account.terms.maximumRuns {
            report(entry, "run \(account.runs) of \"\(account.terms.name)\", which allows \(account.terms.maximumRuns)")
        }
    }

    private mutating func apply(_ charge: LedgerRecord.Charge, _ entry: LedgerEntry) throws {
        guard let run = runs[charge.run], run.contract == charge.contract, var account = accounts[charge.contract] else {
            return report(entry, "a charge outside any run of its contract")
        }
        if run.charged != nil { report(entry, "a second charge of one run") }
        let outputs = try charge.outputs.reduce(Rational.zero) { try $0 + $1.epsilon }
        if charge.outputs.contains(where: { !$0.epsilon.isPositive || ($0.delta ?? .zero) < 0 }) { report(entry, "an output charged with nothing") }
        if outputs != charge.epsilon { report(entry, "the outputs cost \(outputs), charged are \(charge.epsilon)") }
        if charge.spentBefore != account.spent {
            report(entry, "the charge says \(charge.spentBefore) was spent before, the ledger adds up to \(account.spent)")
        }
        account.spent = try account.spent + charge.epsilon
        if charge.spentAfter != account.spent {
            report(entry, "the charge says \(charge.spentAfter) is spent, the ledger adds up to \(account.spent)")
        }
        if account.spent > account.terms.epsilon {
            report(entry, "epsilon \(account.spent) spent of \"\(account.terms.name)\", whose budget is \(account.terms.epsilon)")
        }
        let dataset = try (datasets[charge.dataset] ?? .zero) + charge.epsilon
        if dataset != charge.datasetSpentAfter {
            report(entry, "the charge says \(charge.datasetSpentAfter) is spent on the input, the ledger adds up to \(dataset)")
        }
        try applyAccounts(charge, &account, entry)
        datasets[charge.dataset] = dataset
        accounts[charge.contract] = account
        runs[charge.run]!.charged = charge.epsilon
    }
}
