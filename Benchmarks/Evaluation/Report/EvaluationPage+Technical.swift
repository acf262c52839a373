import HTMLReport

extension EvaluationPage {
    /// Chapter 5 of the standard. Its topics follow the basic requirements of JR/T 0196-2020, on which it rests.
    var technical: HTML {
        Self.numbered(
            "technical",
            """
            \(Self.soft(Phrase(
                en: "What the product does and where to see it; whether that meets a requirement is the tester's to say.",
                zh: "以下列出产品能力及其查看位置；是否符合要求由测试人员判定。")))
            \(Self.checklist(Self.technicalTopics))
            <h3>\(Phrase(en: "Functions that ran, and their correctness", zh: "已运行的功能及其正确性"))</h3>
            \(functions)
            """)
    }

    struct Topic {
        var name: Phrase
        var evidence: Phrase
        /// Where the evidence can be seen: commands or files.
        var places: String
    }

    static func checklist(_ topics: [Topic]) -> HTML {
        let head: [HTML] = [
            "\(Phrase(en: "Topic", zh: "评估项"))", "\(Phrase(en: "Evidence in the product", zh: "产品情况"))",
            "\(Phrase(en: "Where to see it", zh: "查看位置"))", "\(Phrase(en: "Conforms (tester)", zh: "是否符合（测试人员填写）"))",
        ]
        let rows = topics.map { topic -> [HTML] in
            [
                "<b>\(topic.name)</b>", "\(topic.evidence)", "<span class=\"hash\">\(topic.places)</span>",
                "<div class=\"verdict\">\(Self.verdict())<input class=\"remark\" type=\"text\" autocomplete=\"off\"></div>",
            ]
        }
        return HTML.table(head, rows: rows, class: "small")
    }

    private static let technicalTopics: [Topic] = [
        Topic(
            name: Phrase(en: "Data input", zh: "数据输入"),
            evidence: Phrase(
                en: "Each party reads its own file. Type, unit and bounds of every column are declared; keys are normalised; what was dropped, clamped or repaired is counted.",
                zh: "各方只读取自己的文件。每列的类型、单位与上下界事先声明，键统一规范化；丢弃、截断、修复的行数均有统计。"),
            places: "yinhe inspect, Protocols/join-keys.md"),
        Topic(
            name: Phrase(en: "Algorithm input", zh: "算法输入"),
            evidence: Phrase(
                en: "A contract that both parties sign fixes join, outputs, noise and leakage. A plan that could overflow, or reveals more than was accepted, is refused before data flows.",
                zh: "联接方式、输出、噪声与泄露项由双方签署的合同确定；可能溢出或泄露超出约定的计划在数据流动之前即被拒绝。"),
            places: "yinhe contract check, Protocols/contract.md"),
        Topic(
            name: Phrase(en: "Joint computation", zh: "协同计算"),
            evidence: Phrase(
                en: "Set intersection, secret sharing and Paillier between two and more processes; each protocol has a specification and known-answer vectors.",
                zh: "安全求交、秘密分享与 Paillier 由两个及以上进程协同完成；每个协议均有规范文档与已知答案向量。"),
            places: "yinhe run, yinhe psi, yinhe sum, Protocols/"),
        Topic(
            name: Phrase(en: "Result output", zh: "结果输出"),
            evidence: Phrase(
                en: "Only the agreed outputs are opened, to the parties named, with noise and a charge to the privacy budget; below the minimum intersection nothing is.",
                zh: "仅向约定的参与方打开约定的输出，并加噪、扣减隐私预算；交集低于约定最小值时不输出任何结果。"),
            places: "report.html of a run, Protocols/fusion-run.md"),
        Topic(
            name: Phrase(en: "Scheduling and management", zh: "调度管理"),
            evidence: Phrase(
                en: "There is no central scheduler: the handshake compares contract, roles and parameters, a mismatch ends both sides. Signed ledgers record each run and its charge.",
                zh: "无中心调度方：握手阶段比对合同、角色与参数，不一致则双方终止。每次运行及其预算消耗记入带签名的账本。"),
            places: "yinhe ledger verify, Protocols/ledger.md, Protocols/transport.md"),
    ]

    /// One row for each operation, with the range of sizes and how results were checked.
    private var functions: HTML {
        struct Function: Hashable {
            var area: EvaluationDocument.Area
            var operation: String
            var protocolName: String
        }
        var order: [Function] = [], groups: [Function: [Measurement]] = [:]
        for m in document.measurements {
            let key = Function(area: m.area, operation: m.operation, protocolName: m.protocolName)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(m)
        }
        let head: [HTML] = [
            "\(Phrase(en: "Area", zh: "类别"))", "\(Phrase(en: "Operation", zh: "运算"))", "\(Phrase(en: "Protocol", zh: "协议"))",
            "\(Phrase(en: "Sizes", zh: "规模"))", "\(Phrase(en: "Runs", zh: "次数"))", "\(Phrase(en: "Checked against", zh: "核对方式"))",
            "\(Phrase(en: "Largest error", zh: "最大误差"))", "\(Phrase(en: "Tolerance", zh: "容差"))", "",
        ]
        let areas = EvaluationDocument.Area.allCases
        let sorted = order.enumerated().sorted { a, b in
            let (i, j) = (areas.firstIndex(of: a.element.area)!, areas.firstIndex(of: b.element.area)!)
            return i != j ? i < j : a.offset < b.offset
        }.map(\.element)
        var previous: EvaluationDocument.Area?
        let rows = sorted.map { key -> [HTML] in
            let all = groups[key]!, sizes = all.map(\.size)
            let range = sizes.min() == sizes.max() ? Numbers.grouped(sizes.min()!) : "\(Numbers.grouped(sizes.min()!)) – \(Numbers.grouped(sizes.max()!))"
            let area: HTML = key.area == previous ? "" : "\(ReportTerms.area(key.area))"
            previous = key.area
            let worst = all.max { $0.accuracy.error < $1.accuracy.error }!.accuracy
            return [
                area, "\(ReportTerms.operation(key.operation))", "\(key.protocolName)", "\(range)", "\(all.reduce(0) { $0 + $1.runs })",
                "\(ReportTerms.checked(Array(Set(all.map(\.accuracy.checked))).sorted()))",
                "\(Numbers.significant(worst.error))", "\(Numbers.significant(worst.tolerance))",
                "<span class=\"yes\">\(Phrase(en: "right", zh: "正确"))</span>",
            ]
        }
        return HTML.table(head, numeric: [3, 4, 6, 7], rows: rows, class: "small")
    }
}
