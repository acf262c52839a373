import ContractText
import Foundation
import Fusion
import HTMLReport

extension ReportDocument {
    var header: HTML {
        let demo: HTML = isDemonstration ? "<p class=\"banner\">\(demoNote)</p>\n" : ""
        return """
            <header>
            <div class="brand">Yinhe 隐合 · \(Phrase.reportKind)</div>
            <h1>\(run.contractName)</h1>
            <p class="purpose">\(run.purpose)</p>
            <p class="meta">\(title(of: run.party)) · \(title(of: run.peer)) · \(Self.minute(run.finishedAt))</p>
            \(warnings)\(memoisedBanner)
            \(demo)</header>

            """
    }

    private var warnings: HTML {
        let lines = run.warnings.map { "<p class=\"banner\">\(Phrase.warning)\($0)</p>\n" as HTML }
        return "\(lines)"
    }

    /// "2026-03-05T14:02:07Z" as "2026-03-05 14:02 UTC": one form in both languages.
    static func minute(_ text: String) -> String {
        guard text.count == 20 else { return text }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }

    var seconds: Double {
        guard let start = UTCTime.parse(run.startedAt), let end = UTCTime.parse(run.finishedAt) else { return 0 }
        let phases = run.phases.reduce(0) { $0 + $1.seconds }
        // The stamps count whole seconds.
        return max(end.timeIntervalSince(start), min(phases, end.timeIntervalSince(start) + 1))
    }

    var summary: HTML {
        let cells = run.outputs.reduce(0) { $0 + $1.cells.count }
        func card(_ value: String, _ label: Phrase, _ note: Phrase) -> HTML {
            "<div class=\"card\"><b>\(value)</b><span>\(label)</span><i>\(note)</i></div>\n"
        }
        let bytes = run.traffic.bytesSent + run.traffic.bytesReceived
        return """
            <div class="cards">
            \(card(Numbers.grouped(cells), Phrase(en: "released numbers", zh: "个发布数字"),
                Phrase(en: "in \(run.outputs.count) outputs", zh: "共 \(run.outputs.count) 项输出")))\
            \(card("ε " + run.budget.charged, Phrase(en: "privacy spent", zh: "本次隐私消耗"),
                .budgetLeft(run.budget.remaining, of: run.budget.total)))\
            \(card(Numbers.grouped(run.input.distinctKeys), Phrase(en: "own subjects", zh: "己方主体数"),
                Phrase(en: "\(Numbers.grouped(run.peerSetSize)) at the peer", zh: "对方 \(Numbers.grouped(run.peerSetSize))")))\
            \(card(Numbers.seconds(seconds), Phrase(en: "run time", zh: "运行时间"),
                .trafficAndRounds(bytes, run.traffic.rounds)))\
            </div>

            """
    }

    // MARK: Results

    var results: HTML {
        var body: HTML = "<p class=\"soft\">\(Phrase.resultsNote)</p>\n"
        for output in run.outputs {
            body += """
                <h3>\(output.name)</h3>
                <p class="soft">\(Phrase.outputKind(output.kind)) · ε \(output.epsilon)</p>
                \(chart(output))\(table(output))\(output.notes.map { "<p class=\"soft\">\(Phrase.note($0))</p>\n" as HTML })
                """
        }
        if let (inside, of) = coverage { body += "<p>\(Phrase.coverage(inside, of))</p>\n" }
        return HTML.section("results", .results, body)
    }

    /// How many true values lie inside their interval; nil outside a demonstration.
    package var coverage: (inside: Int, of: Int)? {
        guard let truth else { return nil }
        var inside = 0
        var of = 0
        for output in run.outputs {
            for cell in output.cells {
                guard let value = truth[output: output.name, keys: cell.keys, measure: cell.measure],
                    let isInside = CellText.contains(cell, value)
                else { continue }
                of += 1
                if isInside { inside += 1 }
            }
        }
        return (inside, of)
    }

    /// The measure that says most in one picture: a mean if there is one, else the first.
    private func chart(_ output: ReleasedOutput) -> HTML {
        var order: [String] = []
        for cell in output.cells where !order.contains(cell.measure) { order.append(cell.measure) }
        // Coefficients have a unit each; one scale would say nothing.
        guard output.kind != "linear-regression" else { return "" }
        guard let measure = order.first(where: { $0.hasPrefix("mean") }) ?? order.first else { return "" }
        let cells = output.cells.filter { $0.measure == measure && $0.value != nil }
        guard cells.count > 1 else { return "" }
        let isRate = measure.hasPrefix("mean") && isIndicator(measure)
        let estimates = cells.map { cell in
            ReportCharts.Estimate(
                label: cell.keys.joined(separator: " · "), value: CellText.number(cell), low: cell.low95 ?? CellText.number(cell),
                high: cell.high95 ?? CellText.number(cell),
                truth: truth?[output: output.name, keys: cell.keys, measure: measure],
                text: isRate ? Numbers.percent(CellText.number(cell), digits: 2) : CellText.value(cell))
        }
        let caption = isRate ? Phrase.shareName(String(measure.dropFirst(5).dropLast())) : .measureName(measure)
        let drawing = measure.hasPrefix("mean") ? ReportCharts.dots(estimates, percent: isRate) : ReportCharts.bars(estimates)
        return """
            <figure><figcaption>\(caption)</figcaption>
            \(drawing)\(ReportCharts.legend(withTruth: isDemonstration))</figure>

            """
    }

