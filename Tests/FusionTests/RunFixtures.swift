import Arithmetic
import DifferentialPrivacy
import Foundation
import Fusion
import Paillier
import SandboxCore
import Synchronization
import Transport

/// Two small tables and their plain, unprotected statistics.
struct PilotTables {
    /// code -> grade
    var enterprises: [(code: String, grade: String)] = []
    /// code, amount in 0.01, days
    var loans: [(code: String, amount: Int64, days: Int64)] = []

    /// 60 enterprises E0 ... E59 in three grades; loans of E30 ... E79, one to three each.
    static func small() -> PilotTables {
        var tables = PilotTables()
        for i in 0..<60 { tables.enterprises.append(("E\(i)", ["A", "B", "M"][i % 3])) }
        for i in 30..<80 {
            for k in 0...(i % 3) {
                tables.loans.append(("E\(i)", Int64(i * 137 + k * 11) % 100_051, i % 4 == 0 ? Int64(k + 1) : 0))
            }
        }
        return tables
    }

    var enterpriseFile: String {
        "code,grade,district,kwh\n" + enterprises.map { "\($0.code),\($0.grade),东,1.25\n" }.joined()
    }

    var loanFile: String {
        "code,amount,days,product\n"
            + loans.map {
                "\($0.code),\($0.amount / 100).\($0.amount % 100 < 10 ? "0" : "")\($0.amount % 100),\($0.days),short\n"
            }.joined()
    }

    func matched(grade: String?) -> [(code: String, amount: Int64, days: Int64)] {
        let codes = Set(enterprises.filter { grade == nil || $0.grade == grade }.map(\.code))
        return loans.filter { codes.contains($0.code) }
    }

    func count(_ grade: String?) -> Int { Set(matched(grade: grade).map(\.code)).count }
    func rows(_ grade: String?) -> Int { matched(grade: grade).count }
    func overdue(_ grade: String?) -> Int { matched(grade: grade).filter { $0.days >= 1 }.count }
    func amount(_ grade: String?) -> Int64 { matched(grade: grade).map(\.amount).reduce(0, +) }
}

/// Fails the n-th call that writes, before or after the write; counts calls.
final class FailingLedger: RunLedger {
    let ledger: AuditLedger
    private let failAt: Int?
    private let afterWriting: Bool
    private let calls = Mutex(0)
    static let failure = YinheError(.system, "the ledger's disk failed")

    init(_ ledger: AuditLedger, failAt: Int? = nil, afterWriting: Bool = false) {
        self.ledger = ledger
        self.failAt = failAt
        self.afterWriting = afterWriting
    }

    var writes: Int { calls.withLock { $0 } }

    private func step<R>(_ body: () throws -> R) throws -> R {
        let index = calls.withLock { count in
            defer { count += 1 }
            return count
        }
        // Like a dead process: nothing is written any more after the failure.
        guard let failAt, index >= failAt else { return try body() }
        if afterWriting, index == failAt { _ = try body() }
        throw Self.failure
    }

    func append(_ record: LedgerRecord) throws -> LedgerEntry { try step { try ledger.append(record) } }
    func record(_ signed: SignedContract) throws { try step { try ledger.record(signed) } }
    func append(_ release: LedgerRecord.Release, opened: [[Int128]?]) throws -> LedgerEntry {
        try step { try ledger.append(release, opened: opened) }
    }
    func remembered(query: String, dataset: String?) throws -> RememberedRelease? {
        try ledger.remembered(query: query, dataset: dataset)
    }
    func checkRoom(for signed: SignedContract, dataset: String?, sketch: CohortSketch?, at now: Date) throws {
        try ledger.checkRoom(for: signed, dataset: dataset, sketch: sketch, at: now)
    }
    func startRun(
        _ start: LedgerRecord.RunStart, of signed: SignedContract, input: LedgerRecord.Input, sketch: CohortSketch?, at now: Date
    ) throws {
        try step { try ledger.startRun(start, of: signed, input: input, sketch: sketch, at: now) }
    }
    func charge(run: String, of signed: SignedContract, dataset: String, sketch: CohortSketch?) throws -> ChargeReceipt {
        try step { try ledger.charge(run: run, of: signed, dataset: dataset, sketch: sketch) }
    }
    func spent(onDataset digest: String) throws -> Rational { try ledger.spent(onDataset: digest) }
    func account(of signed: SignedContract) throws -> ContractAccount { try ledger.account(of: signed) }
    func head() throws -> LedgerHead { try ledger.head() }
    func requireValid() throws { try ledger.requireValid() }
}

