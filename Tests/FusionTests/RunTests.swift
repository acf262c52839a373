import Arithmetic
import DifferentialPrivacy
import Foundation
import Fusion
import SandboxCore
import Testing
import Transport

@Suite struct RunTests {
    /// What the noise of both parties exceeds with probability below 2^-39.
    private func tolerance(_ plan: FusionPlan, _ query: Int) throws -> Int128 {
        try 2 * laplace(plan.queries[query]).magnitudeBound(exceededBelowTwoToTheMinus: 40)
    }

    private func value(_ report: RunReport, _ output: Int, _ keys: [String], _ measure: String) throws -> Rational {
        let cell = try #require(report.outputs[output].cells.first { $0.keys == keys && $0.measure == measure })
        return try Rational(parsing: #require(cell.value))
    }

    @Test func releasedNumbersAreTheTruthPlusTheDeclaredNoise() async throws {
        // Little noise, so that a wrong sum cannot hide in it.
        let pilot = try smallPilot {
            $0.epsilon = "1000"
            $0.outputs = $0.outputs.map {
                $0.replacingOccurrences(of: "epsilon: 1.5", with: "epsilon: 300").replacingOccurrences(
                    of: "epsilon: 0.5", with: "epsilon: 100")
            }
        }
        let truth = PilotTables.small()
        let reports = try await pilot.run()
        let plan = try FusionPlan(pilot.signed.contract)
        for report in [reports.centre, reports.bank] {
            for grade in ["A", "B", "M"] {
                let count = try value(report, 0, [grade], "count"), rows = try value(report, 0, [grade], "rows(loans)")
                #expect(try (count - Rational(truth.count(grade))).magnitude <= Rational(tolerance(plan, 0)))
                #expect(try (rows - Rational(truth.rows(grade))).magnitude <= Rational(tolerance(plan, 1)))
                let mean = try value(report, 0, [grade], "mean(loans.overdue)").approximation
                #expect(abs(mean - Double(truth.overdue(grade)) / Double(truth.rows(grade))) < 0.5)
            }
            let total = try value(report, 1, [], "sum(loans.amount)") * 100
            #expect(try (total - Rational(Int(truth.amount(nil)))).magnitude <= Rational(tolerance(plan, 3)))
        }
        // Equal on both sides, number by number.
        #expect(reports.centre.outputs == reports.bank.outputs)
        #expect(reports.centre.runID == reports.bank.runID)
    }

    @Test func theReportSaysWhatWasLearnedAndSpent() async throws {
        let pilot = try smallPilot()
        let reports = try await pilot.run()
        #expect(reports.centre.learned == ["set-sizes", "group-match-counts"])
        #expect(reports.bank.learned == ["set-sizes", "group-sizes"])
        #expect(reports.centre.peerSetSize == 50 && reports.bank.peerSetSize == 60)
        #expect(reports.bank.budget.charged == "2" && reports.bank.budget.remaining == "2" && reports.bank.budget.runs == 1)
        #expect(reports.bank.countersigned && reports.centre.countersigned && reports.bank.warnings.isEmpty)
        #expect(reports.bank.traffic.bytesSent == reports.centre.traffic.bytesReceived)
        let decoded = try JSONDecoder().decode(RunReport.self, from: Data(reports.bank.jsonBytes()))
        #expect(decoded.outputs == reports.bank.outputs)
        let lines = reports.bank.csv.split(separator: "\r\n")
        #expect(lines.count == 1 + 9 + 1 && lines[0].hasPrefix("output,key1,measure,value"))
    }

    @Test func bothLedgersVerifyAloneAndAgainstEachOther() async throws {
        let pilot = try smallPilot()
        let reports = try await pilot.run()
        let (centre, bank) = (try pilot.ledger("centre"), try pilot.ledger("bank"))
        let verification = try bank.verify(peerExport: centre.export())
        #expect(verification.isValid, "\(verification.problems)")
        #expect(try centre.verify(peerExport: bank.export()).isValid)
        #expect(verification.head == reports.bank.ledgerHead && verification.countersignatures == 1)
        #expect(
            try bank.entries().map(\.kind) == [
                .identity, .contract, .runStart, .input, .budgetCharge, .releaseIntent, .release, .headExchange,
                .countersignature, .runEnd,
            ])
    }

    @Test func aRolledBackLedgerContradictsThePeersExport() async throws {
        let pilot = try smallPilot()
        let bank = try pilot.ledger("bank")
        let path = bank.path
        let before = try Data(contentsOf: URL(filePath: path))
        _ = try await pilot.run()
        let evidence = try pilot.ledger("centre").export()
        try before.write(to: URL(filePath: path))
        let restored = try pilot.ledger("bank")
        // Alone, the old state is perfectly consistent.
        #expect(try restored.verify().isValid)
        #expect(try restored.verify(peerExport: evidence).problems.contains { $0.message.contains("rolled back") })
        // A new ledger in its place is found as well.
        try FileManager.default.removeItem(atPath: path)
        #expect(try pilot.ledger("bank").verify(peerExport: evidence).problems.contains { $0.message.contains("replaced") })
    }

    @Test func onlyTheListedPartyLearnsAnOutput() async throws {
        let pilot = try smallPilot {
            $0.outputs = [
                "- {name: a, kind: sum, of: loans.amount, epsilon: 1, to: [bank]}",
                "- {name: b, kind: sum, of: enterprises.kwh, epsilon: 1, to: [centre]}",
            ]
        }
        let reports = try await pilot.run()
        #expect(reports.bank.outputs.map(\.name) == ["a"] && reports.centre.outputs.map(\.name) == ["b"])
        #expect(reports.bank.budget.charged == "2" && reports.centre.budget.charged == "2")
        #expect(try pilot.ledger("bank").verify(peerExport: pilot.ledger("centre").export()).isValid)
    }

