import Foundation
import Fusion
import SandboxCore
import Testing

/// Minimum cohorts, and quantiles in groups.
@Suite struct CohortTests {
    private static let seed = SystemRandom.shared.word()
    private let tables = SharedTables(subjects: 90, loanRows: 1, seed: Self.seed)

    private func released(
        _ output: String, mode: String = "hidden", loanRows: String = "1", noised: Bool = true
    ) throws -> ReleasedOutput {
        let folder = try TemporaryFolder()
        let contract = try ContractText.under(mode, outputs: [output], loanRows: loanRows).contract()
        let plan = try FusionPlan(contract), keyed = try tables.keyed(contract, in: folder)
        return try noised ? ClearRun.noisedOutputs(plan, tables: keyed)[0] : ClearRun.outputs(plan, tables: keyed)[0]
    }

    private static let edges = [0, 300, 450, 600, 1001]
    /// `epsilon` large: the noise is 0 except with a probability below e^-40.
    private static func quantile(_ more: String, epsilon: String = "100") -> String {
        "- {name: a, kind: quantile, by: [enterprises.grade], of: loans.amount, bins: [\(edges.map(String.init).joined(separator: ", "))], "
            + "probabilities: [0.5, 0.9]\(more), epsilon: \(epsilon), to: [centre, bank]}"
    }

    @Test(arguments: ["hidden", "aligned", "intersection-sum"])
    func quantilesOfAGroupAreThoseOfItsRowsAlone(_ mode: String) throws {
        let output = try released(Self.quantile(""), mode: mode, noised: false)
        #expect(output.keyColumns == ["enterprises.grade", "probability"])
        for (g, grade) in SharedTables.grades.enumerated() {
            let amounts = tables.pairs.filter { $0.enterprise.grade == g }.map { Double($0.loan.amount) / 100 }.sorted()
            try #require(!amounts.isEmpty, "seed \(Self.seed)")
            for p in [0.5, 0.9] {
                let cell = try #require(output.cells.first { $0.keys == [grade, "\(p)"] })
                let value = try #require(cell.value.flatMap(Double.init))
                // The smallest value that a share p of the rows does not exceed lies in the same bin.
                let exact = amounts[max(0, Int((p * Double(amounts.count)).rounded(.up)) - 1)]
                let bin = Self.edges.lastIndex { Double($0) <= exact }!
                let upper = Double(Self.edges[min(bin + 1, Self.edges.count - 1)])
                #expect((Double(Self.edges[bin])...upper).contains(value), "seed \(Self.seed), \(grade), \(p)")
            }
        }
    }

    @Test func groupsBelowTheMinimumHaveNoNumbersAndAreCounted() throws {
        let sizes = SharedTables.grades.indices.map { g in tables.pairs.filter { $0.enterprise.grade == g }.count }
        let minimum = sizes.sorted()[1]
        for output in [
            Self.quantile(", minimum-cohort: \(minimum)"),
            "- {name: a, kind: group-by, by: [enterprises.grade], measures: [count, mean(loans.amount)], minimum-cohort: \(minimum), epsilon: 100, "
                + "to: [centre, bank]}",
        ] {
            let released = try released(output)
            for (g, grade) in SharedTables.grades.enumerated() {
                let cells = released.cells.filter { $0.keys[0] == grade }
                #expect(cells.count == 2)
                for cell in cells {
                    let isWithheld = sizes[g] < minimum
                    #expect((cell.value == nil) == isWithheld && cell.withheldBelow == (isWithheld ? minimum : nil), "seed \(Self.seed)")
                    if isWithheld { #expect(cell.low95 == nil && cell.high95 == nil && cell.standardError == nil) }
                }
            }
            let note = try #require(released.notes.first { $0.code == "cohort-withheld" })
            #expect(note.values == ["\(sizes.filter { $0 < minimum }.count)", "3", "\(minimum)"], "seed \(Self.seed)")
        }
    }

    @Test func cellsOfTablesAndHistogramsAreWithheldOneByOne() throws {
        let table = "- {name: a, kind: contingency-table, by: [enterprises.grade, loans.product], minimum-cohort: 2147483648, epsilon: 1, to: [bank]}"
        let histogram = "- {name: a, kind: histogram, of: loans.days, bins: [0, 30, 3650], minimum-cohort: 2147483648, epsilon: 1, to: [bank]}"
        for (output, cells) in [(table, 6), (histogram, 2)] {
            let released = try released(output)
            #expect(released.cells.count == cells && released.cells.allSatisfy { $0.value == nil && $0.withheldBelow == 1 << 31 })
            #expect(released.notes.first?.values == ["\(cells)", "\(cells)", "2147483648"])
            // The truth of a demonstration withholds nothing.
            let exact = try self.released(output, noised: false)
            #expect(exact.cells.allSatisfy { $0.value != nil } && exact.notes.isEmpty)
        }
    }

    @Test func aMinimumNeedsAMeasureThatCountsSubjects() throws {
        func refusal(_ output: String, rows: String = "1") -> YinheError? {
            error { _ = try ContractText.under("hidden", outputs: [output], loanRows: rows).contract() }
        }
        let sums = "- {name: a, kind: group-by, by: [enterprises.grade], measures: [sum(loans.amount)], minimum-cohort: 5, epsilon: 1, to: [bank]}"
        #expect(refusal(sums)?.message.contains("do not count the subjects") == true)
        // Rows are subjects only where a subject has one.
        let rows = sums.replacing("sum(loans.amount)", with: "rows(loans)")
        #expect(refusal(rows) == nil)
        #expect(refusal(rows, rows: "3")?.message.contains("do not count the subjects") == true)
        #expect(refusal(sums.replacing("sum(", with: "count, sum("), rows: "3") == nil)
        #expect(refusal(sums.replacing("cohort: 5", with: "cohort: 0").replacing("sum(", with: "count, sum(")) != nil)
        let tested = "- {name: a, kind: contingency-table, by: [enterprises.grade, loans.product], chi-square: true, minimum-cohort: 5, epsilon: 1, to: [bank]}"
        #expect(refusal(tested)?.message.contains("chi-square reads every cell") == true)
        #expect(refusal("- {name: a, kind: count, minimum-cohort: 5, epsilon: 1, to: [bank]}")?.message.contains("minimum-cohort") == true)
    }

    /// One subject is in one group and in one bin of it.
    @Test func aGroupedQuantileCostsNoMoreThanAnUngroupedOne() throws {
        let contract = try ContractText.under("hidden", outputs: [Self.quantile("", epsilon: "1")], loanRows: "1").contract()
        let plan = try FusionPlan(contract)
        #expect(plan.queries.count == 1 && plan.queries[0].sensitivity == 1 && plan.queries[0].cells.count == 3 * 4)
        #expect(plan.labels(ofOutput: 0).count == 12 && plan.labels(ofOutput: 0)[4].first == SharedTables.grades[1])
    }
}
