import Fusion
import Tables

/// Why keys match or not, the same on the page and on the terminal.
struct MatchDiagnosticsText {
    let diagnostics: MatchDiagnostics
    let party: String
    let peer: String

    /// Shares of each side, as label and value.
    var facts: [(Phrase, Phrase)] {
        var lines: [(Phrase, Phrase)] = []
        if let matched = diagnostics.matched, let rate = diagnostics.matchRate {
            lines.append(
                (
                    Phrase(en: "Match rate", zh: "匹配率"),
                    Phrase(
                        en: "\(Numbers.percent(rate, digits: 1)) of the smaller list (\(Numbers.grouped(max(0, matched))) subjects, as released)",
                        zh: "较小名单的 \(Numbers.percent(rate, digits: 1))（发布值 \(Numbers.grouped(max(0, matched))) 个主体）")
                ))
        }
        lines.append((Phrase("\(party)"), Self.side(diagnostics.own, "exact", "准确值")))
        lines.append((Phrase("\(peer)"), Self.side(diagnostics.peer, "with noise", "加噪值")))
        return lines
    }

    private static func side(_ side: MatchDiagnostics.Side, _ kindEnglish: String, _ kindChinese: String) -> Phrase {
        func share(_ value: Double) -> String { Numbers.percent(value, digits: 1) }
        let valid = share(side.validShare), empty = share(side.emptyShare)
        let malformed = share(side.malformedShare), repeated = share(side.duplicateShare)
        let subjects = Numbers.grouped(side.distinct)
        return Phrase(
            en: "\(subjects) subjects; of the rows \(valid) usable, \(empty) without a key, \(malformed) malformed; \(repeated) repeat a subject (\(kindEnglish))",
            zh: "\(subjects) 个主体；各行中可用 \(valid)，空键 \(empty)，无效键 \(malformed)；重复主体 \(repeated)（\(kindChinese)）")
    }

    var causes: [Phrase] {
        if diagnostics.causes.isEmpty { return [Phrase(en: "Nothing is conspicuous on either side.", zh: "双方均未发现明显异常。")] }
        return diagnostics.causes.map(cause)
    }

    private func cause(_ cause: MatchDiagnostics.Cause) -> Phrase {
        func malformed(_ side: MatchDiagnostics.Side, _ who: String) -> Phrase {
            let share = Numbers.percent(side.malformedShare, digits: 1)
            return Phrase(
                en: "\(share) of \(who)'s rows have malformed keys: `yinhe keys doctor` at \(who) says why.",
                zh: "\(who) 有 \(share) 的行键无效：请在 \(who) 一方运行 yinhe keys doctor 查明原因。")
        }
        func empty(_ side: MatchDiagnostics.Side, _ who: String) -> Phrase {
            let share = Numbers.percent(side.emptyShare, digits: 1)
            return Phrase(
                en: "\(share) of \(who)'s rows have no key: is it the right column, the right export?",
                zh: "\(who) 有 \(share) 的行没有键：请确认列和导出是否正确。")
        }
        switch cause {
        case .ownMalformed: return malformed(diagnostics.own, party)
        case .peerMalformed: return malformed(diagnostics.peer, peer)
        case .ownEmpty: return empty(diagnostics.own, party)
        case .peerEmpty: return empty(diagnostics.peer, peer)
        case .sizes:
            let larger = diagnostics.own.distinct > diagnostics.peer.distinct ? party : peer
            return Phrase(
                en: "\(larger) brings more than twice as many subjects as the other: most of its list cannot match.",
                zh: "\(larger) 的主体数超过对方的两倍：其大部分主体不可能匹配。")
        case .populations:
            return Phrase(
                en: "The keys are in order at both parties: the files seem to be about different subjects. Compare region, period, and what a key stands for (head office or branch, person or household).",
                zh: "双方的键都没有明显问题：两份数据所含主体可能本就不同。请核对地区、时间范围，以及键所代表的对象（总公司还是分支机构，个人还是家庭）。")
        }
    }
}

extension ReportDocument {
    var diagnosticsSection: HTML {
        guard let diagnostics = run.diagnostics else { return "" }
        let text = MatchDiagnosticsText(diagnostics: diagnostics, party: run.party, peer: run.peer)
        let items = text.causes.map { "<li>\($0)</li>\n" as HTML }
        return HTML.section(
            "diagnostics", .matchDiagnosticsTitle,
            "\(HTML.facts(text.facts.map { ($0, "\($1)") }))<ul>\n\(items)</ul>\n<p class=\"note\">\(Phrase.matchDiagnosticsNote(diagnostics.epsilon))</p>\n")
    }
}

extension Phrase {
    static let matchDiagnosticsTitle = Phrase(en: "Why keys match or not", zh: "匹配情况诊断")
    static func matchDiagnosticsNote(_ epsilon: String) -> Phrase {
        Phrase(
            en: "The peer's numbers of rows carry its noise; this costs ε \(epsilon) of the run's charge.",
            zh: "对方的行数带有其所加的噪声；此项消耗计入本次运行的隐私预算：ε \(epsilon)。")
    }
}