    @Test func negativeBoundsAndTwoPassesAddUp() async throws {
        let pilot = try smallPilot {
            $0.amountBounds = "lower: -500, upper: 20"
            $0.epsilon = "1000000"
            $0.outputs = [
                ContractText.groupBy("enterprises.grade", "sum(loans.amount), sum(enterprises.kwh)", epsilon: "900000")
            ]
        }
        let reports = try await pilot.run()
        let truth = PilotTables.small()
        let plan = try FusionPlan(pilot.signed.contract)
        for (index, grade) in ["A", "B", "M"].enumerated() {
            let clamped = truth.matched(grade: grade).map { min($0.amount, 2000) }.reduce(0, +)
            let sum = try value(reports.bank, 0, [grade], "sum(loans.amount)") * 100
            #expect(try (sum - Rational(Int(clamped))).magnitude <= Rational(tolerance(plan, 0)), "cell \(index)")
            let kwh = try value(reports.bank, 0, [grade], "sum(enterprises.kwh)") * 100
            #expect(try (kwh - Rational(125 * truth.count(grade))).magnitude <= Rational(tolerance(plan, 1)))
        }
        #expect(reports.bank.learned == ["set-sizes", "group-sizes", "group-match-counts"])
    }

    @Test func aMeanOverNobodyIsNull() async throws {
        // Three matched subjects, all of one grade, and noise far above them: some denominator is not positive.
        let pilot = try smallPilot {
            $0.epsilon = "1"
            $0.outputs = [
                ContractText.groupBy("enterprises.grade", "mean(loans.amount)", epsilon: "0.002")
            ]
            $0.runs = "100"
        }
        var nulls = 0
        for round in 0..<8 where nulls == 0 {
            try pilot.refresh(round)
            let report = try await pilot.run().bank
            for cell in report.outputs[0].cells where cell.value == nil {
                nulls += 1
                #expect(cell.standardError == nil && cell.low95 == nil && cell.high95 == nil)
            }
        }
        // Each of 24 denominators is not positive with probability above 0.45: all positive with probability below 1e-6.
        #expect(nulls > 0)
    }

    @Test func clampingIsDeclaredPostProcessing() async throws {
        let outputs = { (clamp: String) in
            ["- {name: a, kind: histogram, of: loans.product, epsilon: 0.001\(clamp), to: [centre, bank]}"]
        }
        for (clamp, isClamped) in [("", false), (", clamp: true", true)] {
            let pilot = try smallPilot {
                $0.outputs = outputs(clamp)
                $0.epsilon = "1"
                $0.runs = "100"
            }
            var negatives = 0
            for round in 0..<(isClamped ? 3 : 15) where negatives == 0 {
                try pilot.refresh(round)
                negatives = try await pilot.run().bank.outputs[0].cells.filter { $0.value!.hasPrefix("-") }.count
            }
            // "long" is empty: each run is negative with probability above 0.49, none of 15 with probability below 5e-5;
            // "short" with 64 rows under noise of scale 3000 doubles the chances, so below 1e-8.
            #expect((negatives == 0) == isClamped)
        }
    }

    @Test func everyCellCarriesTheFullNoiseOfBothParties() async throws {
        let bins = (0...1000).map { $0 == 1000 ? "1000.50" : "\($0)" }.joined(separator: ", ")
        let pilot = try smallPilot {
            $0.outputs = ["- {name: a, kind: histogram, of: loans.amount, bins: [\(bins)], epsilon: 0.5, to: [centre, bank]}"]
        }
        let report = try await pilot.run().bank
        let truth = PilotTables.small().matched(grade: nil).map { min(Int($0.amount / 100), 999) }
        let noise = report.outputs[0].cells.enumerated().map { index, cell in
            Double(Int(cell.value!)! - truth.count { $0 == index })
        }
        let measured = noise.map { $0 * $0 }.reduce(0, +) / Double(noise.count)
        let law = try laplace(FusionPlan(pilot.signed.contract).queries[0])
        // Excess kurtosis 3/2 gives the estimate from 1000 cells a relative deviation of 0.06: off by 0.35 in less than 1e-6 of
        // all runs. One missing noise would give 0.5.
        #expect(abs(measured / (2 * law.variance) - 1) < 0.35, "\(measured) against \(2 * law.variance)")
    }

    @Test func runsOverMutualTLS() async throws {
        let pilot = try smallPilot()
        let listener = try SocketListener(
            Endpoint(parsing: "127.0.0.1:0"), security: .mutualTLS(identity: pilot.centre, peers: [pilot.bank.fingerprint]))
        let endpoint = try Endpoint(parsing: "127.0.0.1:\(listener.boundPort)")
        async let accepted = listener.accept()
        let right = try await SocketChannel.connect(
            to: endpoint, security: .mutualTLS(identity: pilot.bank, peers: [pilot.centre.fingerprint]))
        let left = try await accepted
        let outcome = await pilot.run(try pilot.party("centre"), try pilot.party("bank"), over: (left, right))
        listener.close()
        let reports = (try outcome.centre.get(), try outcome.bank.get())
        #expect(reports.0.outputs == reports.1.outputs)
        #expect(reports.0.countersigned && reports.1.countersigned)
    }
}
