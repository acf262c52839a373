import Arithmetic
import ContractText
import Foundation
import SandboxCore
import Tables
import Transport

/// The steps of one run, in the order of Protocols/fusion-run.md.
final class RunExecution {
    let run: PartyRun
    let channel: any Channel
    let dealer: (any Channel)?
    /// Hexadecimal; empty until both nonces are known.
    private(set) var runID = ""

    private let startedAt: Date
    private let trafficAtStart: Traffic
    var stopwatch = Stopwatch()
    private(set) var runBytes: [UInt8] = []
    private(set) var peerSubjects = 0

    init(run: PartyRun, channel: any Channel, dealer: (any Channel)?) {
        self.run = run
        self.channel = channel
        self.dealer = dealer
        startedAt = run.now()
        trafficAtStart = channel.traffic
    }

    var plan: FusionPlan { run.plan }
    var contract: Contract { run.signed.contract }
    var me: String { run.party.name }
    var peer: String { run.peer.name }
    private var peerKey: PublicIdentity { run.signed.identities[peer]! }

    func perform() async throws -> RunReport {
        try checkPeerCertificate()
        try checkDealer()
        // A failure to prepare is told to the peer inside the session, so that it need not wait for a time limit.
        let prepared = await stopwatch.measure("read table") { await Result.catching { try await prepare() } }
        let session = try await stopwatch.measure("handshake") { try await openSession() }
        return try await session.abortingOnError { try await steps(session, prepared) }
    }

    /// What this party brings.
    struct Prepared {
        let table: KeyedTable
        let sketch: CohortSketch
        /// An answer to the same question on the same file.
        let remembered: RememberedRelease?
        /// Why a run that has to pay is refused; such a party still shows an answer again.
        let refusal: (any Error)?
    }

    private func prepare() async throws -> Prepared {
        let table = try await run.loadedTable(), sketch = try await run.sketch(of: table), digest = table.report.sha256
        let remembered = try run.ledger.remembered(query: run.question, dataset: digest)
        do {
            try run.ledger.checkRoom(for: run.signed, dataset: digest, sketch: sketch, at: run.now())
            return Prepared(table: table, sketch: sketch, remembered: remembered, refusal: nil)
        } catch {
            try AuditLedger.checkDate(run.signed, run.now())
            guard remembered != nil else { throw error }
            return Prepared(table: table, sketch: sketch, remembered: remembered, refusal: error)
        }
    }

    private func steps(_ session: Session, _ prepared: Result<Prepared, any Error>) async throws -> RunReport {
        let own = try await agree(session, prepared), table = own.table
        if let remembered = try await remember(session, own) { return try await showAgain(session, table, remembered) }
        if let refusal = own.refusal { throw refusal }
        try startRun(table, own.sketch)
        let sealed = try await aggregate(table)
        let receipt = try await charge(session, table, own.sketch)
        let told = try await exchangeDiagnostics(session, table)
        let values = try await release(session, sealed, receipt)
        var report = try report(table, receipt, values)
        if let told { report.diagnostics = told(report) }
        try await exchangeHeads(session, &report)
        return try finish(report)
    }

    // MARK: Before data flows

    private func checkPeerCertificate() throws {
        guard let certificate = (channel as? SocketChannel)?.peerFingerprint else { return }
        guard certificate.description == run.peer.fingerprint else {
            throw YinheError(
                .peerMismatch, "connected to \(certificate), the contract names \(run.peer.fingerprint) for \(peer)",
                at: channel.peerDescription)
        }
    }

    /// The dealer that both parties signed for, and no other; none where they agreed on none.
    private func checkDealer() throws {
        guard let named = contract.dealer else {
            guard dealer == nil else {
                throw YinheError(.contract, "the contract names no dealer", remedy: "run without one")
            }
            return
        }
        guard let dealer else {
            throw YinheError(
                .contract, "the contract takes its correlations from the dealer \(named.name), and there is no connection to it",
                remedy: "give its address")
        }
        guard let certificate = (dealer as? SocketChannel)?.peerFingerprint else { return }
        guard certificate.description == named.fingerprint else {
            throw YinheError(
                .peerMismatch, "connected to \(certificate), the contract names \(named.fingerprint) for the dealer \(named.name)",
                at: dealer.peerDescription)
        }
    }

    private func openSession() async throws -> Session {
        var parameters = [("contract", run.signed.hashText), ("plan", plan.digest.hex)]
        if contract.joinMode == .intersectionSum { parameters.append(("key-bits", "\(run.keyBits)")) }
        return try await Session.open(
            over: channel,
            SessionProposal(protocolName: "fusion", version: 2, role: me, peerRole: peer, parameters: parameters),
            progress: run.progress)
    }

