import Arithmetic
import Fusion
import SandboxCore
import Testing

@Suite struct PlanTests {
    private func plan(_ outputs: [String], _ change: (inout ContractText) -> Void = { _ in }) throws -> FusionPlan {
        var text = ContractText()
        text.outputs = outputs
        text.epsilon = "100"
        change(&text)
        return try FusionPlan(text.contract())
    }

    @Test func onePassServesWhatOneOrientationCanAnswer() throws {
        let plan = try FusionPlan(ContractText().contract())
        #expect(plan.passes.count == 1)
        let pass = plan.passes[0]
        #expect(pass.valueParty == "bank" && pass.groupParty == "centre" && pass.groupLabels == ["A", "B", "M"])
        // Presence, rows, overdue rows, amount.
        #expect(pass.slots.map(\.upperBound) == [1, 3, 3, 3 * 100_050])
        // The mean costs its rows, which are listed anyway, and its sum.
        #expect(plan.queries.map { "\($0.measure)" } == ["count", "rows(loans)", "sum(loans.overdue)", "sum(loans.amount)"])
        #expect(plan.labels(ofOutput: 0) == [["A"], ["B"], ["M"]])
        #expect(plan.queries[3].cells.map(\.group) == [nil])
    }

    @Test func sensitivityAndScaleFollowTheBounds() throws {
        let plan = try FusionPlan(ContractText().contract())
        #expect(plan.queries.map(\.sensitivity) == [1, 3, 3, 3 * 100_050])
        #expect(
            plan.queries.map(\.epsilon) == [
                try Rational(1, over: 2), try Rational(1, over: 2), try Rational(1, over: 2), try Rational(1, over: 2),
            ])
        #expect(plan.queries.map(\.noise) == [2, 6, 6, 600_300].map { .laplace(scale: $0) })
    }

    @Test func aSubjectWithSeveralRowsTouchesSeveralCells() throws {
        let plan = try plan([
            ContractText.groupBy("loans.product", "count, rows(loans), sum(loans.amount)", epsilon: "3"),
            "- {name: b, kind: histogram, of: loans.amount, bins: [0, 10, 20.5, 1000.50], epsilon: 1, to: [centre, bank]}",
        ])
        // Two products: one subject with three loans is present in at most two cells, with three rows in all.
        #expect(plan.queries.map(\.sensitivity) == [2, 3, 3 * 100_050, 3])
        #expect(plan.passes.count == 1 && plan.passes[0].groupColumn == nil)
        #expect(plan.labels(ofOutput: 1) == [["[0, 10)"], ["[10, 20.5)"], ["[20.5, 1000.5]"]])
        let bins = plan.queries[3].cells.map { plan.passes[0].slots[$0.slot].filters[0].range }
        #expect(bins == [0...999, 1000...2049, 2050...100_050])
    }

    @Test func negativeLowerBoundsAreOffsetAndCorrected() throws {
        let plan = try plan(["- {name: a, kind: sum, of: loans.amount, epsilon: 1, to: [bank]}"]) {
            $0.amountBounds = "lower: -50, upper: 20"
        }
        let query = plan.queries[0]
        #expect(plan.passes[0].slots[query.cells[0].slot].upperBound == 3 * 7000)
        #expect(query.cells[0].correction?.factor == -5000)
        #expect(plan.passes[0].slots[query.cells[0].correction!.slot].content == .rows)
        #expect(query.sensitivity == 3 * 5000)
    }

    @Test func measuresOfBothSidesTakeOnePassEach() throws {
        let plan = try plan([
            ContractText.groupBy("enterprises.grade", "sum(loans.amount), sum(enterprises.kwh)")
        ])
        #expect(plan.passes.map(\.valueParty) == ["bank", "centre"])
        #expect(plan.passes.map(\.groupCount) == [3, 1])
        #expect(plan.learned(by: "bank") == [.setSizes, .groupSizes, .groupMatchCounts])
    }

    @Test func cellsOfTwoColumnsPairGroupsWithSlots() throws {
        let plan = try plan([
            ContractText.groupBy("loans.product, enterprises.grade", "rows(loans)")
        ])
        #expect(
            plan.labels(ofOutput: 0) == [
                ["short", "A"], ["short", "B"], ["short", "M"], ["long", "A"], ["long", "B"], ["long", "M"],
            ])
        #expect(plan.queries[0].cells.map(\.group) == [0, 1, 2, 0, 1, 2])
        #expect(plan.queries[0].cells.map(\.slot) == [0, 0, 0, 1, 1, 1])
        #expect(plan.queries[0].sensitivity == 3)
    }

    @Test func refusesGroupsThatASubjectCouldBeInTwice() throws {
        let refused = try #require(
            error {
                _ = try plan([
                    ContractText.groupBy("loans.product", "sum(enterprises.kwh)")
                ])
            })
        #expect(
            refused.code == .contract && refused.message.contains("rows per subject") && refused.place.hasPrefix("c.yaml:27:"))
    }

    @Test func refusesLeakageThatIsNotAccepted() throws {
        let refused = try #require(error { _ = try plan(ContractText().outputs) { $0.leakage = "[set-sizes, group-sizes]" } })
        #expect(refused.message.contains("group-match-counts") && refused.place.hasPrefix("c.yaml:"))
        // Without groups, group sizes do not leak and need not be accepted.
        _ = try plan(["- {name: a, kind: sum, of: loans.amount, epsilon: 1, to: [bank]}"]) {
            $0.leakage = "[set-sizes, group-match-counts]"
        }
    }

    @Test func refusesToHideACountFromThePartyThatSeesIt() throws {
        let refused = try #require(error { _ = try plan(["- {name: a, kind: count, epsilon: 1, to: [bank]}"]) })
        #expect(refused.message.contains("centre is not in \"to\""))
        _ = try plan(["- {name: a, kind: count, epsilon: 1, to: [centre]}"])
    }

    @Test func refusesWhatCouldLeaveItsRange() throws {
        let sum = ["- {name: a, kind: sum, of: loans.amount, epsilon: 1, to: [bank]}"]
        let refused = try #require(
            error {
                _ = try plan(sum) {
                    $0.amountBounds = "lower: 0, upper: 90071992547409.91"
                    $0.loanRows = "1000"
                }
            })
        #expect(refused.code == .range && refused.message.contains("output \"a\"") && refused.place.hasPrefix("c.yaml:27:"))
        let tiny = ["- {name: a, kind: sum, of: loans.amount, epsilon: 1e-12, to: [bank]}"]
        #expect(error { _ = try plan(tiny) { $0.amountBounds = "lower: 0, upper: 9007199254740" } }?.code == .range)
    }

    @Test func theDigestTellsPlansApart() throws {
        let one = try FusionPlan(ContractText().contract())
        var text = ContractText()
        text.loanRows = "4"
        #expect(one.digest == (try FusionPlan(ContractText().contract())).digest)
        #expect(one.digest != (try FusionPlan(text.contract())).digest)
    }

    @Test func theExplanationNamesWhatAReaderHasToAgreeTo() throws {
        let text = try FusionPlan(ContractText().contract()).explanation.joined(separator: "\n")
        #expect(text.contains("centre sorts its subjects of enterprises into 3 groups by grade; bank encrypts 4 numbers"))
        #expect(text.contains("sum(loans.amount): one enterprise changes it by at most 3001.5 元; epsilon 0.5"))
        #expect(text.contains("centre also learns the exact number of matched subjects in each category of its grade"))
        #expect(text.contains("One run costs epsilon 2 of 4 for each enterprise; the budget covers 2 of 2 allowed runs."))
    }

    @Test func theCostGrowsWithTheSetsAndFollowsTheWireFormat() throws {
        let plan = try FusionPlan(ContractText().contract())
        let cost = try plan.cost(subjects: ["centre": 1000, "bank": 500], keyBits: 2048)
        // Points and masks of the groups, rows of one point and one 512-byte ciphertext, one ciphertext per group, group sizes.
        #expect(cost.encryptions == 500 + 3 && cost.pointMultiplications == 3000)
        let groups = 1000 * (33 + 8), rows = 500 * (33 + 512), sums = 3 * (512 + 4)
        #expect(cost.bytes == groups + rows + sums)
        #expect(cost.coreSeconds > 0)
    }
}
