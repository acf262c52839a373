import Foundation
import Fusion

extension ReportDocument {
    var header: HTML {
        let demo: HTML = isDemonstration ? "<p class=\"banner\">\(Phrase.reportDemo)</p>\n" : ""
        return """
            <header>
            <div class="brand">Yinhe 隐合 · \(Phrase.reportKind)</div>
            <h1>\(run.contractName)</h1>
            <p class="purpose">\(run.purpose)</p>
            <p class="meta">\(title(of: run.party)) · \(title(of: run.peer)) · \(Self.minute(run.finishedAt))</p>
            \(demo)</header>

            """
    }

    /// "2026-03-05 14:02 UTC": one form in both languages.
    static func minute(_ date: Date) -> String {
        let text = date.formatted(.iso8601)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }

    var summary: HTML {
        let cells = run.outputs.reduce(0) { $0 + $1.cells.count }
        func card(_ value: String, _ label: Phrase, _ note: Phrase) -> HTML {
            "<div class=\"card\"><b>\(value)</b><span>\(label)</span><i>\(note)</i></div>\n"
        }
        let seconds = run.finishedAt.timeIntervalSince(run.startedAt)
        let bytes = run.traffic.bytesSent + run.traffic.bytesReceived
        return """
            <div class="cards">
            \(card(Numbers.grouped(cells), Phrase(en: "released numbers", zh: "个发布数字"),
                Phrase(en: "in \(run.outputs.count) outputs", zh: "共 \(run.outputs.count) 项输出")))\
            \(card("ε " + run.budget.charged, Phrase(en: "privacy spent", zh: "本次隐私消耗"),
                Phrase(en: "\(run.budget.remaining) of \(run.budget.total) left", zh: "剩余 \(run.budget.remaining)，总额 \(run.budget.total)")))\
            \(card(Numbers.grouped(run.input.distinctKeys), Phrase(en: "own subjects", zh: "己方主体数"),
                Phrase(en: "\(Numbers.grouped(run.peerSetSize)) at the peer", zh: "对方 \(Numbers.grouped(run.peerSetSize))")))\
            \(card(Numbers.seconds(seconds), Phrase(en: "run time", zh: "运行时间"),
                Phrase(en: "\(Numbers.bytes(bytes)), \(run.traffic.rounds) rounds", zh: "通信 \(Numbers.bytes(bytes))，\(run.traffic.rounds) 轮")))\
            </div>

            """
    }

    // MARK: Results

    var results: HTML {
        var body: HTML = "<p class=\"soft\">\(Phrase.resultsNote)</p>\n"
        for output in run.outputs {
            let unit = output.unit.isEmpty ? "" : " · \(output.unit)"
            body.raw += ("""
                <h3>\(output.name)</h3>
                <p class="soft">\(Phrase.outputKind(output.kind)) · ε \(output.epsilon)\(unit)</p>
                \(chart(output))\(table(output))
                """ as HTML).raw
        }
        if let (inside, of) = coverage { body.raw += ("<p>\(Phrase.coverage(inside, of))</p>\n" as HTML).raw }
        return HTML.section("results", .results, body)
    }

    /// How many true values lie inside their interval; nil outside a demonstration.
    package var coverage: (inside: Int, of: Int)? {
        guard let truth else { return nil }
        var inside = 0
        var of = 0
        for output in run.outputs {
            for cell in output.cells {
                guard let value = truth[output: output.name, keys: cell.keys, measure: cell.measure] else { continue }
                of += 1
                if cell.low95 <= value, value <= cell.high95 { inside += 1 }
            }
        }
        return (inside, of)
    }

    /// The measure that says most in one picture: a mean if there is one, else the first.
    private func chart(_ output: ReleasedOutput) -> HTML {
        var order: [String] = []
        for cell in output.cells where !order.contains(cell.measure) { order.append(cell.measure) }
        guard let measure = order.first(where: { $0.hasPrefix("mean") }) ?? order.first else { return "" }
        let cells = output.cells.filter { $0.measure == measure }
        guard cells.count > 1 else { return "" }
        let isRate = measure.hasPrefix("mean") && isIndicator(measure)
        let estimates = cells.map { cell in
            ReportCharts.Estimate(
                label: cell.keys.joined(separator: " · "), value: Double(cell.value) ?? 0, low: cell.low95, high: cell.high95,
                truth: truth?[output: output.name, keys: cell.keys, measure: measure],
                text: isRate ? Numbers.percent(Double(cell.value) ?? .nan, digits: 2) : Numbers.group(cell.value))
        }
        let drawing = measure.hasPrefix("mean") ? ReportCharts.dots(estimates, percent: isRate) : ReportCharts.bars(estimates)
        return """
            <figure><figcaption>\(Phrase.measureName(measure))</figcaption>
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

    private func table(_ output: ReleasedOutput) -> HTML {
        var header: [HTML] = ["\(Phrase.group)", "\(Phrase.measure)", "\(Phrase.released)", "\(Phrase.interval95)"]
        if isDemonstration { header += ["\(Phrase.truth)", "\(Phrase.inside)"] }
        var previous: [String]?
        let rows = output.cells.map { cell -> [HTML] in
            let label = cell.keys.isEmpty ? Phrase.all : Phrase(cell.keys.joined(separator: " · "))
            let digits = CellText.digits(cell)
            var row: [HTML] = [
                cell.keys == previous ? "" : "\(label)", "\(Phrase.measureName(cell.measure))", "<b>\(Numbers.group(cell.value))</b>",
                "\(CellText.interval(cell))",
            ]
            previous = cell.keys
            if isDemonstration {
                if let value = truth?[output: output.name, keys: cell.keys, measure: cell.measure] {
                    let inside = cell.low95 <= value && value <= cell.high95
                    let mark: HTML = inside ? "<span class=\"yes\">\(Phrase.yes)</span>" : "<span class=\"no\">\(Phrase.no)</span>"
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
    /// Decimals to show beside the released value: its own.
    static func digits(_ cell: ReleasedCell) -> Int {
        cell.value.split(separator: ".", maxSplits: 1).dropFirst().first.map { min(6, $0.count) } ?? 0
    }

    static func interval(_ cell: ReleasedCell) -> String {
        let digits = digits(cell)
        return "\(Numbers.decimal(cell.low95, digits: digits)) … \(Numbers.decimal(cell.high95, digits: digits))"
    }
}
