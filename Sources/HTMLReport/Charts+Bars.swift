extension Charts {
    /// Horizontal bars with a label in front and text behind, for times and bytes.
    package static func lengths(_ items: [(label: Phrase, value: Double, text: String)]) -> HTML {
        stacked(items.map { Bar(label: $0.label, parts: [$0.value], text: $0.text) }, names: [], class: "lengths")
    }

    /// One bar of a stack.
    package struct Bar: Sendable {
        package var label: Phrase
        package var parts: [Double]
        package var text: String
        package init(label: Phrase, parts: [Double], text: String) { (self.label, self.parts, self.text) = (label, parts, text) }
    }

    /// Horizontal bars of several parts, part i named `names[i]`; without names, plain bars.
    package static func stacked(_ bars: [Bar], names: [Phrase], class name: String) -> HTML {
        let left = 250.0, right = width - 120.0, row = 25.0
        let most = max(bars.map { $0.parts.reduce(0, +) }.max() ?? 1, 1e-12)
        var out = open(height: row * Double(bars.count) + 4, class: name)
        for (i, bar) in bars.enumerated() {
            let y = row * Double(i) + 3
            out += "<text x=\"\(left - 14)\" y=\"\(y + 14)\" text-anchor=\"end\">\(svg: fitted(bar.label, width: left - 24))</text>\n"
            var x = left
            for (j, part) in bar.parts.enumerated() {
                let length = part / most * (right - left)
                let drawn = names.isEmpty ? max(1, length) : length
                out += """
                    <rect x="\(x)" y="\(y + 2)" width="\(drawn)" height="16" fill="\(names.isEmpty ? fill : colour(j))"/>

                    """
                x += drawn
            }
            out += "<text class=\"dim\" x=\"\(x + 8)\" y=\"\(y + 14)\">\(bar.text)</text>\n"
        }
        out += "</svg>\n"
        return names.isEmpty ? out : out + legend(names.enumerated().map { (swatch(colour($0.offset)), $0.element) })
    }

    /// Bars from 1 on a logarithmic axis: to the right what takes more than the reference, to the left what takes less.
    package static func ratios(_ items: [(label: Phrase, ratio: Double, text: String)], class name: String) -> HTML {
        let shown = items.filter { $0.ratio > 0 && $0.ratio.isFinite }
        guard !shown.isEmpty else { return "" }
        let left = 300.0, right = width - 90.0, row = 25.0, top = 4.0
        let bottom = top + row * Double(shown.count)
        let axis = Axis.logarithmic(shown.map(\.ratio) + [0.8, 1.25], from: left, to: right)
        var out = open(height: bottom + 28, class: name)
        out += ruleVertical(axis, top: top, bottom: bottom) { Numbers.significant($0, figures: 1) + "×" }
        for (i, item) in shown.enumerated() {
            let y = top + row * Double(i)
            let (from, to) = (min(axis(1), axis(item.ratio)), max(axis(1), axis(item.ratio)))
            out += """
                <text x="\(left - 14)" y="\(y + 16)" text-anchor="end">\(svg: fitted(item.label, width: left - 24))</text>
                <rect x="\(from)" y="\(y + 4)" width="\(max(1, to - from))" height="16" fill="\(item.ratio >= 1 ? colours[0] : colours[1])"/>
                <text class="dim" x="\(to + 8)" y="\(y + 16)">\(item.text)</text>

                """
        }
        out += "<line x1=\"\(axis(1))\" y1=\"\(top)\" x2=\"\(axis(1))\" y2=\"\(bottom)\" stroke=\"#1d2429\" stroke-width=\"1.5\"/>\n</svg>\n"
        return out
    }
}
