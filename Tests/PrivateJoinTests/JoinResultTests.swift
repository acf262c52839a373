import Foundation
import PrivateJoin
import SandboxCore
import Tables
import TestSupport
import Testing

/// Every kind of join against nested loops over plain strings.
@Suite struct JoinResultTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var type: PrivateJoin.JoinType
        var reveal: PrivateJoin.Reveal
        var order: PrivateJoin.RowOrder
        var bucketed: Bool
        var testDescription: String { "\(type) \(reveal) \(order)\(bucketed ? " in buckets" : "")" }
    }

    static let kinds: [Kind] = PrivateJoin.JoinType.allCases.flatMap { type in
        PrivateJoin.Reveal.allCases.flatMap { reveal in
            PrivateJoin.RowOrder.allCases.flatMap { order in
                [false, true].map { Kind(type: type, reveal: reveal, order: order, bucketed: $0) }
            }
        }
    }.filter { kind in
        switch kind.reveal {
        case .both: true
        case .receiver: kind.order == .own && kind.type != .right && kind.type != .full
        case .count: kind.order == .own && kind.type == .inner
        }
    }

    @Test(arguments: kinds) func everyKindOfJoinGivesExactlyTheRowsOfSQL(_ kind: Kind) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let left = PlainTable.random(150, keys: 0..<120, keyName: "id", base: "l", random)
        let right = PlainTable.random(130, keys: 60..<180, keyName: "key", base: "r", random)
        let fixture = try JoinFixture()
        try fixture.write(left, as: "left.csv")
        try fixture.write(right, as: "right.csv")
        let reports = try await fixture.run {
            $0.joinType = kind.type
            $0.reveal = kind.reveal
            $0.rowOrder = kind.order
            if kind.bucketed { $0.useSmallBuckets() }
        }
        let expected = PlainTable.join(left, right)
        #expect(reports.left.matchedKeys == expected.keys, "seed \(seed)")
        #expect((reports.left.buckets > 1) == kind.bucketed)
        #expect(reports.left.input.distinctKeys == Set(left.rows.compactMap { left.key($0) }).count)
        checkCounts(kind, reports, expected)
        switch kind.order {
        case .own:
            try checkOwn(kind, fixture, left, right, expected, seed)
        case .aligned:
            try checkAligned(kind, fixture, left, right, expected, seed)
        }
        let outputs = ["left-out.csv", "right-out.csv"].filter { fixture.exists($0) }
        #expect(fixture.names == (["left.csv", "right.csv"] + outputs).sorted(), "something was left behind")
    }

    func checkCounts(
        _ kind: Kind, _ reports: (left: PrivateJoin.Report, right: PrivateJoin.Report), _ expected: PlainTable.Joined
    ) {
        let leftRows = expected.left.count { $0 }, rightRows = expected.right.count { $0 }
        switch kind.reveal {
        case .both:
            for report in [reports.left, reports.right] {
                #expect(report.matchedKeys == expected.keys)
                #expect(report.matchedRowsLeft == leftRows)
                #expect(report.matchedRowsRight == rightRows)
            }
            #expect(reports.left.joinedRows == reports.right.joinedRows)
            if kind.order == .aligned { #expect(reports.left.joinedRows == expected.pairs.count) }
        case .receiver:
            #expect(reports.left.matchedRowsLeft == leftRows)
            #expect(reports.left.matchedRowsRight == nil)
            #expect(reports.right.matchedKeys == nil && reports.right.matchedRowsRight == nil)
        case .count:
            #expect(reports.left.matchedRowsLeft == nil)
            #expect(reports.right.matchedKeys == nil)
        }
    }

    func checkOwn(
        _ kind: Kind, _ fixture: JoinFixture, _ left: PlainTable, _ right: PlainTable, _ expected: PlainTable.Joined,
        _ seed: UInt64
    ) throws {
        func output(_ table: PlainTable, _ matched: [Bool], all: Bool) -> String {
            let rows = zip(table.rows, matched).compactMap { row, matched -> [String]? in
                if all { return row + [matched ? "1" : "0"] }
                return matched == (kind.type != .difference) ? row : nil
            }
            return PlainTable(header: table.header + (all ? ["matched"] : []), rows: rows).csv
        }
        if kind.reveal != .count {
            let all = kind.type == .left || kind.type == .full
            #expect(try fixture.text("left-out.csv") == output(left, expected.left, all: all), "seed \(seed)")
        }
        if kind.reveal == .both, kind.type != .difference {
            let all = kind.type == .right || kind.type == .full
            #expect(try fixture.text("right-out.csv") == output(right, expected.right, all: all), "seed \(seed)")
        }
    }

    func checkAligned(
        _ kind: Kind, _ fixture: JoinFixture, _ left: PlainTable, _ right: PlainTable, _ expected: PlainTable.Joined,
        _ seed: UInt64
    ) throws {
        let marks = kind.type == .left || kind.type == .right || kind.type == .full
        func rows(_ name: String, _ header: [String]) throws -> [[String]] {
            var reader = try CSVReader(path: fixture.file(name))
            #expect(reader.header == header + (marks ? ["matched"] : []))
            var rows: [[String]] = []
            while let row = try reader.next() { rows.append(row) }
            return rows
        }
        let leftLines = try rows("left-out.csv", left.header), rightLines = try rows("right-out.csv", right.header)
        #expect(leftLines.count == rightLines.count, "seed \(seed)")
        var due: [[String]] = []
        func mark(_ value: String) -> [String] { marks ? [value] : [] }
        let empty = ["", "", ""]
        if kind.type != .difference {
            due += expected.pairs.map { left.rows[$0] + mark("1") + right.rows[$1] + mark("1") }
        }
        if kind.type != .inner, kind.type != .right {
            for (row, matched) in zip(left.rows, expected.left) where !matched {
                due.append(row + mark("0") + empty + mark("0"))
            }
        }
        if kind.type == .right || kind.type == .full {
            for (row, matched) in zip(right.rows, expected.right) where !matched {
                due.append(empty + mark("0") + row + mark("0"))
            }
        }
        let got = zip(leftLines, rightLines).map { $0 + $1 }
        let sorted = (got.sorted { $0.lexicographicallyPrecedes($1) }, due.sorted { $0.lexicographicallyPrecedes($1) })
        #expect(sorted.0 == sorted.1, "seed \(seed)")
    }

    struct Engine: Sendable {
        var choice: PrivateJoin.ProtocolChoice
        var adversary = PrivateJoin.Adversary.semiHonest
    }

    @Test(arguments: [
        Engine(choice: .vole), Engine(choice: .voleLowCommunication), Engine(choice: .auto),
        Engine(choice: .vole, adversary: .malicious),
    ]) func everyProtocolGivesTheSameRows(_ engine: Engine) async throws {
        let random = SeededRandom(11)
        let left = PlainTable.random(110, keys: 0..<120, keyName: "id", base: "l", random)
        let right = PlainTable.random(120, keys: 60..<180, keyName: "key", base: "r", random)
        let expected = PlainTable.join(left, right)
        for kind in Self.kinds where kind.type == .full || kind.reveal == .receiver && kind.type == .difference {
            let fixture = try JoinFixture()
            try fixture.write(left, as: "left.csv")
            try fixture.write(right, as: "right.csv")
            let reports = try await fixture.run {
                $0.protocolChoice = engine.choice
                $0.adversary = engine.adversary
                $0.joinType = kind.type
                $0.reveal = kind.reveal
                $0.rowOrder = kind.order
                if kind.bucketed { $0.useSmallBuckets() }
            }
            #expect(reports.left.protocolUsed != .auto && reports.left.protocolUsed == reports.right.protocolUsed)
            #expect(reports.left.explanation.isEmpty == (engine.choice != .auto))
            checkCounts(kind, reports, expected)
            if kind.order == .own {
                try checkOwn(kind, fixture, left, right, expected, 11)
            } else {
                try checkAligned(kind, fixture, left, right, expected, 11)
            }
        }
    }

    @Test func alignedLinesFollowNeitherFile() async throws {
        let fixture = try JoinFixture()
        let ids = (0..<200).map { "k\($0)" }
        try fixture.write("id\n" + ids.joined(separator: "\n") + "\n", as: "left.csv")
        try fixture.write("key\n" + ids.reversed().joined(separator: "\n") + "\n", as: "right.csv")
        _ = try await fixture.run { $0.rowOrder = .aligned }
        let lines = try fixture.text("left-out.csv").split(separator: "\n").dropFirst().map(String.init)
        #expect(Set(lines) == Set(ids))
        // Wrong for an independent order with probability 2 / 200!.
        #expect(lines != ids && lines != ids.reversed())
        #expect(try fixture.text("right-out.csv").split(separator: "\n").dropFirst().map(String.init) == lines)
    }

    @Test func chosenColumnsComeInTheChosenOrder() async throws {
        let fixture = try JoinFixture()
        try fixture.write("a,id,b\n1,x,\"p,q\"\n2,y,r\n", as: "left.csv")
        try fixture.write("key\nx\n", as: "right.csv")
        for order in PrivateJoin.RowOrder.allCases {
            let (left, right) = await fixture.results(
                fixture.options(.receiver) {
                    $0.columns = ["b", "a"]
                    $0.rowOrder = order
                }, fixture.options(.sender) { $0.rowOrder = order })
            #expect(try left.get().outputRows == 1)
            _ = try right.get()
            #expect(try fixture.text("left-out.csv") == "b,a\n\"p,q\",1\n")
        }
    }
}