    /// Run id and readiness. Throws this side's own reason first, else that the peer refused.
    private func agree(_ session: Session, _ prepared: Result<Prepared, any Error>) async throws -> Prepared {
        let mine = SystemRandom.shared.bytes(32)
        try await session.send(FusionMessage.Hello(nonce: mine))
        let theirs = try await session.receive(FusionMessage.Hello.self).nonce
        let isFirst = contract.parties[0].name == me
        runBytes = RunBinding.runID(
            contractHash: run.signed.hash, nonces: isFirst ? (mine, theirs) : (theirs, mine))
        runID = runBytes.hex

        var status: UInt8 = 0
        var subjects = 0
        switch prepared {
        case .success(let own): subjects = own.table.tokens.count
        case .failure(let error): status = (AbortReason(for: error) ?? .internalError).rawValue
        }
        try await session.send(
            FusionMessage.Ready(status: status, subjects: UInt32(subjects), run: runBytes, party: me, identity: run.identity))
        let answer = try await session.receive(FusionMessage.Ready.self)
        guard answer.isSigned(by: peerKey, run: runBytes, party: peer) else {
            throw YinheError(
                .peerMismatch, "the peer does not hold the key that the contract names for \(peer)", at: channel.peerDescription)
        }
        let own = try prepared.get()
        guard answer.status == 0 else {
            let reason = AbortReason(rawValue: answer.status) ?? .internalError
            throw YinheError(
                .peerAborted, "\(peer) is not ready: \(reason)", at: channel.peerDescription,
                remedy: "ask \(peer) what its own messages say; nothing was exchanged")
        }
        peerSubjects = Int(answer.subjects)
        return own
    }

    /// The last step before something that depends on data leaves this party.
    private func startRun(_ table: KeyedTable, _ sketch: CohortSketch) throws {
        let start = LedgerRecord.RunStart(
            run: runID, contract: run.signed.hashText, party: me, peer: peer, plan: plan.digest.hex)
        let input = LedgerRecord.Input(
            run: runID, dataset: contract.dataset(of: me)!.name, digest: table.report.sha256, bytes: table.report.bytes,
            rows: table.report.rows, keptRows: table.report.keptRows, distinctKeys: table.report.distinctKeys,
            peerDistinctKeys: peerSubjects)
        try run.ledger.startRun(start, of: run.signed, input: input, sketch: sketch, at: run.now())
    }

    // MARK: Charge and release

    /// Both parties are charged, on their disks, before either draws noise.
    private func charge(_ session: Session, _ table: KeyedTable, _ sketch: CohortSketch) async throws -> ChargeReceipt {
        let receipt = try run.ledger.charge(run: runID, of: run.signed, dataset: table.report.sha256, sketch: sketch)
        try await session.send(FusionMessage.Charged(entry: [UInt8](hex: receipt.entry)!))
        _ = try await session.receive(FusionMessage.Charged.self)
        return receipt
    }

    private func release(
        _ session: Session, _ sealed: SealedAggregate, _ receipt: ChargeReceipt
    ) async throws -> ReleasedValues {
        let names = contract.outputs.map(\.name)
        try run.ledger.append(.releaseIntent(.init(run: runID, outputs: names)))
        let (plan, me, peer) = (plan, me, peer)
        let values = try await stopwatch.measure("release") {
            let computed = try await computedNoise()
            let own = try await Parallel.offload { try sealed.noised(plan, receipt: receipt, computed: computed) }
            return try await Self.open(own, plan, me: me, peer: peer, session)
        }
        let shared = values.digest(recipients: contract.parties.map(\.name))
        try await session.send(FusionMessage.ResultDigest(digest: shared))
        guard try await session.receive(FusionMessage.ResultDigest.self).digest == shared else {
            throw YinheError(.peerMisbehaved, "the two sides opened different results", at: peer)
        }
        try run.ledger.append(
            .init(
                run: runID, outputs: names, sharedResult: shared.hex, result: values.digest(recipients: nil).hex, query: run.question,
                statement: plan.statement.digest().hex),
            opened: values.opened)
        return values
    }

    /// Sends this side's noised shares of what the peer may learn, and opens what this side may learn.
    private static func open(
        _ own: [[UInt128]], _ plan: FusionPlan, me: String, peer: String, _ session: Session
    ) async throws -> ReleasedValues {
        func learns(_ party: String, _ query: FusionPlan.Query) -> Bool {
            plan.contract.outputs[query.output].recipients.contains(party)
        }
        let outgoing = zip(plan.queries, own).flatMap { query, shares in learns(peer, query) ? shares : [] }
        try await session.send(FusionMessage.NoisedShares(shares: outgoing))
        let incoming = try await session.receive(FusionMessage.NoisedShares.self).shares
        let expected = plan.queries.filter { learns(me, $0) }.map(\.cells.count).reduce(0, +)
        guard incoming.count == expected else {
            throw YinheError(.peerMisbehaved, "the peer sent \(incoming.count) noised shares, \(expected) were due", at: peer)
        }
        var next = 0
        let opened: [[Int128]?] = zip(plan.queries, own).map { query, shares in
            guard learns(me, query) else { return nil }
            defer { next += shares.count }
            return shares.indices.map { Int128(truncatingIfNeeded: shares[$0] &+ incoming[next + $0]) }
        }
        return ReleasedValues(plan: plan, opened: opened)
    }

    // MARK: After the release

