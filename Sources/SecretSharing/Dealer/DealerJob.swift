import SandboxCore
import Synchronization
import Transport

/// One job of the dealer: waits for its parties, then answers their requests until all have finished.
final class DealerJob: Sendable {
    struct Member: Sendable {
        let party: Int
        let session: Session
        let channel: WatchedChannel
        /// Of the key behind the channel, where there is one.
        let fingerprint: Fingerprint?
    }

    /// Why the job stops, and what the dealer itself saw.
    struct Failure: Error {
        let refusal: Dealer.Refusal
        /// Told by the session layer already, or gone.
        var culprits: Set<Int> = []
        var cause: YinheError?
    }

    private struct State {
        var members: [Int: Member] = [:]
        var otherRoster: Int?
        var isClosed = false
        var task: Task<DealerService.Report, any Error>?
    }

    private let roster: Dealer.Roster
    private let limits: DealerService.Limits
    private let random: any RandomSource
    private let observer: @Sendable (DealerService.Event) -> Void
    private let state = Mutex(State())
    private let isGathered = AsyncStream<Void>.makeStream()
    private static let grace = Duration.seconds(2)

    init(
        _ roster: Dealer.Roster, _ limits: DealerService.Limits, _ random: any RandomSource,
        _ observer: @escaping @Sendable (DealerService.Event) -> Void, whenOver: @escaping @Sendable () -> Void
    ) {
        self.roster = roster
        self.limits = limits
        self.random = random
        self.observer = observer
        let task = Task { [self] in
            defer { whenOver() }
            return try await run()
        }
        state.withLock { $0.task = task }
    }

    func outcome() async throws -> DealerService.Report { try await state.withLock { $0.task! }.value }
    func cancel() { state.withLock { $0.task }?.cancel() }

    /// Takes a party in, or says why not. A party with another roster ends the job for all: somebody is wrong.
    func admit(_ member: Member, _ roster: Dealer.Roster) -> Dealer.Refusal? {
        let (refusal, wakes): (Dealer.Refusal?, Bool) = state.withLock { state in
            if roster != self.roster {
                if state.otherRoster == nil { state.otherRoster = min(member.party, self.roster.names.count - 1) }
                return (Dealer.Refusal(.otherRoster, parties: [member.party]), !state.isClosed)
            }
            let isStranger = state.members.values.allSatisfy { $0.fingerprint == nil || $0.fingerprint != member.fingerprint }
            guard !state.isClosed, state.members[member.party] == nil, isStranger else {
                return (Dealer.Refusal(.taken, parties: [member.party]), false)
            }
            state.members[member.party] = member
            return (nil, state.members.count == self.roster.names.count)
        }
        if wakes { isGathered.continuation.finish() }
        return refusal
    }

    // MARK: The job

    private func run() async throws -> DealerService.Report {
        let start = ContinuousClock.now
        do {
            let members = try await gather()
            observer(.started(job: roster.job.hex, names: roster.names.map(\.printable)))
            for member in members { try await onLink(member) { try await $0.send(Dealer.Ready()) } }
            let dealt = try await deal(to: members)
            for member in members { await member.channel.close() }
            let traffic = members.map(\.session.traffic)
            let elapsed = (ContinuousClock.now - start).components
            let report = DealerService.Report(
                job: roster.job.hex, parties: roster.names.map(\.printable), dealt: dealt,
                bytesSent: traffic.reduce(0) { $0 + $1.bytesSent }, bytesReceived: traffic.reduce(0) { $0 + $1.bytesReceived },
                seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18)
            observer(.ended(report))
            return report
        } catch {
            let failure =
                Task.isCancelled
                ? Failure(refusal: Dealer.Refusal(.stopped), cause: YinheError(.cancelled, "the dealer was stopped"))
                : error as? Failure ?? Failure(refusal: Dealer.Refusal(.stopped), cause: error as? YinheError)
            await stop(failure)
            let shown = failure.refusal.reason == .stopped
                ? failure.cause ?? YinheError(.system, "\(error)") : failure.refusal.error(roster, cause: failure.cause)
            observer(.failed(job: roster.job.hex, shown))
            throw shown
        }
    }

    private func gather() async throws -> [Member] {
        let limit = limits.gathering
        let watch = Task { [isGathered] in
            try await Task.sleep(for: limit)
            isGathered.continuation.finish()
        }
        for await _ in isGathered.stream {}
        watch.cancel()
        let (members, other) = state.withLock { state in
            state.isClosed = true
            return (state.members, state.otherRoster)
        }
        try Task.checkCancellation()
        if let other { throw Failure(refusal: Dealer.Refusal(.otherRoster, parties: [other])) }
        let missing = Set(roster.names.indices).subtracting(members.keys)
        guard missing.isEmpty else { throw Failure(refusal: Dealer.Refusal(.missing, parties: missing)) }
        return roster.names.indices.map { members[$0]! }
    }

