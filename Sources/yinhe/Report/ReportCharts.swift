import Foundation

/// Inline SVG drawings. Coordinates are user units of a 840-wide drawing.
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

    private static let width = 840.0

    /// A step of 1, 2 or 5 times a power of ten that gives four to eight ticks over `span`.
    static func tickStep(_ span: Double) -> Double {
        guard span > 0, span.isFinite else { return 1 }
        let rough = span / 6
        let power = pow(10, log10(rough).rounded(.down))
        let ratio = rough / power
        return power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10)
    }

    private static func range(_ estimates: [Estimate], includeZero: Bool) -> (low: Double, high: Double) {
        let finite = estimates.flatMap { [$0.value, $0.low, $0.high, $0.truth ?? $0.value] }.filter(\.isFinite)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        if includeZero { (low, high) = (min(low, 0), max(high, 0)) }
        if high <= low { (low, high) = (low - 0.5, high + 0.5) }
        let step = tickStep(high - low)
        return ((low / step).rounded(.down) * step, (high / step).rounded(.up) * step)
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
        let (low, high) = range(estimates, includeZero: false)
        let step = tickStep(high - low)
        func x(_ v: Double) -> Double { left + (min(max(v, low), high) - low) / (high - low) * (right - left) }
        let bottom = top + row * Double(estimates.count)
        var out: HTML = "<svg viewBox=\"0 0 \(width) \(bottom + 28)\" role=\"img\">\n"
        var tick = low
        while tick <= high + step / 2 {
            out += """
                <line x1="\(x(tick))" y1="\(top)" x2="\(x(tick))" y2="\(bottom)" stroke="#e4e9eb"/>
                <text class="dim" x="\(x(tick))" y="\(bottom + 18)" text-anchor="middle">\
                \(tickText(tick, step: step, percent: percent))</text>

                """
            tick += step
        }
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
        let (low, high) = range(estimates, includeZero: true)
        let step = tickStep(high - low)
        func y(_ v: Double) -> Double { bottom - (min(max(v, low), high) - low) / (high - low) * (bottom - top) }
        let slot = (right - left) / Double(max(1, estimates.count))
        let bar = min(72.0, slot * 0.62)
        // Where labels would run into each other, only every so many are written; the table below the chart has all.
        let widest = estimates.map { 12 * Double($0.label.count) }.max() ?? 0
        let every = max(1, Int((widest / slot).rounded(.up)))
        var out: HTML = "<svg viewBox=\"0 0 \(width) \(bottom + 30)\" role=\"img\">\n"
        var tick = low
        while tick <= high + step / 2 {
            out += """
                <line x1="\(left)" y1="\(y(tick))" x2="\(right)" y2="\(y(tick))" stroke="#e4e9eb"/>
                <text class="dim" x="\(left - 8)" y="\(y(tick) + 4)" text-anchor="end">\
                \(tickText(tick, step: step, percent: false))</text>

                """
            tick += step
        }
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
            <span><svg viewBox="0 0 22 12"><path d="M1 6h20M1 2v8M21 2v8" stroke="#0f5f5c" stroke-width="2"/>\
            <circle cx="11" cy="6" r="4" fill="#0f5f5c"/></svg>\(Phrase.reportLegendEstimate)</span>
            """
        let truth: HTML = """
            <span><svg viewBox="0 0 22 12"><path d="M11 0.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z" fill="#fff" stroke="#c2410c" \
            stroke-width="2"/></svg>\(Phrase.reportLegendTruth)</span>
            """
        return "<div class=\"legend\">\(estimate)\(withTruth ? truth : "")</div>\n"
    }

    /// Horizontal bars with a label in front and text behind, for times and bytes.
    static func lengths(_ items: [(label: Phrase, value: Double, text: String)]) -> HTML {
        let left = 250.0, right = width - 120.0, row = 25.0
        let most = max(items.map(\.value).max() ?? 1, 1e-12)
        var out: HTML = "<svg viewBox=\"0 0 \(width) \(row * Double(items.count) + 4)\" role=\"img\">\n"
        for (i, item) in items.enumerated() {
            let y = row * Double(i) + 3
            let length = max(1, item.value / most * (right - left))
            out += """
                <text x="\(left - 14)" y="\(y + 14)" text-anchor="end">\(svg: item.label)</text>
                <rect x="\(left)" y="\(y + 2)" width="\(length)" height="16" fill="#8fbfba"/>
                <text class="dim" x="\(left + length + 8)" y="\(y + 14)">\(item.text)</text>

                """
        }
        out += "</svg>\n"
        return out
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
