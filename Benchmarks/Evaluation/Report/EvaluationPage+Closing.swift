import HTMLReport

extension EvaluationPage {
    var notes: HTML {
        let order: [EvaluationDocument.Note.Kind] = [.refused, .forced, .note]
        let rows = document.notes.sorted { order.firstIndex(of: $0.kind)! < order.firstIndex(of: $1.kind)! }.map { note -> [HTML] in
            ["\(ReportTerms.note(note.kind))", "\(note.about.isEmpty ? "–" : note.about)", "\(note.text)"]
        }
        let head: [HTML] = [
            "\(Phrase(en: "Kind", zh: "类别"))", "\(Phrase(en: "About", zh: "对象"))", "\(Phrase(en: "Text", zh: "内容（英文原文）"))",
        ]
        let table = rows.isEmpty ? Self.soft(Phrase(en: "Nothing was refused, forced or left out.", zh: "没有被拒绝、强制或略过的测量。"))
            : HTML.table(head, rows: rows)
        return Self.numbered(
            "notes",
            """
            \(table)
            <h3>\(Phrase(en: "Reproducing this report", zh: "复现方法"))</h3>
            \(Self.bullets([
                "<span class=\"hash\">yinhe-bench evaluate --profile \(document.profile) --out DIR</span>",
                "<span class=\"hash\">yinhe-bench report DIR/evaluation.json --out report.html</span>",
                "<span class=\"hash\">yinhe-bench compare \(Phrase(en: "this", zh: "本次")).json DIR/evaluation.json</span>",
            ]))
            """)
    }

    /// For the tester alone.
    var closing: HTML {
        let signatures = [
            Self.field(Phrase(en: "Tester (signature)", zh: "测试人员（签字）")), Self.field(Phrase(en: "Date", zh: "日期")),
            Self.field(Phrase(en: "Reviewer (signature)", zh: "审核人员（签字）")), Self.field(Phrase(en: "Date", zh: "日期")),
            Self.field(Phrase(en: "Approver (signature)", zh: "批准人（签字）")), Self.field(Phrase(en: "Seal of the testing body", zh: "测试机构（盖章）")),
        ]
        let rows = Self.chapters[2...4].map { chapter -> [HTML] in
            ["\(chapter.title)", Self.verdict(), "<input class=\"remark\" type=\"text\" autocomplete=\"off\">"]
        }
        let head: [HTML] = [
            "\(Phrase(en: "Chapter", zh: "章"))", "\(Phrase(en: "Meets the requirements", zh: "是否符合要求"))", "\(Phrase(en: "Remarks", zh: "备注"))",
        ]
        return Self.numbered(
            "closing",
            """
            \(HTML.table(head, rows: Array(rows)))
            <h3>\(Phrase(en: "Conclusion", zh: "结论"))</h3>
            <textarea rows="7"></textarea>
            <h3>\(Phrase(en: "Limits of this evaluation, open points", zh: "局限与遗留问题"))</h3>
            <textarea rows="5"></textarea>
            <div class="fields">\(signatures)</div>
            """)
    }
}
