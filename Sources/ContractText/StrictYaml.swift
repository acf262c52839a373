import Arithmetic
import SandboxCore
import Yams

/// A YAML document read strictly: every error names file, line and column; nothing is ignored or guessed.
package struct StrictYaml {
    package static let maximumBytes = 1 << 20
    package let file: String
    package let root: Node

    /// `bytes` must be UTF-8 without a byte-order mark, one document of at most 1 MiB, without anchors, aliases, tags.
    package init(_ bytes: [UInt8], file: String) throws {
        self.file = file
        guard bytes.count <= Self.maximumBytes else {
            throw YinheError(.contract, "\(bytes.count) bytes; a contract has at most \(Self.maximumBytes)", at: file)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw YinheError(
                .contract, "not UTF-8 text", at: "\(file):\(Self.firstInvalidLine(bytes))", remedy: "save the file as UTF-8")
        }
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) {
            throw YinheError(
                .contract, "begins with a byte-order mark", at: "\(file):1:1", remedy: "save the file as UTF-8 without BOM")
        }
        try Self.refuseIndirection(bytes, file: file)
        do {
            // The encoding is given because Yams otherwise consults (and prints about) an environment variable.
            guard let node = try Parser(yaml: text, encoding: .utf8).singleRoot() else {
                throw YinheError(.contract, "the file is empty", at: "\(file):1:1")
            }
            root = node
        } catch let error as YamlError {
            throw Self.translate(error, file: file)
        }
    }

    private static func firstInvalidLine(_ bytes: [UInt8]) -> Int {
        var line = 1
        for part in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { return line }
            line += 1
        }
        return line
    }

    /// Refuses what looks like an anchor `&a`, an alias `*a` or a tag `!t`, wherever it stands, before the parser sees the text:
    /// aliases can make a small file expand without bound, and all three hide what a signer reads.
    private static func refuseIndirection(_ bytes: [UInt8], file: String) throws {
        let before = Set(" \t\n\r[]{},:-?".utf8)
        var line = 1
        var lineStart = 0
        for (i, byte) in bytes.enumerated() {
            if byte == 10 {
                line += 1
                lineStart = i + 1
                continue
            }
            guard byte == UInt8(ascii: "&") || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "!") else { continue }
            guard i == 0 || before.contains(bytes[i - 1]), i + 1 < bytes.count, !before.contains(bytes[i + 1]) else { continue }
            let column = String(decoding: bytes[lineStart..<i], as: UTF8.self).unicodeScalars.count + 1
            let mark = String(UnicodeScalar(byte))
            throw YinheError(
                .contract, "\"\(mark)\" at the start of a word: anchors, aliases and tags are not allowed",
                at: "\(file):\(line):\(column)", remedy: "write the value out; in a text, put a space after the \"\(mark)\"")
        }
    }

    private static func translate(_ error: YamlError, file: String) -> YinheError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _), .composer(_, let problem, let mark, _):
            YinheError(.contract, "not YAML: \(problem)", at: "\(file):\(mark.line):\(mark.column)")
        case .duplicatedKeysInMapping(let keys, let context):
            YinheError(
                .contract, "the key \(keys.map { "\"\($0)\"" }.joined(separator: ", ")) is given twice, first here",
                at: "\(file):\(context.mark.line):\(context.mark.column)")
        case .reader(let problem, let offset, _, let yaml):
            YinheError(.contract, "not YAML: \(problem)", at: "\(file):\(lineAndColumn(offset ?? 0, in: yaml))")
        default:
            YinheError(.contract, "not YAML: \(error)", at: file)
        }
    }

    private static func lineAndColumn(_ offset: Int, in text: String) -> String {
        let before = text.prefix(offset).split(separator: "\n", omittingEmptySubsequences: false)
        return "\(max(before.count, 1)):\((before.last?.unicodeScalars.count ?? 0) + 1)"
    }

    package var value: YamlValue { YamlValue(node: root, path: "", file: file) }
}

