import Arithmetic
import Foundation
import Fusion
import GRDB
import SandboxCore
import Testing

@Suite struct LedgerTests {
    /// A ledger with one charged and released run of `pilot`.
    private func used(_ pilot: Pilot, run: UInt8 = 1) throws -> AuditLedger {
        let ledger = try pilot.ledger("bank")
        let id = [UInt8](repeating: run, count: 32).hex
        try ledger.startRun(id, pilot)
        _ = try ledger.charge(run: id, of: pilot.signed, dataset: "d1")
        try ledger.append(.releaseIntent(.init(run: id, outputs: ["by_grade", "total"])))
        try ledger.append(.release(.init(run: id, outputs: ["by_grade", "total"], sharedResult: "aa", result: "bb")))
        try ledger.append(.runEnd(.init(run: id, bytesSent: 1, bytesReceived: 2)))
        return ledger
    }

    private func edit(_ ledger: AuditLedger, _ sql: String) throws {
        try DatabaseQueue(path: ledger.path).write { try $0.execute(sql: sql) }
    }

    private func problems(_ ledger: AuditLedger) throws -> String {
        try ledger.verify().problems.map(\.description).joined(separator: "; ")
    }

    @Test func anUntouchedLedgerVerifies() throws {
        let pilot = try Pilot()
        let ledger = try used(pilot)
        let verification = try ledger.verify()
        #expect(verification.isValid, "\(verification.problems)")
        #expect(verification.entries == 8)
        #expect(
            verification.accounts[0].spent == 2 && verification.accounts[0].remaining == 2 && verification.accounts[0].runs == 1)
        let attributes = try FileManager.default.attributesOfItem(atPath: ledger.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test(arguments: [
        (
            "UPDATE entries SET payload = replace(payload, '\"spentAfter\":\"2\"', '\"spentAfter\":\"1\"') WHERE sequence = 5",
            "the content was changed"
        ),
        ("UPDATE entries SET time = '2001-01-01T00:00:00Z' WHERE sequence = 3", "entry 3: the content was changed"),
        ("UPDATE entries SET kind = 'abort' WHERE kind = 'release'", "the content was changed"),
        (
            "UPDATE entries SET signature = (SELECT signature FROM entries WHERE sequence = 2) WHERE sequence = 4",
            "entry 4: the signature is not the owner's"
        ),
        ("DELETE FROM entries WHERE sequence = 4", "an entry is missing"),
        ("DELETE FROM entries WHERE sequence = 1", "names no owner"),
        ("DELETE FROM entries WHERE sequence >= 7", "entries 7 to 8 were removed from the end"),
        (
            "DELETE FROM entries WHERE sequence >= 7; "
                + "UPDATE head SET sequence = 6, hash = (SELECT hash FROM entries WHERE sequence = 6)",
            "head record is not signed"
        ),
        ("DELETE FROM entries", "no entries"),
        ("DELETE FROM head", "head record is missing"),
        (
            "UPDATE entries SET sequence = -1 WHERE sequence = 5; UPDATE entries SET sequence = 5 WHERE sequence = 6; "
                + "UPDATE entries SET sequence = 6 WHERE sequence = -1",
            "does not continue"
        ),
        (
            "INSERT INTO entries SELECT 9, time, kind, payload, hash, hash, signature FROM entries WHERE sequence = 8",
            "added without the owner's head record"
        ),
    ]) func everyEditOfTheFileIsFound(_ sql: String, _ says: String) throws {
        let pilot = try Pilot()
        defer { withExtendedLifetime(pilot) {} }
        let ledger = try used(pilot)
        try edit(ledger, sql)
        let found = try problems(ledger)
        #expect(found.contains(says), "\(found)")
    }

    @Test func aCutLedgerIsNotContinued() throws {
        let pilot = try Pilot()
        defer { withExtendedLifetime(pilot) {} }
        let ledger = try used(pilot)
        try edit(ledger, "DELETE FROM entries WHERE sequence = 8")
        let refused = try #require(error { try ledger.append(.abort(.init(run: "", contract: "", code: "system", reason: "x"))) })
        #expect(refused.code == .ledger && refused.message.contains("removed"))
    }

    /// The owner's own key can sign any history; what it signs must still add up.
    @Test func aSignedHistoryThatDoesNotAddUpIsFound() throws {
        let pilot = try Pilot()
        func says(_ build: (AuditLedger, String) throws -> Void) throws -> String {
            let path = pilot.folder.path + "/l\(SystemRandom.shared.word()).sqlite"
            let ledger = try AuditLedger(path: path, identity: pilot.bank)
            let run = [UInt8](repeating: 9, count: 32).hex
            try build(ledger, run)
            return try problems(ledger)
        }
        func charge(_ run: String, _ epsilon: Rational, before: Rational) throws -> LedgerRecord {
            .budgetCharge(
                .init(
                    run: run, contract: pilot.signed.hashText, dataset: "d", outputs: [.init(name: "o", epsilon: epsilon)],
                    epsilon: epsilon,
                    spentBefore: before, spentAfter: try before + epsilon, datasetSpentAfter: try before + epsilon))
        }
        #expect(
            try says { try $0.append(.release(.init(run: $1, outputs: [], sharedResult: "", result: ""))) }.contains(
                "nothing was charged"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(.release(.init(run: run, outputs: [], sharedResult: "", result: "")))
            }.contains("nothing was charged"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(charge(run, 5, before: 0))
            }.contains("epsilon 5 spent"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(charge(run, 1, before: 1))
            }.contains("adds up to 0"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(charge(run, 1, before: 0))
                try ledger.append(charge(run, 1, before: 1))
            }.contains("second charge"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                for other in ["a", "b"] { try ledger.append(.runStart(pilot.start(other))) }
            }.contains("run 3"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(charge(run, 1, before: 0))
                try ledger.append(.release(.init(run: run, outputs: ["o"], sharedResult: "", result: "")))
            }.contains("not announced"))
        #expect(
            try says { ledger, run in
                try ledger.startRun(run, pilot)
                try ledger.append(charge(run, 1, before: 0))
                try ledger.append(.releaseIntent(.init(run: run, outputs: ["o"])))
                try ledger.append(.release(.init(run: run, outputs: ["p"], sharedResult: "", result: "")))
            }.contains("other outputs"))
    }

    @Test func budgetAndRunsAreRefusedWhenUsedUp() throws {
        let pilot = try Pilot()
        let ledger = try used(pilot)
        _ = try used(pilot, run: 2)
        let third = [UInt8](repeating: 3, count: 32).hex
        let refused = try #require(error { try ledger.startRun(third, pilot) })
        #expect(refused.code == .contract && refused.message.contains("allows 2 runs"))

        var text = ContractText()
        text.runs = "9"
        let other = try Pilot(text)
        let second = try used(other)
        _ = try used(other, run: 2)
        let spent = try #require(error { try second.startRun(third, other) })
        #expect(spent.code == .budget && spent.message.contains("4 of 4"))
        #expect(try second.spent(onDataset: "d1") == 4)
    }

    @Test func twoProcessesCannotOverspendTogether() async throws {
        var text = ContractText()
        text.runs = "1000"
        text.epsilon = "20"  // ten runs
        let pilot = try Pilot(text)
        _ = try pilot.ledger("bank")
        // Each task has a connection of its own, as a process would.
        let charged = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let ledger = try pilot.ledger("bank")
                    var charged = 0
                    for i in 0..<5 {
                        let run = [UInt8](repeating: UInt8(worker * 10 + i), count: 32).hex
                        do {
                            try ledger.startRun(run, pilot)
                            _ = try ledger.charge(run: run, of: pilot.signed, dataset: "d")
                            charged += 1
                        } catch let refusal as YinheError where refusal.code == .budget {}
                    }
                    return charged
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(charged == 10)
        let verification = try pilot.ledger("bank").verify()
        #expect(verification.isValid, "\(verification.problems)")
        #expect(verification.accounts[0].remaining == 0)
    }

    @Test func anExportVerifiesWithoutTheDatabase() throws {
        let pilot = try Pilot()
        let path = pilot.folder.path + "/export.jsonl"
        try used(pilot).export().write(to: path)
        let export = try LedgerExport.load(path: path)
        #expect(export == (try pilot.ledger("bank").export()))
        #expect(LedgerVerification(export, owner: pilot.bank.publicIdentity).isValid)
        #expect(
            LedgerVerification(export, owner: pilot.centre.publicIdentity).problems.contains {
                $0.message.contains("the owner is")
            })

        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let cut = Array((lines[0..<5] + lines[6...]).joined(separator: "\n").utf8)
        #expect(!LedgerVerification(try LedgerExport(jsonLines: cut, file: "e")).isValid)
        let broken = Array((lines[0..<2] + ["{}"]).joined(separator: "\n").utf8)
        #expect(error { _ = try LedgerExport(jsonLines: broken, file: "e") }?.place == "e:3")
    }

    @Test func termsThatAreNotTheContractsAreFound() throws {
        let pilot = try Pilot()
        let ledger = try pilot.ledger("bank")
        let terms = LedgerRecord.ContractTerms(
            contract: pilot.signed.hashText, name: "overdue-by-grade", purpose: pilot.signed.contract.purpose,
            parties: ["centre": pilot.centre.fingerprint.description, "bank": pilot.bank.fingerprint.description], epsilon: 400,
            delta: 0,
            maximumRuns: 2, expires: "2099-12-31T23:59:59Z")
        try ledger.append(.contract(terms))
        #expect(try ledger.verify().isValid)
        #expect(try ledger.verify(contracts: [pilot.signed]).problems.contains { $0.message.contains("are not the contract's") })
        // The peer's ledger has the true terms.
        let peer = try pilot.ledger("centre")
        try peer.record(pilot.signed)
        #expect(try peer.verify(contracts: [pilot.signed]).isValid)
        #expect(try ledger.verify(peerExport: peer.export()).problems.contains { $0.message.contains("different terms") })
    }

    @Test func twoLedgersThatRecordDifferentResultsContradictEachOther() throws {
        let pilot = try Pilot()
        let run = [UInt8](repeating: 1, count: 32).hex
        let exports = try ["bank", "centre"].map { party in
            let ledger = try pilot.ledger(party)
            try ledger.startRun(run, pilot)
            _ = try ledger.charge(run: run, of: pilot.signed, dataset: party)
            try ledger.append(.releaseIntent(.init(run: run, outputs: ["o"])))
            try ledger.append(.release(.init(run: run, outputs: ["o"], sharedResult: party, result: party)))
            return try ledger.export()
        }
        let problems = LedgerVerification(exports[0], peer: exports[1]).problems.map(\.message)
        #expect(problems.count == 1 && problems[0].contains("different results"))
    }

    @Test func aForgedCountersignatureIsFound() throws {
        let pilot = try Pilot()
        let ledger = try used(pilot)
        let head = try ledger.head()
        let run = [UInt8](repeating: 1, count: 32).hex
        func append(_ signer: Identity, sequence: Int, hash: String) throws {
            let message = LedgerHead.countersignedMessage(ledger: head.ledger, sequence: sequence, hash: hash, run: run)
            try ledger.append(
                .countersignature(
                    .init(
                        run: run, peer: "centre", publicKey: signer.publicIdentity.publicKey.hex, sequence: sequence, hash: hash,
                        signature: try signer.sign(message, domain: LedgerHead.countersignatureDomain).hex)))
        }
        try append(pilot.centre, sequence: head.sequence, hash: head.hash)
        #expect(try ledger.verify().isValid && ledger.verify().countersignatures == 1)
        try append(pilot.bank, sequence: head.sequence, hash: head.hash)
        #expect(try problems(ledger).contains("countersignature of centre is not valid"))
        try append(Identity.generate(), sequence: head.sequence, hash: head.hash)
        #expect(try problems(ledger).contains("somebody who is no party"))
        try append(pilot.centre, sequence: head.sequence, hash: String(repeating: "a", count: 64))
        #expect(try problems(ledger).contains("countersigned another entry"))
    }

    @Test func aLedgerBelongsToOneKey() throws {
        let pilot = try Pilot()
        let ledger = try used(pilot)
        #expect(error { _ = try AuditLedger(path: ledger.path, identity: pilot.centre) }?.message.contains("belongs to") == true)
        let garbage = try pilot.folder.file("garbage.sqlite", String(repeating: "not a database ", count: 100))
        #expect(error { _ = try AuditLedger(path: garbage, identity: pilot.bank) }?.code == .ledger)
        #expect(error { _ = try AuditLedger(path: pilot.folder.path, identity: pilot.bank) } != nil)
        #expect(error { _ = try AuditLedger(path: "/nowhere/l.sqlite", identity: pilot.bank) }?.code == .system)
    }
}

extension Pilot {
    func start(_ run: String) -> LedgerRecord.RunStart {
        .init(run: run, contract: signed.hashText, party: "bank", peer: "centre", plan: "p")
    }
}

extension AuditLedger {
    func startRun(_ run: String, _ pilot: Pilot) throws {
        let input = LedgerRecord.Input(
            run: run, dataset: "loans", digest: "d1", bytes: 1, rows: 1, keptRows: 1, distinctKeys: 1, peerDistinctKeys: 1)
        try startRun(pilot.start(run), of: pilot.signed, input: input, at: Date())
    }
}

extension AuditLedger {
    func damage() throws {
        try DatabaseQueue(path: path).write { try $0.execute(sql: "UPDATE entries SET time = 'x' WHERE sequence = 1") }
    }
}