    /// Protocols/dealer.md, "Rounds".
    private func deal(to members: [Member]) async throws -> [DealerService.Report.Dealt] {
        var dealt: [DealerService.Report.Dealt] = []
        var (step, unit) = (UInt64(0), UInt64(0))
        while true {
            let requests = try await requests(of: members, step: step)
            guard requests.allSatisfy({ $0 == requests[0] && $0.step == step }) else {
                throw Failure(refusal: Dealer.Refusal(.different, step: step, requests: requests))
            }
            guard let wanted = requests[0].wanted else { return dealt }
            do { try wanted.kind.requireDealable(count: wanted.count, among: members.count) } catch {
                throw Failure(
                    refusal: Dealer.Refusal(.notDealt, step: step, requests: requests), cause: error as? YinheError)
            }
            try await deal(wanted, to: members, &unit)
            let name = wanted.kind.name
            let place = dealt.firstIndex { $0.kind == name } ?? dealt.count
            if place == dealt.count { dealt.append(.init(kind: name, requests: 0, items: 0)) }
            dealt[place].requests += 1
            dealt[place].items += wanted.count
            step += 1
        }
    }

    private func deal(_ wanted: Dealer.Request.Wanted, to members: [Member], _ unit: inout UInt64) async throws {
        let units = Dealer.Units(wanted.kind, count: wanted.count)
        let hand = Dealer.Hand(units, parties: members.count)
        for range in units.ranges {
            unit += 1
            let number = unit
            var seeds = members.map { _ in random.bytes(Dealing.seedBytes) }
            defer { for i in seeds.indices { ConstantTime.wipe(&seeds[i]) } }
            let derived = try await Parallel.offload { [seeds] in hand.deal(range.count, seeds: seeds) }
            let messages = seeds.map { Dealer.UnitSeed(unit: number, seed: $0) }
            try await forEach(members) { member, session in
                try await session.send(messages[member.party])
                guard Dealer.role(of: member.party, among: members.count) == wanted.kind.correctionParty else { return }
                for part in derived { try await session.send(Dealer.Derived(bytes: part)) }
            }
            observer(.dealt(job: roster.job.hex, kind: wanted.kind.name, completed: range.upperBound, count: wanted.count))
        }
    }

    /// Everybody's next request. Once one has come, the others have `limits.request`.
    private func requests(of members: [Member], step: UInt64) async throws -> [Dealer.Request] {
        try await withThrowingTaskGroup(of: (Int, Dealer.Request)?.self) { group in
            for member in members {
                group.addTask { [self] in
                    (member.party, try await onLink(member) { try await $0.receive(Dealer.Request.self) })
                }
            }
            var received: [Int: Dealer.Request] = [:]
            let limit = limits.request
            while received.count < members.count {
                guard let (party, request) = try await group.next()! else {
                    let late = Set(members.map(\.party)).subtracting(received.keys)
                    throw Failure(refusal: Dealer.Refusal(.late, parties: late, step: step))
                }
                if received.isEmpty {
                    group.addTask {
                        try await Task.sleep(for: limit)
                        return nil
                    }
                }
                received[party] = request
            }
            group.cancelAll()
            return members.map { received[$0.party]! }
        }
    }

    // MARK: Links

    private func forEach(_ members: [Member], _ body: @escaping @Sendable (Member, Session) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for member in members { group.addTask { [self] in try await onLink(member) { try await body(member, $0) } } }
            try await group.waitForAll()
        }
    }

    private func onLink<R>(_ member: Member, _ body: (Session) async throws -> R) async throws -> R {
        do {
            return try await body(member.session)
        } catch {
            let cause = error as? YinheError
            if let blamed = member.channel.blamed, blamed != member.party, roster.names.indices.contains(blamed) {
                // The party goes because it lost another one.
                throw Failure(refusal: Dealer.Refusal(.lost, parties: [blamed]), culprits: [member.party, blamed], cause: cause)
            }
            throw Failure(
                refusal: Dealer.Refusal(cause?.code == .peerMisbehaved ? .misbehaved : .lost, parties: [member.party]),
                culprits: [member.party], cause: cause)
        }
    }

    private func stop(_ failure: Failure) async {
        let members = state.withLock { state in
            state.isClosed = true
            return state.members
        }
        let tasks = members.map { party, member in
            Task {
                if failure.culprits.contains(party) { await member.channel.close() } else {
                    await Self.tell(failure.refusal, to: member.channel)
                }
            }
        }
        for task in tasks { await task.value }
    }

    /// Sends the refusal and closes the channel; a party that does not read is cut off. In a task of its own, so that a
    /// cancelled job still tells.
    static func tell(_ refusal: Dealer.Refusal, to channel: any Channel) async {
        await Task {
            let watch = Task {
                try await Task.sleep(for: grace)
                channel.cancel(YinheError(.peerUnreachable, "the peer does not read", at: channel.peerDescription))
            }
            defer { watch.cancel() }
            try? await channel.send(refusal.frame)
            await channel.close()
        }.value
    }
}
