import Foundation
import HTMLReport
import SandboxCore

/// What the scenario says, on the terminal and in its report.
extension LowCarbonDemo {
    private static let title = Phrase(en: "Energy intensity by industry", zh: "按行业统计的万元产值电耗")
    private static let header = [
        Phrase(en: "Industry", zh: "行业"), Phrase(en: "enterprises", zh: "企业数"), Phrase(en: "electricity (MWh)", zh: "用电量（MWh）"),
        Phrase(en: "output (10,000 yuan)", zh: "产值（万元）"), Phrase(en: "kWh per 10,000 yuan", zh: "万元产值电耗（kWh）"), .truth, Phrase(""),
    ]

    /// Cells of one industry, and whether its totals are the true ones.
    private static func row(_ results: Results, _ i: Int) -> (cells: [String], isTrue: Bool) {
        let one = results.intensities[i]
        let cells = [
            one.industry, "\(one.enterprises)", Numbers.decimal(one.electricity, digits: 1), Numbers.decimal(one.output, digits: 2),
            Numbers.decimal(one.intensity, digits: 1), Numbers.decimal(results.trueIntensities[i].intensity, digits: 1),
        ]
        return (cells, results.result[i + 1] == results.truth[i])
    }

    private static func refusals(_ results: Results) -> [(Phrase, String)] {
        [
            (
                Phrase(
                    en: "An honest mistake: \(poisoner) writes kWh where the contract says MWh. Its own program refuses",
                    zh: "无心之失：\(poisoner) 把 MWh 误填成 kWh，其自身的程序拒绝加密"), results.wrongUnit
            ),
            (
                Phrase(
                    en: "A dishonest one: \(poisoner) adds 10 million MWh inside the ciphertext and signs again. The centre refuses",
                    zh: "蓄意投毒：\(poisoner) 在密文内加上 1,000 万 MWh 后重新签名，数据中心拒绝接收"), results.poisoned
            ),
        ]
    }

    private static let learned: [(Phrase, [Phrase])] = [
        (
            Phrase(en: "Every park", zh: "各园区"),
            [Phrase(en: "the totals by industry, exact; nothing of another park's table", zh: "各行业的精确合计；对其他园区的表一无所知")]
        ),
        (
            Phrase(en: "The centre (adds)", zh: "双碳数据中心（相加）"),
            [
                Phrase(
                    en: "who submitted when, sizes of files, and that every value lies within its bounds; no value",
                    zh: "谁在何时提交、文件大小，以及每个数值都在边界之内；看不到任何数值")
            ]
        ),
        (
            Phrase(en: "The bureau (opens)", zh: "生态环境局（解开）"),
            [Phrase(en: "the totals; no submission ever reaches it", zh: "合计；任何一份提交都不会到它手中")]
        ),
        (
            Phrase(en: "What is not protected", zh: "保护不到之处"),
            [
                Phrase(
                    en: "The centre and the bureau together could read every submission. Share the key among several holders where that is too "
                        + "much to trust.", zh: "数据中心与环境局合谋即可读出每份提交；若不愿如此信任，可把密钥分给多个持有方。"),
                Phrase(
                    en: "The totals carry no noise. An industry that one park alone has, or nine colluding parks, show that park's figures.",
                    zh: "合计不加噪声：若某行业只在一个园区，或九个园区合谋，该园区的数据便会暴露。"),
                Phrase(
                    en: "A range proof keeps a value within its bounds; a lie within them is not found.",
                    zh: "范围证明只保证数值在边界之内，边界之内的谎报无从发现。"),
            ]
        ),
    ]

    static func show(_ results: Results, _ console: Console) throws {
        try console.heading(title)
        var table = TextTable(header.enumerated().map { (console.text($1), $0 == 0 || $0 == 6 ? .left : .right) })
        for i in results.intensities.indices {
            let (cells, isTrue) = row(results, i)
            table.add(cells + [isTrue ? "✓" : "✗"])
        }
        try console.out(table)
        try console.heading(Phrase(en: "What was refused", zh: "被拒绝的提交"))
        for (what, message) in refusals(results) {
            try console.out("  " + console.style.good("✓ ") + console.text(what))
            try console.out("    " + console.style.dim(TextWidth.printable(message)))
        }
        try console.heading(.learnedTitle)
        for (who, points) in learned {
            try console.out("  " + console.style.bold(console.text(who)))
            for point in points { try console.out("  - " + console.text(point)) }
        }
        let mark = results.correct ? console.style.good("✓ ") : console.style.bad("✗ ")
        try console.out("\n  " + mark + console.text(checked(results)))
        try console.out()
        try console.fact(Phrase(en: "Total time", zh: "总耗时"), Numbers.seconds(results.seconds))
        try console.fact(Phrase(en: "Report", zh: "报告"), URL(filePath: results.report).path)
    }

