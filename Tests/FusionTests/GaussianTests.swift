import Arithmetic
import DifferentialPrivacy
import Foundation
import Fusion
import SandboxCore
import Testing

/// Contracts whose noise is discrete Gaussian.
@Suite struct GaussianTests {
    private func text(_ outputs: [String], delta: String = "1e-6", epsilon: String = "100", extra: String = ", mechanism: gaussian")
        -> ContractText
    {
        var text = ContractText()
        (text.outputs, text.delta, text.epsilon, text.privacyExtra) = (outputs, delta, epsilon, extra)
        return text
    }

    private let total = "- {name: total, kind: sum, of: loans.amount, epsilon: 0.5, to: [centre, bank]}"

    /// Independent: the least over a of a rho + ln(1 - 1/a) - ln(delta a) / (a - 1) on a fine grid is above the true minimum.
    private func epsilon(rho: Double, delta: Double) -> Double {
        (1...400_000).map { k in
            let a = 1 + Double(k) * 0.001
            return a * rho + log(1 - 1 / a) - log(delta * a) / (a - 1)
        }.min()!
    }

    @Test(arguments: [("0.5", "1e-6"), ("1", "1e-9"), ("8", "1e-5"), ("0.01", "1e-9"), ("1/3", "1e-12")])
    func rhoIsTheLargestThatStaysWithinEpsilonAndDelta(_ epsilon: String, _ delta: String) throws {
        let (e, d) = (try Rational(parsing: epsilon), try Rational(parsing: delta))
        let rho = try ConcentratedCalibration.rho(epsilon: e, delta: d)
        let reached = try Conversions.concentratedToApproximate(rho: rho.approximation, delta: d.approximation)
        #expect(reached <= e.approximation * (1 + 1e-9) && reached >= e.approximation * (1 - 1e-4))
        if e.approximation > 0.1 {
            let grid = self.epsilon(rho: rho.approximation, delta: d.approximation)
            #expect(abs(grid / e.approximation - 1) < 1e-3, "\(grid)")
        }
        // The scalar optimum needs less noise, but not much less.
        let optimal = try AnalyticGaussian.sigma(epsilon: e.approximation, delta: d.approximation)
        let sigma = (1 / (2 * rho.approximation)).squareRoot()
        #expect(sigma >= optimal * 0.999 && sigma < optimal * 1.25, "\(sigma) against \(optimal)")
    }

    @Test func planCalibratesInL2AndSplitsRhoAmongMeasures() throws {
        let by = """
            - {name: by_grade, kind: group-by, by: [enterprises.grade], measures: [count, rows(loans)], epsilon: 1, to: [centre, bank]}
            """
        let contract = try text([by, total]).contract()
        #expect(contract.outputs.map(\.delta) == [try Rational(parsing: "2.5e-7"), try Rational(parsing: "2.5e-7")])
        #expect(try contract.deltaPerRun == Rational(parsing: "5e-7"))
        let plan = try FusionPlan(contract)
        let rho = try ConcentratedCalibration.rho(epsilon: 1, delta: Rational(parsing: "2.5e-7"))
        // Three loans of one enterprise: count changes by 1 in one cell, rows by 3 in one cell.
        #expect(plan.queries.map(\.sensitivitySquared).prefix(2) == [1, 9])
        let (one, nine) = (try 1 / rho, try 9 / rho)
        #expect(plan.queries[0].noise == .gaussian(sigmaSquared: one) && plan.queries[1].noise == .gaussian(sigmaSquared: nine))
        guard case .gaussian(let large) = plan.queries[2].noise else { throw YinheError(.range, "not Gaussian") }
        let half = try ConcentratedCalibration.rho(epsilon: Rational(1, over: 2), delta: Rational(parsing: "2.5e-7"))
        let exact = try Rational(Int128(300_150) * 300_150) / (2 * half)
        #expect(large.isInteger && large >= exact)
        #expect(plan.explanation.contains { $0.contains("discrete Gaussian noise of sigma") })
        #expect(plan.explanation.contains { $0.contains("delta 0.0000005 of 0.000001") && $0.contains("covers 2 of 2") })
        // The two laws never share a plan.
        let laplace = try FusionPlan(text([by, total], extra: "").contract())
        #expect(plan.digest != laplace.digest)
    }

    @Test func presenceInSeveralCellsCountsOncePerCell() throws {
        var text = self.text(["- {name: p, kind: contingency-table, by: [enterprises.grade, loans.product], epsilon: 1, to: [bank]}"])
        (text.join, text.leakage) = ("mode: hidden", "[set-sizes]")
        // Up to three loans, of two products: the enterprise is in at most two cells.
        #expect(try FusionPlan(text.contract()).queries.map(\.sensitivitySquared) == [2])
    }

