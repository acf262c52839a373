extension Charts {
    /// A row of values on a common axis, one for each series that has it.
    package struct DotRow: Sendable {
        package struct Dot: Sendable {
            package var series: Int
            package var value: Double
            package var low: Double
            package var high: Double
            package init(series: Int, value: Double, low: Double, high: Double) {
                (self.series, self.value, self.low, self.high) = (series, value, low, high)
            }
        }
        package var label: Phrase
        package var dots: [Dot]
        package init(label: Phrase, dots: [Dot]) { (self.label, self.dots) = (label, dots) }
    }

    /// Rows of dots on a logarithmic axis; series i is named `names[i]` and has its own colour and shape.
    package static func dotRows(_ rows: [DotRow], names: [Phrase], scale: Scale, class name: String) -> HTML {
        let left = 300.0, right = width - 30.0, row = 26.0, top = 4.0
        let bottom = top + row * Double(rows.count)
        let axis = Axis.logarithmic(rows.flatMap { $0.dots.flatMap { [$0.value, $0.low, $0.high] } }, from: left, to: right)
        var out = open(height: bottom + 28, class: name)
        out += ruleVertical(axis, top: top, bottom: bottom, text: scale.text)
        for (i, one) in rows.enumerated() {
            let y = top + row * (Double(i) + 0.5)
            out += """
                <line x1="\(left)" y1="\(y)" x2="\(right)" y2="\(y)" stroke="\(grid)"/>
                <text x="\(left - 14)" y="\(y + 4)" text-anchor="end">\(svg: fitted(one.label, width: left - 24))</text>

                """
            for dot in one.dots {
                out += "<path d=\"M\(axis(dot.low)) \(y)H\(axis(dot.high))\" stroke=\"\(colour(dot.series))\" stroke-width=\"2\"/>\n"
                out += marker(dot.series, axis(dot.value), y, colour(dot.series))
            }
        }
        out += "</svg>\n"
        return out + legend(names.enumerated().map { i, name in (marker(i, 11, 6, colour(i)), name) })
    }
}
