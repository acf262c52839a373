import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing

/// Outputs without noise against plain loops over the rows.
@Suite struct ClearRunTests {
    private static let seed = SystemRandom.shared.word()
    private let tables = SharedTables(subjects: 90, loanRows: 1, seed: Self.seed)

    /// The outputs under each mode that can serve them, which must all be equal.
    private func outputs(_ texts: [String], modes: [String] = ["hidden", "aligned", "intersection-sum"], of tables: SharedTables? = nil)
        throws -> [ReleasedOutput]
    {
        let folder = try TemporaryFolder()
        var results: [[ReleasedOutput]] = []
        for mode in modes {
            let contract = try ContractText.under(mode, outputs: texts, loanRows: tables == nil ? "1" : "3").contract()
            let keyed = try (tables ?? self.tables).keyed(contract, in: folder)
            results.append(try ClearRun.outputs(FusionPlan(contract), tables: keyed))
        }
        #expect(results.allSatisfy { $0 == results[0] }, "seed \(Self.seed)")
        return results[0]
    }

    private func value(_ output: ReleasedOutput, _ keys: [String], _ measure: String) throws -> Double {
        let cell = try #require(output.cells.first { $0.keys == keys && $0.measure == measure }, "\(keys) \(measure)")
        return try number(cell)
    }

    private func number(_ cell: ReleasedCell) throws -> Double {
        let text = try #require(cell.value)
        return try #require(Double(text))
    }

