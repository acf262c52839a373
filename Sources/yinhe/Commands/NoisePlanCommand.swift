import ArgumentParser
import DifferentialPrivacy
import Foundation
import SandboxCore

extension NoisePlan.Query: ExpressibleByArgument {}
extension NoiseKind: ExpressibleByArgument {}
extension NeighbouringRelation: ExpressibleByArgument {}

struct NoisePlanCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "plan",
            abstract: Help.text("The noise that a target needs, and the releases that a budget allows.", "目标所需的噪声，与预算可支持的发布次数。"),
            discussion: Help.discussion(
                """
                Before anything is spent: gives the least noise for which all releases together stay within epsilon and delta, and
                the width of the interval around each released value. With --half-width it answers the inverse: how many releases
                of that accuracy the budget allows, and how many are left after --made. Epsilon is composed by the law of the total
                privacy loss and is never below the true value (Protocols/privacy-accounting.md). With --html it also writes a page
                with the accuracy against epsilon.
                """,
                """
                在消耗任何预算之前：给出使所有发布合计不超过 epsilon 与 delta 的最小噪声，以及每个发布值的区间宽度。加 --half-width 则反过来回答：
                在该精度下预算允许多少次发布，扣除 --made 后还剩多少次。epsilon 按总隐私损失的分布合成，绝不低于真实值
                （见 Protocols/privacy-accounting.md）。加 --html 另写一页精度随 epsilon 变化的图。
                """,
                examples: [
                    ("yinhe noise plan --query count --rows 20000 --epsilon 1 --delta 1e-9 --releases 12", "monthly for a year", "每月一次，一年"),
                    (
                        "yinhe noise plan --query sum --lower 0 --upper 500000 --rows 12000 --epsilon 2 --delta 1e-9 --html plan.html", "", ""
                    ),
                    ("yinhe noise plan --query count --epsilon 1 --delta 1e-9 --half-width 50 --made 3", "releases left", "还剩多少次"),
                ], exits: [.usage, .range, .system]))
    }

    @OptionGroup var common: CommonOptions
    @Option(help: .say("count, histogram (disjoint cells), sum or mean.", "count 计数、histogram 直方图（互斥分组）、sum 求和或 mean 均值。", valueName: "kind"))
    var query: NoisePlan.Query
    @Option(help: .say("Lower bound of a value (sum, mean).", "取值下界（sum、mean）。", valueName: "x"))
    var lower: Double = 0
    @Option(help: .say("Upper bound of a value (sum, mean).", "取值上界（sum、mean）。", valueName: "x"))
    var upper: Double = 0
    @Option(help: .say("Rows that the query is expected to cover, for the relative error.", "查询预计涉及的行数，用于相对误差。", valueName: "n"))
    var rows: Double?
    @Option(help: .say("Rows that one subject may have.", "单个主体最多的行数。", valueName: "n"))
    var rowsPerSubject = 1
    @Option(help: .say("add-or-remove or replace: which tables count as neighbours.", "add-or-remove 或 replace：何种表视为相邻。", valueName: "kind"))
    var relation: NeighbouringRelation = .addOrRemove
    @Option(help: .say("Epsilon of all releases together.", "所有发布合计的 epsilon。", valueName: "x"))
    var epsilon: Double
    @Option(help: .say("Delta of all releases together; 0 asks for Laplace noise.", "所有发布合计的 delta；0 表示只用拉普拉斯噪声。", valueName: "x"))
    var delta: Double = 0
    @Option(help: .say("Releases that share the budget.", "共用该预算的发布次数。", valueName: "n"))
    var releases = 1
    @Option(help: .say("laplace, gaussian, discrete-laplace or discrete-gaussian; default: the narrowest.", "噪声种类；默认取区间最窄者。", valueName: "kind"))
    var noise: NoiseKind?
    @Option(help: .say("Confidence of the interval.", "区间的置信水平。", valueName: "p"))
    var confidence = 0.95
    @Option(help: .say("How many releases with an interval of this half width are there?", "反问：区间半宽为此值时可发布多少次？", valueName: "w"))
    var halfWidth: Double?
    @Option(help: .say("Releases of that kind already made.", "已完成的同类发布次数。", valueName: "n"))
    var made = 0
    @Option(help: .say("Write a page with the accuracy against epsilon.", "写出精度随 epsilon 变化的网页。", valueName: "file"), completion: .file())
    var html: String?

    struct Document: Codable, Sendable {
        var query: NoisePlan.Query
        var relation: NeighbouringRelation
        var epsilon: Double
        var delta: Double
        var confidence: Double
        /// Planned releases; with --half-width those that the budget allows in all.
        var releases: Int
        /// Every kind of noise, the narrowest first.
        var choices: [NoisePlan.Choice]
        /// Only with --half-width.
        var releasesLeft: Int?
        var page: String?
    }

    func execute(_ console: Console) async throws -> Outcome {
        let plan = NoisePlan(
            query: query, lower: lower, upper: upper, rows: rows, rowsPerSubject: rowsPerSubject, relation: relation, confidence: confidence)
        try plan.validate()
        guard releases >= 1, releases <= 1_000_000, made >= 0 else {
            throw YinheError(.usage, Help.text("--releases must be 1 to 1000000 and --made at least 0", "--releases 须在 1 到 1000000 之间，--made 不小于 0"))
        }
        if let halfWidth {
            guard halfWidth.isFinite, halfWidth > 0 else { throw YinheError(.usage, Help.text("--half-width must be positive", "--half-width 须为正数")) }
        }
        let kinds = noise.map { [$0] } ?? plan.kinds(delta: delta)
        let (epsilon, delta, releases, halfWidth, made) = (epsilon, delta, releases, halfWidth, made)
        var document = Document(
            query: query, relation: relation, epsilon: epsilon, delta: delta, confidence: confidence, releases: releases, choices: [],
            page: html)
        if let halfWidth {
            let found = try await interruptible {
                try kinds.map { try plan.releases($0, halfWidth: halfWidth, epsilon: epsilon, delta: delta) }.sorted { $0.allowed > $1.allowed }
            }
            document.choices = found.map(\.choice)
            document.releases = found[0].allowed
            document.releasesLeft = max(0, found[0].allowed - made)
        } else {
            document.choices = try await interruptible {
                try kinds.map { try plan.choice($0, epsilon: epsilon, delta: delta, releases: releases) }.sorted { $0.halfWidth < $1.halfWidth }
            }
        }
        if let html {
            let page = NoisePlanPage(plan: plan, document: document, kinds: kinds, language: common.language)
            let text = try await interruptible { try page.html() }
            try AtomicFile.write(text, to: html)
        }
        try console.emit(document)
        try show(document, console)
        return .success
    }

    private func show(_ document: Document, _ console: Console) throws {
        try console.fact(Phrase(en: "Target", zh: "目标"), "ε \(Self.plain(document.epsilon)), δ \(Self.plain(document.delta))")
        if let left = document.releasesLeft {
            try console.fact(Phrase(en: "Releases allowed", zh: "允许的发布次数"), Numbers.grouped(document.releases))
            try console.fact(Phrase(en: "Releases left", zh: "剩余的发布次数"), Numbers.grouped(left))
        } else {
            try console.fact(Phrase(en: "Releases", zh: "发布次数"), Numbers.grouped(document.releases))
        }
        var table = TextTable([
            (console.text(Phrase(en: "noise", zh: "噪声")), .left), (console.text(Phrase(en: "scale", zh: "尺度")), .right),
            (console.text(Phrase(en: "± at \(Numbers.percent(document.confidence, digits: 0))", zh: "±（\(Numbers.percent(document.confidence, digits: 0))）")), .right),
            (console.text(Phrase(en: "relative", zh: "相对误差")), .right), (console.text(Phrase(en: "ε of one", zh: "单次 ε")), .right),
            (console.text(Phrase(en: "ε of all", zh: "合计 ε")), .right),
        ])
        for choice in document.choices {
            table.add([
                choice.noise.rawValue, Numbers.significant(choice.scale, figures: 5), Numbers.significant(choice.halfWidth, figures: 4),
                choice.relativeError.map { Numbers.percent($0, digits: $0 < 0.001 ? 4 : 2) } ?? "–", Numbers.significant(choice.epsilonOfOne, figures: 4),
                Numbers.significant(choice.epsilonOfAll, figures: 5),
            ])
        }
        try console.heading(Phrase(en: "Noise", zh: "噪声"))
        try console.out(table)
        if let page = document.page { try console.out(.wrote(page)) }
    }

    /// 1e-09 as 1e-9.
    static func plain(_ value: Double) -> String { "\(value)".replacing("e-0", with: "e-").replacing(".0", with: "") }
}
