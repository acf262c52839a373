import DifferentialPrivacy
import SandboxCore

/// One line of `noise calc`: an object in, the same object with more members out.
enum NoiseCalcLine {
    struct Result: Sendable {
        var text: String
        var error: YinheError?
    }

    /// Nil for an empty line.
    static func evaluate(_ line: [UInt8]) -> Result? {
        var parser = FlatJSON(line)
        if parser.isBlank { return nil }
        var members: [FlatJSON.Member] = []
        do {
            members = try parser.object()
            var cells: [String: AuditValue] = [:]
            for member in members { cells[member.key] = member.value }
            guard case .text(let table)? = cells["table"] else {
                throw YinheError(.badInput, "there is no table", at: "table", remedy: "begin with {\"table\": \"gaussian_sigma\", …")
            }
            let values = try AuditTables.evaluate(AuditRow(table: table, cells: cells))
            // A column that is already there is computed afresh.
            let computed = Set(values.map(\.column))
            let kept = members.filter { !computed.contains($0.key) }.map { "\($0.keyText): \($0.valueText)" }
            return Result(text: "{" + (kept + values.map { "\"\($0.column)\": \(text($0.value))" }).joined(separator: ", ") + "}")
        } catch {
            let known = error as? YinheError ?? YinheError(.badInput, "\(error)")
            let kept = members.filter { $0.key != "error" }.map { "\($0.keyText): \($0.valueText)" }
            return Result(
                text: "{" + (kept + ["\"error\": \(JSONText.line(ErrorDocument(known).error))"]).joined(separator: ", ") + "}", error: known)
        }
    }

    private static func text(_ value: AuditValue) -> String {
        switch value {
        case .number(let digits): digits
        case .text(let text): JSONText.line(text)
        case .list(let items): "[" + items.map(text).joined(separator: ", ") + "]"
        case .null: "null"
        }
    }
}

/// A JSON object whose members are numbers, texts, null and lists of those. Numbers keep their digits, which no reader that turns
/// them into binary floating point can do; members keep their text, so that they can be printed as they came.
struct FlatJSON {
    struct Member {
        var key: String
        var keyText: String
        var value: AuditValue
        var valueText: String
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes }

    var isBlank: Bool { bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d } }

    mutating func object() throws -> [Member] {
        try expect("{")
        var members: [Member] = []
        skipSpace()
        if peek == UInt8(ascii: "}") {
            position += 1
        } else {
            while true {
                skipSpace()
                let keyStart = position
                let key = try string()
                let keyText = try text(keyStart)
                guard !members.contains(where: { $0.key == key }) else { throw malformed("the member \"\(key.prefix(60))\" twice") }
                try expect(":")
                skipSpace()
                let start = position
                let value = try self.value(depth: 0)
                members.append(Member(key: key, keyText: keyText, value: value, valueText: try text(start)))
                guard members.count <= 100 else { throw malformed("more than 100 members") }
                skipSpace()
                guard let next = take(), next == UInt8(ascii: ",") || next == UInt8(ascii: "}") else { throw malformed("a member that does not end") }
                if next == UInt8(ascii: "}") { break }
            }
        }
        skipSpace()
        guard position == bytes.count else { throw malformed("text after the object") }
        return members
    }

    private func malformed(_ what: String) -> YinheError {
        YinheError(
            .badInput, "not a JSON object of numbers and texts: \(what) at byte \(position + 1)",
            remedy: "write a line such as {\"table\": \"gaussian_sigma\", \"eps\": 1, \"delta\": 1e-9}")
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take() -> UInt8? {
        defer { position += 1 }
        return peek
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0d { position += 1 }
    }

    private mutating func expect(_ character: Character) throws {
        skipSpace()
        guard peek == character.asciiValue else { throw malformed("no '\(character)'") }
        position += 1
    }

    private func text(_ start: Int) throws -> String {
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else { throw malformed("text that is not UTF-8") }
        return text
    }

    private mutating func value(depth: Int) throws -> AuditValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "["):
            guard depth < 3 else { throw malformed("lists too deep") }
            position += 1
            var items: [AuditValue] = []
            skipSpace()
            if peek == UInt8(ascii: "]") {
                position += 1
                return .list([])
            }
            while true {
                items.append(try value(depth: depth + 1))
                skipSpace()
                guard let next = take(), next == UInt8(ascii: ",") || next == UInt8(ascii: "]") else { throw malformed("a list that does not end") }
                if next == UInt8(ascii: "]") { return .list(items) }
            }
        case UInt8(ascii: "n"):
            guard bytes[position...].starts(with: Array("null".utf8)) else { throw malformed("an unknown word") }
            position += 4
            return .null
        default: return .number(try number())
        }
    }

    /// RFC 8259, section 6.
    private mutating func number() throws -> String {
        let start = position
        func digits(_ from: Int) -> Int {
            var end = from
            while end < bytes.count, bytes[end] >= 0x30, bytes[end] <= 0x39 { end += 1 }
            return end - from
        }
        if peek == UInt8(ascii: "-") { position += 1 }
        let whole = digits(position)
        guard whole > 0, whole == 1 || bytes[position] != 0x30 else { throw malformed("a value that is no number, text, list or null") }
        position += whole
        if peek == UInt8(ascii: ".") {
            let fraction = digits(position + 1)
            guard fraction > 0 else { throw malformed("a number without decimals") }
            position += 1 + fraction
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "-") || peek == UInt8(ascii: "+") { position += 1 }
            let exponent = digits(position)
            guard exponent > 0 else { throw malformed("a number without exponent") }
            position += exponent
        }
        return try text(start)
    }

    private mutating func string() throws -> String {
        guard take() == UInt8(ascii: "\"") else { throw malformed("no text in quotes") }
        var out: [UInt8] = []
        while let byte = take() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: out, as: UTF8.self) else { throw malformed("text that is not UTF-8") }
                return text
            case 0..<0x20: throw malformed("a control character")
            case UInt8(ascii: "\\"): out += try escape()
            default: out.append(byte)
            }
        }
        throw malformed("a text that does not end")
    }

    private mutating func escape() throws -> [UInt8] {
        switch take() {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
        case UInt8(ascii: "n"): return [0x0a]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "r"): return [0x0d]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0c]
        case UInt8(ascii: "u"):
            var unit = try hexadecimal()
            if (0xd800..<0xdc00).contains(unit) {
                guard take() == UInt8(ascii: "\\"), take() == UInt8(ascii: "u") else { throw malformed("half a character") }
                let low = try hexadecimal()
                guard (0xdc00..<0xe000).contains(low) else { throw malformed("half a character") }
                unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(unit) else { throw malformed("half a character") }
            return Array(String(Character(scalar)).utf8)
        default: throw malformed("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard position + 4 <= bytes.count, let value = UInt32(String(decoding: bytes[position..<(position + 4)], as: UTF8.self), radix: 16),
            bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
        else { throw malformed("an unknown escape") }
        position += 4
        return value
    }
}
