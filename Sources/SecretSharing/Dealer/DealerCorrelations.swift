import SandboxCore
import Synchronization
import Transport

/// One party's end of the connection to a trusted dealer: the source of its correlated randomness.
///
/// All parties of one computation ask for the same kinds and counts in the same order; the dealer compares before it deals. One
/// task asks at a time. `Dealer`, Protocols/dealer.md.
public final class DealerCorrelations: Sendable {
    public let party: Int
    public let names: [String]
    private let roster: Dealer.Roster
    private let channel: Dealer.PartyChannel
    private let session: Session
    private let trafficBefore: Traffic
    private let progress: ProgressMonitor?

    private struct State {
        var isBusy = false
        var step: UInt64 = 0
        var unit: UInt64 = 0
        /// Truncated hashes of all seeds so far: one that comes again would show the parties each other's masks.
        var seeds: Set<UInt128> = []
    }
    private let state = Mutex(State())

    /// Introduces party `party` of `names` to the dealer at the other end of `channel`, and waits until all parties of the job
    /// have come. `job`: 1 to 64 bytes that all of them know and that no other computation uses, such as a run's hash.
    ///
    /// Throws `.usage` for a bad roster; `.peerUnreachable` when the dealer is lost, or a party does not come (its name is the
    /// place); `.peerMismatch` when the parties' rosters differ; `.peerAborted`. The channel is closed then.
    public init(
        over channel: any Channel, job: [UInt8], party: Int, names: [String], progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil
    ) async throws {
        let roster = try Dealer.Roster(job: job, names: names)
        guard names.indices.contains(party) else {
            throw YinheError(.usage, "party \(party) of \(names.count)", remedy: "indices start at 0")
        }
        let watched = Dealer.PartyChannel(channel, roster: roster)
        trafficBefore = channel.traffic
        session = try await Self.explaining(watched) {
            let session = try await Session.open(
                over: watched, Dealer.proposal(asDealer: false), first: Dealer.Hello(roster: roster, party: party),
                messageDeadline: messageDeadline)
            _ = try await session.abortingOnError { try await session.receive(Dealer.Ready.self) }
            return session
        }
        self.channel = watched
        self.roster = roster
        self.party = party
        self.names = names
        self.progress = progress
    }

    /// Tells the dealer that this party needs nothing more, and closes the channel. A channel that is closed without it makes the
    /// dealer report a lost party.
    public func finish() async {
        let step = state.withLock { $0.step }
        try? await session.send(Dealer.Request(step: step, wanted: nil))
        await channel.close()
    }

    /// The one party that the dealer named when it stopped.
    var blamed: Int? { channel.blamed }

    /// Leaves after a failure; `culprit`: the party that this one lost, so that the dealer names it to the others.
    func leave(blaming culprit: Int?) async {
        let (channel, names) = (channel, names)
        await Task {
            let watch = Task {
                try await Task.sleep(for: .seconds(2))
                channel.cancel(YinheError(.peerUnreachable, "the dealer does not read", at: "dealer"))
            }
            if let culprit, names.indices.contains(culprit) {
                try? await channel.send([WatchedChannel.noticeTag, UInt8(truncatingIfNeeded: culprit)])
            }
            await channel.close()
            watch.cancel()
        }.value
    }

    /// Everything sent to and received from the dealer so far.
    public var traffic: Traffic { channel.traffic.since(trafficBefore) }
}

extension DealerCorrelations: CorrelationSource {
    package var name: String { "trusted dealer" }

    package var bytesOutsideSession: Int {
        let traffic = traffic
        return traffic.bytesSent + traffic.bytesReceived
    }

