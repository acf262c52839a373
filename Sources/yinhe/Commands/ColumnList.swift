import ArgumentParser

/// Column names separated by commas; a name that contains a comma is quoted as in CSV: `id,"amount, CNY"`.
package struct ColumnList: ExpressibleByArgument, Sendable {
    package let names: [String]

    /// Nil when a name is empty or occurs twice, or a quote is not closed.
    package init?(argument: String) {
        var names: [String] = []
        var rest = argument[...]
        while true {
            guard let name = Self.takeName(&rest), !name.isEmpty, !names.contains(name) else { return nil }
            names.append(name)
            if rest.isEmpty { break }
            guard rest.removeFirst() == "," else { return nil }
        }
        self.names = names
    }

    private static func takeName(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let name = rest.prefix { $0 != "," }
            rest.removeFirst(name.count)
            return String(name)
        }
        rest.removeFirst()
        var name = ""
        while let character = rest.popFirst() {
            if character != "\"" {
                name.append(character)
            } else if rest.first == "\"" {
                rest.removeFirst()
                name.append("\"")
            } else {
                return name
            }
        }
        return nil
    }
}
