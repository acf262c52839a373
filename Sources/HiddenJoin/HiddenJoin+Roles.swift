import Arithmetic
import SandboxCore
import SecretSharing
import Transport

extension HiddenJoin {
    /// One party's shares of a join, bin by bin. The bins are those of the receiver's table: about 1.3 for each of its tokens.
    public struct SharedRows<E: RingElement>: Sendable {
        /// Whether a bin holds a token of both.
        public let membership: SharedBits
        /// The sender's columns in bins with a match, 0 in the others.
        public let columns: [SharedVector<E>]
        /// The receiver's own row in each bin, nil for none. Nil for the sender, who must not learn it.
        public let rowOfBin: [Int?]?
        public let peerSetSize: Int
        public var bins: Int { membership.count }
    }

    /// Bins that are compared at a time: correlations of one comparison fill about 20 MB, and a run of 2^20 tokens has about 60
    /// rounds.
    package static let chunkBins = 1 << 18

    /// The party whose hash table the result is laid out in; party 0 of the computation on the shares.
    public struct Receiver: Sendable {
        let tokens: [JoinToken]
        let senderColumns: [ColumnShape]
        let parameters: Parameters

        /// `tokens`: distinct, possibly none. Throws `.usage`, `.badInput` for parameters or a set out of range.
        public init(tokens: [JoinToken], senderColumns: [ColumnShape], parameters: Parameters) throws {
            try parameters.validate()
            try requireSize(tokens.count, isReceiver: true)
            self.tokens = tokens
            self.senderColumns = senderColumns
            self.parameters = parameters
        }

        /// Joins in a session of its own and gives the shares to `body`, which may go on computing with them; the peer's `body`
        /// must run the same program. `dealer`: a channel to the trusted dealer when the parameters say so. When anything fails
        /// the peer is told and the channel is closed. Throws `.badInput` when two tokens are equal.
        public func run<E: RingElement, R>(
            over channel: any Channel, dealer: (any Channel)? = nil, ring: E.Type = E.self, progress: ProgressMonitor? = nil,
            _ body: (TwoPartyComputation, SharedRows<E>) async throws -> R
        ) async throws -> R {
            try await closing(dealer) {
                try await run(
                    over: channel, ring: ring, progress: progress, source: source(parameters, dealer: dealer),
                    random: SystemRandom.shared, body)
            }
        }

        package func run<E: RingElement, R>(
            over channel: any Channel, ring: E.Type, progress: ProgressMonitor?, source: SourceMaker, random: any RandomSource,
            _ body: (TwoPartyComputation, SharedRows<E>) async throws -> R
        ) async throws -> R {
            try await joined(true, tokens, senderColumns, nil, parameters, channel, source, progress, random, body)
        }
    }

    /// The party that brings columns; party 1 of the computation on the shares.
    public struct Sender: Sendable {
        let tokens: [JoinToken]
        let columns: [Column]
        let parameters: Parameters

        /// `tokens`: distinct, possibly none; `columns`: a value for each. Throws `.usage`, `.badInput`, `.range` for what does
        /// not fit.
        public init(tokens: [JoinToken], columns: [Column], parameters: Parameters) throws {
            try parameters.validate()
            try requireSize(tokens.count, isReceiver: false)
            for column in columns { try column.validate(rows: tokens.count) }
            self.tokens = tokens
            self.columns = columns
            self.parameters = parameters
        }

        /// See `Receiver.run`.
        public func run<E: RingElement, R>(
            over channel: any Channel, dealer: (any Channel)? = nil, ring: E.Type = E.self, progress: ProgressMonitor? = nil,
            _ body: (TwoPartyComputation, SharedRows<E>) async throws -> R
        ) async throws -> R {
            try await closing(dealer) {
                try await run(
                    over: channel, ring: ring, progress: progress, source: source(parameters, dealer: dealer),
                    random: SystemRandom.shared, body)
            }
        }

        package func run<E: RingElement, R>(
            over channel: any Channel, ring: E.Type, progress: ProgressMonitor?, source: SourceMaker, random: any RandomSource,
            _ body: (TwoPartyComputation, SharedRows<E>) async throws -> R
        ) async throws -> R {
            try await joined(
                false, tokens, columns.map(\.shape), columns.map(\.values), parameters, channel, source, progress, random, body)
        }
    }

