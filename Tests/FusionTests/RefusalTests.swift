import Arithmetic
import Foundation
import Fusion
import SandboxCore
import Testing
import Transport

@Suite struct RefusalTests {
    private func kinds(_ pilot: Pilot, _ party: String) throws -> [LedgerRecord.Kind] {
        try pilot.ledger(party).entries().map(\.kind)
    }

    private func lastStop(_ pilot: Pilot, _ party: String) throws -> LedgerRecord.Stop {
        switch try #require(pilot.ledger(party).entries().last).record() {
        case .refusal(let stop), .abort(let stop): return stop
        default: throw YinheError(.ledger, "the last entry is neither a refusal nor an abort")
        }
    }

    @Test func contractsThatDifferByOneByteStopBothSidesBeforeDataFlows() async throws {
        let pilot = try smallPilot()
        let other = try pilot.folder.file("other.yaml", String(decoding: pilot.signed.bytes, as: UTF8.self) + "\n")
        _ = try SignedContract.sign(path: other, identity: pilot.centre)
        _ = try SignedContract.sign(path: other, identity: pilot.bank)
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(
            try pilot.party("centre"), try pilot.party("bank", signed: SignedContract.load(path: other)), over: (left, right))
        for (party, result) in [("centre", outcome.centre.yinheError), ("bank", outcome.bank.yinheError)] {
            #expect(
                result?.code == .peerMismatch && result?.message.contains("contract") == true,
                "\(party): \(String(describing: result))")
            #expect(try lastStop(pilot, party).code == "peer-mismatch")
            #expect(try !kinds(pilot, party).contains(.runStart))
        }
        // The proposal and at most an abort: nothing that depends on a table.
        #expect(left.traffic.framesSent <= 2 && right.traffic.framesSent <= 2)
    }

    @Test func anExpiredContractIsRefusedAndRecorded() throws {
        let pilot = try smallPilot { $0.expires = "2030-01-01T00:00:00Z" }
        let late = Date(timeIntervalSince1970: 1_893_456_000)
        let refused = try #require(error { _ = try pilot.party("bank", now: late) })
        #expect(refused.code == .contract && refused.message.contains("expired at 2030-01-01T00:00:00Z"))
        #expect(try kinds(pilot, "bank") == [.identity, .refusal])
        #expect(try lastStop(pilot, "bank").reason.contains("expired"))
        _ = try pilot.party("bank", now: late.addingTimeInterval(-1))
    }

    @Test func anUnsignedContractIsRefusedAndRecorded() throws {
        let pilot = try smallPilot()
        try FileManager.default.removeItem(atPath: pilot.contractPath + ".centre.sig")
        let refused = try #require(
            error {
                _ = try PartyRun.load(
                    contractPath: pilot.contractPath, home: pilot.home("bank"), identity: pilot.bank, data: "none")
            })
        #expect(refused.message == "centre has not signed")
        #expect(try lastStop(pilot, "bank").contract == pilot.signed.hashText)
        #expect(try pilot.ledger("bank").entries().last?.kind == .refusal)
    }

    @Test func aStrangersKeyAndAnUnservablePlanAreRefusedAndRecorded() throws {
        let pilot = try smallPilot()
        let stranger = try Identity.generate()
        let home = PartyHome(path: pilot.folder.path + "/stranger")
        #expect(
            error { _ = try PartyRun(contract: pilot.signed, home: home, identity: stranger, data: "x") }?.message.contains(
                "not the key of any party") == true)
        #expect(try home.ledger(stranger).entries().last?.kind == .refusal)

        let leaky = try smallPilot { $0.leakage = "[set-sizes]" }
        #expect(error { _ = try leaky.party("bank") }?.message.contains("accepts-leakage") == true)
        #expect(try leaky.ledger("bank").entries().last?.kind == .refusal)
    }

    @Test func runsAndBudgetBeyondTheContractAreRefusedAndRecorded() async throws {
        let pilot = try smallPilot()
        for round in 0..<2 {
            try pilot.refresh(round)
            _ = try await pilot.run()
        }
        try pilot.refresh(2)
        let runs = try #require(await asyncError { _ = try await pilot.party("bank").prepare() })
        #expect(runs.code == .contract && runs.message.contains("allows 2 runs"))
        #expect(try lastStop(pilot, "bank").code == "contract")

        let poor = try smallPilot { $0.epsilon = "3" }
        _ = try await poor.run()
        try poor.refresh(1)
        let budget = try #require(await asyncError { _ = try await poor.party("bank").prepare() })
        #expect(budget.code == .budget && budget.message.contains("2 of 3"))
        #expect(try lastStop(poor, "bank").code == "budget")
        #expect(try poor.ledger("bank").verify().isValid)
    }

    @Test func aRaceForTheLastRunIsLostInTheLedger() async throws {
        // Both runs pass the look ahead; the second finds the run used up when it wants to start.
        let pilot = try smallPilot { $0.runs = "1" }
        let first = (try pilot.party("centre"), try pilot.party("bank"))
        let second = (try pilot.party("centre"), try pilot.party("bank"))
        let (a, b) = LocalChannel.pair(), (c, d) = LocalChannel.pair()
        _ = await pilot.run(first.0, first.1, over: (a, b))
        try pilot.refresh(1)
        let outcome = await pilot.run(second.0, second.1, over: (c, d))
        #expect(outcome.bank.yinheError?.code == .contract && outcome.centre.yinheError?.code == .contract)
        #expect(try kinds(pilot, "bank").filter { $0 == .budgetCharge }.count == 1)
    }

    @Test func aPartyThatCannotRunSaysSoBeforeDataFlows() async throws {
        let pilot = try smallPilot()
        _ = try pilot.folder.file("bank.csv", "code,amount,days,product\nE1,not a number,1,short\n")
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(try pilot.party("centre"), try pilot.party("bank"), over: (left, right))
        #expect(outcome.bank.yinheError?.code == .badInput)
        let told = try #require(outcome.centre.yinheError)
        #expect(told.code == .peerAborted && told.message == "bank is not ready: its own input could not be used")
        for party in ["centre", "bank"] {
            #expect(try !kinds(pilot, party).contains(.runStart))
            #expect(try pilot.ledger(party).entries().last?.kind == .abort)
        }
    }

    @Test func aPeerWithoutBudgetIsNamed() async throws {
        let pilot = try smallPilot()
        // Only the bank's ledger knows of two earlier runs.
        let bank = try pilot.party("bank")
        let ledger = try pilot.ledger("bank")
        for run in [1, 2] as [UInt8] { try ledger.startRun([UInt8](repeating: run, count: 32).hex, pilot) }
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(try pilot.party("centre"), bank, over: (left, right))
        #expect(outcome.bank.yinheError?.code == .contract)
        #expect(outcome.centre.yinheError?.message == "bank is not ready: its contract or privacy budget does not allow this run")
    }

    @Test func tooSmallAnIntersectionRevealsNothingButCountsAsARun() async throws {
        let pilot = try smallPilot { $0.minimum = "31" }
        let (left, right) = LocalChannel.pair()
        let outcome = await pilot.run(try pilot.party("centre"), try pilot.party("bank"), over: (left, right))
        #expect(outcome.bank.yinheError?.code == .belowMinimum && outcome.centre.yinheError?.code == .belowMinimum)
        for party in ["centre", "bank"] {
            let verification = try pilot.ledger(party).verify()
            #expect(verification.isValid && verification.accounts[0].runs == 1 && verification.accounts[0].spent == 0)
            #expect(try lastStop(pilot, party).code == "below-minimum")
        }
    }

    @Test func aDamagedLedgerStopsTheRun() throws {
        let pilot = try smallPilot()
        _ = try pilot.party("bank")
        let ledger = try pilot.ledger("bank")
        try ledger.damage()
        #expect(error { _ = try pilot.party("bank") }?.code == .ledger)
    }

    @Test func sealedSharesOpenOnlyWithAReasonInTheLedger() async throws {
        let pilot = try smallPilot()
        let ledger = try pilot.ledger("bank")
        let plan = try FusionPlan(pilot.signed.contract)
        let run = [UInt8](repeating: 5, count: 32).hex
        try ledger.startRun(run, pilot)
        let shares = [(0..<3).map { group in (0..<4).map { UInt128(group * 4 + $0) } }]
        let sealed = SealedAggregate(run: run, shares: shares)
        #expect(Mirror(reflecting: sealed).children.isEmpty)
        #expect(!"\(sealed)".contains("11"))
        let opened = try sealed.declassify(plan, reason: "audit of the pilot", in: ledger)
        #expect(opened == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3 + 7 + 11]])
        guard case .declassification(let entry)? = try ledger.entries().last?.record() else {
            Issue.record("no declassification entry")
            return
        }
        #expect(entry.reason == "audit of the pilot")
        // A ledger that cannot be written keeps it sealed.
        #expect(error { _ = try sealed.declassify(plan, reason: "x", in: FailingLedger(ledger, failAt: 0)) }?.code == .system)
    }
}
