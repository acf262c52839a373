import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing

@Suite struct OutputClauseTests {
    private func contract(_ output: String, mode: String = "hidden", loanRows: String = "1") throws -> Contract {
        try ContractText.under(mode, outputs: [output], loanRows: loanRows).contract()
    }

    @Test func readsEveryKind() throws {
        let variance = try contract("- {name: a, kind: variance, of: loans.amount, epsilon: 1, to: [bank]}").outputs[0]
        #expect(variance.measures.map(\.description) == ["rows(loans)", "mean(loans.amount)", "variance(loans.amount)"])
        let table = try contract(
            "- {name: a, kind: contingency-table, by: [enterprises.grade, enterprises.district], chi-square: true, epsilon: 1, to: [bank]}")
        #expect(table.outputs[0].by.count == 2 && table.outputs[0].chiSquare && table.outputs[0].measures == [.count])
        let quantile = try contract(
            "- {name: a, kind: quantile, of: loans.days, bins: [0, 30, 3650], probabilities: [0.25, 1/2], epsilon: 1, to: [bank]}")
        #expect(quantile.outputs[0].probabilities == [try Rational(1, over: 4), try Rational(1, over: 2)])
        #expect(quantile.outputs[0].histogram?.edges == [0, 30, 3650])
        let regression = try contract(
            "- {name: a, kind: linear-regression, target: loans.amount, features: [enterprises.kwh, loans.days], epsilon: 1, to: [bank]}")
        let expected = [
            "count", "deviations(enterprises.kwh)", "deviations(loans.days)", "squares(enterprises.kwh)",
            "product(enterprises.kwh, loans.days)", "squares(loans.days)", "deviations(loans.amount)",
            "product(enterprises.kwh, loans.amount)", "product(loans.days, loans.amount)",
        ]
        #expect(regression.outputs[0].measures.map(\.description) == expected)
        let group = try contract(
            "- {name: a, kind: group-by, by: [loans.product], measures: [variance(loans.days)], epsilon: 1, to: [bank]}")
        #expect(group.outputs[0].measures.map(\.description) == ["variance(loans.days)"])
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let output: String, column: Int, says: String
        var mode = "hidden", rows = "1"
        var testDescription: String { says }
        init(_ output: String, _ column: Int, _ says: String, mode: String = "hidden", rows: String = "1") {
            (self.output, self.column, self.says) = (output, column, says)
            (self.mode, self.rows) = (mode, rows)
        }
    }

    static let mistakes: [Mistake] = [
        .init("kind: variance, of: loans.product", 35, "is a category"),
        .init("kind: variance", 5, "\"of\" is missing"),
        .init("kind: contingency-table, by: [enterprises.grade]", 44, "1 columns listed, exactly 2"),
        .init("kind: contingency-table, by: [enterprises.grade, enterprises.grade]", 64, "is listed twice"),
        .init("kind: contingency-table, by: [loans.product, loans.product]", 60, "is listed twice"),
        .init("kind: contingency-table, by: [enterprises.grade, enterprises.kwh]", 64, "is not a category"),
        .init(
            "kind: contingency-table, by: [enterprises.grade, enterprises.district]", 64, "two columns of enterprises",
            mode: "intersection-sum"),
        .init("kind: contingency-table, by: [enterprises.grade, loans.product], chi-square: 1", 92, "true or false"),
        .init("kind: quantile, of: loans.days, bins: [0, 3650]", 5, "\"probabilities\" is missing"),
        .init("kind: quantile, of: loans.product, bins: [0, 1], probabilities: [0.5]", 35, "is a category"),
        .init("kind: quantile, of: loans.days, bins: [0, 3650], probabilities: [0]", 80, "between 0 and 1"),
        .init("kind: quantile, of: loans.days, bins: [0, 3650], probabilities: [0.5, 0.5]", 85, "do not increase"),
        .init("kind: quantile, of: loans.days, bins: [0, 100], probabilities: [0.5]", 57, "in no bin"),
        .init("kind: linear-regression, target: loans.amount", 5, "\"features\" is missing"),
        .init("kind: linear-regression, target: loans.product, features: [loans.days]", 48, "is a category"),
        .init("kind: linear-regression, target: loans.amount, features: [loans.amount]", 73, "is used twice"),
        .init("kind: linear-regression, target: loans.amount, features: []", 72, "0 features listed"),
        .init(
            "kind: linear-regression, target: enterprises.kwh, features: [loans.days]", 76, "a regression needs one", rows: "2"),
        .init("kind: linear-regression, target: loans.amount, features: [loans.days], clamp: true", 86, "unknown key \"clamp\""),
    ]

    @Test(arguments: mistakes) func everyMistakeIsFoundAtItsColumn(_ mistake: Mistake) throws {
        let output = "- {name: a, \(mistake.output), epsilon: 1, to: [centre, bank]}"
        let found = try #require(error { _ = try contract(output, mode: mistake.mode, loanRows: mistake.rows) })
        #expect(found.code == .contract)
        #expect(found.description.contains(mistake.says), "\(found)")
        #expect(found.place == "c.yaml:27:\(mistake.column)", "\(found)")
    }

    @Test func productsOfBothDatasetsNeedShares() throws {
        let output = "- {name: a, kind: linear-regression, target: loans.amount, features: [enterprises.kwh], epsilon: 1, to: [centre, bank]}"
        for mode in ["hidden", "aligned"] { _ = try FusionPlan(contract(output, mode: mode)) }
        let refused = try #require(error { _ = try FusionPlan(contract(output, mode: "intersection-sum")) })
        #expect(refused.code == .contract && refused.message.contains("multiplies values of both datasets"))
        #expect(refused.remedy.contains("mode hidden or aligned") && refused.place == "c.yaml:27:5")
        let own = output.replacingOccurrences(of: "enterprises.kwh", with: "loans.days")
        _ = try FusionPlan(contract(own, mode: "intersection-sum"))
    }

    @Test func squaresThatCouldOverflowAreRefused() throws {
        var text = ContractText.under(
            "hidden", outputs: ["- {name: a, kind: variance, of: loans.amount, epsilon: 100, to: [bank]}"], loanRows: "1")
        text.amountBounds = "lower: 0, upper: 42000000"
        // Half the range, squared: 2.1e9^2 = 4.41e18 < 2^62 = 4.61e18, but noise of that scale is absurd.
        #expect(error { _ = try FusionPlan(text.contract()) }?.message.contains("noise scale") == true)
        text.amountBounds = "lower: 0, upper: 43000000"
        let refused = try #require(error { _ = try FusionPlan(text.contract()) })
        #expect(refused.code == .range && refused.message.contains("squares(loans.amount)") && refused.message.contains("62 bits"))
        text.amountBounds = "lower: 0, upper: 1000000"
        _ = try FusionPlan(text.contract())
    }
}