    private static func meaning(_ check: String) -> Phrase {
        switch check {
        case "submission":
            Phrase(en: "signed by its park, under this contract and key; every range proof holds", zh: "由该园区签署，合同与公钥无误，每个范围证明成立")
        case "aggregate": Phrase(en: "signed by the centre, lists all ten parks", zh: "由数据中心签署，列有全部十个园区")
        case "inclusion": Phrase(en: "the park's own submission is in the sum", zh: "该园区的提交已计入合计")
        case "sum": Phrase(en: "the aggregate is the sum of exactly these submissions", zh: "汇总密文恰为这些提交之和")
        case "opening": Phrase(en: "the result is the decryption of the aggregate", zh: "结果表确为汇总密文的解密结果")
        default: Phrase(check)
        }
    }

    private static func checked(_ results: Results) -> Phrase {
        Phrase(
            en: "\(results.checks.count) checks from the files alone: signatures, range proofs, inclusion, sum, decryption, table",
            zh: "仅凭文件完成 \(results.checks.count) 项核验：签名、范围证明、包含、合计、解密、结果表")
    }

    static func page(_ results: Results) -> DemoPage {
        let rows = results.intensities.indices.map { i -> [HTML] in
            let (cells, isTrue) = row(results, i)
            let mark: HTML = isTrue ? "<span class=\"yes\">✓</span>" : "<span class=\"bad\">✗</span>"
            return cells.enumerated().map { $0 == 4 ? "<b>\($1)</b>" : "\($1)" } + [mark]
        }
        let chart = Charts.lengths(
            results.intensities.map { (Phrase($0.industry), $0.intensity, Numbers.decimal($0.intensity, digits: 0) + " kWh") })
        let refused = refusals(results).map { "<li>\($0.0)<br><span class=\"soft\">\($0.1)</span></li>\n" as HTML }
        let who = learned.map { who, points in
            "<div><h3>\(who)</h3><ul>\(points.map { "<li>\($0)</li>" as HTML })</ul></div>\n" as HTML
        }
        // One line for each kind: ten signatures of ten parks say the same thing.
        var kinds: [String] = []
        for check in results.checks where !kinds.contains(check.check) { kinds.append(check.check) }
        let checks = HTML.table(
            ["\(Phrase(en: "Check", zh: "核验项"))", "\(Phrase(en: "what it shows", zh: "说明了什么"))", "\(Phrase(en: "passed", zh: "通过"))"],
            numeric: [2],
            rows: kinds.map { kind in
                let all = results.checks.filter { $0.check == kind }, passed = all.filter(\.ok).count
                let mark: HTML = "<span class=\"\(passed == all.count ? "yes" : "bad")\">\(passed) / \(all.count)</span>"
                return ["\(kind)", "\(meaning(kind))", mark]
            })
        return DemoPage(
            title: title,
            purpose: Phrase(
                en: "Ten parks, one table of totals: no park shows its figures, and none can spoil the sum with values beyond the contract's bounds.",
                zh: "十个园区，一张合计表：谁也不出示自己的数据，谁也无法用超出合同边界的数值破坏合计。"),
            parties: LowCarbonScenario().about.parties,
            cards: [
                ("10", Phrase(en: "contributors", zh: "个贡献方"), Phrase(en: "all ten needed to open", zh: "到齐才能解开")),
                (
                    Numbers.grouped(results.intensities.reduce(0) { $0 + $1.enterprises }), Phrase(en: "enterprises", zh: "家企业"),
                    Phrase(en: "in \(results.intensities.count) industries", zh: "分属 \(results.intensities.count) 个行业")
                ),
                (
                    Numbers.bytes(results.submissionBytes), Phrase(en: "a submission", zh: "每份提交"),
                    Phrase(en: "ciphertexts and range proofs", zh: "密文与范围证明")
                ),
                (Numbers.seconds(results.seconds), Phrase(en: "all steps", zh: "全部步骤"), Phrase(en: "on this machine", zh: "本机实测")),
            ],
            sections: [
                HTML.section(
                    "results", title,
                    """
                    <figure><figcaption>\(header[4])</figcaption>\(chart)</figure>
                    \(HTML.table(header.map { "\($0)" }, numeric: [1, 2, 3, 4, 5], rows: rows))
                    """),
                HTML.section("refused", Phrase(en: "What was refused", zh: "被拒绝的提交"), "<ul>\(refused)</ul>\n"),
                HTML.section("learned", .learnedTitle, "<div class=\"who\">\(who)</div>\n"),
                HTML.section("checks", Phrase(en: "What anybody can check", zh: "人人可核验"), "<p>\(checked(results))</p>\n\(checks)"),
            ])
    }
}