/// One node with its clause name, such as "outputs[2].epsilon", for messages.
package struct YamlValue {
    package let node: Node
    package let path: String
    package let file: String

    package var place: String {
        guard let mark = node.mark else { return file }
        return "\(file):\(mark.line):\(mark.column)"
    }

    package func error(_ message: String, remedy: String = "") -> YinheError {
        YinheError(.contract, path.isEmpty ? message : "\(path): \(message)", at: place, remedy: remedy)
    }

    private func wrongType(_ expected: String) -> YinheError {
        let found =
            switch node {
            case .mapping: "a mapping"
            case .sequence: "a list"
            case .alias: "an alias"
            case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(scalar.string.prefix(60))\""
            }
        return error("\(expected) expected, found \(found)")
    }

    // MARK: Mappings and lists

    /// The entries of a mapping that has all of `required`, perhaps some of `optional`, and nothing else.
    package func mapping(required: [String], optional: [String] = []) throws -> [String: YamlValue] {
        guard case .mapping(let mapping) = node else { throw wrongType("a mapping") }
        var values: [String: YamlValue] = [:]
        for (key, value) in mapping {
            let keyValue = YamlValue(node: key, path: path, file: file)
            guard case .scalar(let scalar) = key else { throw keyValue.error("a key must be a plain word") }
            let name = scalar.string
            if name == "<<" { throw keyValue.error("merge keys (<<) are not allowed", remedy: "write the entries out") }
            guard required.contains(name) || optional.contains(name) else {
                throw keyValue.error(
                    "unknown key \"\(name.prefix(60))\"",
                    remedy: "known keys here: \((required + optional).joined(separator: ", "))")
            }
            guard values[name] == nil else { throw keyValue.error("the key \"\(name)\" is given twice") }
            values[name] = YamlValue(node: value, path: path.isEmpty ? name : "\(path).\(name)", file: file)
        }
        for name in required where values[name] == nil { throw error("the key \"\(name)\" is missing") }
        return values
    }

    package func list(_ counts: ClosedRange<Int>, of what: String) throws -> [YamlValue] {
        guard case .sequence(let sequence) = node else { throw wrongType("a list of \(what)") }
        guard counts.contains(sequence.count) else {
            let wanted =
                counts.lowerBound == counts.upperBound
                ? "exactly \(counts.lowerBound)" : "\(counts.lowerBound) to \(counts.upperBound)"
            throw error("\(sequence.count) \(what) listed, \(wanted) expected")
        }
        return sequence.enumerated().map { YamlValue(node: $1, path: "\(path)[\($0)]", file: file) }
    }

    // MARK: Scalars

    /// Text of 1 to `maximum` UTF-8 bytes without control characters, not blank at either end.
    package func text(maximum: Int = 200) throws -> String {
        guard case .scalar(let scalar) = node else { throw wrongType("a text") }
        let text = scalar.string
        guard !text.isEmpty else { throw wrongType("a text") }
        guard text.utf8.count <= maximum else { throw error("\(text.utf8.count) bytes of text, at most \(maximum) allowed") }
        guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw error("control characters (also line breaks) are not allowed in a text")
        }
        let blank: (Character?) -> Bool = { $0?.isWhitespace ?? true }
        guard !blank(text.first), !blank(text.last) else { throw error("the text begins or ends with a blank") }
        return text
    }

    /// A name for machines: a lower-case letter, then up to 62 lower-case letters, digits, "-" or "_".
    package func name() throws -> String {
        let text = try text()
        let bytes = Array(text.utf8)
        let isLetter: (UInt8) -> Bool = { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") }
        let isOther: (UInt8) -> Bool = {
            $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
        }
        guard bytes.count <= 63, isLetter(bytes[0]), bytes.allSatisfy({ isLetter($0) || isOther($0) }) else {
            throw error(
                "\"\(text.prefix(60))\" is not a name",
                remedy: "begin with a lower-case letter; then lower-case letters, digits, - and _, at most 63 characters")
        }
        return text
    }

    /// A column's name as the file's header has it: any script, but none of the characters that references are built from.
    package func columnName() throws -> String {
        let text = try text(maximum: 128)
        guard !text.contains(where: { ".(),".contains($0) }) else {
            throw error(
                "a column name must not contain \".\", \",\" or parentheses", remedy: "rename the column in the file's header")
        }
        return text
    }

    private func number(_ what: String) throws -> String {
        guard case .scalar(let scalar) = node, scalar.style == .plain, !scalar.string.isEmpty else { throw wrongType(what) }
        return scalar.string
    }

    package func integer(in range: ClosedRange<Int>) throws -> Int {
        let text = try number("an integer")
        guard let value = Int(text), String(value) == text else { throw wrongType("an integer") }
        guard range.contains(value) else { throw error("\(value) is outside \(range.lowerBound) ... \(range.upperBound)") }
        return value
    }

    package func rational() throws -> Rational {
        let text = try number("a number")
        do {
            return try Rational(parsing: text)
        } catch let problem as YinheError {
            throw error(problem.message, remedy: problem.remedy)
        }
    }

    /// A number that is a whole multiple of 10^-scale, in that unit: with scale 2, 12.34 is 1234. Exact.
    package func gridInteger(scale: Int) throws -> Int64 {
        let value = try rational()
        var power: Int128 = 1
        for _ in 0..<scale { power *= 10 }
        guard let scaled = try? value * Rational(power) else { throw error("\(value) is too large") }
        guard scaled.isInteger else {
            throw error(
                scale == 0 ? "\(value) is not an integer" : "\(value) has more than \(scale) decimals",
                remedy: "the column's declared type allows \(scale) decimals")
        }
        guard scaled.magnitude.numerator <= 1 << 53 else {
            throw error("\(value) is too large", remedy: "at most 2^53 units of the last decimal")
        }
        return Int64(scaled.numerator)
    }

    package func boolean() throws -> Bool {
        switch try number("true or false") {
        case "true": true
        case "false": false
        default: throw wrongType("true or false")
        }
    }

    /// One of the listed words.
    package func word<T>(_ words: KeyValuePairs<String, T>) throws -> T {
        let text = try text()
        guard let match = words.first(where: { $0.key == text }) else {
            throw error("\"\(text.prefix(60))\" is not known", remedy: "one of: \(words.map(\.key).joined(separator: ", "))")
        }
        return match.value
    }

    /// The text form of a key's fingerprint.
    package func fingerprint() throws -> String {
        let fingerprint = try text()
        let digits = fingerprint.dropFirst("sha256:".count)
        guard fingerprint.hasPrefix("sha256:"), digits.utf8.count == 64,
            digits.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
        else {
            throw error(
                "not a fingerprint", remedy: "\"sha256:\" and 64 lower-case hex digits, as `yinhe keys show` prints it")
        }
        return fingerprint
    }
}
