import SandboxCore
import Synchronization
import Transport

/// One party's end of a computation on values that two to eight parties share additively.
///
///     party i                                             every other party j
///     its shares of all values                            its shares of all values
///     correlated randomness from the dealer, of which each holds one part
///     masked share               <------------------->    masked share              all add them up
///     its share of the result                             its share of the result
///
/// Multiplication with triples of D. Beaver (CRYPTO 1991), dealt by a trusted dealer (`DealerService`). All parties run the same
/// program: the same operations on vectors of the same lengths and declared bounds, in the same order; a difference stops all of
/// them before the step's values are used. Exact description: Protocols/multi-party.md.
///
/// **Adversary: semi-honest.** Up to n - 1 parties that follow the protocol learn together nothing but lengths, bounds and what is
/// opened to one of them, unless the dealer colludes. **Shares are not authenticated**: a party that deviates can change results,
/// and only an opened value outside its declared bounds is noticed. One task at a time.
public final class MultiPartyComputation: Sendable {
    public static let partyRange = 2...8

    /// What all parties agree on beforehand; every pair compares it before anything is shared.
    public struct Agreement: Sendable, Hashable {
        /// The roster, in the order that everybody uses.
        public let names: [String]
        /// Ties the computation to something outside it; different for every computation, such as a run's hash.
        public let binding: [UInt8]

        /// Throws `.usage` for a roster that is not 2 to 8 different names of 1 to 200 bytes, or a binding above 256 bytes.
        public init(names: [String], binding: [UInt8]) throws {
            guard MultiPartyComputation.partyRange.contains(names.count), Set(names).count == names.count,
                names.allSatisfy({ (1...200).contains($0.utf8.count) })
            else {
                throw YinheError(
                    .usage, "the parties are not 2 to 8 different names of 1 to 200 bytes",
                    remedy: "give every party its own short name")
            }
            guard binding.count <= 256 else {
                throw YinheError(.usage, "a binding of \(binding.count) bytes", remedy: "bind a hash")
            }
            self.names = names
            self.binding = binding
        }

        /// The dealer's job: a hash of the roster and the binding.
        var job: [UInt8] {
            var hash = DomainHash(domain: "yinhe/multi-party/job/v1")
            for name in names { hash.update(field: Array(name.utf8)) }
            hash.update(field: binding)
            return hash.finalize()
        }

        func proposal(from me: Int, to peer: Int) -> SessionProposal {
            SessionProposal(
                protocolName: "yinhe/multi-party", version: 1, role: "party \(me)", peerRole: "party \(peer)",
                parameters: [("number of parties", "\(names.count)")]
                    + names.enumerated().map { ("name of party \($0.offset)", $0.element) } + [("binding", binding.hex)])
        }
    }

    /// This party's index in the roster.
    public let party: Int
    public let agreement: Agreement
    let links: PartyLinks
    let source: DealerCorrelations
    let random: any RandomSource
    let state = Mutex(State())

    struct State {
        var step: UInt64 = 0
        var failure: YinheError?
    }
    private let before: Traffic

    public var partyCount: Int { agreement.names.count }

    /// Opens the sessions with every other party, then the one with the dealer, and waits until all are there.
    ///
    /// `channels`: one for each other party, by roster index. `messageDeadline`: longest wait for one message of a party; nil leaves
    /// it to the channels. When a party is missing, fails or misbehaves, here or later, every other party throws an error whose
    /// place names it, and all channels are closed.
    public static func open(
        party: Int, agreement: Agreement, channels: [Int: any Channel], dealer: any Channel, progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil
    ) async throws -> MultiPartyComputation {
        try await open(
            party: party, agreement: agreement, channels: channels, dealer: dealer, progress: progress,
            messageDeadline: messageDeadline, random: SystemRandom.shared)
    }

