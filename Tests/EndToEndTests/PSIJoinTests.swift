import Foundation
import TestSupport
import Testing

/// Two files with repeated, empty and differently spelled keys, and the plain join of them.
struct JoinFiles {
    typealias Row = (key: String?, line: String)
    let scratch = Scratch()
    let left: [Row]
    let right: [Row]
    var a: String { scratch.file("a.csv") }
    var b: String { scratch.file("b.csv") }

    /// The receiver holds keys 0 ..< n with every fifth one twice, the sender n/2 ..< 3n/2 with every third one three times.
    init(_ n: Int = 40) throws {
        var left: [Row] = []
        var right: [Row] = []
        for i in 0..<n {
            for copy in 0..<(i % 5 == 0 ? 2 : 1) { left.append(("k\(i)", "k\(i),left \(i)/\(copy)")) }
        }
        left.insert((nil, ",no key"), at: n / 3)
        for i in (n / 2)..<(3 * n / 2) {
            for copy in 0..<(i % 3 == 0 ? 3 : 1) { right.append(("k\(i)", "\"right, \(i)/\(copy)\", K\(i)")) }
        }
        right.insert((nil, "nobody,"), at: n / 2)
        self.left = left
        self.right = right
        try scratch.write("a.csv", "id,name\n" + left.map { $0.line + "\n" }.joined())
        try scratch.write("b.csv", "note,key\n" + right.map { $0.line + "\n" }.joined())
    }

    private var leftKeys: Set<String> { Set(left.compactMap(\.key)) }
    private var rightKeys: Set<String> { Set(right.compactMap(\.key)) }
    var commonKeys: Int { leftKeys.intersection(rightKeys).count }
    func matches(_ row: Row, in keys: Set<String>) -> Bool { row.key.map { keys.contains($0) } ?? false }

    /// The lines of each output under `--order own`, headers included; nil where that side has nothing to write.
    func own(_ join: String) -> (left: [String], right: [String]?) {
        let (leftKeys, rightKeys) = (leftKeys, rightKeys)
        let l = left.filter { row in
            switch join {
            case "left", "full": true
            case "difference": !matches(row, in: rightKeys)
            default: matches(row, in: rightKeys)
            }
        }
        let r = right.filter { row in
            switch join {
            case "right", "full": true
            case "difference": false
            default: matches(row, in: leftKeys)
            }
        }
        let (marksLeft, marksRight) = (["left", "full"].contains(join), ["right", "full"].contains(join))
        let lines = (
            left: ["id,name" + (marksLeft ? ",matched" : "")]
                + l.map { $0.line + (marksLeft ? matches($0, in: rightKeys) ? ",1" : ",0" : "") },
            right: ["note,key" + (marksRight ? ",matched" : "")]
                + r.map { $0.line + (marksRight ? matches($0, in: leftKeys) ? ",1" : ",0" : "") }
        )
        return (lines.left, join == "difference" ? nil : lines.right)
    }

    /// The joined pairs, sorted; a missing side is a row of empty cells.
    func pairs(_ join: String) -> [String] {
        let leftKeys = leftKeys
        let marks = ["left", "right", "full"].contains(join)
        func pair(_ l: String, _ r: String, _ matched: Int) -> String { marks ? "\(l),\(matched)|\(r),\(matched)" : "\(l)|\(r)" }
        var out: [String] = []
        for l in left {
            let partners = right.filter { $0.key != nil && $0.key == l.key }
            if join != "difference" { out += partners.map { pair(l.line, $0.line, 1) } }
            if partners.isEmpty, ["left", "full", "difference"].contains(join) { out.append(pair(l.line, ",", 0)) }
        }
        if ["right", "full"].contains(join) {
            out += right.filter { !matches($0, in: leftKeys) }.map { pair(",", $0.line, 0) }
        }
        return out.sorted()
    }

    /// Runs both sides over loopback: the sender holds b.csv and listens, the receiver holds a.csv and connects.
    func run(
        _ options: [String], receiver: [String] = [], sender: [String] = []
    ) async throws -> (receiver: Finished, sender: Finished) {
        let listening = try Running(
            Program.yinhe,
            ["psi", "--in", b, "--key", "key", "--listen", "127.0.0.1:0", "--progress", "json"] + Self.common + options + sender)
        let connecting = try Running(
            Program.yinhe,
            ["psi", "--in", a, "--key", "id", "--connect", "127.0.0.1:\(try await listening.port())"] + Self.common + options
                + receiver)
        return (await connecting.finish(), await listening.finish())
    }

    static let common = ["--insecure-plaintext", "--json", "--threads", "1"]
    var writing: (receiver: [String], sender: [String]) {
        (["--out", scratch.file("ao.csv")], ["--out", scratch.file("bo.csv")])
    }

    func lines(_ name: String) throws -> [String] { try scratch.read(name).split(separator: "\n").map(String.init) }
}

@Suite struct PSIJoinTests {
    @Test(arguments: ["auto", "vole", "vole-lowcomm", "dh", "vole --malicious", "vole-lowcomm --malicious", "auto --malicious"])
    func everyProtocolFindsExactlyTheCommonRows(choice: String) async throws {
        let files = try JoinFiles()
        let (receiver, sender) = try await files.run(
            ["--protocol"] + choice.split(separator: " ").map(String.init), receiver: files.writing.receiver,
            sender: files.writing.sender)
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let expected = files.own("inner")
        #expect(try files.lines("ao.csv") == expected.left)
        #expect(try files.lines("bo.csv") == expected.right)
        let (r, s) = (try receiver.json(PSIDocument.self), try sender.json(PSIDocument.self))
        #expect(r.intersection == files.commonKeys && s.intersection == files.commonKeys)
    }

    @Test(arguments: ["left", "right", "full", "difference"]) func rowsInTheirOwnOrderForEveryJoin(join: String) async throws {
        let files = try JoinFiles()
        let (receiver, sender) = try await files.run(
            ["--join", join], receiver: files.writing.receiver, sender: files.own(join).right == nil ? [] : files.writing.sender)
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let expected = files.own(join)
        #expect(try files.lines("ao.csv") == expected.left)
        if let right = expected.right { #expect(try files.lines("bo.csv") == right) }
    }

    @Test(arguments: ["inner", "left", "right", "full", "difference"])
    func alignedOutputsLineUpRowByRow(join: String) async throws {
        let files = try JoinFiles()
        let (receiver, sender) = try await files.run(
            ["--join", join, "--order", "aligned"], receiver: files.writing.receiver, sender: files.writing.sender)
        try #require(receiver.status == 0 && sender.status == 0, "\(receiver.errors) \(sender.errors)")
        let (left, right) = (try files.lines("ao.csv"), try files.lines("bo.csv"))
        let mark = ["left", "right", "full"].contains(join) ? ",matched" : ""
        #expect(left.first == "id,name" + mark && right.first == "note,key" + mark)
        #expect(left.count == right.count)
        #expect(zip(left, right).dropFirst().map { "\($0)|\($1)" }.sorted() == files.pairs(join))
    }
}
