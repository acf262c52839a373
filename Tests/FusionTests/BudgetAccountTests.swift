import Arithmetic
import Foundation
import Fusion
import GRDB
import SandboxCore
import Testing

/// Accounts of datasets, units and cohorts beside those of contracts.
@Suite struct BudgetAccountTests {
    private func text(_ change: (inout ContractText) -> Void = { _ in }) -> ContractText {
        var text = ContractText()
        (text.runs, text.epsilon) = ("100", "100")
        change(&text)
        return text
    }

    private func id(_ i: Int) -> String { [UInt8](repeating: UInt8(i), count: 32).hex }

    /// Starts and charges a run of the bank on the file `digest`.
    @discardableResult
    private func charge(
        _ ledger: AuditLedger, _ signed: SignedContract, run: Int, digest: String, sketch: CohortSketch? = nil
    ) throws -> LedgerRecord.Charge {
        let start = LedgerRecord.RunStart(run: id(run), contract: signed.hashText, party: "bank", peer: "centre", plan: "p")
        let input = LedgerRecord.Input(
            run: id(run), dataset: signed.contract.dataset(of: "bank")!.name, digest: digest, bytes: 1, rows: 1, keptRows: 1, distinctKeys: 1,
            peerDistinctKeys: 1)
        try ledger.startRun(start, of: signed, input: input, sketch: sketch, at: Date())
        return try ledger.charge(run: id(run), of: signed, dataset: digest, sketch: sketch).charge
    }

