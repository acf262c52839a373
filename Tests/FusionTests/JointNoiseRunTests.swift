import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing
import Transport

/// The contract's privacy.joint-noise: what is released, charged and stated.
@Suite struct JointNoiseRunTests {
    private static let seed = SystemRandom.shared.word()

    private func text(_ mode: String, _ method: String, _ outputs: [String], epsilon: String, delta: String = "0", loanRows: String = "1")
        -> ContractText
    {
        var text = ContractText.under(mode, outputs: outputs, epsilon: epsilon + ", joint-noise: \(method)", loanRows: loanRows)
        text.delta = delta
        text.minimum = "3"
        return text
    }

    private func pilot(_ text: ContractText) throws -> Pilot {
        let pilot = try Pilot(text)
        try SharedTables(subjects: 60, loanRows: 1, seed: Self.seed).write(to: pilot.folder)
        return pilot
    }

    private func truth(_ pilot: Pilot) throws -> [ReleasedOutput] {
        let tables = SharedTables(subjects: 60, loanRows: 1, seed: Self.seed)
        return try ClearRun.outputs(FusionPlan(pilot.signed.contract), tables: tables.keyed(pilot.signed.contract, in: TemporaryFolder()))
    }

    private func expectTruth(_ reports: (centre: RunReport, bank: RunReport), _ pilot: Pilot) throws {
        for report in [reports.centre, reports.bank] {
            for (released, plain) in zip(report.outputs, try truth(pilot)) {
                #expect(released.cells.map(\.value) == plain.cells.map(\.value), "seed \(Self.seed): \(released.name)")
            }
        }
        #expect(reports.centre.outputs == reports.bank.outputs)
        #expect(reports.centre.jointNoise == reports.bank.jointNoise)
        let verification = try pilot.ledger("bank").verify(peerExport: pilot.ledger("centre").export())
        #expect(verification.isValid, "\(verification.problems)")
    }

    /// At so large an epsilon that a sample is 0, but with probability below 1e-9.
    @Test(arguments: ["intersection-sum", "aligned", "hidden"])
    func dividedNoiseIsInTheReleasedNumbers(_ mode: String) async throws {
        let outputs = [
            "- {name: a, kind: group-by, by: [enterprises.grade], measures: [count, mean(loans.overdue)], epsilon: 1e15, to: [centre, bank]}",
            "- {name: b, kind: sum, of: enterprises.kwh, epsilon: 1e15, to: [centre, bank]}",
        ]
        let pilot = try pilot(text(mode, "divisible", outputs, epsilon: "1e17"))
        let reports = try await pilot.run()
        try expectTruth(reports, pilot)
        #expect(reports.bank.jointNoise?.method == "divisible")
        #expect(reports.bank.budget.charged == "2000000000000000")
    }

    /// Counts at epsilon 24: a sample is not 0 with probability 8e-11.
    @Test(arguments: ["aligned", "hidden"]) func computedNoiseIsInTheReleasedNumbers(_ mode: String) async throws {
        let outputs = [
            "- {name: a, kind: group-by, by: [enterprises.grade, loans.product], measures: [count], epsilon: 24, to: [centre, bank]}",
            "- {name: b, kind: group-by, by: [enterprises.grade], measures: [count], epsilon: 24, "
                + "to: [\(mode == "hidden" ? "" : "centre, ")bank]}",
        ]
        let pilot = try pilot(text(mode, "computed", outputs, epsilon: "96", delta: "1e-6"))
        let reports = try await pilot.run()
        // Shares of noise that one party alone opens are computed, too; in an aligned join both know whom it counts.
        #expect(reports.centre.outputs.map(\.name) == (mode == "hidden" ? ["a"] : ["a", "b"]))
        for (released, plain) in zip(reports.bank.outputs, try truth(pilot)) {
            #expect(released.cells.map(\.value) == plain.cells.map(\.value), "seed \(Self.seed): \(released.name)")
        }
        let statement = try #require(reports.bank.jointNoise)
        #expect(statement == reports.centre.jointNoise)
        #expect(statement.method == "computed" && (64...100).contains(statement.distanceBits ?? 0))
        // Neither party knows more than an outsider.
        #expect(statement.outsiders == statement.eachParty && statement.outsiders.epsilon == 48)
        // Two outputs and two allowed runs share the delta equally.
        #expect(abs(statement.outsiders.delta - 5e-7) < 1e-15)
        #expect(reports.bank.budget.deltaCharged == "0.0000005")
        let verification = try pilot.ledger("bank").verify(peerExport: pilot.ledger("centre").export())
        #expect(verification.isValid, "\(verification.problems)")
    }

    @Test func computedNoiseOfARunSpreadsAsTheLawSays() async throws {
        // 24 cells of a count at epsilon 1/2: the noise of one run, against the law's mean square; false alarm below 1e-6 a run.
        let outputs = (0..<8).map {
            "- {name: a\($0), kind: group-by, by: [enterprises.grade], measures: [count], epsilon: 0.5, to: [centre, bank]}"
        }
        let pilot = try pilot(text("hidden", "computed", outputs, epsilon: "8", delta: "1e-9"))
        let report = try await pilot.run().bank
        var squares = 0.0, cells = 0
        for (released, plain) in zip(report.outputs, try truth(pilot)) {
            for (a, b) in zip(released.cells, plain.cells) {
                let noise = Double(a.value!)! - Double(b.value!)!
                squares += noise * noise
                cells += 1
                #expect(abs(a.standardError! - 2.7994) < 1e-3)
            }
        }
        // Variance 7.8354 of one sample; a sum of 24 squares is above 0.05 and below 10 times its mean but with probability 7e-8.
        #expect(cells == 24 && squares > 0.05 * 24 * 7.8354 && squares < 10 * 24 * 7.8354, "\(squares)")
    }