    private static func joined<E: RingElement, R>(
        _ isReceiver: Bool, _ tokens: [JoinToken], _ columns: [ColumnShape], _ values: [[Int64]]?, _ parameters: Parameters,
        _ channel: any Channel, _ source: SourceMaker, _ progress: ProgressMonitor?, _ random: any RandomSource,
        _ body: (TwoPartyComputation, SharedRows<E>) async throws -> R
    ) async throws -> R {
        let stated = [("ring", E.ring.rawValue), ("sender's columns", statement(columns))]
        return try await run(
            isReceiver: isReceiver, tokens, named: "hidden-join", stating: stated, parameters, over: channel, source: source,
            progress: progress, random: random,
            payload: { _ in Payload(values, columns: columns.count, rows: tokens.count, ring: E.ring) }
        ) { context in
            let computation = context.computation
            var bits: [SharedBits] = [.constant(false, count: 0, party: computation.party)]
            var parts: [[SharedVector<E>]] = try columns.map { _ in [try emptyVector(computation.party)] }
            if let bins = context.bins {
                for start in stride(from: 0, to: bins.plan.bins, by: chunkBins) {
                    let range = start..<min(start + chunkBins, bins.plan.bins)
                    let matched = try await bins.membership(range, in: computation)
                    bits.append(matched)
                    let selected: [SharedVector<E>] = try await bins.select(matched, columns, range, in: computation)
                    for (j, column) in selected.enumerated() { parts[j].append(column) }
                    context.clock.report("comparison", range.upperBound, of: bins.plan.bins)
                }
            }
            let rows = SharedRows<E>(
                membership: SharedBits.joined(bits), columns: try parts.map { try SharedVector.joined($0) },
                rowOfBin: isReceiver
                    ? context.bins?.rowOfBin?.map { $0 == CuckooTable.empty ? nil : Int($0) } ?? [] : nil,
                peerSetSize: context.peerSize)
            return try await body(computation, rows)
        }
    }

    private static func emptyVector<E: RingElement>(_ party: Int) throws -> SharedVector<E> {
        try SharedVector(share: [], party: party, of: 2, bounds: DeclaredBounds(0, 0))
    }
}

extension ProgrammedBins {
    /// Shared bits: whether bins `range` hold a match. Protocols/hidden-join.md, step 4.
    func membership(_ range: Range<Int>, in computation: TwoPartyComputation) async throws -> SharedBits {
        try await computation.privateEquality(targets(range), bits: plan.targetBits)
    }

    /// The sender's columns in bins `range` where `matched`, else 0. One round.
    func select<E: RingElement>(
        _ matched: SharedBits, _ columns: [HiddenJoin.ColumnShape], _ range: Range<Int>, in computation: TwoPartyComputation,
        beside others: [SharedVector<E>] = []
    ) async throws -> [SharedVector<E>] {
        let own: [SharedVector<E>] = try columns.enumerated().map { j, column in
            // A bin without a match holds a random element, which the product with its bit 0 removes.
            try SharedVector<E>(share: elements(j, range), party: computation.party, of: 2, bounds: column.declared)
        }
        let all = own + others
        guard !all.isEmpty else { return [] }
        let bits = SharedBits.joined(Array(repeating: matched, count: all.count))
        let products = try await computation.multiply(bits, SharedVector.joined(all))
        let n = range.count
        return try all.indices.map { j in
            try products[j * n..<(j + 1) * n].declared(all[j].bounds.union(DeclaredBounds(0, 0)))
        }
    }

    private func elements<E: RingElement>(_ column: Int, _ range: Range<Int>) -> [E] {
        if E.self == UInt64.self {
            var out: [UInt64] = []
            out.reserveCapacity(range.count)
            append(column: column, of: range, to: &out)
            return out as! [E]
        }
        var out: [UInt128] = []
        out.reserveCapacity(range.count)
        append(column: column, of: range, to: &out)
        return out as! [E]
    }
}
