import Foundation

/// The report of a demonstration that runs under no two-party contract: one file in both languages, in the style of a run's report.
struct DemoPage {
    var title: Phrase
    /// What is computed, in a sentence.
    var purpose: Phrase
    var parties: [Phrase]
    /// At most four figures at the top.
    var cards: [(value: String, label: Phrase, note: Phrase)] = []
    /// Made with `HTML.section`.
    var sections: [HTML]

    func html(in language: Language) -> String {
        let cards = cards.map { card in
            "<div class=\"card\"><b>\(card.value)</b><span>\(card.label)</span><i>\(card.note)</i></div>\n" as HTML
        }
        let parties = parties.enumerated().map { "\($0 > 0 ? " · " : "")\($1)" as HTML }
        let minute = ISO8601DateFormatter().string(from: Date())
        return HTML.page(
            title: title[language], in: language,
            """
            <header>
            <div class="brand">Yinhe 隐合 · \(Phrase(en: "demonstration report", zh: "演示报告"))</div>
            <h1>\(title)</h1>
            <p class="purpose">\(purpose)</p>
            <p class="meta">\(parties) · \(ReportDocument.minute(minute))</p>
            <p class="banner">\(Phrase.reportDemo)</p>
            </header>
            \(self.cards.isEmpty ? "" : "<div class=\"cards\">\(cards)</div>" as HTML)
            \(sections)
            <footer>yinhe \(programVersion)</footer>
            """)
    }

    /// Totals beside the true ones, with a mark where they agree.
    static func totals(
        _ header: [Phrase], rows: [(labels: [String], total: String, truth: String)]
    ) -> HTML {
        let columns = header.map { "\($0)" as HTML } + ["\(Phrase(en: "total", zh: "合计"))", "\(Phrase.truth)", ""]
        return HTML.table(
            columns, numeric: [header.count, header.count + 1],
            rows: rows.map { row in
                let mark: HTML = row.total == row.truth ? "<span class=\"yes\">✓</span>" : "<span class=\"bad\">✗</span>"
                return row.labels.map { "\($0)" as HTML } + ["<b>\(Numbers.group(row.total))</b>", "\(Numbers.group(row.truth))", mark]
            })
    }
}
