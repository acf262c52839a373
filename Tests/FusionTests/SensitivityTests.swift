import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Tables
import Testing

/// The declared sensitivity of every query is the largest L1 change that any one subject can make, found by trying all of them.
@Suite struct SensitivityTests {
    /// Tiny bounds, so that every possible subject can be listed. Rows per subject: `left` and `right`.
    private func contract(mode: String, left: Int, right: Int, _ outputs: [String]) throws -> Contract {
        let text = """
            yinhe-contract: 1
            name: tiny
            purpose: tiny
            parties:
              - {name: centre, title: c, fingerprint: "sha256:\(String(repeating: "a", count: 64))"}
              - {name: bank, title: b, fingerprint: "sha256:\(String(repeating: "b", count: 64))"}
            datasets:
              - name: l
                party: centre
                key: {column: k, normalizer: text}
                rows-per-subject: \(left)
                columns:
                  - {name: g, type: category, categories: [p, q]}
                  - {name: h, type: category, categories: [u, v]}
                  - {name: x, type: integer, unit: m, lower: -3, upper: 4}
              - name: r
                party: bank
                key: {column: k, normalizer: text}
                rows-per-subject: \(right)
                columns:
                  - {name: c, type: category, categories: [s, t]}
                  - {name: y, type: integer, unit: s, lower: -2, upper: 1}
            join: {datasets: [l, r], mode: \(mode)}
            outputs:
              \(outputs.joined(separator: "\n  "))
            privacy: {unit: subject, epsilon: 1000, delta: 0}
            minimum-intersection: 1
            maximum-runs: 1
            expires: 2099-12-31T23:59:59Z
            accepts-leakage: [set-sizes, group-sizes, group-match-counts, matched-keys]
            """
        return try Contract(parsing: Array((text + "\n").utf8), file: "tiny.yaml")
    }

    /// All multisets of 1 to `limit` of `rows`.
    private func choices(_ rows: [String], _ limit: Int) -> [[String]] {
        var all: [[String]] = rows.map { [$0] }
        if limit > 1 {
            for (i, a) in rows.enumerated() { all += rows[i...].map { [a, $0] } }
        }
        return all
    }

    private func table(_ header: String, _ rows: [String], _ dataset: Contract.Dataset, _ folder: TemporaryFolder) throws -> KeyedTable {
        let path = try folder.file("t.csv", header + "\n" + rows.map { "key,\($0)\n" }.joined())
        return try KeyedTable.load(path: path, schema: dataset.schema(), threads: 1)
    }

    private func check(mode: String, left: Int, right: Int, _ outputs: [String]) throws {
        let folder = try TemporaryFolder()
        let contract = try contract(mode: mode, left: left, right: right, outputs)
        let plan = try FusionPlan(contract)
        // The middle of the bounds is where an offset could hide a mistake.
        let leftRows = ["p,u,-3", "p,v,0", "q,u,4", "q,v,-3", "p,u,4"]
        let rightRows = ["s,-2", "s,1", "t,-2", "t,0", "t,1"]
        let lefts = try choices(leftRows, left).map { try table("k,g,h,x", $0, contract.datasets[0], folder) }
        let rights = try choices(rightRows, right).map { try table("k,c,y", $0, contract.datasets[1], folder) }
        var largest = [Int128](repeating: 0, count: plan.queries.count)
        for l in lefts {
            for r in rights {
                let cells = ClearRun.cells(plan, tables: ["l": l, "r": r])
                for (i, values) in cells.enumerated() {
                    largest[i] = max(largest[i], values.reduce(0) { $0 + Int128($1.magnitude) })
                }
            }
        }
        for (i, query) in plan.queries.enumerated() {
            #expect(
                largest[i] == Int128(query.sensitivity), "\(mode), output \(query.output), \(query.measure), rows \(left) and \(right)")
        }
    }

    private static let to = "epsilon: 1, to: [centre, bank]"

    static let general = [
        "- {name: a, kind: count, \(to)}",
        "- {name: b, kind: sum, of: r.y, \(to)}",
        "- {name: c, kind: mean, of: l.x, \(to)}",
        "- {name: d, kind: variance, of: r.y, \(to)}",
        "- {name: e, kind: histogram, of: r.y, bins: [-2, 0, 1], \(to)}",
        "- {name: f, kind: quantile, of: l.x, bins: [-3, -1, 2, 4], probabilities: [0.5], \(to)}",
        "- {name: g, kind: group-by, by: [r.c], measures: [count, rows(r), sum(r.y), variance(r.y)], \(to)}",
    ]

    @Test(arguments: ["hidden", "aligned", "intersection-sum"]) func ofEveryKindWithOneOrTwoRows(_ mode: String) throws {
        for (left, right) in [(1, 1), (1, 2), (2, 2)] { try check(mode: mode, left: left, right: right, Self.general) }
        let table = ["- {name: a, kind: contingency-table, by: [l.g, r.c], \(Self.to)}"]
        for right in [1, 2] { try check(mode: mode, left: 1, right: right, table) }
    }

    @Test func ofTablesOverAnyColumnsOnShares() throws {
        let outputs = [
            "- {name: a, kind: contingency-table, by: [l.g, l.h], \(Self.to)}",
            "- {name: b, kind: contingency-table, by: [l.g, r.c], \(Self.to)}",
            "- {name: c, kind: group-by, by: [l.g], measures: [rows(r), sum(r.y), sum(l.x)], \(Self.to)}",
        ]
        for (left, right) in [(1, 1), (2, 1), (2, 2)] { try check(mode: "hidden", left: left, right: right, outputs) }
    }

    @Test func ofTheNormalEquations() throws {
        let both = ["- {name: a, kind: linear-regression, target: r.y, features: [l.x], \(Self.to)}"]
        for mode in ["hidden", "aligned"] { try check(mode: mode, left: 1, right: 1, both) }
    }
}