    /// Whether the mean of this column is a share of rows.
    private func isIndicator(_ measure: String) -> Bool {
        guard let contract else { return false }
        for dataset in contract.datasets {
            for column in dataset.columns where measure == "mean(\(dataset.name).\(column.name))" {
                if case .indicator = column.kind { return true }
            }
        }
        return false
    }

    private func groupTitle(_ output: ReleasedOutput) -> HTML {
        output.keyColumns.isEmpty ? "\(Phrase.group)" : "\(output.keyColumns.enumerated().map { "\($0 > 0 ? " · " : "")\(Phrase.keyColumn($1))" as HTML })"
    }

    private func measureTitle(_ cell: ReleasedCell) -> HTML {
        let unit = CellText.unit(cell)
        return unit.isEmpty ? "\(Phrase.measureName(cell.measure))" : "\(Phrase.measureName(cell.measure)) (\(unit))"
    }

    private func table(_ output: ReleasedOutput) -> HTML {
        var header: [HTML] = [groupTitle(output), "\(Phrase.measure)", "\(Phrase.released)", "\(Phrase.interval95)"]
        if isDemonstration { header += ["\(Phrase.truth)", "\(Phrase.inside)"] }
        var previous: [String]?
        let rows = output.cells.map { cell -> [HTML] in
            let label = cell.keys.isEmpty ? Phrase.all : Phrase(cell.keys.joined(separator: " · "))
            let digits = CellText.digits(cell)
            var row: [HTML] = [
                cell.keys == previous ? "" : "\(label)", measureTitle(cell), "<b>\(CellText.value(cell))</b>",
                "\(CellText.interval(cell))",
            ]
            previous = cell.keys
            if isDemonstration {
                if let value = truth?[output: output.name, keys: cell.keys, measure: cell.measure] {
                    let mark: HTML =
                        switch CellText.contains(cell, value) {
                        case true?: "<span class=\"yes\">\(Phrase.yes)</span>"
                        case false?: "<span class=\"no\">\(Phrase.no)</span>"
                        case nil: "–"
                        }
                    row += ["\(Numbers.decimal(value, digits: digits))", mark]
                } else {
                    row += ["", ""]
                }
            }
            return row
        }
        return HTML.table(header, numeric: [2, 3, 4], rows: rows)
    }
}

/// Released cells as text, the same on the terminal and on the page.
enum CellText {
    static func number(_ cell: ReleasedCell) -> Double { cell.value.flatMap(Double.init) ?? .nan }

    /// "n < 50" in a group withheld by a minimum cohort of 50, the same in both languages.
    static func value(_ cell: ReleasedCell) -> String {
        cell.value.map { Numbers.group($0) } ?? cell.withheldBelow.map { "n < \($0)" } ?? "–"
    }

    /// Empty where things are counted: the measure itself names them.
    static func unit(_ cell: ReleasedCell) -> String {
        let counts = cell.measure == "count" || cell.measure.hasPrefix("rows") || cell.unit == "rows"
        return counts ? "" : cell.unit
    }

    /// Decimals to show beside the released value: its own, and of a mean (which may be clamped to a whole number) two digits of the noise.
    static func digits(_ cell: ReleasedCell) -> Int {
        let own = cell.value?.split(separator: ".", maxSplits: 1).dropFirst().first.map { min(6, $0.count) } ?? 0
        guard cell.measure.hasPrefix("mean"), let error = cell.standardError, error > 0, error.isFinite else { return own }
        return max(own, min(6, Int((1 - log10(error)).rounded(.up))))
    }

    static func interval(_ cell: ReleasedCell) -> String {
        guard let low = cell.low95, let high = cell.high95 else { return "–" }
        return "\(Numbers.decimal(low, digits: digits(cell))) … \(Numbers.decimal(high, digits: digits(cell)))"
    }

    /// Whether `truth` lies inside the interval; nil when nothing could be released.
    static func contains(_ cell: ReleasedCell, _ truth: Double) -> Bool? {
        guard let low = cell.low95, let high = cell.high95 else { return nil }
        return low <= truth && truth <= high
    }
}
