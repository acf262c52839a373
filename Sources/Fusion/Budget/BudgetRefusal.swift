import Arithmetic
import SandboxCore

/// Why an account does not cover a run: which one, what is spent, what the run costs, and what to do.
enum BudgetRefusal {
    /// What is spent after the run. Throws `.budget` when that is above a limit.
    static func check(
        _ spent: LedgerReplay.Total, cost contract: Contract, limit: (epsilon: Rational?, delta: Rational?), of account: String,
        remedy: String
    ) throws -> LedgerReplay.Total {
        let before = spent
        var after = spent
        try after.add(contract.epsilonPerRun, contract.deltaPerRun)
        if let allowed = limit.epsilon, after.epsilon > allowed {
            throw YinheError(
                .budget, "the \(account) has spent epsilon \(before.epsilon) of \(allowed), and a run costs \(contract.epsilonPerRun)",
                remedy: remedy)
        }
        if let allowed = limit.delta, after.delta > allowed {
            throw YinheError(
                .budget, "the \(account) has spent delta \(before.delta) of \(allowed), and a run costs \(contract.deltaPerRun)",
                remedy: remedy)
        }
        return after
    }

    static func raise(_ account: LedgerRecord.Account) -> String {
        "ask for less, or decide on a larger limit with `yinhe budget limit --\(account.kind.rawValue) \"\(account.name)\" --epsilon E`; "
            + "what was released cannot be taken back"
    }

    private static func reason(_ near: LedgerRecord.CohortUse.NearRun, _ time: String) -> String {
        let distance =
            near.difference == 0 ? "has the same subjects as" : "differs in about \(near.difference) subjects from"
        return "the input \(distance) that of run \(near.run.prefix(12)) (\(time)), so the two answers together are about those few"
    }

    static func nearIdentical(_ near: LedgerRecord.CohortUse.NearRun, _ time: String) -> YinheError {
        YinheError(
            .budget, reason(near, time) + "; the policy near-identical: refuse forbids it",
            remedy: "run on the earlier file, whose answer costs nothing again; or agree on near-identical: charge")
    }

    static func joint(_ near: LedgerRecord.CohortUse.NearRun, _ time: String, _ unit: String) -> String {
        reason(near, time) + " and are charged together; ask for less, or decide what all runs on one \(unit) may cost: "
            + "`yinhe budget limit --unit \"\(unit)\" --epsilon E`"
    }
}
