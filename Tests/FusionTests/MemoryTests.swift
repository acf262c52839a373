import Arithmetic
import Foundation
import Fusion
import GRDB
import SandboxCore
import Testing
import Transport

/// A question that was answered before is answered with the same numbers, at no cost.
@Suite struct MemoryTests {
    private func spent(_ pilot: Pilot, _ party: String) throws -> Rational { try pilot.ledger(party).accounts()[0].spent }

    private func edit(_ ledger: AuditLedger, _ sql: String) throws {
        try DatabaseQueue(path: ledger.path).write { try $0.execute(sql: sql) }
    }

    @Test func theSameQuestionOnTheSameInputsHasTheSameAnswerAtNoCost() async throws {
        let pilot = try smallPilot()
        let first = try await pilot.run()
        let again = try await pilot.run()
        for (party, old, new) in [("centre", first.centre, again.centre), ("bank", first.bank, again.bank)] {
            #expect(new.outputs == old.outputs && new.runID != old.runID)
            #expect(new.memoised?.run == old.runID && old.memoised == nil)
            #expect(new.budget.charged == "0" && new.budget.remaining == old.budget.remaining && new.budget.runs == 1)
            #expect(new.countersigned)
            #expect(try spent(pilot, party) == 2)
            let verification = try pilot.ledger(party).verify()
            #expect(verification.isValid, "\(verification.problems)")
            #expect(try pilot.ledger(party).entries().map(\.kind).suffix(4) == [.reRelease, .headExchange, .countersignature, .runEnd])
        }
        #expect(try pilot.ledger("bank").verify(peerExport: pilot.ledger("centre").export()).isValid)
        // Nothing that depends on the tables was sent: not even the sizes' worth of ciphertexts.
        #expect(again.bank.traffic.bytesSent < 2000 && first.bank.traffic.bytesSent > 5000)
        let overview = try BudgetOverview(pilot.ledger("bank").export())
        #expect(overview.releases.map(\.run) == [first.bank.runID] && overview.releases[0].shownAgain.count == 1)
    }

    @Test func anExhaustedContractStillShowsWhatItReleased() async throws {
        let pilot = try smallPilot { ($0.runs, $0.epsilon) = ("1", "2") }
        let first = try await pilot.run()
        _ = try await pilot.party("bank").prepare()
        #expect(try await pilot.run().bank.outputs == first.bank.outputs)
        try pilot.refresh(0)
        let refused = await asyncError { _ = try await pilot.party("bank").prepare() }
        #expect(refused?.code == .contract && refused?.message.contains("allows 1 runs") == true)
    }

    @Test func anotherContractWithTheSameQuestionShowsTheSameAnswer() async throws {
        let pilot = try smallPilot()
        let first = try await pilot.run()
        let text = String(decoding: pilot.signed.bytes, as: UTF8.self)
        func signed(_ edited: String, _ name: String) throws -> SignedContract {
            let path = try pilot.folder.file(name, edited)
            for identity in [pilot.centre, pilot.bank] { _ = try SignedContract.sign(path: path, identity: identity) }
            return try SignedContract.load(path: path)
        }
        func run(_ contract: SignedContract) async throws -> RunReport {
            let ends = LocalChannel.pair()
            return try await pilot.run(
                pilot.party("centre", signed: contract), pilot.party("bank", signed: contract), over: ends
            ).bank.get()
        }
        // A contract renewed, and longer: the question is the same.
        let renewed = try signed(
            text.replacing("name: overdue-by-grade", with: "name: renewed").replacing("2099-12-31", with: "2098-12-31"), "renewed.yaml")
        let again = try await run(renewed)
        #expect(again.memoised?.run == first.bank.runID && again.outputs == first.bank.outputs)
        // Whatever changes what is asked changes the question.
        for (index, (old, new)) in [
            ("epsilon: 0.5", "epsilon: 0.25"), ("name: total,", "name: sum,"), ("upper: 1000.50", "upper: 1000"),
            ("minimum-intersection: 3", "minimum-intersection: 4"), ("to: [centre, bank]}", "to: [bank]}"),
            ("unit: enterprise,", "unit: person,"), ("unit: 天", "unit: 日"),
        ].enumerated() {
            let other = text.replacing(old, with: new)
            #expect(other != text)
            let contract = try signed(other, "other\(index).yaml").contract
            #expect(try FusionPlan(contract).questionDigest != FusionPlan(pilot.signed.contract).questionDigest, "\(new)")
        }
    }

    @Test func anyChangeOfEitherInputIsANewRunAndIsCharged() async throws {
        let pilot = try smallPilot()
        let first = try await pilot.run()
        var tables = PilotTables.small()
        tables.loans[0].days += 1
        // One party's file alone.
        _ = try pilot.folder.file("bank.csv", tables.loanFile)
        let second = try await pilot.run()
        #expect(second.bank.memoised == nil && second.centre.memoised == nil && second.bank.runID != first.bank.runID)
        #expect(try spent(pilot, "centre") == 4 && spent(pilot, "bank") == 4)
    }

    @Test func aPartyThatDoesNotRememberMakesBothRunAndPay() async throws {
        let pilot = try smallPilot()
        _ = try await pilot.run()
        try edit(pilot.ledger("bank"), "DELETE FROM releases")
        let second = try await pilot.run()
        #expect(second.centre.memoised == nil && second.bank.memoised == nil)
        #expect(try spent(pilot, "centre") == 4)
        // The newer release is what both remember now.
        #expect(try await pilot.run().centre.memoised?.run == second.centre.runID)
    }

    @Test func storedNumbersThatWereEditedAreNotShown() async throws {
        let pilot = try smallPilot()
        _ = try await pilot.run()
        try edit(pilot.ledger("bank"), "UPDATE releases SET opened = replace(opened, '\"]', '1\"]')")
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(try pilot.party("centre"), try pilot.party("bank"), over: (left, right))
        #expect(outcome.bank.yinheError?.code == .ledger && outcome.bank.yinheError?.message.contains("are not those") == true)
        #expect(outcome.centre.yinheError != nil)
        #expect(try !pilot.ledger("centre").entries().contains { $0.kind == .reRelease })
    }

    @Test func aReReleaseOfSomethingElseIsFoundByVerification() async throws {
        let pilot = try smallPilot()
        let first = try await pilot.run().bank
        let ledger = try pilot.ledger("bank")
        try ledger.append(
            .reRelease(
                .init(
                    run: String(repeating: "ab", count: 32), contract: pilot.signed.hashText, release: first.runID, outputs: ["by_grade", "total"],
                    sharedResult: "00", result: "11")))
        #expect(try ledger.verify().problems.contains { $0.message.contains("is not what run") })
    }
}
