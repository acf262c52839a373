/// Inline SVG drawings. Coordinates are user units of a drawing 840 wide.
package enum Charts {
    package static let width = 840.0
    /// Told apart by lightness as well as by hue, for a page printed in grey.
    package static let colours = ["#0f5f5c", "#c2410c", "#2b6cb0", "#8a6d1f", "#7c3a8c", "#5d6b73", "#a3170d", "#4d7c0f"]
    package static let fill = "#8fbfba"
    static let grid = "#e4e9eb"

    package static func colour(_ index: Int) -> String { colours[index % colours.count] }

    /// Opens a drawing; `class name` lets a style sheet or a test find it.
    package static func open(height: Double, class name: String, label: String = "") -> HTML {
        let title: HTML = label.isEmpty ? "" : " aria-label=\"\(label)\""
        return "<svg class=\"plot \(name)\" viewBox=\"0 0 \(width) \(height)\" role=\"img\"\(title)>\n"
    }

    package static func ruleVertical(_ axis: Axis, top: Double, bottom: Double, text: (Double) -> String) -> HTML {
        let lines = axis.ticks.map { tick -> HTML in
            """
            <line x1="\(axis(tick))" y1="\(top)" x2="\(axis(tick))" y2="\(bottom)" stroke="\(grid)"/>
            <text class="dim" x="\(axis(tick))" y="\(bottom + 18)" text-anchor="middle">\(text(tick))</text>

            """
        }
        return "\(lines)"
    }

    package static func ruleHorizontal(_ axis: Axis, left: Double, right: Double, text: (Double) -> String) -> HTML {
        let lines = axis.ticks.map { tick -> HTML in
            """
            <line x1="\(left)" y1="\(axis(tick))" x2="\(right)" y2="\(axis(tick))" stroke="\(grid)"/>
            <text class="dim" x="\(left - 8)" y="\(axis(tick) + 4)" text-anchor="end">\(text(tick))</text>

            """
        }
        return "\(lines)"
    }

    /// A row of keys under a drawing: each a small drawing of 22 by 12 and its name.
    package static func legend(_ keys: [(drawing: HTML, name: Phrase)]) -> HTML {
        let items = keys.map { "<span><svg viewBox=\"0 0 22 12\">\($0.drawing)</svg>\($0.name)</span>" as HTML }
        return "<div class=\"legend\">\(items)</div>\n"
    }

    /// A label cut to what `width` units hold, at about 6.9 units a Latin character and 12.5 a Chinese one.
    static func fitted(_ label: Phrase, width: Double) -> Phrase {
        func cut(_ text: String) -> String {
            var used = 0.0, out = ""
            for character in text {
                used += character.isASCII ? 6.9 : 12.5
                guard used <= width else { return out + "…" }
                out.append(character)
            }
            return out
        }
        return Phrase(en: cut(label.en), zh: cut(label.zh))
    }

    package static func swatch(_ colour: String) -> HTML { "<rect width=\"22\" height=\"12\" fill=\"\(colour)\"/>" }
}
