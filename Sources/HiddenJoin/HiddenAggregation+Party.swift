import Arithmetic
import SandboxCore
import SecretSharing
import Transport

extension HiddenAggregation {
    /// One party's end.
    public struct Party: Sendable {
        let role: Role
        let tokens: [JoinToken]
        let columns: [Column]
        let layout: Layout
        let parameters: Parameters

        /// - Parameters:
        ///   - tokens: distinct, possibly none (`run` throws `.badInput` when two are equal).
        ///   - columns: this party's; a value for each token.
        ///   - pairs: the pairs of a receiver's and a sender's column whose sums are wanted, the same on both sides; nil for all. Only these cost
        ///     products; the shares of a pair of two varying columns that is not wanted add up to 0.
        ///   - peerColumns: what the peer brings, from the contract; the peer's own must have the same names and bounds.
        ///
        /// Throws `.usage` or `.badInput` for what does not fit together, `.range` for values outside their bounds.
        public init(
            role: Role, tokens: [JoinToken], columns: [Column], peerColumns: [ColumnShape], pairs: Set<Pair>? = nil,
            parameters: Parameters
        ) throws {
            try parameters.validate()
            try HiddenJoin.requireSize(tokens.count, isReceiver: role == .receiver)
            for column in columns { try column.validate(rows: tokens.count) }
            self.role = role
            self.tokens = tokens
            self.columns = columns
            self.parameters = parameters
            let own = columns.map(\.shape)
            layout = Layout(
                receiver: role == .receiver ? own : peerColumns, sender: role == .receiver ? peerColumns : own,
                minimum: parameters.minimumIntersection, pairs: pairs)
            guard pairs?.allSatisfy({ layout.receiver.indices.contains($0.receiver) && layout.sender.indices.contains($0.sender) }) ?? true
            else { throw YinheError(.usage, "a wanted pair names a column that does not exist") }
            // Refused whatever the peer's size is, when even one row does not fit.
            _ = try layout.sumBits(rows: 1)
        }

        /// Runs in sessions of its own on `channel`; `dealer`: a channel to the trusted dealer when the parameters say so.
        ///
        /// Throws `.belowMinimum` on both sides when too few subjects are common, `.range` before anything depends on data when
        /// a sum could leave its range, `.peerMismatch` for different parameters or columns; and what the peer or the dealer
        /// causes. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, dealer: (any Channel)? = nil, progress: ProgressMonitor? = nil
        ) async throws -> Output {
            try await HiddenJoin.closing(dealer) {
                try await run(
                    over: channel, source: HiddenJoin.source(parameters.join, dealer: dealer), dealer: dealer, progress: progress,
                    random: SystemRandom.shared)
            }
        }

        package func run(
            over channel: any Channel, source: HiddenJoin.SourceMaker, dealer: (any Channel)? = nil,
            progress: ProgressMonitor? = nil, random: any RandomSource
        ) async throws -> Output {
            let before = channel.traffic, dealerBefore = dealer?.traffic ?? Traffic()
            let result: Result
            switch parameters.mode {
            case .hidden: result = try await runHidden(over: channel, source: source, progress: progress, random: random)
            case .aligned: result = try await runAligned(over: channel, source: source, progress: progress, random: random)
            }
            let dealt = dealer?.traffic.since(dealerBefore) ?? Traffic()
            return Output(
                shares: result.shares, peerSetSize: result.peerSize, matches: result.matches, computation: result.cost,
                traffic: channel.traffic.since(before), dealerBytes: dealt.bytesSent + dealt.bytesReceived, phases: result.phases)
        }

        struct Result: Sendable {
            var shares: [[UInt128]]
            var peerSize: Int
            var matches: [Int]?
            var cost: ComputationCost
            var phases: [Phase]
        }

        /// What both sides state before any data flows.
        var statements: [(name: String, value: String)] {
            [
                ("mode", parameters.mode.rawValue), ("minimum intersection", "\(parameters.minimumIntersection)"),
                ("receiver's columns", HiddenJoin.statement(layout.receiver)),
                ("sender's columns", HiddenJoin.statement(layout.sender)),
            ] + (layout.pairStatement.map { [("pairs", $0)] } ?? [])
        }

        /// Throws when the sizes alone decide that too few are common.
        func checkMinimum(_ peerSize: Int) throws {
            guard min(tokens.count, peerSize) >= parameters.minimumIntersection else {
                throw belowMinimum(parameters.minimumIntersection)
            }
        }
    }
}
