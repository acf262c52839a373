import Fusion

extension ReportDocument {
    /// What the noise protects against whom; empty for reports of older versions.
    var jointNoise: HTML {
        guard let statement = run.jointNoise else { return "" }
        let showsBoth = statement.outputs.contains { $0.outsidersAtSmallDelta != nil }
        var header: [HTML] = ["\(Phrase.output)", "\(Phrase.againstOutsiders)", "\(Phrase.againstEachParty)"]
        if showsBoth { header.append("\(Phrase.bothSamples)") }
        func row(_ name: HTML, _ outsiders: String, _ party: String, _ small: String) -> [HTML] {
            [name, "\(outsiders)", "\(party)"] + (showsBoth ? ["\(small)"] : [])
        }
        var rows = statement.outputs.map { output in
            row(
                "\(output.name)", Phrase.guarantee(output.outsiders), Phrase.guarantee(output.eachParty),
                output.outsidersAtSmallDelta.map(Phrase.guarantee) ?? "")
        }
        rows.append(row("<b>\(Phrase.all)</b>", Phrase.guarantee(statement.outsiders), Phrase.guarantee(statement.eachParty), ""))
        return HTML.section(
            "noise", .jointNoiseTitle,
            """
            <p>\(Phrase.jointNoiseMethod(statement.method))</p>
            \(HTML.table(header, rows: rows))
            <p class="soft">\(Phrase.jointNoiseNote(statement))</p>

            """)
    }
}
