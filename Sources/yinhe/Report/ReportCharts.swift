import Foundation
import HTMLReport

/// The drawings that only a run's report has.
enum ReportCharts {
    /// One estimate with its 95 % interval and, in a demonstration, the true value.
    struct Estimate {
        var label: String
        var value: Double
        var low: Double
        var high: Double
        var truth: Double?
        var text: String
    }

    private static let width = Charts.width

    private static func values(_ estimates: [Estimate]) -> [Double] {
        estimates.flatMap { [$0.value, $0.low, $0.high, $0.truth ?? $0.value] }
    }

    private static func tickText(_ value: Double, step: Double, percent: Bool) -> String {
        let scaled = percent ? value * 100 : value
        let unit = percent ? step * 100 : step
        let digits = max(0, Int(-log10(unit).rounded(.down)))
        // -0 is nobody's tick.
        return Numbers.decimal(abs(scaled) < unit / 1000 ? 0 : scaled, digits: min(digits, 6)) + (percent ? " %" : "")
    }

    /// Rows of dot and whisker over a common axis, for rates and means.
    static func dots(_ estimates: [Estimate], percent: Bool) -> HTML {
        // Wide enough for the longest label at the size of the style sheet.
        let left = max(120, 24 + 8.2 * Double(estimates.map { TextWidth.of($0.label) }.max() ?? 0))
        let right = width - 150.0, top = 8.0, row = 40.0
        let x = Axis.linear(values(estimates), from: left, to: right)
        let bottom = top + row * Double(estimates.count)
        var out = Charts.open(height: bottom + 28, class: "dots")
        out += Charts.ruleVertical(x, top: top, bottom: bottom) { tickText($0, step: x.step, percent: percent) }
        for (i, e) in estimates.enumerated() {
            let y = top + row * (Double(i) + 0.5)
            let (a, b) = (x(e.low), x(e.high))
            out += """
                <text x="\(left - 16)" y="\(y + 4)" text-anchor="end">\(e.label)</text>
                <line x1="\(a)" y1="\(y)" x2="\(b)" y2="\(y)" stroke="#0f5f5c" stroke-width="2"/>
                <path d="M\(a) \(y - 5)v10M\(b) \(y - 5)v10" stroke="#0f5f5c" stroke-width="2"/>
                <circle cx="\(x(e.value))" cy="\(y)" r="5.5" fill="#0f5f5c"/>
                <text x="\(right + 18)" y="\(y + 4)">\(e.text)</text>

                """
            if let truth = e.truth { out += diamond(x(truth), y + 10) }
        }
        out += "</svg>\n"
        return out
    }

    /// Vertical bars with whiskers, for counts and histograms.
    static func bars(_ estimates: [Estimate]) -> HTML {
        let left = 64.0, right = width - 8, top = 12.0, bottom = 210.0
        let y = Axis.linear(values(estimates), includesZero: true, from: bottom, to: top)
        let slot = (right - left) / Double(max(1, estimates.count))
        let bar = min(72.0, slot * 0.62)
        // Where labels would run into each other, only every so many are written; the table below the chart has all.
        let widest = estimates.map { 12 * Double($0.label.count) }.max() ?? 0
        let every = max(1, Int((widest / slot).rounded(.up)))
        var out = Charts.open(height: bottom + 30, class: "bars")
        out += Charts.ruleHorizontal(y, left: left, right: right) { tickText($0, step: y.step, percent: false) }
        for (i, e) in estimates.enumerated() {
            let x = left + slot * (Double(i) + 0.5)
            let (zero, value) = (y(0), y(e.value))
            out += """
                <rect x="\(x - bar / 2)" y="\(min(zero, value))" width="\(bar)" height="\(abs(zero - value))" fill="#8fbfba"/>
                <path d="M\(x) \(y(e.low))V\(y(e.high))M\(x - 6) \(y(e.low))h12M\(x - 6) \(y(e.high))h12" \
                stroke="#0f5f5c" stroke-width="2"/>

                """
            if i % every == 0 { out += "<text x=\"\(x)\" y=\"\(bottom + 20)\" text-anchor=\"middle\">\(e.label)</text>\n" }
            if let truth = e.truth { out += diamond(x + bar / 2 + 9, y(truth)) }
        }
        out += "</svg>\n"
        return out
    }

    private static func diamond(_ x: Double, _ y: Double) -> HTML {
        "<path d=\"M\(x) \(y - 5.5)l5.5 5.5l-5.5 5.5l-5.5 -5.5z\" fill=\"#fff\" stroke=\"#c2410c\" stroke-width=\"2\"/>\n"
    }

    static func legend(withTruth: Bool) -> HTML {
        let estimate: HTML = """
            <path d="M1 6h20M1 2v8M21 2v8" stroke="#0f5f5c" stroke-width="2"/><circle cx="11" cy="6" r="4" fill="#0f5f5c"/>
            """
        let truth: HTML = "<path d=\"M11 0.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z\" fill=\"#fff\" stroke=\"#c2410c\" stroke-width=\"2\"/>"
        return Charts.legend([(estimate, .reportLegendEstimate)] + (withTruth ? [(truth, .reportLegendTruth)] : []))
    }

    /// One bar split into spent before, spent now, and left.
    static func budget(before: Double, now: Double, total: Double) -> HTML {
        let scale = total > 0 ? width / total : 0
        let a = min(width, before * scale), b = min(width - a, now * scale)
        return """
            <svg viewBox="0 0 \(width) 26" role="img"><rect width="\(width)" height="22" fill="#eef2f2"/>
            <rect width="\(a)" height="22" fill="#8fa3a8"/><rect x="\(a)" width="\(b)" height="22" fill="#0f5f5c"/></svg>

            """
    }
}
