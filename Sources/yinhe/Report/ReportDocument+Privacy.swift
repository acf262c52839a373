import DifferentialPrivacy
import Fusion

extension ReportDocument {
    var memoisedBanner: HTML {
        guard let memo = run.memoised else { return "" }
        return "<p class=\"banner\">\(Phrase.memoised(memo))</p>\n"
    }

    /// What a contract with Gaussian noise says besides.
    func deltaLimits(_ contract: Contract) -> [(Phrase, HTML)] {
        guard contract.privacy.mechanism == .gaussian else { return [] }
        return [(.noiseLaw, "\(Phrase.noiseGaussian)"), (.deltaTotal, "\(contract.privacy.delta.description)")]
    }

    /// Delta and the accounts besides the contract's.
    var accountFacts: HTML {
        let b = run.budget
        var facts: [(Phrase, HTML)] = []
        for (label, value) in [(Phrase.deltaTotal, b.deltaTotal), (.deltaCharged, b.deltaCharged), (.deltaRemaining, b.deltaRemaining)] {
            if let value { facts.append((label, "\(value)")) }
        }
        let uses = b.accounts ?? []
        if !uses.isEmpty {
            facts.append((.otherAccounts, "<ul>\(uses.map { "<li>\(Phrase.budgetUse($0))</li>" as HTML })</ul>"))
        }
        let near = (b.near ?? []).map { "<p class=\"banner\">\(Phrase.budgetNearRun($0))</p>\n" as HTML }
        return facts.isEmpty ? "\(near)" : "\(HTML.facts(facts))\(near)"
    }

    /// The guarantee in the terms of NIST SP 800-226.
    var statementSection: HTML {
        guard let statement = run.statement else { return "" }
        return HTML.section("statement", .statementTitle, HTML.facts(StatementText.facts(statement).map { ($0, "\($1)") }))
    }
}

/// A privacy statement as labelled lines, the same on the page and on the terminal.
enum StatementText {
    static func facts(_ statement: PrivacyStatement) -> [(Phrase, Phrase)] {
        [
            (.statementUnit, Phrase(statement.unit)),
            (.statementNeighbours, .statementNeighbours(statement.neighbours)),
            (.statementLoss, .statementCost(statement.cost)),
            (.statementComposition, .statementText(statement.composition)),
            (.statementTrust, .statementTrust(statement.trust)),
            (.statementMechanism, .statementText(statement.mechanism)),
            (.statementSampler, .statementText(statement.sampler)),
            (.statementFloatingPoint, statement.isFloatingPointSafe ? .statementIntegers : .no),
        ]
    }
}
