import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

/// One party of a join, once its options and header are known to be good.
struct JoinParty: Sendable {
    let role: PrivateJoin.Role
    let options: PrivateJoin.Options
    let header: [String]
    let workspace: Workspace
    let progress: ProgressMonitor?

    static let protocolName = "private-join"
    static let version = 1

    var peerRole: PrivateJoin.Role { role == .sender ? .receiver : .sender }

    func run(over channel: any Channel, _ remembered: JobState?) async throws -> PrivateJoin.Report {
        let proposal = SessionProposal(
            protocolName: Self.protocolName, version: UInt32(Self.version), role: role.rawValue, peerRole: peerRole.rawValue,
            parameters: options.agreed)
        let session = try await Session.open(over: channel, proposal)
        let before = channel.traffic
        return try await session.abortingOnError {
            var report = PrivateJoin.Report(
                role: role, joinType: options.joinType, reveal: options.reveal, rowOrder: options.rowOrder, protocolUsed: .auto)
            let job = try await agree(session, remembered)
            let prepared = try await prepare(session, job, &report)
            let found = try await intersect(session, job, prepared, &report)
            try await conclude(session, prepared, found, &report)
            report.traffic = channel.traffic.since(before)
            report.spilledBytes = workspace.writtenBytes
            return report
        }
    }

    func checkpoint(_ name: String) throws { try options.tuning.checkpoint?(name) }

    func timed<T>(_ phase: String, _ report: inout PrivateJoin.Report, _ body: () async throws -> T) async rethrows -> T {
        let start = ContinuousClock.now
        let result = try await body()
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        report.seconds[phase, default: 0] += Double(seconds) + Double(attoseconds) / 1e18
        return result
    }

    // MARK: Job

    /// The job that both sides work on.
    struct Job: Sendable {
        /// 16 bytes.
        var id: [UInt8]
        var partitionKey: [UInt8]
        /// What an earlier run left; nil for a new job.
        var state: JobState?
        var records: [Int: BucketRecord] = [:]
        /// Finished on both sides.
        var finished: Set<Int> = []
    }

    private func agree(_ session: Session, _ remembered: JobState?) async throws -> Job {
        let records = remembered == nil ? [:] : try BucketRecord.load(from: workspace.folder())
        let mine = Set(records.values.filter(\.finished).map(\.bucket))
        let nonce = SystemRandom.shared.bytes(32)
        var bits = [UInt8](repeating: 0, count: ((mine.max() ?? -1) + 8) / 8)
        for bucket in mine { bits[bucket / 8] |= 1 << UInt8(bucket % 8) }
        let id = remembered.flatMap { [UInt8](hex: $0.job) }
        try await session.send(PrivateJoin.Hello(job: id, nonce: nonce, finished: bits))
        let hello: PrivateJoin.Hello = try await session.receive()
        let theirs = Set((0..<8 * hello.finished.count).filter { hello.finished[$0 / 8] >> UInt8($0 % 8) & 1 == 1 })

        if let remembered, let id, id == hello.job {
            // The receiver counts: it has finished a bucket only after the sender had stored it.
            let (finished, confirmed) = role == .receiver ? (mine, theirs) : (theirs, mine)
            let stored = role == .receiver ? mine : Set(records.keys)
            guard confirmed.isSubset(of: finished), finished.isSubset(of: stored),
                finished.allSatisfy({ $0 < remembered.plan.buckets })
            else {
                throw YinheError(
                    .peerMismatch, "the resume directories of the two sides do not fit: one of them is older, or incomplete",
                    remedy: "remove both and start again")
            }
            return Job(
                id: id, partitionKey: [UInt8](hex: remembered.partitionKey)!, state: remembered, records: records,
                finished: finished)
        }
        guard mine.isEmpty, theirs.isEmpty else { throw refusal(own: remembered != nil, peer: hello.job != nil) }
        // Nothing is lost: no bucket was finished on either side.
        if workspace.isResumable { try workspace.folder().clear() }
        let nonces = role == .receiver ? nonce + hello.nonce : hello.nonce + nonce
        return Job(id: PrivateJoin.derive("job", nonces), partitionKey: PrivateJoin.derive("partition key", nonces))
    }