    /// Throws `.range` for what no dealer makes, before anything is sent; `.peerMismatch` when the parties ask for different
    /// things; `.peerUnreachable` when the dealer or, with its name, a party is lost; `.peerMisbehaved` when the dealer repeats
    /// itself or sends wrong lengths. 24 bytes for every unit, and 8 for every word of the derived sections to one party.
    package func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        let role = Dealer.role(of: party, among: names.count)
        if count == 0 { return CorrelationBatch(zeroed: kind, count: 0, party: role) }
        try kind.requireDealable(count: count, among: names.count)
        let step = state.withLock { state in
            precondition(!state.isBusy, "one task asks the dealer at a time")
            state.isBusy = true
            defer { state.step += 1 }
            return state.step
        }
        defer { state.withLock { $0.isBusy = false } }
        return try await Self.explaining(channel) {
            try await session.abortingOnError {
                try await session.send(Dealer.Request(step: step, wanted: .init(kind: kind, count: count)))
                let batch = CorrelationBatch(zeroed: kind, count: count, party: role)
                for range in Dealer.Units(kind, count: count).ranges {
                    try await receive(batch.items(range))
                    progress?(ProgressEvent(phase: "correlations", completed: range.upperBound, total: count))
                }
                return batch
            }
        }
    }

    private func receive(_ part: CorrelationBatch) async throws {
        var message = try await session.receive(Dealer.UnitSeed.self)
        defer { message.wipe() }
        try check(message)
        try await Parallel.offload { [seed = message.seed] in Dealing.expand(into: part, seed: seed) }
        guard part.party == part.kind.correctionParty else { return }
        var bytes: [UInt8] = []
        var taken = 0
        var left = 8 * part.derivedSections.reduce(0) { $0 + part.words($1).count }
        for section in part.derivedSections {
            let words = UnsafeMutableRawBufferPointer(part.words(section))
            var filled = 0
            while filled < words.count {
                if taken == bytes.count {
                    bytes = try await session.receive(Dealer.Derived.self).bytes
                    taken = 0
                    guard bytes.count == min(left, 8 * Dealer.messageWords) else {
                        throw YinheError(
                            .peerMisbehaved, "the dealer sent \(bytes.count) bytes of \(part.kind.name) where "
                                + "\(min(left, 8 * Dealer.messageWords)) were due", at: "dealer")
                    }
                    left -= bytes.count
                }
                let n = min(words.count - filled, bytes.count - taken)
                bytes.withUnsafeBytes {
                    UnsafeMutableRawBufferPointer(rebasing: words[filled..<filled + n])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[taken..<taken + n]))
                }
                filled += n
                taken += n
            }
        }
    }

    /// A unit's number and its seed must never have been here before.
    private func check(_ message: Dealer.UnitSeed) throws {
        var hash = DomainHash(domain: "yinhe/dealer/seed/v1")
        hash.update(message.seed)
        let digest = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: UInt128.self) }
        try state.withLock { state in
            guard message.unit > state.unit else {
                throw YinheError(
                    .peerMisbehaved, "the dealer dealt unit \(message.unit) again", at: "dealer",
                    remedy: "do not use this dealer: correlations that are dealt twice reveal shared values")
            }
            guard message.unit == state.unit + 1 else {
                throw YinheError(.peerMisbehaved, "the dealer dealt unit \(message.unit) after \(state.unit)", at: "dealer")
            }
            state.unit = message.unit
            guard state.seeds.insert(digest).inserted else {
                throw YinheError(
                    .peerMisbehaved, "the dealer used a seed twice, in unit \(message.unit)", at: "dealer",
                    remedy: "do not use this dealer: correlations that are dealt twice reveal shared values")
            }
        }
    }

    /// Runs `body`; its errors name the dealer, or whom the dealer names.
    private static func explaining<R>(_ channel: Dealer.PartyChannel, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            if let refusal = channel.refusal {
                await channel.close()
                throw refusal
            }
            guard var known = error as? YinheError, known.code == .peerUnreachable else { throw error }
            known.message = "the dealer was lost: \(known.message)"
            known.place = known.place.isEmpty ? "dealer" : "dealer, \(known.place)"
            known.remedy = "look at the dealer's messages, start it again, and run the computation again from its beginning"
            throw known
        }
    }
}