    private func signed(_ pilot: Pilot, _ name: String, replacing changes: [(String, String)]) throws -> SignedContract {
        var text = String(decoding: pilot.signed.bytes, as: UTF8.self)
        for (old, new) in changes {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        let path = try pilot.folder.file(name, text)
        for identity in [pilot.centre, pilot.bank] { _ = try SignedContract.sign(path: path, identity: identity) }
        return try SignedContract.load(path: path)
    }

    private func limit(_ ledger: AuditLedger, _ account: LedgerRecord.Account, _ epsilon: Rational?, delta: Rational? = nil,
        near: Contract.Privacy.NearIdentical? = nil) throws
    {
        try ledger.setLimit(of: account) { _ in .init(account: account, epsilon: epsilon, delta: delta, nearIdentical: near) }
    }

    private let unit = LedgerRecord.Account(.unit, "enterprise")
    private let loans = LedgerRecord.Account(.dataset, "loans")

    @Test func aLimitOfADatasetHoldsOverFilesAndContracts() throws {
        let pilot = try Pilot(text())
        let other = try signed(pilot, "other.yaml", replacing: [("name: overdue-by-grade", "name: other")])
        let ledger = try pilot.ledger("bank")
        try limit(ledger, loans, 5)
        try charge(ledger, pilot.signed, run: 1, digest: "january")
        let second = try charge(ledger, other, run: 2, digest: "february")
        #expect(second.accounts?.first { $0.account == loans }?.epsilon == 4)
        // The third would be the sixth epsilon of five, whatever the file and the contract.
        let refused = try #require(error { try charge(ledger, other, run: 3, digest: "march") })
        #expect(refused.code == .budget)
        #expect(refused.message == "the dataset \"loans\" has spent epsilon 4 of 5, and a run costs 2")
        #expect(refused.remedy.contains("yinhe budget limit --dataset \"loans\""))
        try limit(ledger, loans, 6)
        try charge(ledger, other, run: 4, digest: "march")
        let verification = try ledger.verify()
        #expect(verification.isValid, "\(verification.problems)")
        let account = try #require(BudgetOverview(ledger.export()).datasets.first)
        #expect(account.spent == 6 && account.limit == 6 && account.remaining == 0 && account.runs == 3 && account.files == 3)
    }

    @Test func aFileUnderTwoDatasetNamesCountsOnBoth() throws {
        let pilot = try Pilot(text())
        let renamed = try signed(pilot, "renamed.yaml", replacing: [("loans", "credits")])
        let ledger = try pilot.ledger("bank")
        try charge(ledger, renamed, run: 1, digest: "file")
        let second = try charge(ledger, pilot.signed, run: 2, digest: "file")
        #expect(second.accounts?.first { $0.account == loans }?.epsilon == 4)
        #expect(try ledger.verify().isValid)
    }

    @Test func aUnitSumsItsDatasetsAndNoOthers() throws {
        let pilot = try Pilot(text())
        let credits = try signed(pilot, "credits.yaml", replacing: [("loans", "credits")])
        let people = try signed(pilot, "people.yaml", replacing: [("loans", "patients"), ("unit: enterprise", "unit: person")])
        let ledger = try pilot.ledger("bank")
        try limit(ledger, unit, Rational(5))
        try charge(ledger, pilot.signed, run: 1, digest: "a")
        try charge(ledger, people, run: 2, digest: "b")
        try charge(ledger, people, run: 3, digest: "b")
        #expect(try charge(ledger, credits, run: 4, digest: "c").accounts?.first { $0.account == unit }?.epsilon == 4)
        let refused = try #require(error { try charge(ledger, credits, run: 5, digest: "c") })
        #expect(refused.message == "the unit \"enterprise\" has spent epsilon 4 of 5, and a run costs 2")
        #expect(try BudgetOverview(ledger.export()).units.map(\.spent) == [4, 4])
        #expect(try ledger.verify().isValid)
    }

    @Test func aRefusalIsLookedAheadBeforeDataFlows() async throws {
        let pilot = try Pilot(text())
        try pilot.write(.small())
        try limit(pilot.ledger("bank"), unit, 1)
        let refused = try #require(error { _ = try pilot.party("bank") })
        #expect(refused.code == .budget && refused.message.contains("0 of 1"))
        #expect(try pilot.ledger("bank").entries().map(\.kind) == [.identity, .budgetLimit, .refusal])
    }

    @Test func exactFractionsAddUpExactly() throws {
        let pilot = try Pilot(text {
            $0.outputs = ["- {name: total, kind: sum, of: loans.amount, epsilon: 1/3, to: [centre, bank]}"]
        })
        let ledger = try pilot.ledger("bank")
        try limit(ledger, loans, 1)
        for run in 1...3 { try charge(ledger, pilot.signed, run: run, digest: "d") }
        #expect(error { try charge(ledger, pilot.signed, run: 4, digest: "d") }?.code == .budget)
        #expect(try BudgetOverview(ledger.export()).datasets[0].remaining == 0)
    }

    // MARK: Nearly the same subjects

    private func sketch(_ pilot: Pilot, _ range: Range<Int>) throws -> CohortSketch {
        CohortSketch(range.map { JoinToken("E\($0)") }, key: try SketchKey(pilot.bank))
    }

    @Test func nearlyTheSameSubjectsAreChargedTogether() throws {
        let pilot = try Pilot(text { $0.epsilon = "3" })
        let other = try signed(pilot, "other.yaml", replacing: [("name: overdue-by-grade", "name: other")])
        let ledger = try pilot.ledger("bank")
        let all = try sketch(pilot, 0..<3000), butOne = try sketch(pilot, 1..<3000), others = try sketch(pilot, 2000..<5000)
        try charge(ledger, pilot.signed, run: 1, digest: "all", sketch: all)
        // Each contract alone would allow it: the difference of the two answers is about one subject.
        let refused = try #require(error { try charge(ledger, other, run: 2, digest: "butOne", sketch: butOne) })
        #expect(refused.code == .budget)
        #expect(refused.message == "the cohort \"enterprise\" has spent epsilon 2 of 3, and a run costs 2")
        #expect(refused.remedy.contains("differs in about 1 subjects from that of run 010101010101"))
        // Other subjects, or the same file again, are no difference.
        try charge(ledger, other, run: 3, digest: "others", sketch: others)
        #expect(try BudgetOverview(ledger.export()).releases.allSatisfy { $0.near.isEmpty })
        // The owner decides what all runs on one enterprise may cost.
        try limit(ledger, unit, 20)
        let third = try signed(pilot, "third.yaml", replacing: [("name: overdue-by-grade", "name: third")])
        let charged = try charge(ledger, third, run: 4, digest: "butOne", sketch: butOne)
        #expect(charged.cohort?.near == [.init(run: id(1), difference: 1)])
        #expect(charged.accounts?.first { $0.account.kind == .cohort }?.epsilon == 4)
        let verification = try ledger.verify()
        #expect(verification.isValid, "\(verification.problems)")
    }

    @Test func aPolicyOrAContractRefusesNearlyTheSameSubjects() throws {
        for isContract in [true, false] {
            let pilot = try Pilot(text { $0.privacyExtra = isContract ? ", near-identical: refuse" : "" })
            let ledger = try pilot.ledger("bank")
            if !isContract { try limit(ledger, unit, nil, near: .refuse) }
            try charge(ledger, pilot.signed, run: 1, digest: "a", sketch: sketch(pilot, 0..<3000))
            let refused = try #require(error { try charge(ledger, pilot.signed, run: 2, digest: "b", sketch: sketch(pilot, 0..<3001)) })
            #expect(refused.code == .budget && refused.message.contains("near-identical: refuse forbids it"))
            try charge(ledger, pilot.signed, run: 3, digest: "a", sketch: sketch(pilot, 0..<3000))
        }
    }

    @Test func aSketchThatWasRemovedOrSwappedStopsTheNextCharge() throws {
        for sql in ["DELETE FROM sketches", "UPDATE sketches SET sketch = zeroblob(8217)"] {
            let pilot = try Pilot(text())
            let ledger = try pilot.ledger("bank")
            try charge(ledger, pilot.signed, run: 1, digest: "a", sketch: sketch(pilot, 0..<300))
            try DatabaseQueue(path: ledger.path).write { try $0.execute(sql: sql) }
            #expect(error { try charge(ledger, pilot.signed, run: 2, digest: "b", sketch: sketch(pilot, 0..<301)) }?.code == .ledger)
        }
    }

    @Test func sketchesAndReleasedNumbersAreNotExported() async throws {
        let pilot = try Pilot()
        try pilot.write(.small())
        _ = try await pilot.run()
        let ledger = try pilot.ledger("bank")
        let export = String(decoding: try ledger.export().jsonLines(), as: UTF8.self)
        #expect(!export.contains("opened") && export.utf8.count < 20_000)
        let stored = try await DatabaseQueue(path: ledger.path).read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sketches") }
        #expect(stored == 1)
        guard case .budgetCharge(let charge)? = try ledger.entries().first(where: { $0.kind == .budgetCharge })?.record() else {
            Issue.record("no charge")
            return
        }
        #expect(charge.cohort?.sketch.count == 64 && charge.unit == "enterprise" && charge.datasetName == "loans")
    }

    // MARK: Verification

    @Test func aSignedHistoryWhoseAccountsDoNotAddUpIsFound() throws {
        func problems(_ change: (inout LedgerRecord.Charge) -> Void) throws -> String {
            let pilot = try Pilot(text())
            let ledger = try pilot.ledger("bank")
            try limit(ledger, loans, 5)
            try charge(ledger, pilot.signed, run: 1, digest: "d")
            let start = LedgerRecord.RunStart(run: id(2), contract: pilot.signed.hashText, party: "bank", peer: "centre", plan: "p")
            try ledger.append(.runStart(start))
            var forged = LedgerRecord.Charge(
                run: id(2), contract: pilot.signed.hashText, dataset: "d", outputs: [.init(name: "o", epsilon: 2)], epsilon: 2, spentBefore: 2,
                spentAfter: 4, datasetSpentAfter: 4)
            (forged.delta, forged.deltaSpentAfter, forged.unit, forged.datasetName) = (0, 0, "enterprise", "loans")
            forged.accounts = [
                .init(account: unit, epsilon: 4, delta: 0, epsilonLimit: nil, deltaLimit: nil),
                .init(account: loans, epsilon: 4, delta: 0, epsilonLimit: 5, deltaLimit: nil),
            ]
            change(&forged)
            try ledger.append(.budgetCharge(forged))
            return try ledger.verify().problems.map(\.message).joined(separator: "; ")
        }
        #expect(try problems { _ in } == "")
        #expect(try problems { $0.accounts![1].epsilon = 3 }.contains("3 is spent on the dataset \"loans\", the ledger adds up to 4"))
        #expect(try problems { $0.accounts![1].epsilonLimit = 50 }.contains("another limit"))
        #expect(try problems { $0.accounts!.removeLast() }.contains("does not count on the dataset"))
        #expect(try problems { $0.delta = 1 }.contains("the outputs cost delta 0, charged is 1"))
        #expect(
            try problems {
                $0.outputs[0].delta = try! Rational(1, over: 10)
                $0.delta = try! Rational(1, over: 10)
                $0.deltaSpentAfter = $0.delta
            }.contains("delta 0.1 spent"))
    }