    package static func open(
        party: Int, agreement: Agreement, channels: [Int: any Channel], dealer: any Channel, progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil, random: any RandomSource
    ) async throws -> MultiPartyComputation {
        guard agreement.names.indices.contains(party), channels[party] == nil,
            channels.keys.allSatisfy(agreement.names.indices.contains)
        else {
            throw YinheError(
                .usage, "party \(party) of \(agreement.names.count), with channels to \(channels.keys.sorted())",
                remedy: "give one channel to every other party, by its index from 0")
        }
        let links = PartyLinks(channels, names: agreement.names, me: party, task: "computation") {
            agreement.proposal(from: party, to: $0)
        }
        do {
            try await links.open(messageDeadline: messageDeadline)
            let source = try await DealerCorrelations(
                over: dealer, job: agreement.job, party: party, names: agreement.names, progress: progress)
            return MultiPartyComputation(party, agreement, links, source, random)
        } catch {
            dealer.cancel(YinheError(.cancelled, "the computation did not begin"))
            throw await links.stop(because: error, cancelled: Task.isCancelled)
        }
    }

    private init(
        _ party: Int, _ agreement: Agreement, _ links: PartyLinks, _ source: DealerCorrelations, _ random: any RandomSource
    ) {
        self.party = party
        self.agreement = agreement
        self.links = links
        self.source = source
        self.random = random
        before = links.traffic
    }

    /// With all other parties, after the handshakes.
    public var traffic: Traffic { links.traffic.since(before) }
    /// With the dealer.
    public var dealerTraffic: Traffic { source.traffic }

    /// Ends the computation together with everybody, and closes all channels. Throws when another party has not come to its end.
    public func finish() async throws {
        let header = try begin(.finish, ring: .z64, count: 0, bounds: DeclaredBounds(unchecked: 0, 0))
        do {
            let last = Piece(header: header, offset: 0, bytes: [])
            let received = try await links.exchange(
                sending: Dictionary(uniqueKeysWithValues: links.peers.map { ($0, last) }), receiving: Piece.self, from: links.peers)
            for (peer, piece) in received { try check(piece, header, 0..<0, 8, from: peer) }
        } catch {
            throw await fail(error)
        }
        await source.finish()
        for channel in links.channels.values { await channel.close() }
    }

    // MARK: Steps

    /// Begins one step of the program.
    func begin(
        _ operation: Operation, ring: Ring, count: Int, bounds: DeclaredBounds, receivers: UInt8 = 0xff
    ) throws -> Header {
        let number = try state.withLock { state in
            if let failure = state.failure { throw failure }
            defer { state.step += 1 }
            return state.step
        }
        return Header(step: number, operation: operation, ring: ring, receivers: receivers, count: count, bounds: bounds)
    }

    /// After an error in a step nothing more can be computed: every party is told, all channels close. Returns the error to throw.
    func fail(_ error: any Error) async -> any Error {
        var cause = error
        // The dealer named a party: it is that one's fault, not the dealer's.
        if !(error is LinkFailure), let blamed = source.blamed, blamed != party, var known = error as? YinheError {
            known.place = "dealer"
            cause = LinkFailure(peer: blamed, error: known)
        }
        let culprit = (cause as? LinkFailure).map { links.culprit(of: $0) }
        let shown = await links.stop(because: cause, cancelled: Task.isCancelled)
        await source.leave(blaming: Task.isCancelled ? nil : culprit)
        let known = shown as? YinheError ?? YinheError(.system, "\(shown)")
        state.withLock { $0.failure = $0.failure ?? known }
        return shown
    }

    func require<E>(_ x: SharedVector<E>) {
        precondition(x.party == party && x.partyCount == partyCount, "a share of another party")
    }

    func requireLike<E>(_ x: SharedVector<E>, _ y: SharedVector<E>) throws {
        require(x)
        require(y)
        guard x.count == y.count else {
            throw YinheError(.badInput, "vectors of \(x.count) and \(y.count) elements do not fit together")
        }
    }
}
