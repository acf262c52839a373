import Foundation
import PrivateJoin
import SandboxCore
import Synchronization
import Tables
import TestSupport
import Testing
import Transport

/// A folder with the files of both parties, which goes away with its owner.
final class JoinFixture: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/yinhe-join-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, as name: String) throws { try write(Array(text.utf8), as: name) }

    func write(_ bytes: [UInt8], as name: String) throws {
        #expect(FileManager.default.createFile(atPath: file(name), contents: Data(bytes)))
    }

    func write(_ table: PlainTable, as name: String) throws { try write(table.csv, as: name) }

    func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }

    /// Options of a role: reads left.csv or right.csv, writes left-out.csv or right-out.csv where the policy allows an output.
    func options(_ role: PrivateJoin.Role, _ change: (inout PrivateJoin.Options) -> Void = { _ in }) -> PrivateJoin.Options {
        let side = role == .receiver ? "left" : "right"
        var options = PrivateJoin.Options(
            input: file("\(side).csv"), output: file("\(side)-out.csv"), keyColumn: role == .receiver ? "id" : "key")
        options.protocolChoice = .dh
        options.threads = 1
        change(&options)
        let learns = options.reveal == .both || (options.reveal == .receiver && role == .receiver)
        let hasRows = options.joinType != .difference || options.rowOrder == .aligned || role == .receiver
        if !learns || !hasRows { options.output = nil }
        return options
    }

    func run(
        _ change: (inout PrivateJoin.Options) -> Void = { _ in }
    ) async throws -> (left: PrivateJoin.Report, right: PrivateJoin.Report) {
        let (left, right) = await results(options(.receiver, change), options(.sender, change))
        return (try left.get(), try right.get())
    }

    typealias Outcome = Result<PrivateJoin.Report, any Error>

    /// Runs both sides to their ends, whatever these are.
    func results(_ left: PrivateJoin.Options, _ right: PrivateJoin.Options) async -> (Outcome, Outcome) {
        let (a, b) = LocalChannel.pair()
        async let receiver = outcome(.receiver, left, a)
        async let sender = outcome(.sender, right, b)
        return await (receiver, sender)
    }

    func outcome(_ role: PrivateJoin.Role, _ options: PrivateJoin.Options, _ channel: any Channel) async -> Outcome {
        do {
            return .success(try await PrivateJoin.run(role, options: options, connect: { channel }))
        } catch {
            await channel.close()
            return .failure(error)
        }
    }
}

extension PrivateJoin.Options {
    /// Several buckets with few rows, everything on disk.
    mutating func useSmallBuckets() {
        tuning.bucketElements = 64
        tuning.residentBytes = 0
    }
}

extension Result where Failure == any Error {
    var yinheError: YinheError? {
        if case .failure(let error) = self { error as? YinheError } else { nil }
    }
}

/// A table as plain strings, and the join of two by nested loops.
struct PlainTable: Sendable {
    var header: [String]
    var rows: [[String]]

    var csv: String { ([header] + rows).map { Self.line($0) + "\n" }.joined() }

    static func line(_ fields: [String]) -> String {
        let special: Set<Character> = [",", "\"", "\n"]
        return fields.map { field in
            field.contains { special.contains($0) } ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
        }.joined(separator: ",")
    }

    /// The key as both sides see it; nil for a row that matches nothing.
    func key(_ row: [String]) -> String? {
        if case .valid(let key) = JoinKeyNormalizer.text.normalize(row[0]) { key } else { nil }
    }

    /// Rows with duplicates, empty and malformed keys, quotes and line breaks; `base` tells the values of the sides apart.
    static func random(_ count: Int, keys: Range<Int>, keyName: String, base: String, _ random: SeededRandom) -> PlainTable {
        let rows = (0..<count).map { i in
            let n = keys.lowerBound + Int(random.uniform(below: UInt64(keys.count)))
            let key =
                switch random.uniform(below: 20) {
                case 0: ""
                case 1: "bad\u{1}\(n)"
                case 2: " k\(n) "
                default: "K\(n)"
                }
            let note =
                switch random.uniform(below: 8) {
                case 0: "two, \"\(i)\""
                case 1: "line\nbreak"
                default: "n"
                }
            return [key, "\(base)\(i)", note]
        }
        return PlainTable(header: [keyName, "\(base)-value", "\(base)-note"], rows: rows)
    }

    struct Joined {
        var left: [Bool]
        var right: [Bool]
        var pairs: [(Int, Int)] = []
        var keys: Int
    }

    static func join(_ left: PlainTable, _ right: PlainTable) -> Joined {
        let rightKeys = right.rows.map { right.key($0) }
        var out = Joined(
            left: left.rows.map { _ in false }, right: right.rows.map { _ in false }, keys: 0)
        var keys: Set<String> = []
        for (i, row) in left.rows.enumerated() {
            guard let key = left.key(row) else { continue }
            for j in right.rows.indices where rightKeys[j] == key {
                out.left[i] = true
                out.right[j] = true
                out.pairs.append((i, j))
                keys.insert(key)
            }
        }
        out.keys = keys.count
        return out
    }
}
