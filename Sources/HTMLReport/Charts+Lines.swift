extension Charts {
    /// One curve. Whiskers go from `low` to `high`.
    package struct Series: Sendable {
        package struct Point: Sendable {
            package var x: Double
            package var y: Double
            package var low: Double?
            package var high: Double?
            package init(x: Double, y: Double, low: Double? = nil, high: Double? = nil) {
                (self.x, self.y, self.low, self.high) = (x, y, low, high)
            }
        }

        package var name: Phrase
        package var points: [Point]
        package var colour: String
        /// A computed curve, beside measured ones.
        package var isDashed: Bool
        package var hasMarkers: Bool

        package init(name: Phrase, points: [Point], colour: String, isDashed: Bool = false, hasMarkers: Bool = true) {
            (self.name, self.points, self.colour) = (name, points, colour)
            (self.isDashed, self.hasMarkers) = (isDashed, hasMarkers)
        }

        fileprivate var dash: HTML { isDashed ? " stroke-dasharray=\"6 4\"" : "" }
    }

    /// A scale of the drawing: its name and how its ticks read.
    package struct Scale: Sendable {
        package var title: Phrase
        package var text: @Sendable (Double) -> String
        package init(_ title: Phrase, text: @escaping @Sendable (Double) -> String) { (self.title, self.text) = (title, text) }
    }

    /// Curves on two logarithmic axes. Points that are not positive have no place on them and are left out; a curve without a name is
    /// drawn and has no key.
    package static func logLog(
        _ series: [Series], x horizontal: Scale, y vertical: Scale, class name: String, marks: [(x: Double, y: Double, colour: String)] = []
    ) -> HTML {
        let drawn = series.map { one in
            var one = one
            one.points.removeAll { !($0.x > 0 && $0.y > 0 && $0.x.isFinite && $0.y.isFinite) }
            one.points.sort { $0.x < $1.x }
            return one
        }
        let points = drawn.flatMap(\.points)
        guard !points.isEmpty else { return "" }
        let left = 78.0, right = width - 14, top = 26.0, bottom = 310.0
        let x = Axis.logarithmic(points.map(\.x), from: left, to: right)
        let y = Axis.logarithmic(points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }, from: bottom, to: top)
        var out = open(height: bottom + 44, class: name)
        out += ruleVertical(x, top: top, bottom: bottom, text: horizontal.text)
        out += ruleHorizontal(y, left: left, right: right, text: vertical.text)
        out += """
            <text class="dim" x="\(left)" y="14" text-anchor="start">\(svg: vertical.title)</text>
            <text class="dim" x="\((left + right) / 2)" y="\(bottom + 38)" text-anchor="middle">\(svg: horizontal.title)</text>

            """
        for (i, one) in drawn.enumerated() where !one.points.isEmpty {
            let path = one.points.enumerated().map { j, p -> HTML in j == 0 ? "M\(x(p.x)) \(y(p.y))" : "L\(x(p.x)) \(y(p.y))" }
            out += "<path d=\"\(path)\" fill=\"none\" stroke=\"\(one.colour)\" stroke-width=\"2\"\(one.dash)/>\n"
            for p in one.points {
                if let low = p.low, let high = p.high, high > low, low > 0 {
                    out += """
                        <path d="M\(x(p.x)) \(y(low))V\(y(high))M\(x(p.x) - 4) \(y(low))h8M\(x(p.x) - 4) \(y(high))h8" \
                        stroke="\(one.colour)" stroke-width="1.5"/>

                        """
                }
                if one.hasMarkers { out += marker(i, x(p.x), y(p.y), one.colour) }
            }
        }
        for mark in marks where mark.x >= x.low && mark.x <= x.high && mark.y > 0 {
            out += "<circle cx=\"\(x(mark.x))\" cy=\"\(y(mark.y))\" r=\"5.5\" fill=\"\(mark.colour)\"/>\n"
        }
        out += "</svg>\n"
        return out + legend(drawn.enumerated().filter { !$0.element.name.en.isEmpty }.map { i, one in
            ("<path d=\"M1 6h20\" stroke=\"\(one.colour)\" stroke-width=\"2\"\(one.dash)/>\(one.hasMarkers ? marker(i, 11, 6, one.colour) : "")",
                one.name)
        })
    }

    /// Shapes that differ without colour.
    static func marker(_ index: Int, _ x: Double, _ y: Double, _ colour: String) -> HTML {
        switch index % 4 {
        case 0: "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"4.5\" fill=\"\(colour)\"/>\n"
        case 1: "<rect x=\"\(x - 4)\" y=\"\(y - 4)\" width=\"8\" height=\"8\" fill=\"\(colour)\"/>\n"
        case 2: "<path d=\"M\(x) \(y - 5.5)l5.5 5.5l-5.5 5.5l-5.5 -5.5z\" fill=\"\(colour)\"/>\n"
        default: "<path d=\"M\(x) \(y - 5)l5 9h-10z\" fill=\"\(colour)\"/>\n"
        }
    }
}
