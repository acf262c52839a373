/// HTML text. Interpolated strings are escaped, interpolated `HTML` is not, interpolated phrases appear in both languages:
/// what comes from a file or a peer cannot become markup.
package struct HTML: ExpressibleByStringInterpolation, Sendable {
    package var raw: String

    package init(stringLiteral value: String) { raw = value }
    package init(stringInterpolation: StringInterpolation) { raw = stringInterpolation.raw }
    package init(raw: String) { self.raw = raw }

    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var raw = ""
        package init(literalCapacity: Int, interpolationCount: Int) { raw.reserveCapacity(literalCapacity) }
        package mutating func appendLiteral(_ literal: String) { raw += literal }
        package mutating func appendInterpolation(_ text: String) { raw += HTML.escape(text) }
        package mutating func appendInterpolation(_ number: Int) { raw += String(number) }
        /// A coordinate: two decimals are enough for a drawing.
        package mutating func appendInterpolation(_ coordinate: Double) {
            raw += String((coordinate.isFinite ? coordinate * 100 : 0).rounded() / 100)
        }
        package mutating func appendInterpolation(_ html: HTML) { raw += html.raw }
        package mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { raw += part.raw } }
        package mutating func appendInterpolation(_ phrase: Phrase) { raw += HTML.both(phrase, tag: "span").raw }
        /// A phrase inside an SVG text element.
        package mutating func appendInterpolation(svg phrase: Phrase) { raw += HTML.both(phrase, tag: "tspan").raw }
    }

    package static func += (page: inout HTML, part: HTML) { page.raw += part.raw }
    package static func + (first: HTML, second: HTML) -> HTML { HTML(raw: first.raw + second.raw) }

    private static func both(_ phrase: Phrase, tag: String) -> HTML {
        if phrase.en == phrase.zh { return HTML(raw: escape(phrase.en)) }
        return HTML(raw: "<\(tag) lang=\"en\">\(escape(phrase.en))</\(tag)><\(tag) lang=\"zh\">\(escape(phrase.zh))</\(tag)>")
    }

    package static func escape(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            // Control characters have no place in HTML and no meaning for a reader.
            case _ where scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || scalar.value == 0x7f: out += "\u{fffd}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A table; numbers go right by `numeric` columns.
    package static func table(_ header: [HTML], numeric: Set<Int> = [], rows: [[HTML]], class name: String = "") -> HTML {
        func cell(_ tag: String, _ i: Int, _ content: HTML) -> HTML {
            HTML(raw: "<\(tag)\(numeric.contains(i) ? " class=\"n\"" : "")>\(content.raw)</\(tag)>")
        }
        let head = header.enumerated().map { cell("th", $0.offset, $0.element).raw }.joined()
        let body = rows.map { row in
            "<tr>" + row.enumerated().map { cell("td", $0.offset, $0.element).raw }.joined() + "</tr>\n"
        }.joined()
        return """
            <div class="scroll"><table class="\(name)"><thead><tr>\(HTML(raw: head))</tr></thead>
            <tbody>\(HTML(raw: body))</tbody></table></div>

            """
    }

    package static func section(_ id: String, _ title: Phrase, _ body: HTML) -> HTML {
        "<section id=\"\(id)\"><h2>\(title)</h2>\n\(body)</section>\n"
    }

    package static func facts(_ pairs: [(Phrase, HTML)]) -> HTML {
        "<dl>\(pairs.map { "<div><dt>\($0.0)</dt><dd>\($0.1)</dd></div>" as HTML })</dl>\n"
    }
}