    private func refusal(own: Bool, peer: Bool) -> YinheError {
        let text =
            switch (own, peer) {
            case (true, true): "the resume directories of the two sides belong to different jobs"
            case (true, false): "the peer does not know the job of this side's resume directory"
            default: "the peer is in the middle of a job that this side does not know"
            }
        return YinheError(
            .peerMismatch, text,
            remedy: "name the folders of one job on both sides, with the peer of that job; or remove both and start again")
    }

    // MARK: Plan

    /// What is needed to run buckets.
    struct Prepared: Sendable {
        var table: JoinTable
        var plan: BucketPlan
        var engine: JoinEngine
        /// Usable rows of the peer, as it announced them.
        var peerRows: Int
    }

    private func prepare(_ session: Session, _ job: Job, _ report: inout PrivateJoin.Report) async throws -> Prepared {
        let table = try await timed("read", &report) {
            try await CancelFlag.offload { flag in
                if let state = job.state {
                    return try JoinTable.reopen(state, options, workspace: workspace, progress: progress, flag: flag)
                }
                let hash = PartitionHash(key: job.partitionKey)
                return try JoinTable.read(options, hash: hash, workspace: workspace, progress: progress, flag: flag)
            }
        }
        try checkpoint("read")
        report.input = table.report
        if let state = job.state {
            report.peerSize = state.peerSize
            report.resumedBuckets = job.finished.count
            let engine = JoinEngine(
                state.protocolUsed, explanation: state.explanation, role: role, options: options,
                jobSizes: state.plan.jobSizes)
            return describe(Prepared(table: table, plan: state.plan, engine: engine, peerRows: state.peerSize), &report)
        }
        let sizes = PrivateJoin.Sizes(rows: BucketPlan.announced(table.report.keptRows), limit: options.elementLimit)
        try await session.send(sizes)
        let peer: PrivateJoin.Sizes = try await session.receive()
        let (receiver, sender) = role == .receiver ? (sizes.rows, peer.rows) : (peer.rows, sizes.rows)
        let plan = try BucketPlan(receiver: receiver, sender: sender, limit: min(sizes.limit, peer.limit))
        let engine = try await chooseEngine(session, job, plan, own: sizes.rows)
        report.peerSize = peer.rows
        if workspace.isResumable {
            try JobState(
                options: options.remembered(for: role), job: job.id.hex, partitionKey: job.partitionKey.hex, plan: plan,
                peerSize: peer.rows, input: table.report,
                tokenSizes: table.tokens.isSpilled ? table.tokens.partitionSizes : nil,
                recordSizes: table.records?.isSpilled == true ? table.records!.partitionSizes : nil,
                protocolUsed: engine.used, explanation: engine.explanation
            ).save(to: workspace.folder())
        }
        try checkpoint("planned")
        return describe(Prepared(table: table, plan: plan, engine: engine, peerRows: peer.rows), &report)
    }

    private func describe(_ prepared: Prepared, _ report: inout PrivateJoin.Report) -> Prepared {
        report.protocolUsed = prepared.engine.used
        report.explanation = prepared.engine.explanation
        report.buckets = prepared.plan.buckets
        return prepared
    }

    private func chooseEngine(_ session: Session, _ job: Job, _ plan: BucketPlan, own: Int) async throws -> JoinEngine {
        var choice = options.protocolChoice
        var explanation = ""
        if choice == .auto, options.reveal == .count {
            choice = .dh
            explanation = "only dh can count without telling which keys are common"
        } else if choice == .auto {
            (choice, explanation) = try await JoinEngine.negotiate(
                role, setSize: plan.elements(of: role).map { $0 * plan.buckets } ?? own, runs: plan.buckets, options: options,
                over: session.channel, binding: job.id)
        }
        return JoinEngine(choice, explanation: explanation, role: role, options: options, jobSizes: plan.jobSizes)
    }
}

extension PrivateJoin {
    /// 16 bytes that both sides draw together; `nonces`: the receiver's, then the sender's.
    package static func derive(_ purpose: String, _ nonces: [UInt8]) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/private-join/\(purpose)/v1")
        hash.update(nonces)
        return Array(hash.finalize()[0..<16])
    }
}
