import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct PrivacyBudgetTests {
    private func loss(_ epsilon: String, _ delta: String = "0") throws -> PrivacyLoss {
        try PrivacyLoss(epsilon: Rational(parsing: epsilon), delta: Rational(parsing: delta))
    }

    private func error(_ body: () throws -> some Any) -> YinheError? {
        do {
            _ = try body()
            return nil
        } catch { return error as? YinheError }
    }

    @Test func tenTenthsSpendExactlyOneAndNothingMoreFits() throws {
        var budget = try PrivacyBudget(unit: "enterprise", total: loss("1"))
        for _ in 0..<10 { try budget.charge(loss("0.1"), for: "count") }
        #expect(budget.remaining == .none && budget.charges == 10)
        #expect(error { try budget.charge(loss("1e-18"), for: "count") }?.code == .budget)
    }

    @Test func aRefusalSaysWhyAndChangesNothing() throws {
        var budget = try PrivacyBudget(unit: "enterprise", total: loss("2", "1e-6"))
        try budget.charge(loss("1.7"), for: "first")
        let before = budget
        let refusal = try #require(error { try budget.charge(loss("0.5"), for: "overdue_by_grade") })
        #expect(refusal.code == .budget && budget == before)
        for part in ["overdue_by_grade", "0.5", "0.3", "2", "enterprise"] { #expect(refusal.message.contains(part), "\(part)") }
        #expect(error { try budget.charge(loss("0.1", "1e-5"), for: "x") }?.code == .budget)
        #expect(error { try budget.charge(loss("0"), for: "free") }?.code == .budget)
        #expect(budget == before)
        try budget.charge(loss("0.3", "1e-6"), for: "rest")
        #expect(budget.remaining == .none)
    }

    @Test func chargesComposeInAnyOrderAndNeverExceedTheTotal() throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for _ in 0..<50 {
            let denominators: [Int128] = [7, 10, 64, 100]
            let costs = try (0..<20).map { _ in
                let parts = Int128(random.uniform(below: 40)) + 1
                return try PrivacyLoss(epsilon: Rational(parts, over: denominators[Int(random.uniform(below: 4))]))
            }
            var forward = try PrivacyBudget(unit: "u", total: loss("3"))
            var accepted: [PrivacyLoss] = []
            for cost in costs where (try? forward.charge(cost, for: "q")) != nil { accepted.append(cost) }
            #expect(forward.spent.isCovered(by: forward.total), "seed \(seed)")
            #expect(try forward.spent + forward.remaining == forward.total, "seed \(seed)")
            var backward = try PrivacyBudget(unit: "u", total: loss("3"))
            for cost in accepted.reversed() { try backward.charge(cost, for: "q") }
            #expect(backward == forward, "seed \(seed)")
            for cost in costs where !cost.isCovered(by: forward.remaining) {
                #expect(forward.refusal(of: cost, for: "q") != nil, "seed \(seed)")
            }
        }
    }

    @Test func fractionsTooFineToAddExactlyAreRefusedNotRounded() throws {
        var budget = try PrivacyBudget(unit: "u", total: loss("1"))
        try budget.charge(loss("1/170141183460469231731687303715884105727"), for: "a")
        let before = budget
        #expect(error { try budget.charge(loss("1/170141183460469231731687303715884105725"), for: "b") }?.code == .range)
        #expect(budget == before)
    }

    @Test(arguments: [("-1", "0"), ("101", "0"), ("1", "1"), ("1", "-1e-9"), ("1", "2")])
    func absurdParametersAreRefused(epsilon: String, delta: String) throws {
        #expect(error { try loss(epsilon, delta) }?.code == .range)
        #expect(error { try PrivacyBudget(unit: "u", total: .none) }?.code == .range)
        #expect(error { try loss("NaN") }?.code == .badInput)
    }

    @Test func storedBudgetsComeBackAndOverspentOnesAreRefused() throws {
        var budget = try PrivacyBudget(unit: "enterprise", total: loss("2", "1e-9"))
        try budget.charge(loss("1/3"), for: "q")
        let coded = try JSONEncoder().encode(budget)
        #expect(try JSONDecoder().decode(PrivacyBudget.self, from: coded) == budget)
        let forged = String(decoding: coded, as: UTF8.self).replacing("\"1\\/3\"", with: "\"2.01\"")
        #expect(error { try JSONDecoder().decode(PrivacyBudget.self, from: Data(forged.utf8)) }?.code == .budget)
    }
}