    @Test(arguments: [("each-party", 2.0), ("divisible", 1.0), ("computed", 1.0)])
    func rehearsedNoiseHasTheVarianceOfItsMethod(method: String, samples: Double) throws {
        let contract = try text(
            "hidden", method, [ContractText.groupBy("enterprises.grade", "count", epsilon: "0.5")], epsilon: "8", delta: method == "computed" ? "1e-9" : "0"
        ).contract()
        let plan = try FusionPlan(contract)
        let tables = try SharedTables(subjects: 60, loanRows: 1, seed: Self.seed).keyed(contract, in: TemporaryFolder())
        let truth = ClearRun.cells(plan, tables: tables)[0].map { Double($0) }
        var squares = 0.0
        for _ in 0..<2000 {
            for (cell, exact) in zip(try ClearRun.noisedOutputs(plan, tables: tables)[0].cells, truth) {
                let noise = Double(cell.value!)! - exact
                squares += noise * noise
            }
        }
        // 6000 samples; the mean square of an excess of at most 4 strays by 5.2 sqrt(6 / 6000).
        let variance = samples * 7.8354
        #expect(abs(squares / 6000 / variance - 1) < 0.17, "\(squares / 6000)")
        #expect(abs(try plan.queries[0].variance / variance - 1) < 1e-4)
    }

    @Test func statementsAreThoseOfTheLaws() throws {
        func statement(_ method: String, by: String, _ measures: String, loanRows: String = "1", delta: String = "0") throws -> JointNoiseStatement {
            try FusionPlan(
                text("hidden", method, [ContractText.groupBy(by, measures, epsilon: "1")], epsilon: "8", delta: delta, loanRows: loanRows).contract()
            ).jointNoiseStatement()
        }
        let full = try statement("each-party", by: "enterprises.grade", "count")
        #expect(full.outsiders.epsilon == 1 && full.eachParty.epsilon == 1)
        let small = try #require(full.outputs[0].outsidersAtSmallDelta)
        #expect(small.epsilon > 0.5 && small.epsilon < 1 && small.delta == 1e-9)
        // Protocols/Vectors/differential-privacy/polya_residual.csv: b = 1, n = 2, t = 1.
        let half = try statement("divisible", by: "enterprises.grade", "count")
        #expect(half.outsiders.epsilon == 1 && abs(half.eachParty.epsilon - 1.6751386322897273) < 1e-6)
        // Two measures at epsilon 1/2 each, and their losses add up (b = 2).
        let two = try statement("divisible", by: "enterprises.grade", "count, rows(loans)")
        #expect(abs(two.eachParty.epsilon - 2 * 1.1375440561347012) < 1e-6)
        // A subject of three loans is in two cells: a change of 1 in each, at b = 2, loses more than one of 2 in one cell.
        let spread = try statement("divisible", by: "loans.product", "count", loanRows: "3")
        #expect(abs(spread.eachParty.epsilon - 2 * 1.1375440561347012) < 1e-6)
        let computed = try statement("computed", by: "enterprises.grade", "count", delta: "1e-9")
        #expect(computed.eachParty == computed.outsiders && computed.eachParty.epsilon == 1 && computed.eachParty.delta > 0)
    }

    @Test func whatCannotBeDoneIsRefusedWithTheReason() {
        func refusal(_ mode: String, _ method: String, epsilon: String = "8", delta: String = "0") -> YinheError? {
            error {
                _ = try FusionPlan(
                    text(mode, method, [ContractText.groupBy("enterprises.grade", "count")], epsilon: epsilon, delta: delta).contract())
            }
        }
        #expect(refusal("intersection-sum", "computed", delta: "1e-9")?.message.contains("ciphertexts") == true)
        #expect(refusal("hidden", "computed")?.message.contains("delta") == true)
        #expect(refusal("hidden", "divisible", epsilon: "8, mechanism: gaussian", delta: "1e-9")?.message.contains("Laplace") == true)
        #expect(refusal("hidden", "computed", epsilon: "8, mechanism: gaussian", delta: "1e-9")?.message.contains("Laplace") == true)
        #expect(refusal("hidden", "multi-scale")?.code == .contract)
        #expect(refusal("hidden", "computed", delta: "1e-30")?.message.contains("precision") == true)
        #expect(refusal("hidden", "divisible") == nil && refusal("intersection-sum", "divisible") == nil)
        #expect(refusal("hidden", "computed", delta: "1e-9") == nil)
    }

    @Test func aPlanOfAnotherMethodIsAnotherPlan() throws {
        let outputs = [ContractText.groupBy("enterprises.grade", "count")]
        let digests = try ["each-party", "divisible", "computed"].map {
            try FusionPlan(text("hidden", $0, outputs, epsilon: "8", delta: $0 == "computed" ? "1e-9" : "0").contract()).digest
        }
        #expect(Set(digests).count == 3)
    }
}
