import Foundation
import Fusion
import SandboxCore

/// What a report is made of. A party has its own run; the demonstration also has the peer's run and the true values.
package struct ReportDocument: Sendable {
    package var run: RunReport
    package var contract: Contract?
    package var peerRun: RunReport?
    package var truth: Truths?
    package var ledgers: [LedgerCheck]
    package var language: Language
    /// Says at the top that this is a demonstration, and where its data come from.
    var demoNote = Phrase.reportDemo
    /// What a demonstration shows beside the run; stands after the results.
    var appendix: HTML = ""

    package init(
        run: RunReport, contract: Contract? = nil, peerRun: RunReport? = nil, truth: Truths? = nil, ledgers: [LedgerCheck] = [],
        language: Language
    ) {
        self.run = run
        self.contract = contract
        self.peerRun = peerRun
        self.truth = truth
        self.ledgers = ledgers
        self.language = language
    }

    /// The outcome of one verification, in a sentence.
    package struct LedgerCheck: Sendable {
        package var party: String
        package var entries: Int
        package var head: String
        package var problems: [String]
        package init(party: String, entries: Int, head: String, problems: [String]) {
            self.party = party
            self.entries = entries
            self.head = head
            self.problems = problems
        }
    }

    /// True values of released cells; only a demonstration knows them.
    package struct Truths: Sendable {
        private var values: [String: Double] = [:]
        package init() {}
        private static func key(_ output: String, _ keys: [String], _ measure: String) -> String {
            ([output, measure] + keys).joined(separator: "\u{1f}")
        }
        package subscript(output output: String, keys keys: [String], measure measure: String) -> Double? {
            get { values[Self.key(output, keys, measure)] }
            set { values[Self.key(output, keys, measure)] = newValue }
        }
        package var count: Int { values.count }
    }

    var isDemonstration: Bool { truth != nil }

    /// A party's name, in Chinese the title that the contract gives it.
    func title(of party: String) -> Phrase {
        let title = contract?.party(named: party)?.title ?? ""
        return Phrase(en: party, zh: title.isEmpty ? party : title)
    }

    /// The whole page: one file, no script, nothing fetched.
    package func html() -> String {
        HTML.page(
            title: run.contractName, in: language,
            "\(header)\(summary)\(results)\(appendix)\(learned)\(agreement)\(inputs)\(diagnosticsSection)\(budgetSection)\(statementSection)\(jointNoise)\(cost)\(ledgerSection)\(model)\(footer)")
    }
}
