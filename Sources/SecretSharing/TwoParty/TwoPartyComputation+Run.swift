import ObliviousTransfer
import SandboxCore
import Transport

extension TwoPartyComputation {
    /// How oblivious transfers are made. Both are semi-honest, with 128 bits of computational security.
    public enum TransferMethod: String, Sendable, CaseIterable {
        /// SoftSpoken OT extension: 31 bits a transfer and little computing. For local networks.
        case fast
        /// Silent OT extension: below one bit a transfer, and several times the computing. For slow networks.
        case compact

        package var method: RandomOT.Method { self == .fast ? .softSpoken : .silent }
    }

    /// Where correlated randomness comes from. Both parties choose the same.
    public enum Randomness: Sendable {
        /// Made by the two parties alone.
        case transfers(TransferMethod)
        /// Dealt by a third party over a channel to it, that does not collude with either.
        case dealer(any Channel)

        fileprivate var text: String {
            switch self {
            case .transfers(let method): "transfers, \(method.rawValue)"
            case .dealer: "dealer"
            }
        }
    }

    /// One party's choices. All but `threads` and `pool` must be the same on both sides.
    public struct Options: Sendable {
        public var randomness: Randomness
        public var threads: Int
        /// At most 256 bytes that bind the computation to something, such as a contract's hash.
        public var binding: [UInt8]
        /// A folder of this party with correlations from earlier (`prepare(into:)`); nil for none.
        public var pool: String?
        /// Both parties' names, in order, for messages of the dealer.
        public var names: [String]

        public init(
            randomness: Randomness = .transfers(.fast), threads: Int = availableCores, binding: [UInt8] = [], pool: String? = nil,
            names: [String] = ["party-0", "party-1"]
        ) {
            self.randomness = randomness
            self.threads = threads
            self.binding = binding
            self.pool = pool
            self.names = names
        }
    }

    /// Opens a session, runs `program` at this party's end and returns what it returns. `party`: 0 or 1, the peer's the other.
    ///
    /// Throws `.peerMismatch` on both sides when options or programs differ, `.range` when a result might leave its ring, and what the
    /// channel and the dealer throw. When anything fails the peer is told and the channels are closed; nothing is opened then.
    public static func run<R: Sendable>(
        over channel: any Channel, party: Int, options: Options = Options(), progress: ProgressMonitor? = nil,
        _ program: (TwoPartyComputation) async throws -> R
    ) async throws -> R {
        guard party == 0 || party == 1, options.binding.count <= 256, options.threads >= 1, options.names.count == 2 else {
            throw YinheError(.usage, "a computation of party \(party) with \(options.threads) threads and a binding of \(options.binding.count) bytes")
        }
        let proposal = SessionProposal(
            protocolName: "two-party-sharing", version: 1, role: "party \(party)", peerRole: "party \(1 - party)",
            parameters: [
                ("randomness", options.randomness.text), ("pool", options.pool == nil ? "none" : "kept"),
                ("binding", options.binding.hex),
            ])
        return try await Session.run(over: channel, proposal, progress: progress) { session in
            try await withSource(session, party, options, progress) { source in
                try await program(
                    TwoPartyComputation(session: session, party: party, source: source, threads: options.threads))
            }
        }
    }

    /// Makes the correlations of `program` and stores them in the pool of `options` for a later run of it. Both parties call it.
    public static func prepare<R>(
        over channel: any Channel, party: Int, options: Options, progress: ProgressMonitor? = nil,
        for program: @escaping @Sendable (TwoPartyComputation) async throws -> R
    ) async throws {
        guard options.pool != nil else { throw YinheError(.usage, "correlations are prepared into a pool", remedy: "name a folder") }
        try await run(over: channel, party: party, options: options, progress: progress) { computation in
            let plan = try await plan(party: party, costsTransfers: computation.costsTransfers, program)
            try await computation.store(plan, progress: progress)
        }
    }

    private func store(_ plan: ComputationCost, progress: ProgressMonitor?) async throws {
        guard let pool = source as? PooledCorrelations else { preconditionFailure("a pool was opened") }
        let total = plan.demands.reduce(0) { $0 + $1.count }
        var done = 0
        for demand in plan.demands {
            let pieces = demand.kind.isDivisible ? 1 : demand.count
            for _ in 0..<pieces {
                try await pool.store(demand.kind, count: demand.count / pieces)
                done += demand.count / pieces
                progress?(ProgressEvent(phase: "correlations stored", completed: done, total: total))
            }
        }
    }

    private static func withSource<R: Sendable>(
        _ session: Session, _ party: Int, _ options: Options, _ progress: ProgressMonitor?,
        _ body: (any CorrelationSource) async throws -> R
    ) async throws -> R {
        var dealer: DealerCorrelations?
        let base: any CorrelationSource
        switch options.randomness {
        case .transfers(let method):
            base = TransferCorrelations(session: session, party: party, threads: options.threads, method: method.method)
        case .dealer(let channel):
            // The transcript of the opened session is the same on both sides, and new in every run.
            let connected = try await DealerCorrelations(
                over: channel, job: session.transcriptHash, party: party, names: options.names, progress: progress)
            dealer = connected
            base = connected
        }
        var source = base
        if let path = options.pool {
            source = try await PooledCorrelations(base: base, pool: CorrelationPool(path: path, party: party), session: session)
        }
        let result = try await body(source)
        await dealer?.finish()
        return result
    }
}
