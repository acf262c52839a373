import SandboxCore

enum DemoScenarios {
    /// In the order of `yinhe demo --list`; the first is the default.
    static let all: [any DemoScenario] = [
        CreditScenario(mode: .intersectionSum), CreditScenario(mode: .hidden), CreditScenario(mode: .aligned),
        SecureSumScenario(), AggregateScenario(), InclusiveCreditScenario(), MedicalScenario(), TransportScenario(), TradeScenario(),
        LowCarbonScenario(),
    ]

    static func named(_ name: String) throws -> any DemoScenario {
        if let found = all.first(where: { $0.about.name == name }) { return found }
        let nearest = all.map(\.about.name).min { distance($0, name) < distance($1, name) }!
        let hint = distance(nearest, name) <= max(2, name.count / 3) ? "; did you mean \"\(nearest)\"?" : ""
        throw YinheError(
            .usage, "there is no scenario \"\(name)\"\(hint)", at: "--scenario",
            remedy: "choose one of \(all.map(\.about.name).joined(separator: ", ")); `yinhe demo --list` describes them")
    }

    /// Single characters to insert, delete or replace to come from one to the other (Levenshtein's distance).
    private static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b)
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in b.indices {
                let replaced = diagonal + (x == b[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
            }
        }
        return row[b.count]
    }
}

/// The list as `yinhe demo --list` prints it.
struct DemoList {
    struct Document: Encodable {
        struct Text: Encodable {
            var en: String
            var zh: String
            init(_ phrase: Phrase) { (en, zh) = (phrase.en, phrase.zh) }
        }
        struct Scenario: Encodable {
            var name: String
            var domain: Text
            var parties: [Text]
            var shows: Text
            var usualSeconds: Int
            var guide: String?
        }
        var scenarios: [Scenario]
    }

    static func show(_ console: Console) throws {
        let all = DemoScenarios.all.map(\.about)
        try console.emit(
            Document(
                scenarios: all.map {
                    .init(
                        name: $0.name, domain: .init($0.domain), parties: $0.parties.map(Document.Text.init), shows: .init($0.shows),
                        usualSeconds: $0.usualSeconds, guide: $0.guide.map { "Examples/\($0)" })
                }))
        let between = Phrase(en: ", ", zh: "、")[console.language]
        for about in all {
            try console.heading(Phrase(about.name))
            try console.fact(Phrase(en: "Domain", zh: "领域"), console.text(about.domain))
            try console.fact(Phrase(en: "Parties", zh: "参与方"), about.parties.map { console.text($0) }.joined(separator: between))
            try console.fact(Phrase(en: "Shows", zh: "看点"), console.text(about.shows))
            try console.fact(
                Phrase(en: "Usual time", zh: "通常耗时"),
                console.text(Phrase(en: "\(about.usualSeconds) s on two cores", zh: "双核约 \(about.usualSeconds) 秒")))
            if let guide = about.guide {
                let page = console.language == .chinese ? "README.zh-CN.md" : "README.md"
                try console.fact(Phrase(en: "Guide", zh: "指南"), "Examples/\(guide)/\(page)")
            }
        }
        try console.out()
        try console.fact(Phrase(en: "Run one", zh: "运行"), "yinhe demo --scenario \(all.last!.name)")
    }
}
