import Foundation
import PrivateJoin
import PrivateSetIntersection
import SandboxCore
import Tables
import TestSupport
import Testing

/// The two passes over a file.
@Suite struct LargeFileTests {
    func scan(_ path: String, threads: Int, chunk: Int, batched: Bool) throws -> (tokens: [Int: JoinToken], report: InputReport) {
        var options = CSVOptions()
        options.chunkBytes = chunk
        var scan = KeyScan(path: path, keyColumn: "id", normalizer: .text, options: options, threads: threads, keepsRecords: true)
        scan.sha256 = batched ? PSI.sha256 : nil
        var tokens: [Int: JoinToken] = [:]
        let report = try scan.run { rows, first in
            for i in 0..<rows.count { tokens[first + Int(rows.indices[i])] = rows.tokens[i] }
        }
        return (tokens, report)
    }

    @Test func everyKeyGetsItsTokenWhateverItsLengthAndTheBlocks() throws {
        let fixture = try JoinFixture()
        let random = SeededRandom(3)
        let keys = (0..<3000).map { i in
            i % 50 == 0 ? "" : String(repeating: "K", count: Int(random.uniform(below: 60))) + "\(i)"
        }
        try fixture.write("v,id\n" + keys.map { "\"x\ny\",\($0)\n" }.joined(), as: "t.csv")
        for (threads, chunk, batched) in [(1, 1 << 20, true), (3, 1000, true), (2, 1000, false)] {
            let (tokens, report) = try scan(fixture.file("t.csv"), threads: threads, chunk: chunk, batched: batched)
            #expect(report.rows == 3000 && report.keptRows == 2940 && report.emptyKeys == 60)
            #expect(report.places["emptyKeys"] == (0..<5).map { "line \(2 + 100 * $0)" })
            for (row, key) in keys.enumerated() { #expect(tokens[row] == (key.isEmpty ? nil : JoinToken(key))) }
        }
    }

    @Test func copiedRecordsAreThoseOfTheFileWhateverTheBlocks() throws {
        let fixture = try JoinFixture()
        let random = SeededRandom(4)
        let table = PlainTable.random(300, keys: 0..<50, keyName: "id", base: "t", random)
        for lineEnd in ["\n", "\r\n"] {
            // Line breaks inside quotes stay as they are.
            let lines = ([table.header] + table.rows).map { PlainTable.line($0) }
            try fixture.write(lines.joined(separator: lineEnd), as: "t.csv")
            var set = RowSet(capacity: 300)
            for row in stride(from: 0, to: 300, by: 3) { set.insert(row) }
            set.insert(3)
            #expect(set.count == 100)
            for (threads, chunk) in [(1, 1 << 20), (2, 64), (3, 777)] {
                var options = CSVOptions()
                options.chunkBytes = chunk
                let sha = try KeyScan.digest(of: fixture.file("t.csv"))
                func copy(_ rows: RecordCopy.Rows, _ columns: [String]?, sha: String) throws -> String {
                    let copy = RecordCopy(
                        path: fixture.file("t.csv"), header: table.header, columns: columns, options: options, threads: threads,
                        rows: rows, markName: "m", expectedSHA256: sha)
                    var out: [UInt8] = []
                    _ = try copy.run(set, totalRows: 300) { out += $0 }
                    return String(decoding: out, as: UTF8.self)
                }
                let rows = table.rows.enumerated()
                #expect(
                    try copy(.matched, nil, sha: sha)
                        == PlainTable(header: table.header, rows: rows.filter { $0.0 % 3 == 0 }.map(\.1)).csv)
                #expect(
                    try copy(.unmatched, nil, sha: sha)
                        == PlainTable(header: table.header, rows: rows.filter { $0.0 % 3 != 0 }.map(\.1)).csv)
                #expect(
                    try copy(.allMarked, ["t-note", "id"], sha: sha)
                        == PlainTable(header: ["t-note", "id", "m"], rows: rows.map { [$1[2], $1[0], $0 % 3 == 0 ? "1" : "0"] }).csv)
                #expect(throws: YinheError.self) { try copy(.matched, nil, sha: String(sha.reversed())) }
            }
        }
    }
}
