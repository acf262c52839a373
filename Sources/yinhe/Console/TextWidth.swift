/// Columns that text takes on a terminal, and tables aligned by them.
package enum TextWidth {
    /// Wide (CJK, full-width) characters count two columns, combining marks none. Ranges of Unicode's East Asian Width.
    package static func of(_ text: String) -> Int { text.reduce(0) { $0 + of($1) } }

    private static func of(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0xfe00...0xfe0f: return 0
        case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
            0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1faff,
            0x20000...0x3fffd:
            return 2
        default: return 1
        }
    }

    package static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
        let fill = String(repeating: " ", count: max(0, width - of(text)))
        return right ? fill + text : text + fill
    }

    /// The longest prefix within `width` columns, with an ellipsis where something was cut.
    package static func clip(_ text: String, to width: Int) -> String {
        guard of(text) > width else { return text }
        var used = 0
        var out = ""
        for character in text {
            used += of(character)
            if used > width - 1 { break }
            out.append(character)
        }
        return out + "…"
    }

    /// Control characters made visible, so that a cell or a peer's text cannot drive the terminal.
    package static func printable(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            let control = scalar.value < 0x20 && scalar != "\n" && scalar != "\t" || (0x7f..<0xa0).contains(scalar.value)
            if control { out += "\\u{\(String(scalar.value, radix: 16))}" } else { out.unicodeScalars.append(scalar) }
        }
        return out
    }
}

/// A plain-text table: header, rule, rows; two spaces between columns.
package struct TextTable: Sendable {
    package enum Alignment: Sendable { case left, right }
    private let header: [String]
    private let alignment: [Alignment]
    private var rows: [[String]] = []

    package init(_ columns: [(title: String, alignment: Alignment)]) {
        header = columns.map(\.title)
        alignment = columns.map(\.alignment)
    }

    package mutating func add(_ cells: [String]) {
        precondition(cells.count == header.count)
        rows.append(cells.map { TextWidth.printable($0) })
    }

    package func lines(indent: Int = 2) -> [String] {
        let widths = header.indices.map { i in ([header] + rows).map { TextWidth.of($0[i]) }.max() ?? 0 }
        let margin = String(repeating: " ", count: indent)
        func line(_ cells: [String]) -> String {
            let text = cells.indices.map { TextWidth.pad(cells[$0], to: widths[$0], right: alignment[$0] == .right) }
                .joined(separator: "  ")
            return margin + String(text.reversed().drop { $0 == " " }.reversed())
        }
        let rule = margin + widths.map { String(repeating: "─", count: $0) }.joined(separator: "──")
        return [line(header), rule] + rows.map(line)
    }
}
