import Foundation
import Fusion
import SandboxCore

/// What a demonstration under a contract says.
extension ContractDemo {
    /// Released numbers beside the truth, what each party learned, cost, ledgers.
    func show(_ results: Results) throws {
        let (document, reports, ledgers) = (results.document, results.runs, results.ledgers)
        try console.heading(.results)
        try RunText(reports[1], contract: document.contract!).showOutputs(console, truth: document.truth)
        if let (inside, of) = document.coverage { try console.out("\n  " + console.text(.coverage(inside, of))) }

        try console.heading(.learnedTitle)
        try console.out("  " + console.text(.joinMode(document.contract!.joinMode)))
        if let correlations = document.contract!.correlations { try console.out("  " + console.text(.correlations(correlations))) }
        for run in reports {
            try console.out("  " + console.style.bold(console.text(document.title(of: run.party))))
            try RunText(run, contract: document.contract!).showLearned(console)
        }
        try console.out("  " + console.text(.notLearned(reports[0].protocolName)))

        try console.heading(.costTitle)
        var table = TextTable([
            (console.text(Phrase(en: "Phase", zh: "阶段")), .left), (reports[0].party, .right), (reports[1].party, .right),
        ])
        var names: [String] = []
        // The joining party's order; the group owner's own steps go before the join as a whole.
        for phase in reports[1].phases where !names.contains(phase.name) { names.append(phase.name) }
        for phase in reports[0].phases where !names.contains(phase.name) {
            names.insert(phase.name, at: reports[1].phases.first(where: \.isJoin).flatMap { names.firstIndex(of: $0.name) } ?? names.endIndex)
        }
        for name in names {
            table.add(
                [console.text(.phase(name))]
                    + reports.map { run in run.phases.first { $0.name == name }.map { Numbers.seconds($0.seconds) } ?? "" })
        }
        table.add([console.text(Phrase(en: "sent", zh: "发送"))] + reports.map { Numbers.bytes($0.traffic.bytesSent) })
        table.add([console.text(Phrase(en: "rounds", zh: "轮数"))] + reports.map { "\($0.traffic.rounds)" })
        try console.out(table)

        try console.heading(.ledgerTitle)
        for (run, ledger) in zip(reports, ledgers) {
            let outcome = ledger.isValid ? console.style.good("✓ ") + console.text(.verified) : console.style.bad("✗ ")
            try console.out(
                "  \(TextWidth.pad(run.party, to: 14))\(ledger.entries)  \(ledger.head.prefix(16))…  \(outcome)  "
                    + ledger.problems.map(\.description).joined(separator: "; "))
        }
        try console.out(.demoCrossChecked)
    }

    /// The last lines.
    func close(_ results: Results, seconds: Double) throws {
        try console.out()
        try console.fact(Phrase(en: "Total time", zh: "总耗时"), Numbers.seconds(seconds))
        try console.fact(Phrase(en: "Look around", zh: "继续查看"), "yinhe ledger show --home \(parties[1].home.path)")
        try console.fact(Phrase(en: "Report", zh: "报告"), URL(filePath: results.report).path)
    }
}
