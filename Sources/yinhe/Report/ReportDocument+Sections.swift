import ContractText
import Foundation
import Fusion
import HTMLReport
import SandboxCore
import Tables

extension ReportDocument {
    private var runs: [RunReport] { [run] + (peerRun.map { [$0] } ?? []) }

    // MARK: Who learned what

    var learned: HTML {
        let columns = runs.map { run -> HTML in
            var items: [HTML] = ["<li>\(Phrase.learnedOutputs(run.outputs.map(\.name)))</li>\n"]
            for key in run.learned {
                let size: HTML = key == "set-sizes" ? "\(Phrase.peerSetSize(run.peerSetSize))" : ""
                items.append("<li>\(Phrase.leakage(key))\(size)</li>\n")
            }
            return "<div><h3>\(title(of: run.party))</h3><ul>\(items)</ul></div>\n"
        }
        return HTML.section(
            "learned", .learnedTitle,
            """
            \(joinFacts)<p class="soft">\(Phrase.learnedNote)</p>
            <div class="who">\(columns)</div>
            <p>\(Phrase.notLearned(run.protocolName))</p>

            """)
    }

    private var joinFacts: HTML {
        guard let contract else { return "" }
        return HTML.facts(
            [(.joinProtocol, "\(Phrase.joinMode(contract.joinMode))")]
                + (contract.correlations.map { [(.correlations, "\(Phrase.correlations($0))")] } ?? []))
    }

    // MARK: Contract

    var agreement: HTML {
        var body: HTML = ""
        if let contract {
            let limits: [(Phrase, HTML)] = [
                (.joinProtocol, "\(contract.joinMode.rawValue)"), (.minimumIntersection, "\(contract.minimumIntersection)"),
                (.maximumRuns, "\(contract.maximumRuns)"), (.expires, "\(Self.minute(UTCTime.text(contract.expires)))"),
                (.budgetUnit, "\(contract.privacy.unit)"), (.budgetTotal, "ε \(contract.privacy.epsilon.description)"),
            ] + deltaLimits(contract)
            body += HTML.facts(limits)
            body += HTML.table(
                ["\(Phrase.party)", "\(Phrase.fingerprint)"],
                rows: contract.parties.map { ["\($0.title) (\($0.name))", "<span class=\"hash\">\($0.fingerprint)</span>"] })
            body += HTML.table(
                ["\(Phrase.dataset)", "\(Phrase.column)", "\(Phrase.type)", "\(Phrase.bounds)", "\(Phrase.unit)"],
                rows: contract.datasets.flatMap(columnRows))
            body += HTML.table(
                ["\(Phrase.output)", "\(Phrase.kind)", "\(Phrase.measures)", "ε", "\(Phrase.recipients)"], numeric: [3],
                rows: contract.outputs.map { output in
                    [
                        "\(output.name)", "\(Phrase.outputKind(output.kind.rawValue))",
                        "\(output.measures.map(\.description).joined(separator: ", "))", "\(output.epsilon.description)",
                        "\(output.recipients.enumerated().map { "\($0 > 0 ? ", " : "")\(title(of: $1))" as HTML })",
                    ]
                })
        }
        body += "<p class=\"soft\">\(Phrase.contractHash) <span class=\"hash\">\(run.contractHash)</span></p>\n"
        return HTML.section("contract", .contractTitle, body)
    }

    private func columnRows(_ dataset: Contract.Dataset) -> [[HTML]] {
        let key: [HTML] = [
            "<b>\(dataset.name)</b> · \(title(of: dataset.party))", "\(dataset.key.column)",
            "\(Phrase.joinKey) (\(dataset.key.normalizer))", "\(Phrase.rowsPerSubject(dataset.rowsPerSubject))", "",
        ]
        return [key]
            + dataset.columns.map { column in
                let type = ContractText.type(column, in: dataset)
                return ["", "\(column.name)", "\(type.kind)", "\(type.bounds)", "\(column.unit)"]
            }
    }

    // MARK: Inputs

    var inputs: HTML {
        let reports = runs.map(\.input)
        let lines: [(Phrase, (InputReport) -> HTML)] = [
            (.file, { "\($0.fileName)" }), (.encoding, { "\($0.encoding)" }), (.rows, { "\(Numbers.grouped($0.rows))" }),
            (.emptyKeys, { "\(Numbers.grouped($0.emptyKeys))" }), (.malformedKeys, { "\(Numbers.grouped($0.malformedKeys))" }),
            (.overLimit, { "\(Numbers.grouped($0.rowsOverSubjectLimit))" }),
            (.droppedCells, { "\(Numbers.grouped($0.rowsDroppedForCells))" }),
            (.keptRows, { "<b>\(Numbers.grouped($0.keptRows))</b>" }),
            (.subjects, { "<b>\(Numbers.grouped($0.distinctKeys))</b>" }),
            (.duplicateRows, { "\(Numbers.grouped($0.duplicateRows))" }),
            (.repairedKeys, { "\(Numbers.grouped($0.repairedKeys))" }),
            (.clampedCells, { "\(Numbers.grouped($0.columns.reduce(0) { $0 + $1.clamped }))" }),
            (.digest, { "<span class=\"hash\">\($0.sha256)</span>" }),
        ]
        let header: [HTML] = [""] + runs.map { "\(title(of: $0.party))" }
        let table = HTML.table(header, rows: lines.map { line in ["\(line.0)"] + reports.map(line.1) })
        return HTML.section("inputs", .inputTitle, "<p class=\"soft\">\(Phrase.inputNote)</p>\n\(table)")
    }

