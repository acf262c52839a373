import SandboxCore
import Synchronization
import Transport

/// The trusted dealer's side: takes the channels of the parties, brings those of one job together, and deals.
///
/// Give every channel that a listener accepts to `serve`, each in a task of its own; jobs run beside each other. Drawing,
/// what the dealer learns and what it is trusted with: `Dealer`, Protocols/dealer.md.
public final class DealerService: Sendable {
    /// How long the dealer waits for whom, and how much it does at once.
    public struct Limits: Sendable {
        /// For a new channel's first words.
        public var introduction = Duration.seconds(15)
        /// For the other parties, once one has come.
        public var gathering = Duration.seconds(120)
        /// For the other parties' requests, once one has asked. What they compute in between counts.
        public var request = Duration.seconds(900)
        /// Jobs at the same time; each holds one unit of at most two gigabytes, a few megabytes as a rule.
        public var jobs = 16

        public init() {}
    }

    /// What happens, for logs and reports. Nothing here is more than the dealer learns.
    public enum Event: Sendable {
        /// A party has come; `job` in hexadecimal.
        case joined(job: String, party: Int, name: String, peer: String)
        case started(job: String, names: [String])
        /// `completed` of `count` items of one request are dealt.
        case dealt(job: String, kind: String, completed: Int, count: Int)
        case ended(Report)
        case failed(job: String, YinheError)
    }

    /// One job, as the dealer saw it.
    public struct Report: Sendable, Codable {
        public struct Dealt: Sendable, Codable {
            public var kind: String
            public var requests: Int
            public var items: Int
        }
        /// In hexadecimal.
        public var job: String
        public var parties: [String]
        /// By kind, in the order of their first request.
        public var dealt: [Dealt]
        public var bytesSent: Int
        public var bytesReceived: Int
        public var seconds: Double
    }

    private let limits: Limits
    private let random: any RandomSource
    private let observer: @Sendable (Event) -> Void
    private let jobs = Mutex<[[UInt8]: DealerJob]>([:])

    /// `observer` is called from several tasks and must return quickly.
    public convenience init(limits: Limits = Limits(), observer: @escaping @Sendable (Event) -> Void = { _ in }) {
        self.init(limits: limits, random: SystemRandom.shared, observer: observer)
    }

    package init(limits: Limits, random: any RandomSource, observer: @escaping @Sendable (Event) -> Void = { _ in }) {
        self.limits = limits
        self.random = random
        self.observer = observer
    }

    /// Serves one party until its job has ended, and closes the channel. Every party's call returns the same report.
    ///
    /// Throws what ended the job, on the channel of every party, after each has been told: `.peerUnreachable` for a party that
    /// did not come, was lost or did not ask; `.peerMismatch` for parties that differ; `.peerMisbehaved`; `.range` for what is
    /// not dealt; `.cancelled` when the task is, which ends the whole job.
    @discardableResult
    public func serve(_ channel: any Channel) async throws -> Report {
        let watched = WatchedChannel(channel)
        let (hello, session) = try await admit(watched)
        let member = DealerJob.Member(
            party: hello.party, session: session, channel: watched, fingerprint: (channel as? SocketChannel)?.peerFingerprint)
        let job: DealerJob
        do {
            job = try join(member, hello.roster)
        } catch {
            await DealerJob.tell(error, to: channel)
            throw error.error(hello.roster)
        }
        observer(
            .joined(
                job: hello.roster.job.hex, party: hello.party, name: hello.roster.names[hello.party].printable,
                peer: channel.peerDescription))
        return try await withTaskCancellationHandler {
            try await job.outcome()
        } onCancel: {
            job.cancel()
        }
    }

    private func admit(_ channel: any Channel) async throws -> (Dealer.Hello, Session) {
        let (limit, peer) = (limits.introduction, channel.peerDescription)
        let watch = Task {
            try await Task.sleep(for: limit)
            channel.cancel(YinheError(.peerUnreachable, "the party did not introduce itself in time", at: peer))
        }
        defer { watch.cancel() }
        let session = try await Session.open(over: channel, Dealer.proposal(asDealer: true))
        return (try await session.receive(Dealer.Hello.self), session)
    }

    private func join(_ member: DealerJob.Member, _ roster: Dealer.Roster) throws(Dealer.Refusal) -> DealerJob {
        let outcome: Result<DealerJob, Dealer.Refusal> = jobs.withLock { jobs in
            let job: DealerJob
            if let known = jobs[roster.job] {
                job = known
            } else {
                guard jobs.count < limits.jobs else { return .failure(Dealer.Refusal(.busy)) }
                job = DealerJob(roster, limits, random, observer) { [self] in
                    self.jobs.withLock { _ = $0.removeValue(forKey: roster.job) }
                }
                jobs[roster.job] = job
            }
            if let refusal = job.admit(member, roster) { return .failure(refusal) }
            return .success(job)
        }
        return try outcome.get()
    }
}
