import HTMLReport
import SandboxCore

extension EvaluationPage {
    var header: HTML {
        let d = document
        let revision = d.gitRevision.map { String($0.prefix(12)) + ($0.hasSuffix("-dirty") ? "-dirty" : "") } ?? "–"
        return """
            <header>
            <div class="brand">Yinhe 隐合</div>
            <h1>\(Self.title)</h1>
            <p class="purpose">\(Phrase(
                en: "Privacy computing of two and more parties: correctness, security and speed, measured on the machine below.",
                zh: "两方及多方隐私计算：在下述机器上实测的正确性、安全性与性能。"))</p>
            <p class="meta">\(Phrase(en: "version", zh: "版本")) \(d.toolVersion) · git \(revision) · \
            \(Phrase(en: "profile", zh: "评估档次")) \(d.profile) · \(Self.minute(d.started)) – \(Self.minute(d.ended))</p>
            <p class="standard">\(Phrase(
                en: "Chapters 3 to 5 follow T/PCAC 0009-2021, chapters 5 (technical), 6 (security) and 7 (performance evaluation).",
                zh: "第 3 至 5 章依次对应 T/PCAC 0009-2021《多方安全计算金融应用评估规范》第 5 章技术评估、第 6 章安全评估、第 7 章性能评估。"))</p>
            \(banners)</header>

            """
    }

