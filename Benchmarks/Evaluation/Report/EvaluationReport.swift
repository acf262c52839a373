import HTMLReport

/// The technical-evaluation report: one page in both languages, made from the document alone.
package enum EvaluationReport {
    /// The whole page, which opens in `language`; one file, no script, nothing fetched.
    package static func page(_ document: EvaluationDocument, in language: Language) -> String {
        HTML.page(title: "Technical evaluation 技术评估", in: language, "")
    }
}
