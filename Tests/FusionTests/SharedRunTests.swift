import Foundation
import Fusion
import SandboxCore
import Testing
import Transport

/// Whole runs in one process, with so large an epsilon that the noise is 0 (a sample is not, with probability below 1e-9): every mode
/// must then release exactly what plain computation gives.
@Suite struct SharedRunTests {
    private static let seed = SystemRandom.shared.word()
    private static let to = "epsilon: 1e15, to: [centre, bank]"
    private static let own = [
        "- {name: a, kind: group-by, by: [enterprises.grade, loans.product], measures: [count, mean(loans.overdue)], \(to)}",
        "- {name: b, kind: sum, of: enterprises.kwh, \(to)}",
        "- {name: c, kind: variance, of: loans.amount, \(to)}",
        "- {name: d, kind: quantile, of: loans.days, bins: [0, 1, 30, 90, 365, 3650], probabilities: [0.5, 0.9], \(to)}",
        "- {name: e, kind: contingency-table, by: [enterprises.grade, loans.product], chi-square: true, \(to)}",
    ]
    private static let shared = [
        "- {name: f, kind: linear-regression, target: loans.amount, features: [enterprises.kwh, loans.overdue], \(to)}",
        "- {name: g, kind: contingency-table, by: [enterprises.grade, enterprises.district], \(to)}",
    ]

    private func pilot(_ mode: String, _ outputs: [String], minimum: String = "3", epsilon: String = "1e17") throws -> Pilot {
        var text = ContractText.under(mode, outputs: outputs, epsilon: epsilon, loanRows: "1")
        text.minimum = minimum
        let pilot = try Pilot(text)
        try SharedTables(subjects: 60, loanRows: 1, seed: Self.seed).write(to: pilot.folder)
        return pilot
    }

    private func truth(_ pilot: Pilot) throws -> [ReleasedOutput] {
        let tables = SharedTables(subjects: 60, loanRows: 1, seed: Self.seed)
        return try ClearRun.outputs(
            FusionPlan(pilot.signed.contract), tables: tables.keyed(pilot.signed.contract, in: TemporaryFolder()))
    }

    @Test(arguments: ["intersection-sum", "aligned", "hidden"])
    func withoutNoiseEveryModeReleasesThePlainComputation(_ mode: String) async throws {
        let pilot = try pilot(mode, mode == "intersection-sum" ? Self.own : Self.own + Self.shared)
        let reports = try await pilot.run()
        for report in [reports.centre, reports.bank] {
            for (released, plain) in zip(report.outputs, try truth(pilot)) {
                #expect(released.cells.map(\.value) == plain.cells.map(\.value), "seed \(Self.seed): \(released.name)")
                #expect(released.cells.map(\.keys) == plain.cells.map(\.keys))
            }
            #expect(report.protocolName == mode && report.correlations == (mode == "intersection-sum" ? nil : "transfers"))
        }
        #expect(reports.centre.outputs == reports.bank.outputs)
        let verification = try pilot.ledger("bank").verify(peerExport: pilot.ledger("centre").export())
        #expect(verification.isValid, "\(verification.problems)")
    }

    @Test func aHiddenRunTeachesSetSizesOnly() async throws {
        let reports = try await pilot("hidden", Self.own).run()
        #expect(reports.centre.learned == ["set-sizes"] && reports.bank.learned == ["set-sizes"])
        let aligned = try await pilot("aligned", Self.own).run()
        #expect(aligned.centre.learned == ["set-sizes", "matched-keys"] && aligned.bank.learned == aligned.centre.learned)
    }

    @Test(arguments: ["aligned", "hidden"]) func tooSmallAnIntersectionStopsBothSides(_ mode: String) async throws {
        let pilot = try pilot(mode, Self.own, minimum: "41")
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(try pilot.party("centre"), try pilot.party("bank"), over: (left, right))
        #expect(outcome.centre.yinheError?.code == .belowMinimum && outcome.bank.yinheError?.code == .belowMinimum)
        for party in ["centre", "bank"] {
            let kinds = try pilot.ledger(party).entries().map(\.kind)
            #expect(kinds.contains(.runStart) && !kinds.contains(.budgetCharge) && kinds.last == .abort)
        }
    }

    @Test func aDealerIsUsedExactlyWhenTheContractNamesOne() async throws {
        let unnamed = try pilot("hidden", Self.own)
        let (left, right) = LocalChannel.pair()
        let extra = await asyncError { _ = try await unnamed.party("bank").run(over: left, dealer: right) }
        #expect(extra?.code == .contract && extra?.message.contains("names no dealer") == true)

        var text = ContractText.under("hidden", outputs: Self.own, epsilon: "1e17", loanRows: "1")
        text.join += ", correlations: {dealer: {name: notary, title: n, fingerprint: \"sha256:\(String(repeating: "d", count: 64))\"}}"
        let named = try Pilot(text)
        try SharedTables(subjects: 60, loanRows: 1, seed: Self.seed).write(to: named.folder)
        let missing = await asyncError { _ = try await named.party("bank").run(over: left) }
        #expect(missing?.code == .contract && missing?.message.contains("notary") == true)
        #expect(try named.ledger("bank").entries().last?.kind == .refusal)
    }

    /// The released cells of a run with real noise lie in their intervals about 95 times in 100.
    @Test func intervalsOfDerivedNumbersCoverTheTruth() async throws {
        let outputs = [
            "- {name: c, kind: variance, of: loans.amount, epsilon: 30, to: [centre, bank]}",
            "- {name: d, kind: quantile, of: loans.amount, bins: [0, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 1000.50], "
                + "probabilities: [0.25, 0.5, 0.75], epsilon: 2, to: [centre, bank]}",
            "- {name: f, kind: linear-regression, target: loans.amount, features: [enterprises.kwh], epsilon: 30, to: [centre, bank]}",
        ]
        let tables = SharedTables(subjects: 1500, loanRows: 1, seed: Self.seed)
        let contract = try ContractText.under("hidden", outputs: outputs, loanRows: "1").contract()
        let plan = try FusionPlan(contract)
        let keyed = try tables.keyed(contract, in: TemporaryFolder())
        let truth = try ClearRun.outputs(plan, tables: keyed)
        var inside = 0, of = 0
        for _ in 0..<200 {
            let noised = try ClearRun.noisedOutputs(plan, tables: keyed)
            for (a, b) in zip(noised, truth) {
                for (cell, plain) in zip(a.cells, b.cells) {
                    guard let low = cell.low95, let high = cell.high95, let value = plain.value.flatMap(Double.init) else { continue }
                    of += 1
                    if low <= value && value <= high { inside += 1 }
                }
            }
        }
        // 9 numbers a run in 200 runs, correlated within a run: 0.95 less eight standard deviations of 200 draws is 0.83.
        #expect(of == 1800 && Double(inside) > 0.83 * Double(of), "\(inside) of \(of), seed \(Self.seed)")
    }
}
