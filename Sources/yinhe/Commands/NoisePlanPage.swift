import DifferentialPrivacy
import Foundation
import HTMLReport
import SandboxCore

/// The page of `noise plan --html`: accuracy against epsilon for the planned query, before anything is spent.
struct NoisePlanPage: Sendable {
    var plan: NoisePlan
    var document: NoisePlanCommand.Document
    var kinds: [NoiseKind]
    var language: Language

    private struct Point {
        var epsilon: Double
        var width: Double
    }

    func html() throws -> String {
        let releases = max(1, document.releases)
        // A factor of 20 to both sides of the target, as far as it is sensible.
        let low = max(0.01, document.epsilon / 20), high = min(50, max(document.epsilon * 5, low * 4))
        let grid = (0...28).map { low * pow(high / low, Double($0) / 28) }
        let curves = kinds.map { kind in
            grid.compactMap { epsilon -> Point? in
                guard let choice = try? plan.choice(kind, epsilon: epsilon, delta: document.delta, releases: releases) else { return nil }
                return Point(epsilon: epsilon, width: choice.halfWidth)
            }
        }
        return HTML.page(
            title: title[language], in: language,
            """
            <header>
            <div class="brand">Yinhe 隐合 · \(Phrase(en: "noise plan", zh: "噪声方案"))</div>
            <h1>\(title)</h1>
            <p class="purpose">\(purpose)</p>
            </header>
            \(cards)
            <section id="accuracy"><h2>\(Phrase(en: "Accuracy against epsilon", zh: "精度与 epsilon"))</h2>
            <figure><figcaption>\(caption(releases))</figcaption>
            \(chart(curves))</figure></section>
            \(choices)\(curveTable(curves))
            <footer>\(Phrase(
                en: "Nothing was spent for this page. Epsilon is composed by the law of the total privacy loss and is never below the true value.",
                zh: "生成本页未消耗任何预算。epsilon 按总隐私损失的分布合成，绝不低于真实值。"))</footer>
            """)
    }

    // MARK: Text

    private var title: Phrase {
        switch plan.query {
        case .count: Phrase(en: "A count", zh: "计数")
        case .histogram: Phrase(en: "A histogram", zh: "直方图")
        case .sum: Phrase(en: "A sum", zh: "求和")
        case .mean: Phrase(en: "A mean", zh: "均值")
        }
    }

    private var purpose: Phrase {
        let rows = plan.rows.map { Numbers.decimal($0, digits: 0) }
        let bounds = "\(Numbers.significant(plan.lower, figures: 6)) … \(Numbers.significant(plan.upper, figures: 6))"
        let hasBounds = plan.query == .sum || plan.query == .mean
        let en = [rows.map { "about \($0) rows" }, hasBounds ? "values \(bounds)" : nil, "at most \(plan.rowsPerSubject) row(s) of a subject"]
        let zh = [rows.map { "约 \($0) 行" }, hasBounds ? "取值 \(bounds)" : nil, "单个主体最多 \(plan.rowsPerSubject) 行"]
        return Phrase(en: en.compactMap { $0 }.joined(separator: ", "), zh: zh.compactMap { $0 }.joined(separator: "，"))
    }

    private func caption(_ releases: Int) -> Phrase {
        let confidence = Numbers.percent(plan.confidence, digits: 0), delta = NoisePlanCommand.plain(document.delta)
        return Phrase(
            en: "Half width of the \(confidence) interval of one released value, for \(Numbers.grouped(releases)) release(s) at δ \(delta)",
            zh: "单个发布值 \(confidence) 区间的半宽；共 \(Numbers.grouped(releases)) 次发布，δ \(delta)")
    }

