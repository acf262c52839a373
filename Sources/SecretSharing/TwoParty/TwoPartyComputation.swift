import SandboxCore
import Synchronization
import Transport

/// One party's end of a computation on secret-shared values between two parties.
///
///     Party 0                                              Party 1
///     its shares of all values                             its shares of all values
///     correlated randomness, from transfers with the peer or from a dealer, before or during the computation
///     masked shares             <-- one exchange a round -->  masked shares
///     its shares of the result                             its shares of the result
///
/// Both parties run the same program: the same operations on vectors of the same lengths and declared bounds, in the same order; a
/// difference ends both sides before the message of that step is used. Protocols/two-party-sharing.md.
///
/// **Adversary: semi-honest.** A party that follows the protocol learns lengths, bounds and what is opened, and nothing else. Shares are
/// not authenticated: a party that deviates can change results. One task at a time.
public final class TwoPartyComputation: Sendable {
    /// This party's index, 0 or 1.
    public let party: Int
    public let threads: Int
    let link: Link
    let stock = CorrelationStock()
    let meter = Mutex(ComputationCost())
    let source: (any CorrelationSource)?
    /// Whether correlations cost oblivious transfers; equal on both sides.
    let costsTransfers: Bool

    enum Link: Sendable {
        case session(Session)
        /// No peer: the program runs on shares that are all zero, to learn what it costs and whether its ranges fit.
        case planning
    }

    /// Computes in `session` with correlations from `source`.
    package init(session: Session, party: Int, source: any CorrelationSource, threads: Int = availableCores) {
        precondition(party == 0 || party == 1)
        self.party = party
        self.threads = threads
        link = .session(session)
        self.source = source
        costsTransfers = source.costsTransfers
    }

    private init(planning party: Int, costsTransfers: Bool) {
        self.party = party
        threads = 1
        link = .planning
        source = nil
        self.costsTransfers = costsTransfers
    }

    var isPlanning: Bool { if case .planning = link { true } else { false } }

    /// What the program has done so far: exact rounds, bytes and correlations.
    public var cost: ComputationCost { meter.withLock { $0 } }

    // MARK: Planning

    /// Runs `program` without a peer, on shares that are all zero, and returns what a run costs.
    ///
    /// Declared bounds are tracked as in a run, so a result that might leave its ring throws `.range` here, before any data is touched.
    /// Loops whose length depends on opened values (quicksort) are planned for values that are all equal.
    ///
    /// `costsTransfers`: plan for correlations from oblivious transfers rather than from a dealer, where that makes a difference.
    public static func plan<R>(
        party: Int = 0, costsTransfers: Bool = false, _ program: (TwoPartyComputation) async throws -> R
    ) async throws -> ComputationCost {
        let computation = TwoPartyComputation(planning: party, costsTransfers: costsTransfers)
        _ = try await program(computation)
        return computation.cost
    }

    // MARK: Correlations

    /// Plans `program` for this computation's party and source, and produces what it needs ahead of need. Both parties call it at the
    /// same place with the same program.
    public func prepare<R>(for program: (TwoPartyComputation) async throws -> R) async throws {
        try await prepare(Self.plan(party: party, costsTransfers: costsTransfers, program))
    }

    /// Produces what `plan` says ahead of need. Both parties call it at the same place with the same plan.
    public func prepare(_ plan: ComputationCost) async throws {
        guard let source else { return }
        for demand in plan.demands {
            if demand.kind.isDivisible {
                let missing = demand.count - stock.count(demand.kind)
                if missing > 0 { stock.add(try await source.produce(demand.kind, count: missing)) }
            } else {
                for _ in stock.count(demand.kind)..<max(demand.count, stock.count(demand.kind)) {
                    stock.add(try await source.produce(demand.kind, count: 1))
                }
            }
        }
    }

    /// `count` fresh items of a correlation. Never empty.
    package func take(_ kind: Correlation, _ count: Int) async throws -> CorrelationBatch {
        precondition(count > 0)
        meter.withLock { $0.add(kind, count) }
        guard let source else { return CorrelationBatch(zeroed: kind, count: count, party: party) }
        var batches = stock.take(kind, upTo: count)
        let missing = count - batches.reduce(0) { $0 + $1.count }
        if missing > 0 { batches.append(try await source.produce(kind, count: missing)) }
        return CorrelationBatch.joined(batches)
    }

    // MARK: Checks

    func require<E>(_ a: SharedVector<E>) {
        precondition(a.party == party && a.partyCount == 2, "a share of another party")
    }

    func requireLike<E>(_ a: SharedVector<E>, _ b: SharedVector<E>) throws {
        require(a)
        require(b)
        guard a.count == b.count else {
            throw YinheError(.badInput, "vectors of \(a.count) and \(b.count) elements do not fit together")
        }
    }
}

/// What a program of a two-party computation costs one party.
public struct ComputationCost: Sendable, Hashable, CustomStringConvertible {
    /// Exchanges, each one network round trip when both parties are in step (a one-way flight counts as one too).
    public internal(set) var rounds = 0
    /// Payload that this party sends, in bytes, without framing and without what makes the correlations.
    public internal(set) var bytesSent = 0
    package internal(set) var demands: [Demand] = []

    /// Items of one kind of correlation, in the order of first use.
    package struct Demand: Sendable, Hashable {
        package let kind: Correlation
        package internal(set) var count: Int
    }

    package init() {}

    mutating func add(_ kind: Correlation, _ count: Int) {
        if let place = demands.firstIndex(where: { $0.kind == kind }) {
            demands[place].count += count
        } else {
            demands.append(Demand(kind: kind, count: count))
        }
    }

    /// Correlations by name and number of items.
    public var correlations: [String: Int] {
        Dictionary(demands.map { ($0.kind.name, $0.count) }) { $0 + $1 }
    }

    /// What was added since `earlier`.
    public func since(_ earlier: ComputationCost) -> ComputationCost {
        var out = self
        out.rounds -= earlier.rounds
        out.bytesSent -= earlier.bytesSent
        out.demands = demands.compactMap { demand in
            let before = earlier.demands.first { $0.kind == demand.kind }?.count ?? 0
            return demand.count > before ? Demand(kind: demand.kind, count: demand.count - before) : nil
        }
        return out
    }

    public var description: String {
        "\(rounds) rounds, \(bytesSent) bytes sent; "
            + demands.map { "\($0.count) x \($0.kind.name)" }.joined(separator: ", ")
    }
}