    private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-6 * max(1, abs(b)) }

    @Test func countsSumsAndMeansInCellsOfBothDatasets() throws {
        let tables = SharedTables(subjects: 90, loanRows: 3, seed: Self.seed)
        let out = try outputs(
            [ContractText.groupBy("enterprises.grade, loans.product", "count, rows(loans), sum(loans.amount), mean(loans.overdue)")],
            of: tables)[0]
        for (g, grade) in SharedTables.grades.enumerated() {
            for (p, product) in SharedTables.products.enumerated() {
                let pairs = tables.pairs.filter { $0.enterprise.grade == g && $0.loan.product == p }
                let keys = [grade, product]
                #expect(try value(out, keys, "count") == Double(Set(pairs.map(\.loan.code)).count))
                #expect(try value(out, keys, "rows(loans)") == Double(pairs.count))
                let amount = pairs.map(\.loan.amount).reduce(0, +)
                #expect(try near(value(out, keys, "sum(loans.amount)"), Double(amount) / 100))
                let overdue = pairs.filter { $0.loan.days >= 1 }.count
                #expect(try near((value(out, keys, "mean(loans.overdue)") * 1e4).rounded(), (1e4 * Double(overdue) / Double(pairs.count)).rounded()))
            }
        }
    }

    @Test func aTableOfTwoColumnsOfOneDatasetNeedsShares() throws {
        let text = "- {name: a, kind: contingency-table, by: [enterprises.grade, enterprises.district], chi-square: true, epsilon: 1, "
            + "to: [centre, bank]}"
        let out = try outputs([text], modes: ["hidden", "aligned"])[0]
        var observed = [[Double]](repeating: [0, 0], count: 3)
        for pair in tables.pairs { observed[pair.enterprise.grade][pair.enterprise.district] += 1 }
        let total = Double(tables.pairs.count)
        var statistic = 0.0
        for i in 0..<3 {
            for j in 0..<2 {
                #expect(try value(out, [SharedTables.grades[i], SharedTables.districts[j]], "count") == observed[i][j])
                let expected = (observed[i][0] + observed[i][1]) * (observed[0][j] + observed[1][j] + observed[2][j]) / total
                statistic += (observed[i][j] - expected) * (observed[i][j] - expected) / expected
            }
        }
        #expect(try near(value(out, [], "chi-square"), statistic), "seed \(Self.seed)")
        #expect(out.notes.map(\.code) == ["chi-square"] && out.notes[0].values == ["2", "0"])
    }

    @Test func variances() throws {
        let out = try outputs(["- {name: a, kind: variance, of: loans.amount, epsilon: 1, to: [centre, bank]}"])[0]
        let values = tables.pairs.map { Double($0.loan.amount) / 100 }
        let mean = values.reduce(0, +) / Double(values.count)
        let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(values.count)
        #expect(try value(out, [], "rows(loans)") == Double(values.count))
        #expect(try near(value(out, [], "mean(loans.amount)"), mean) && near(value(out, [], "variance(loans.amount)"), variance))
        #expect(out.cells[2].unit == "元²" && out.cells[2].low95 == out.cells[2].high95)
    }

    @Test func quantilesLieInTheBinThatHoldsThem() throws {
        let edges = Array(stride(from: 0, through: 1000, by: 50)) + [1001]
        let text = "- {name: a, kind: quantile, of: loans.amount, bins: [\(edges.map(String.init).joined(separator: ", "))], "
            + "probabilities: [0.1, 0.5, 0.9], epsilon: 1, to: [centre, bank]}"
        let out = try outputs([text])[0]
        let sorted = tables.pairs.map { Double($0.loan.amount) / 100 }.sorted()
        #expect(out.cells.map(\.keys) == [["1/10"], ["1/2"], ["9/10"]] || out.cells.map(\.keys) == [["0.1"], ["0.5"], ["0.9"]])
        for (cell, p) in zip(out.cells, [0.1, 0.5, 0.9]) {
            let truth = sorted[max(Int((p * Double(sorted.count)).rounded(.up)) - 1, 0)]
            let (low, high) = (try #require(cell.low95), try #require(cell.high95))
            #expect(low <= truth && truth <= high && high - low <= 51, "seed \(Self.seed): \(p) \(truth) \(cell)")
            let released = try number(cell)
            #expect(low <= released && released <= high)
        }
    }

    @Test func leastSquaresEqualsPlainGaussianElimination() throws {
        let text = "- {name: a, kind: linear-regression, target: loans.amount, features: [enterprises.kwh, loans.overdue], epsilon: 1, "
            + "to: [centre, bank]}"
        let out = try outputs([text], modes: ["hidden", "aligned"])[0]
        let rows = tables.pairs.map { [1, Double($0.enterprise.kwh) / 100, $0.loan.days >= 1 ? 1.0 : 0] }
        let target = tables.pairs.map { Double($0.loan.amount) / 100 }
        var system = [[Double]](repeating: [0, 0, 0, 0], count: 3)
        for (row, y) in zip(rows, target) {
            for i in 0..<3 {
                for j in 0..<3 { system[i][j] += row[i] * row[j] }
                system[i][3] += row[i] * y
            }
        }
        for i in 0..<3 {
            for k in 0..<3 where k != i {
                let factor = system[k][i] / system[i][i]
                for j in i..<4 { system[k][j] -= factor * system[i][j] }
            }
        }
        for (i, term) in ["(intercept)", "enterprises.kwh", "loans.overdue"].enumerated() {
            #expect(try near(value(out, [term], "coefficient"), system[i][3] / system[i][i]), "seed \(Self.seed), \(term)")
        }
        #expect(try value(out, [], "count") == Double(rows.count))
        #expect(out.cells.map(\.unit) == ["元", "元/kWh", "元", "enterprise"])
        #expect(out.notes.map(\.code) == ["regression-approximate"])
    }

    /// kwh twice would be refused by the contract; a constant column is collinear with the intercept.
    @Test func aSingularMatrixIsSolvedWithARidgeAndSaysSo() throws {
        var tables = tables
        for i in tables.enterprises.indices { tables.enterprises[i].kwh = 100_000 }
        let folder = try TemporaryFolder()
        let text = "- {name: a, kind: linear-regression, target: loans.amount, features: [enterprises.kwh], epsilon: 1, to: [bank]}"
        let contract = try ContractText.under("hidden", outputs: [text], loanRows: "1").contract()
        let out = try ClearRun.outputs(FusionPlan(contract), tables: tables.keyed(contract, in: folder))[0]
        #expect(out.notes.map(\.code) == ["regression-approximate", "regression-ridge"])
        #expect(out.cells.allSatisfy { $0.value != nil })
    }
}