    @Test(arguments: [
        ("0", ", mechanism: gaussian", "Gaussian noise needs a delta above 0"),
        ("1e-6", ", mechanism: normal", "is not known"),
        ("1e-6", ", near-identical: maybe", "is not known"),
    ]) func badPrivacyClausesAreRefused(_ delta: String, _ extra: String, _ says: String) throws {
        let refused = try #require(error { _ = try text([total], delta: delta, extra: extra).contract() })
        #expect(refused.code == .contract && refused.message.contains(says), "\(refused.message)")
    }

    @Test func deltasOfOutputsAreCheckedAgainstTheBudget() throws {
        let own = total.replacing("epsilon: 0.5", with: "epsilon: 0.5, delta: 4e-7")
        #expect(try text([own]).contract().deltaPerRun == Rational(parsing: "4e-7"))
        let greedy = total.replacing("epsilon: 0.5", with: "epsilon: 0.5, delta: 4e-6")
        #expect(error { _ = try text([greedy]).contract() }?.message.contains("more than the budget of") == true)
        #expect(error { _ = try text([own], extra: "").contract() }?.message.contains("Laplace noise spends no delta") == true)
    }

    @Test func anUnboundedSumCannotTakeGaussianNoise() throws {
        var wide = text([total])
        wide.amountBounds = "lower: 0, upper: 9000000000000"
        wide.loanRows = "1000"
        let refused = try #require(error { _ = try FusionPlan(wide.contract()) })
        #expect(refused.code == .range && refused.message.contains("total"))
    }

    @Test func aRunChargesDeltaExactlyAndReleasesGaussianNoise() async throws {
        let bins = (0...1000).map { $0 == 1000 ? "1000.50" : "\($0)" }.joined(separator: ", ")
        let pilot = try Pilot(text(["- {name: a, kind: histogram, of: loans.amount, bins: [\(bins)], epsilon: 0.5, to: [centre, bank]}"]))
        try pilot.write(.small())
        let report = try await pilot.run().bank
        #expect(report.budget.deltaCharged == "0.0000005" && report.budget.deltaRemaining == "0.0000005")
        #expect(report.outputs[0].delta == "0.0000005")
        let statement = try #require(report.statement)
        let (half, delta) = (try Rational(parsing: "1/2"), try Rational(parsing: "5e-7"))
        #expect(statement.cost == .approximate(epsilon: half, delta: delta))
        #expect(statement.mechanism.contains("discrete Gaussian, sigma^2") && statement.sampler.contains("Canonne"))
        #expect(statement.trust == .distributed && statement.neighbours == .addOrRemove && statement.unit == "enterprise")
        #expect(try JSONDecoder().decode(RunReport.self, from: Data(report.jsonBytes())).statement == statement)
        guard case .release(let entry)? = try pilot.ledger("bank").entries().first(where: { $0.kind == .release })?.record() else {
            Issue.record("no release")
            return
        }
        let digest = try statement.digest().hex
        #expect(entry.statement == digest)

        let truth = PilotTables.small().matched(grade: nil).map { min(Int($0.amount / 100), 999) }
        let noise = report.outputs[0].cells.enumerated().map { index, cell in Double(Int(cell.value!)! - truth.count { $0 == index }) }
        let measured = noise.map { $0 * $0 }.reduce(0, +) / Double(noise.count)
        let variance = try 2 * FusionPlan(pilot.signed.contract).queries[0].noise.law().variance
        // No excess kurtosis: the estimate from 1000 cells deviates by 0.045 relatively; off by 0.25 in less than 1e-7 of all runs.
        #expect(abs(measured / variance - 1) < 0.25, "\(measured) against \(variance)")
        let inside = report.outputs[0].cells.enumerated().count { index, cell in
            cell.low95! <= Double(truth.count { $0 == index }) && Double(truth.count { $0 == index }) <= cell.high95!
        }
        // 950 expected with deviation 7.
        #expect((905...995).contains(inside), "\(inside)")

        try pilot.refresh(0)
        _ = try await pilot.run()
        try pilot.refresh(1)
        let account = try #require(pilot.ledger("bank").accounts().first)
        let all = try Rational(parsing: "1e-6")
        #expect(account.deltaSpent == account.delta && account.delta == all)
        for party in ["centre", "bank"] { #expect(try pilot.ledger(party).verify().isValid) }
    }

    @Test func aContractWithoutDeltaLeftIsRefused() throws {
        var few = text([total.replacing("epsilon: 0.5", with: "epsilon: 0.5, delta: 6e-7")])
        few.runs = "9"
        let pilot = try Pilot(few)
        let ledger = try pilot.ledger("bank")
        let id = String(repeating: "01", count: 32)
        try ledger.startRun(id, pilot)
        _ = try ledger.charge(run: id, of: pilot.signed, dataset: "d")
        let refused = try #require(error { try ledger.startRun(String(repeating: "02", count: 32), pilot) })
        #expect(refused.code == .budget && refused.message.contains("has spent delta 0.0000006 of 0.000001, and a run costs 0.0000006"))
        #expect(try ledger.verify().isValid)
    }
}