    private func name(_ kind: NoiseKind) -> Phrase {
        switch kind {
        case .laplace: Phrase(en: "Laplace", zh: "拉普拉斯")
        case .gaussian: Phrase(en: "Gaussian", zh: "高斯")
        case .discreteLaplace: Phrase(en: "discrete Laplace", zh: "离散拉普拉斯")
        case .discreteGaussian: Phrase(en: "discrete Gaussian", zh: "离散高斯")
        }
    }

    private var cards: HTML {
        func card(_ value: String, _ label: Phrase) -> HTML { "<div class=\"card\"><b>\(value)</b><span>\(label)</span></div>\n" }
        let best = document.choices[0]
        return """
            <div class="cards">
            \(card("ε \(NoisePlanCommand.plain(document.epsilon))", Phrase(en: "for all releases", zh: "所有发布合计")))\
            \(card(Numbers.grouped(document.releases), document.releasesLeft == nil ? Phrase(en: "releases", zh: "次发布") : Phrase(en: "releases allowed", zh: "次发布（允许）")))\
            \(card("± " + Numbers.significant(best.halfWidth, figures: 4), name(best.noise)))\
            \(document.releasesLeft.map { card(Numbers.grouped($0), Phrase(en: "releases left", zh: "次发布（剩余）")) }
                ?? card(best.relativeError.map { Numbers.percent($0, digits: 2) } ?? "–", Phrase(en: "relative error", zh: "相对误差")))\
            </div>

            """
    }

    private var choices: HTML {
        let head: [HTML] = [
            "\(Phrase(en: "noise", zh: "噪声"))", "\(Phrase(en: "scale", zh: "尺度"))", "\(Phrase(en: "half width", zh: "半宽"))",
            "\(Phrase(en: "ε of one release", zh: "单次 ε"))", "\(Phrase(en: "ε of all", zh: "合计 ε"))",
        ]
        let rows = document.choices.map { c -> [HTML] in
            [
                "\(name(c.noise))", "\(Numbers.significant(c.scale, figures: 6))", "\(Numbers.significant(c.halfWidth, figures: 5))",
                "\(Numbers.significant(c.epsilonOfOne, figures: 5))", "\(Numbers.significant(c.epsilonOfAll, figures: 6))",
            ]
        }
        return HTML.section("choices", Phrase(en: "At the target", zh: "在目标处"), HTML.table(head, numeric: [1, 2, 3, 4], rows: rows))
    }

    private func curveTable(_ curves: [[Point]]) -> HTML {
        let head = ["ε" as HTML] + kinds.map { "\(name($0))" as HTML }
        let epsilons = curves.flatMap { $0.map(\.epsilon) }.reduce(into: [Double]()) { if !$0.contains($1) { $0.append($1) } }.sorted()
        let rows = stride(from: 0, to: epsilons.count, by: 4).map { i -> [HTML] in
            let e = epsilons[i]
            return ["\(Numbers.significant(e))" as HTML]
                + curves.map { curve in "\(curve.first { $0.epsilon == e }.map { Numbers.significant($0.width, figures: 4) } ?? "–")" as HTML }
        }
        return HTML.section("numbers", Phrase(en: "Half widths", zh: "半宽数值"), HTML.table(head, numeric: Set(0...kinds.count), rows: rows))
    }

    // MARK: Drawing

    private func chart(_ curves: [[Point]]) -> HTML {
        let series = zip(zip(kinds, curves), Charts.colours).map { pair, colour in
            Charts.Series(
                name: name(pair.0), points: pair.1.map { .init(x: $0.epsilon, y: $0.width) }, colour: colour, hasMarkers: false)
        }
        let marks = document.choices.map { choice in
            (x: document.epsilon, y: choice.halfWidth, colour: Charts.colour(kinds.firstIndex(of: choice.noise) ?? 0))
        }
        return Charts.logLog(
            series, x: .init(Phrase("ε")) { Numbers.significant($0, figures: 1) },
            y: .init(Phrase(en: "half width", zh: "半宽")) { Numbers.significant($0, figures: 1) }, class: "curves", marks: marks)
    }
}