    @Test func aLedgerWithoutTheNewFieldsIsReadAndCountsOnEveryUnit() throws {
        let pilot = try Pilot(text())
        let ledger = try pilot.ledger("bank")
        // As an older version wrote it.
        var terms = LedgerRecord.ContractTerms(
            contract: pilot.signed.hashText, name: pilot.signed.contract.name, purpose: pilot.signed.contract.purpose,
            parties: ["centre": pilot.centre.fingerprint.description, "bank": pilot.bank.fingerprint.description], epsilon: 100, delta: 0,
            maximumRuns: 100, expires: "2099-12-31T23:59:59Z")
        terms.unit = nil
        try ledger.append(.contract(terms))
        try ledger.append(.runStart(pilot.start(id(1))))
        try ledger.append(
            .budgetCharge(
                .init(
                    run: id(1), contract: pilot.signed.hashText, dataset: "old", outputs: [.init(name: "o", epsilon: 7)], epsilon: 7,
                    spentBefore: 0, spentAfter: 7, datasetSpentAfter: 7)))
        let payload = try #require(try ledger.entries().last?.payload)
        #expect(!payload.contains("accounts") && !payload.contains("unit") && !payload.contains("null"))
        try limit(ledger, unit, 9)
        try charge(ledger, pilot.signed, run: 2, digest: "new")
        #expect(error { try charge(ledger, pilot.signed, run: 3, digest: "new") }?.message.contains("9 of 9") == true)
        let verification = try ledger.verify(contracts: [pilot.signed])
        #expect(verification.isValid, "\(verification.problems)")
    }
}
