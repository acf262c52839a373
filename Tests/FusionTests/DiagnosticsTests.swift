import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing

/// The contract's `diagnostics` clause: row counts of the other party, with noise and at a price.
@Suite struct DiagnosticsTests {
    private func text(epsilon: String?, budget: String = "400", outputs: [String]? = nil) -> ContractText {
        var text = ContractText.under(
            "hidden", outputs: outputs ?? ["- {name: n, kind: count, epsilon: 100, to: [centre, bank]}"], epsilon: budget)
        if let epsilon { text.expires += "\ndiagnostics: {epsilon: \(epsilon)}" }
        return text
    }

    @Test func theClauseCountsInTheBudgetAndInTheStatement() throws {
        let contract = try text(epsilon: "50").contract()
        #expect(contract.diagnostics == 50 && contract.epsilonPerRun == 150)
        #expect(try text(epsilon: nil).contract().diagnostics == nil)
        let plan = try FusionPlan(contract)
        #expect(plan.statement.mechanism.contains("match diagnostics: discrete Laplace at epsilon 50"))
        #expect(plan.explanation.contains { $0.contains("(diagnostics)") })
        let free = try FusionPlan(text(epsilon: nil).contract())
        #expect(free.questionDigest != plan.questionDigest)
        #expect(error { _ = try text(epsilon: "1", budget: "100").contract() }?.message.contains("cost epsilon 101") == true)
        #expect(error { _ = try text(epsilon: "0").contract() }?.message.contains("greater than 0") == true)
        #expect(error { _ = try text(epsilon: "{}").contract() }?.code == .contract)
    }

    @Test func bothPartiesSeeWhyTheirKeysDoNotMatch() async throws {
        let pilot = try Pilot(text(epsilon: "100"))
        var tables = PilotTables.small()
        for i in 0..<40 { tables.loans.append(("", Int64(i), 0)) }
        for _ in 0..<20 { tables.loans.append((String(repeating: "x", count: 300), 1, 0)) }
        try pilot.write(tables)
        let (centre, bank) = try await pilot.run()
        let seen = try #require(centre.diagnostics), own = try #require(bank.diagnostics)
        // At epsilon 100 the noise of a count is 0 but for a probability of 2 exp(-100), of the rows (3 of a subject) exp(-33).
        #expect(seen.peer == own.own && own.peer == seen.own)
        #expect(seen.peer.empty == 40 && seen.peer.malformed == 20 && seen.peer.distinct == 50)
        #expect(seen.own.rows == 60 && seen.own.duplicateShare == 0)
        #expect(abs((seen.matched ?? 0) - tables.count(nil)) <= 5)
        #expect(seen.causes == [.peerEmpty, .peerMalformed] && own.causes == [.ownEmpty, .ownMalformed])
        // The charge is one of the ledger's, and the ledger still adds up.
        for (name, report) in [("centre", centre), ("bank", bank)] {
            #expect(report.budget.charged == "200" && report.budget.remaining == "200")
            #expect(try pilot.ledger(name).verify().problems.isEmpty)
        }
        #expect(try JSONDecoder().decode(RunReport.self, from: Data(centre.jsonBytes())).diagnostics == seen)
    }

    @Test func withoutTheClauseNothingIsToldAndNothingCharged() async throws {
        let pilot = try Pilot(text(epsilon: nil))
        try pilot.write(.small())
        let (centre, bank) = try await pilot.run()
        #expect(centre.diagnostics == nil && bank.diagnostics == nil && centre.budget.charged == "100")
    }

    @Test func goodKeysOfDifferentSubjectsAndListsOfDifferentSizesAreToldApart() async throws {
        let pilot = try Pilot(text(epsilon: "100"))
        var tables = PilotTables.small()
        // 60 enterprises; 50 borrowers, of whom 10 are known.
        tables.loans = (50..<100).map { ("E\($0)", 100, 0) }
        try pilot.write(tables)
        #expect(try await pilot.run().centre.diagnostics?.causes == [.populations])
        tables.loans = (0..<20).map { ("E\($0)", 100, 0) }
        let other = try Pilot(text(epsilon: "100"))
        try other.write(tables)
        #expect(try await other.run().bank.diagnostics?.causes == [.sizes])
    }

    /// The peer sees the counts with noise of the stated scale: mean square 2 / epsilon^2 nearly, for epsilon 1/10 about 200.
    @Test func thePeersCountsCarryNoise() async throws {
        var differences: [Double] = []
        for round in 0..<12 {
            let pilot = try Pilot(text(epsilon: "1/10"))
            var tables = PilotTables.small()
            tables.enterprises.append(("X\(round)", "A"))
            for _ in 0..<400 { tables.loans.append(("", 1, 0)) }
            try pilot.write(tables)
            let seen = try #require(try await pilot.run().centre.diagnostics)
            differences.append(Double(seen.peer.empty - 400))
        }
        // All twelve zero: probability (tanh(1/20))^12 < 1e-15. One beyond 400: below 12 exp(-40).
        #expect(differences.contains { $0 != 0 } && differences.allSatisfy { abs($0) < 400 }, "\(differences)")
    }
}