    private func report(_ table: KeyedTable, _ receipt: ChargeReceipt, _ values: ReleasedValues) throws -> RunReport {
        let account = try run.ledger.account(of: run.signed)
        let charge = receipt.charge, near = charge.cohort?.near ?? []
        return try report(
            table, values,
            .init(
                unit: contract.privacy.unit, total: contract.privacy.epsilon.description,
                spentBefore: charge.spentBefore.description, charged: charge.epsilon.description,
                remaining: (contract.privacy.epsilon - charge.spentAfter).description,
                datasetSpent: charge.datasetSpentAfter.description, runs: account.runs, maximumRuns: contract.maximumRuns,
                accounts: charge.accounts, near: near.isEmpty ? nil : near),
            deltaCharged: charge.delta ?? .zero, deltaSpent: charge.deltaSpentAfter ?? .zero)
    }

    func report(
        _ table: KeyedTable, _ values: ReleasedValues, _ use: RunReport.BudgetUse, deltaCharged: Rational, deltaSpent: Rational
    ) throws -> RunReport {
        var budget = use
        if contract.deltaPerRun.isPositive {
            budget.deltaTotal = contract.privacy.delta.description
            budget.deltaCharged = deltaCharged.description
            budget.deltaRemaining = try (contract.privacy.delta - deltaSpent).description
        }
        return RunReport(
            contractName: contract.name, contractHash: run.signed.hashText, purpose: contract.purpose, runID: runID, party: me,
            peer: peer, protocolName: contract.joinMode.rawValue, correlations: contract.correlations.map(\.description),
            startedAt: UTCTime.text(startedAt),
            finishedAt: UTCTime.text(run.now()), input: table.report, peerSetSize: peerSubjects,
            outputs: try values.outputs(for: me), learned: plan.learned(by: me).map(\.rawValue),
            learnedText: plan.leakage.filter { $0.party == me }.map(\.text), traffic: channel.traffic.since(trafficAtStart),
            phases: stopwatch.phases, budget: budget, ledgerHead: "", ledgerEntries: 0, countersigned: false, warnings: [],
            statement: plan.statement, jointNoise: try plan.jointNoiseStatement())
    }

    /// The numbers are released by now: a peer that is lost here costs the countersignature, not the result.
    func exchangeHeads(_ session: Session, _ report: inout RunReport) async throws {
        do {
            let mine = try run.ledger.head()
            try await session.send(FusionMessage.Head(head: mine))
            let theirs = try await session.receive(FusionMessage.Head.self).head
            guard theirs.isSigned(by: peerKey) else {
                throw YinheError(.peerMisbehaved, "the ledger head of \(peer) is not signed by its key")
            }
            try run.ledger.append(
                .headExchange(.init(run: runID, peer: peer, publicKey: peerKey.publicKey.hex, head: theirs)))
            func message(_ head: LedgerHead) -> [UInt8] {
                LedgerHead.countersignedMessage(ledger: head.ledger, sequence: head.sequence, hash: head.hash, run: runID)
            }
            let signature = try run.identity.sign(message(theirs), domain: LedgerHead.countersignatureDomain)
            try await session.send(FusionMessage.Countersignature(signature: signature))
            let answer = try await session.receive(FusionMessage.Countersignature.self).signature
            guard peerKey.isValid(signature: answer, over: message(mine), domain: LedgerHead.countersignatureDomain) else {
                throw YinheError(.peerMisbehaved, "the countersignature of \(peer) is not valid")
            }
            try run.ledger.append(
                .countersignature(
                    .init(
                        run: runID, peer: peer, publicKey: peerKey.publicKey.hex, sequence: mine.sequence, hash: mine.hash,
                        signature: answer.hex)))
            report.countersigned = true
        } catch let lost as YinheError where [.peerUnreachable, .peerAborted].contains(lost.code) {
            report.warnings.append("\(peer) did not countersign the ledger: \(lost.message)")
        }
    }

    func finish(_ unfinished: RunReport) throws -> RunReport {
        var report = unfinished
        report.traffic = channel.traffic.since(trafficAtStart)
        try run.ledger.append(
            .runEnd(.init(run: runID, bytesSent: report.traffic.bytesSent, bytesReceived: report.traffic.bytesReceived)))
        let head = try run.ledger.head()
        report.ledgerHead = head.hash
        report.ledgerEntries = head.sequence
        report.finishedAt = UTCTime.text(run.now())
        return report
    }
}

/// Wall-clock seconds of named phases.
struct Stopwatch {
    private(set) var phases: [RunReport.PhaseTime] = []

    mutating func measure<R>(_ name: String, _ body: () async throws -> R) async rethrows -> R {
        let start = ContinuousClock.now
        defer {
            let time = (ContinuousClock.now - start).components
            phases.append(.init(name: name, seconds: Double(time.seconds) + Double(time.attoseconds) * 1e-18))
        }
        return try await body()
    }
}

extension Result where Failure == any Error {
    fileprivate static func catching(_ body: () async throws -> Success) async -> Self {
        do { return .success(try await body()) } catch { return .failure(error) }
    }
}