/// A channel that dies at its n-th frame sent, and tells a listener about every frame that leaves.
final class SpyChannel: Channel {
    private let inner: any Channel
    private let dieAt: Int?
    private let sent = Mutex(0)
    private let onSend: @Sendable ([UInt8]) -> Void

    init(_ inner: any Channel, dieAt: Int? = nil, onSend: @escaping @Sendable ([UInt8]) -> Void = { _ in }) {
        self.inner = inner
        self.dieAt = dieAt
        self.onSend = onSend
    }

    var framesSent: Int { sent.withLock { $0 } }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }

    func send(_ frame: [UInt8]) async throws {
        let index = sent.withLock { count in
            defer { count += 1 }
            return count
        }
        if let dieAt, index >= dieAt {
            let lost = YinheError(.peerUnreachable, "the cable was cut")
            inner.cancel(lost)
            throw lost
        }
        onSend(frame)
        try await inner.send(frame)
    }

    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
}

extension Pilot {
    static let testKey = PaillierPrivateKey.generate(uncheckedBits: 512, scheme: .djn, random: SystemRandom.shared)

    func write(_ tables: PilotTables) throws {
        _ = try folder.file("centre.csv", tables.enterpriseFile)
        _ = try folder.file("bank.csv", tables.loanFile)
    }

    /// Other files of both parties, one unmatched subject more in each, so that no earlier answer fits.
    func refresh(_ round: Int) throws {
        var tables = PilotTables.small()
        tables.enterprises.append(("X\(round)", "A"))
        tables.loans.append(("Y\(round)", 1, 0))
        try write(tables)
    }

    func party(_ name: String, ledger: (any RunLedger)? = nil, signed other: SignedContract? = nil, now: Date = Date()) throws
        -> PartyRun
    {
        try PartyRun(
            contract: other ?? signed, ledger: ledger ?? self.ledger(name), identity: identity(name),
            data: "\(folder.path)/\(name).csv",
            threads: 1, testKey: Self.testKey, now: { now })
    }

    /// Both parties' outcomes over a channel pair.
    func run(
        _ centre: PartyRun, _ bank: PartyRun, over channels: (any Channel, any Channel)
    ) async -> (centre: Result<RunReport, any Error>, bank: Result<RunReport, any Error>) {
        func one(_ party: PartyRun, _ channel: any Channel) async -> Result<RunReport, any Error> {
            do {
                let report = try await party.run(over: channel)
                await channel.close()
                return .success(report)
            } catch {
                await channel.close()
                return .failure(error)
            }
        }
        async let first = one(centre, channels.0)
        async let second = one(bank, channels.1)
        return await (first, second)
    }

    func run() async throws -> (centre: RunReport, bank: RunReport) {
        let (left, right) = LocalChannel.pair()
        let outcome = await run(try party("centre"), try party("bank"), over: (left, right))
        // The error that stopped the run, not the one that only says that the peer stopped.
        if let cause = outcome.bank.yinheError, cause.code != .peerAborted { throw cause }
        return (try outcome.centre.get(), try outcome.bank.get())
    }
}

extension Result {
    var yinheError: YinheError? {
        if case .failure(let error) = self { error as? YinheError } else { nil }
    }
}

/// The law of a query's Laplace noise.
func laplace(_ query: FusionPlan.Query) throws -> DiscreteLaplace {
    guard case .laplace(let law) = try query.noise.law() else { throw YinheError(.range, "not Laplace noise") }
    return law
}
