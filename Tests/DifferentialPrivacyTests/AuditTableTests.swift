import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import Testing

/// Every row of every table of known values.
@Suite struct AuditTableTests {
    /// Differences that the tables' own notes explain: (table, column, what the row must say) to a tolerance relative to the value.
    private static func tolerance(_ table: String, _ column: String, _ row: [String: String]) -> Double {
        switch (table, column) {
        // The sigma search of python-dp is coarse, and it rounds keep probabilities to its own noise granularity (VERIFY.txt).
        case ("partition_selection", "value_python_dp"): row["kind"] == "gaussian_threshold" ? 6e-4 : row["kind"] == "laplace_keep" ? 4e-8 : 1e-13
        // dp-accounting cuts its series of fractional orders off.
        case ("subsampled_gaussian", "eps_rdp"): 1e-6
        // By quadrature of 20 digits, about 15 of them right.
        case ("selection", _), ("above_threshold", _): 1e-17
        case (_, let column) where column.hasSuffix("_mp") || column == "eps_basic": 2e-18
        default: 1e-12
        }
    }

    /// Below this the tables only hold what their own truncation leaves (hockey_stick_discrete.csv, header).
    private static func floor(_ table: String) -> Double { table == "hockey_stick_discrete" ? 1e-18 : table == "pmf" ? 1e-130 : 0 }

    @Test(arguments: OracleTable.names) func everyRowAgrees(_ name: String) throws {
        let table = try OracleTable(name)
        #expect(table.rows.count >= 6)
        for row in table.rows {
            // A text that is a number counts as one, so a CSV row is an input as it is.
            let cells = row.filter { !$0.key.hasSuffix("_mp") }.mapValues { $0.isEmpty ? AuditValue.null : .text($0) }
            let values = try AuditTables.evaluate(AuditRow(table: name, cells: cells))
            let found = Dictionary(uniqueKeysWithValues: values.map { ($0.column, $0.value) })
            #expect(Set(found.keys).isSubset(of: table.columns))
            for column in table.columns where column.hasSuffix("_mp") { #expect(found[column] != nil, "\(name) lacks \(column)") }
            for (column, value) in found {
                guard let text = row[column], !text.isEmpty else { continue }
                guard case .number(let digits) = value else {
                    Issue.record("\(name) \(column) of \(row): \(value)")
                    continue
                }
                if column.hasPrefix("eps_pld") { continue }
                let expected = try BigReal(decimal: text, precision: 160), computed = try BigReal(decimal: digits, precision: 160)
                let difference = (computed - expected).magnitude.double
                let limit = max(Self.floor(name), Self.tolerance(name, column, row) * expected.magnitude.double)
                #expect(difference <= limit, "\(name) \(column): \(digits), not \(text), for \(row)")
            }
        }
    }

    @Test func bracketsHoldTheTrueValueAndMeetTheLibrarys() throws {
        for name in ["compositions", "subsampled_gaussian"] {
            for row in try OracleTable(name).rows {
                let cells = row.mapValues { $0.isEmpty ? AuditValue.null : .text($0) }
                let values = try AuditTables.evaluate(AuditRow(table: name, cells: cells))
                func end(_ column: String) -> Double {
                    guard case .number(let text)? = values.first(where: { $0.column == column })?.value else { return .nan }
                    return Double(text) ?? .nan
                }
                let (low, high) = (end("eps_pld_lo"), end("eps_pld_hi"))
                #expect(low <= high && high - low < 1e-4, "\(row)")
                if let exact = row.number("eps_exact_mp") {
                    #expect(low <= exact && exact <= high, "\(row): \(low) ... \(high)")
                }
                // Above 709 the library's own bracket overflows; below, it may be off by 1e-5 (README.txt).
                let (theirLow, theirHigh) = (row.number("eps_pld_lo")!, row.number("eps_pld_hi")!)
                if theirHigh < 700 { #expect(high >= theirLow - 1e-5 && low <= theirHigh + 1e-5, "\(row): \(low) ... \(high)") }
            }
        }
    }

    @Test func badCellsAreRefusedWithTheirColumn() {
        func refusal(_ table: String, _ cells: [String: AuditValue]) -> YinheError? {
            do {
                _ = try AuditTables.evaluate(AuditRow(table: table, cells: cells))
                return nil
            } catch { return error as? YinheError }
        }
        for text in ["-1", "0", "nan", "inf", "1e9", "1e-400", "", "x"] {
            let error = refusal("gaussian_sigma", ["eps": .text(text), "delta": .number("1e-9")])
            #expect(error?.place == "eps", "eps \(text)")
        }
        for text in ["-1", "0", "1", "2", "nan", "1e-400"] {
            #expect(refusal("gaussian_sigma", ["eps": .number("1"), "delta": .text(text)])?.place == "delta", "delta \(text)")
        }
        #expect(refusal("no_table", [:])?.place == "table")
        #expect(refusal("selection", ["mechanism": .text("exponential"), "scores": .text("a"), "eps": .number("1"), "index": .number("3")])?.place == "index")
        #expect(refusal("rdp_curves", ["mechanism": .text("gaussian"), "param": .number("1"), "alpha": .number("0.5")])?.place == "alpha")
        #expect(refusal("compositions", ["mechanism": .text("x"), "param": .number("1"), "k": .number("1"), "delta": .number("1e-5")])?.place == "mechanism")
        #expect(refusal("amplification", ["kind": .text("shuffle_fmt21_closed_form"), "eps": .number("9"), "size": .number("1000"), "delta": .number("1e-6")])?.place == "eps")
    }

    @Test func largeEpsilonsDoNotOverflow() throws {
        let values = try AuditTables.evaluate(
            AuditRow(table: "compositions", cells: ["mechanism": .text("gaussian"), "param": .number("0.2"), "k": .number("1000"), "delta": .number("1e-8")]))
        guard case .number(let exact)? = values.first(where: { $0.column == "eps_exact_mp" })?.value, let value = Double(exact) else {
            Issue.record("no value")
            return
        }
        // 1 / 2s^2 with s = 0.2 / sqrt(1000) alone is 12500.
        #expect(value > 12_500 && value < 14_000)
    }

    @Test func selectionProbabilitiesOfAnyScoresAddUpToOne() throws {
        let scores = ["3.25", "-1", "0", "7.5", "7.5", "2"]
        for mechanism in ["exponential", "permute_and_flip", "laplace_noisy_max"] {
            for eps in ["0.01", "1.5", "60"] {
                var sum = BigReal(0, precision: 128)
                for i in scores.indices {
                    let cells: [String: AuditValue] = [
                        "mechanism": .text(mechanism), "scores": .list(scores.map { .number($0) }), "eps": .number(eps), "index": .number("\(i)"),
                    ]
                    guard case .number(let text)? = try AuditTables.evaluate(AuditRow(table: "selection", cells: cells)).first?.value else { continue }
                    sum += try BigReal(decimal: text, precision: 128)
                }
                #expect((sum - 1).magnitude.double < 1e-20, "\(mechanism) at \(eps)")
            }
        }
    }
}