    // MARK: Budget and cost

    var budgetSection: HTML {
        let b = run.budget
        func number(_ text: String) -> Double { Double(text) ?? 0 }
        let facts = HTML.facts([
            (.budgetUnit, "\(b.unit)"), (.budgetTotal, "\(b.total)"), (.budgetBefore, "\(b.spentBefore)"),
            (.budgetCharged, "<b>\(b.charged)</b>"), (.budgetRemaining, "<b>\(b.remaining)</b>"),
            (.budgetDataset, "\(b.datasetSpent)"), (.runsUsed, "\(b.runs) / \(b.maximumRuns)"),
        ])
        return HTML.section(
            "budget", .budgetTitle,
            """
            \(ReportCharts.budget(before: number(b.spentBefore), now: number(b.charged), total: number(b.total)))\(facts)\(accountFacts)
            <p class="soft">\(Phrase.budgetNote)</p>

            """)
    }

    var cost: HTML {
        var body: HTML = ""
        for run in runs where !run.phases.isEmpty {
            let items = run.phases.map { (Phrase.phase($0.name), $0.seconds, Numbers.seconds($0.seconds)) }
            body += """
                <figure><figcaption>\(Phrase.timeByPhase) · \(title(of: run.party))</figcaption>
                    \(Charts.lengths(items))</figure>

                """
        }
        let t = run.traffic
        let bytes = [
            (Phrase.sentBy(title(of: run.party)), Double(t.bytesSent), Numbers.bytes(t.bytesSent)),
            (Phrase.sentBy(title(of: run.peer)), Double(t.bytesReceived), Numbers.bytes(t.bytesReceived)),
        ]
        body += """
            <figure><figcaption>\(Phrase.traffic) · \(Phrase.rounds(t.rounds))</figcaption>\(Charts.lengths(bytes))</figure>

            """
        return HTML.section("cost", .costTitle, body)
    }

    // MARK: Ledger, model

    var ledgerSection: HTML {
        var rows: [[HTML]] = ledgers.map { check in
            let outcome: HTML =
                check.problems.isEmpty
                ? "<span class=\"yes\">\(Phrase.verified)</span>"
                : "<span class=\"bad\">\(check.problems.joined(separator: "; "))</span>"
            return [
                "\(title(of: check.party))", "\(check.entries)", "<span class=\"hash\">\(check.head)</span>", outcome,
            ]
        }
        if rows.isEmpty {
            rows = runs.map { run in
                ["\(title(of: run.party))", "\(run.ledgerEntries)", "<span class=\"hash\">\(run.ledgerHead)</span>", "–"]
            }
        }
        let header: [HTML] = ["\(Phrase.party)", "\(Phrase.entries)", "\(Phrase.head)", "\(Phrase.verification)"]
        let table = HTML.table(header, numeric: [1], rows: rows)
        return HTML.section("ledger", .ledgerTitle, "<p class=\"soft\">\(Phrase.ledgerNote)</p>\n\(table)")
    }

    var model: HTML {
        let facts = HTML.facts([
            (.adversary, "\(run.adversary)"), (.protocolName, "\(run.protocolName)"), (.started, "\(Self.minute(run.startedAt))"),
            (.finished, "\(Self.minute(run.finishedAt))"), (.transport, "TLS 1.3"),
            (.securityLevel, "\(SecurityParameters.computational) bit · 2^-\(SecurityParameters.statistical)"),
            (.runID, "<span class=\"hash\">\(run.runID)</span>"),
        ])
        let points = SecurityModelText.points(for: contract).map { "<li>\($0)</li>\n" as HTML }
        return HTML.section("model", .modelTitle, "\(facts)<ul>\(points)</ul>\n")
    }

    var footer: HTML {
        "<footer>yinhe \(programVersion) · \(Phrase.contractHash) \(String(run.contractHash.prefix(16)))…</footer>\n"
    }
}

/// Declarations of a contract as text.
enum ContractText {
    static func type(_ column: Contract.Column, in dataset: Contract.Dataset) -> (kind: Phrase, bounds: String) {
        let bounds = "\(decimal(column.lower, scale: column.scale)) … \(decimal(column.upper, scale: column.scale))"
        return switch column.kind {
        case .integer: (Phrase(en: "integer", zh: "整数"), bounds)
        case .decimal(let scale): (Phrase(en: "decimal, \(scale) digits", zh: "小数，\(scale) 位"), bounds)
        case .category(let labels): (Phrase(en: "category", zh: "分类"), labels.joined(separator: " "))
        case .indicator(let base, let atLeast):
            (
                Phrase(en: "indicator", zh: "指示变量"),
                "\(base) ≥ \(decimal(atLeast, scale: dataset.columns.first { $0.name == base }?.scale ?? 0))"
            )
        }
    }

    /// Grid units as decimal text: 1234 at scale 2 is "12.34"; trailing zeros of the fraction are dropped.
    static func decimal(_ units: Int64, scale: Int) -> String {
        let digits = String(units.magnitude)
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        let whole = String(padded.dropLast(scale))
        var fraction = String(padded.suffix(scale))
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (units < 0 ? "-" : "") + Numbers.group(whole) + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}
