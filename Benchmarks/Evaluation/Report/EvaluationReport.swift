import HTMLReport
import SandboxCore

/// The technical-evaluation report: one page in both languages, made from the document alone. Its chapters are those of
/// T/PCAC 0009-2021 (多方安全计算金融应用评估规范): 5 technical, 6 security, 7 performance evaluation.
package enum EvaluationReport {
    /// The whole page, which opens in `language`; one file, no script, nothing fetched.
    package static func page(_ document: EvaluationDocument, in language: Language) -> String {
        let page = EvaluationPage(document: document)
        return HTML.page(title: EvaluationPage.title[language], in: language, style: EvaluationPage.style, page.body)
    }
}

/// The parts of the page; each part is a file EvaluationPage+Part.swift.
struct EvaluationPage {
    let document: EvaluationDocument

    static let title = Phrase(en: "Technical evaluation report", zh: "技术评估报告")
    static let standard = "T/PCAC 0009-2021"

    var body: HTML {
        "\(header)\(cards)\(contents)\(subject)\(environment)\(technical)\(security)\(performance)\(peers)\(notes)\(closing)\(footer)"
    }

    /// A chapter starts on a page of its own when printed.
    static func chapter(_ id: String, _ number: Int, _ title: Phrase, _ body: HTML) -> HTML {
        "<section id=\"\(id)\" class=\"chapter\"><h2><span class=\"number\">\(number)</span>\(title)</h2>\n\(body)</section>\n"
    }

    static func soft(_ text: Phrase) -> HTML { "<p class=\"soft\">\(text)</p>\n" }

    static func bullets(_ items: [HTML]) -> HTML { "<ul>\(items.map { "<li>\($0)</li>\n" as HTML })</ul>\n" }

    /// A line that the tester fills in, on the screen or on paper.
    static func field(_ label: Phrase, value: String = "") -> HTML {
        "<label class=\"field\"><span>\(label)</span><input type=\"text\" value=\"\(value)\" autocomplete=\"off\"></label>\n"
    }

    /// Conforms, does not, does not apply: boxes that the tester ticks.
    static func verdict() -> HTML {
        func box(_ text: Phrase) -> HTML { "<label class=\"tick\"><input type=\"checkbox\">\(text)</label>" }
        return box(Phrase(en: "yes", zh: "符合")) + box(Phrase(en: "no", zh: "不符合")) + box(Phrase(en: "n/a", zh: "不适用"))
    }
}
