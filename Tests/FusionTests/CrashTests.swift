import Foundation
import Fusion
import SandboxCore
import Synchronization
import Testing
import Transport

/// Kills a run at every step, on either side, and checks that budget may be wasted but nothing opens without a charge.
@Suite struct CrashTests {
    private static let cells = 3 * 3 + 1
    /// Tag and size of the message that carries the noised shares of the default contract.
    private static func isNoisedShares(_ frame: [UInt8]) -> Bool { frame.first == 4 && frame.count == 1 + 4 + 16 * cells }

    private struct Outcome {
        var error: (centre: YinheError?, bank: YinheError?)
        var opened: (centre: Bool, bank: Bool)
        var writes: (centre: Int, bank: Int)
        var frames: (centre: Int, bank: Int)
    }

    /// One run; `failing` is the party that a fault is injected into.
    private func run(
        failing: String = "", ledgerAt: Int? = nil, afterWriting: Bool = false, frameAt: Int? = nil
    ) async throws -> Outcome {
        let pilot = try Pilot()
        try pilot.write(.small())
        let ends = LocalChannel.pair()
        let opened = Mutex<[String: Bool]>([:])
        let early = Mutex<[String]>([])
        func party(_ name: String, _ end: LocalChannel) throws -> (PartyRun, FailingLedger, SpyChannel) {
            let ledger = try pilot.ledger(name)
            let failingLedger = FailingLedger(ledger, failAt: name == failing ? ledgerAt : nil, afterWriting: afterWriting)
            // Failing at entry 0 means the record of the contract, before any connection.
            let party = try pilot.party(name, ledger: failingLedger)
            let channel = SpyChannel(end, dieAt: name == failing ? frameAt : nil) { frame in
                guard Self.isNoisedShares(frame) else { return }
                opened.withLock { $0[name] = true }
                let kinds = (try? ledger.entries().map(\.kind)) ?? []
                if !kinds.contains(.budgetCharge) || !kinds.contains(.releaseIntent) { early.withLock { $0.append(name) } }
            }
            return (party, failingLedger, channel)
        }
        let centre = try party("centre", ends.0), bank = try party("bank", ends.1)
        let results = await pilot.run(centre.0, bank.0, over: (centre.2, bank.2))

        let where_ = "\(failing) ledger \(ledgerAt ?? -1) \(afterWriting) frame \(frameAt ?? -1)"
        #expect(early.withLock { $0 } == [], "opened before the charge: \(where_)")
        let isOpen = opened.withLock { $0 }
        for (name, ledger, result) in [("centre", centre.1.ledger, results.centre), ("bank", bank.1.ledger, results.bank)] {
            let verification = try ledger.verify()
            #expect(verification.isValid, "\(where_): \(verification.problems)")
            let kinds = try ledger.entries().map(\.kind)
            // Whoever opens a share, both have been charged.
            if !isOpen.isEmpty { #expect(kinds.contains(.budgetCharge), "\(name) not charged: \(where_)") }
            if case .success = result { #expect(kinds.contains(.release), "\(name): \(where_)") }
        }
        return Outcome(
            error: (results.centre.yinheError, results.bank.yinheError),
            opened: (isOpen["centre"] ?? false, isOpen["bank"] ?? false),
            writes: (centre.1.writes, bank.1.writes), frames: (centre.2.framesSent, bank.2.framesSent))
    }

    @Test func withoutAFaultBothOpenAndSucceed() async throws {
        let outcome = try await run()
        #expect(outcome.error.centre == nil && outcome.error.bank == nil)
        #expect(outcome.opened.centre && outcome.opened.bank)
        // record, start, charge, intent, release, head, countersignature, end.
        #expect(outcome.writes.centre == 8 && outcome.writes.bank == 8)
    }

    @Test(arguments: ["centre", "bank"], [false, true])
    func aLedgerThatFailsAtAnyStepNeverLetsAnUnchargedResultOut(_ party: String, _ afterWriting: Bool) async throws {
        for step in 1..<8 {
            let outcome = try await run(failing: party, ledgerAt: step, afterWriting: afterWriting)
            let mine = party == "centre" ? outcome.error.centre : outcome.error.bank
            #expect(mine?.message == FailingLedger.failure.message, "step \(step)")
            let opened = party == "centre" ? outcome.opened.centre : outcome.opened.bank
            // Steps 1 to 3 are start, charge, intent; shares leave after them only.
            #expect(opened == (step >= 4), "step \(step)")
        }
    }

    @Test(arguments: ["centre", "bank"])
    func aConnectionThatBreaksAtAnyFrameNeverLetsAnUnchargedResultOut(_ party: String) async throws {
        let whole = try await run()
        let frames = party == "centre" ? whole.frames.centre : whole.frames.bank
        #expect(frames > 10)
        for frame in 0..<frames {
            let outcome = try await run(failing: party, frameAt: frame)
            // A cut during the exchange of ledger heads, after the release, costs the countersignature only.
            let isAfterRelease = frame >= frames - 2
            #expect((outcome.error.centre == nil && outcome.error.bank == nil) == isAfterRelease, "frame \(frame) of \(frames)")
        }
    }

    @Test func aPeerLostAfterTheReleaseCostsOnlyTheCountersignature() async throws {
        let pilot = try Pilot()
        try pilot.write(.small())
        let whole = try await run().frames.bank
        let ends = LocalChannel.pair()
        let results = await pilot.run(
            try pilot.party("centre"), try pilot.party("bank"), over: (ends.0, SpyChannel(ends.1, dieAt: whole - 2)))
        let report = try results.centre.get()
        #expect(!report.countersigned && report.warnings.count == 1 && report.warnings[0].contains("bank did not countersign"))
        #expect(report.outputs.count == 2)
        #expect(try pilot.ledger("centre").verify().isValid)
    }

    @Test func aCancelledRunIsToldAndRecorded() async throws {
        let pilot = try Pilot()
        try pilot.write(.small())
        let ends = LocalChannel.pair()
        let centre = try pilot.party("centre"), bank = try pilot.party("bank")
        let task = Mutex<Task<Void, any Error>?>(nil)
        // Cancels from within, once the run is under way.
        let channel = SpyChannel(ends.1) { frame in if frame.count > 300 { task.withLock { $0?.cancel() } } }
        let running = Task {
            // Not before `task` is set.
            while task.withLock({ $0 == nil }) { await Task.yield() }
            _ = try await bank.run(over: channel)
        }
        task.withLock { $0 = running }
        let told = await asyncError { _ = try await centre.run(over: ends.0) }
        #expect(told?.code == .peerAborted && told?.message.contains("cancelled") == true, "\(told.map { "\($0)" } ?? "no error")")
        let own = await asyncError { try await running.value }
        #expect(own?.code == .cancelled)
        guard case .abort(let stop)? = try pilot.ledger("bank").entries().last?.record() else {
            Issue.record("the cancellation is not in the ledger")
            return
        }
        #expect(stop.code == "cancelled" && !stop.run.isEmpty)
    }
}