    private var banners: HTML {
        let d = document
        var lines: [Phrase] = []
        if d.gitRevision?.hasSuffix("-dirty") == true {
            lines.append(Phrase(
                en: "The program was built from files that differ from the named revision: these figures cannot be traced to a revision.",
                zh: "程序由与所标版本不一致的源文件构建：本次数据无法追溯到确定的版本。"))
        }
        let noisy = d.measurements.filter(\.isNoisy).count
        if noisy > 0 {
            lines.append(Phrase(
                en: "\(noisy) of \(d.measurements.count) measurements were taken on a machine that was too noisy, because that was asked for. Times in rows marked * are not fit for comparison.",
                zh: "\(d.measurements.count) 项测量中有 \(noisy) 项是在机器干扰过大时按要求强制完成的。带 * 的行，其时间不宜用于比较。"))
        }
        let refused = d.notes.filter { $0.kind == .refused }.count
        if refused > 0 {
            lines.append(Phrase(
                en: "\(refused) block(s) of measurements are not reported, because the machine was too noisy: see the notes.",
                zh: "有 \(refused) 组测量因机器干扰过大而未予报告，详见“说明”。"))
        }
        return "\(lines.map { "<p class=\"banner\">\($0)</p>\n" as HTML })"
    }

    /// "2026-03-05T14:02:07Z" as "2026-03-05 14:02 UTC".
    static func minute(_ text: String) -> String {
        guard text.count == 20 else { return text }
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5) + " UTC"
    }

    var cards: HTML {
        let d = document
        let exact = d.measurements.filter { $0.accuracy.error == 0 && $0.accuracy.tolerance == 0 }.count
        let answers = d.security?.knownAnswers ?? []
        let vectors = answers.reduce(0) { $0 + $1.vectors }, passed = answers.reduce(0) { $0 + $1.passed }
        let floor = d.measurements.compactMap(\.security.computational).min()
        func card(_ value: String, _ label: Phrase, _ note: Phrase) -> HTML {
            "<div class=\"card\"><b>\(value)</b><span>\(label)</span><i>\(note)</i></div>\n"
        }
        return """
            <div class="cards">
            \(card(Numbers.grouped(d.measurements.count), Phrase(en: "measurements", zh: "项测量"),
                Phrase(en: "each a median of repeated runs", zh: "均为多次运行的中位数")))\
            \(card(Numbers.percent(d.measurements.isEmpty ? .nan : 1, digits: 0), Phrase(en: "agree with plaintext", zh: "与明文计算一致"),
                Phrase(en: "\(exact) exactly, the rest within the stated tolerance", zh: "其中 \(exact) 项完全相等，其余在所列容差内")))\
            \(card(vectors > 0 ? "\(Numbers.grouped(passed)) / \(Numbers.grouped(vectors))" : "–", Phrase(en: "known answers", zh: "已知答案测试"),
                Phrase(en: "computed again for this report", zh: "生成本报告时重新计算")))\
            \(card(floor.map { "\($0) bit" } ?? "–", Phrase(en: "lowest security level", zh: "最低安全强度"),
                Phrase(en: "of all that was measured", zh: "所有被测项目中的最低值")))\
            </div>

            """
    }

    /// Chapters by number, identifier and title.
    static let chapters: [(id: String, title: Phrase)] = [
        ("subject", Phrase(en: "Object and tester", zh: "被测对象与测试人员")),
        ("environment", Phrase(en: "Test environment", zh: "测试环境")),
        ("technical", Phrase(en: "Technical evaluation", zh: "技术评估")),
        ("security", Phrase(en: "Security evaluation", zh: "安全评估")),
        ("performance", Phrase(en: "Performance evaluation", zh: "性能评估")),
        ("peers", Phrase(en: "Beside other systems", zh: "与其他系统对比")),
        ("notes", Phrase(en: "Notes", zh: "说明")),
        ("closing", Phrase(en: "Conclusion of the tester", zh: "测试结论")),
    ]

    static func numbered(_ id: String, _ body: HTML) -> HTML {
        let place = chapters.firstIndex { $0.id == id }!
        return chapter(id, place + 1, chapters[place].title, body)
    }

    var contents: HTML {
        let items = Self.chapters.enumerated().map { i, chapter -> HTML in
            "<li><a href=\"#\(chapter.id)\"><span class=\"number\">\(i + 1)</span>\(chapter.title)</a></li>\n"
        }
        return "<nav class=\"toc\"><ol>\(items)</ol></nav>\n"
    }

    /// Who, what and when: left open, but for what the document knows.
    var subject: HTML {
        let d = document
        let fields = [
            Self.field(Phrase(en: "Report number", zh: "报告编号")),
            Self.field(Phrase(en: "Date of the test", zh: "测试日期"), value: String(d.started.prefix(10))),
            Self.field(Phrase(en: "Object", zh: "被测系统"), value: "Yinhe 隐合"),
            Self.field(Phrase(en: "Version", zh: "被测版本"), value: [d.toolVersion, d.gitRevision].compactMap { $0 }.joined(separator: ", ")),
            Self.field(Phrase(en: "Client", zh: "委托单位")), Self.field(Phrase(en: "Testing body", zh: "测试机构")),
            Self.field(Phrase(en: "Tester", zh: "测试人员")), Self.field(Phrase(en: "Reviewer", zh: "审核人员")),
            Self.field(Phrase(en: "Place", zh: "测试地点")), Self.field(Phrase(en: "Contact", zh: "联系方式")),
        ]
        return Self.numbered(
            "subject",
            """
            <div class="fields">\(fields)</div>
            <h3>\(Phrase(en: "How to read the figures", zh: "数据说明"))</h3>
            \(Self.bullets(Self.reading.map { "\($0)" }))
            """)
    }

    private static let reading: [Phrase] = [
        Phrase(
            en: "Time is that of the party that ends later. Key agreement, set-up and the making of correlated randomness are inside; making the input is not.",
            zh: "时间以较晚结束的一方为准，包含密钥协商、初始化与相关随机数的生成，不包含生成输入数据的时间。"),
        Phrase(
            en: "Each time is the median of the stated runs after warm-up; whiskers and the column “spread” show the least and the largest.",
            zh: "时间均为预热之后若干次运行的中位数；图中的误差线与表中“波动”列给出最小值与最大值。"),
        Phrase(
            en: "Bytes are those of all parties, framing included. MB are 10^6 bytes, MiB of memory 2^20.",
            zh: "字节数为各参与方发送量之和，含帧头。MB 为 10^6 字节，内存单位 MiB 为 2^20 字节。"),
        Phrase(
            en: "Every result was compared with a plain computation after the clock had stopped. What differed is not in this report.",
            zh: "每项结果在计时结束后都与明文计算核对；不一致的结果不会出现在本报告中。"),
        Phrase(
            en: "Lines, boxes and framed fields are for the tester: fill them in on the screen before printing to PDF, or on paper.",
            zh: "横线、方框与文本框由测试人员填写：可在浏览器中填好后打印为 PDF，也可打印后手工填写。"),
    ]

    var footer: HTML {
        let digest = (try? document.json()).map { DomainHash.plainSHA256($0).hex } ?? "–"
        return """
            <footer>yinhe-bench \(document.toolVersion) · \(Phrase(en: "SHA-256 of evaluation.json", zh: "evaluation.json 的 SHA-256")) \
            <span class="hash">\(digest)</span></footer>

            """
    }
}
