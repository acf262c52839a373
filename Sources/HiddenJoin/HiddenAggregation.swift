import SandboxCore
import SecretSharing
import Transport

/// Sums of products of two parties' columns over the subjects that both hold, as shares:
///
///     shares[r][s] adds up to the sum over matched subjects of receiverColumn_r * senderColumn_s, modulo 2^128.
///
/// With a column of ones on either side these are counts, sums and sums of squares or products of one side's own columns.
/// Nothing is opened. Protocols/hidden-join.md, "Aggregates". Semi-honest.
public enum HiddenAggregation {
    public typealias Column = HiddenJoin.Column
    public typealias ColumnShape = HiddenJoin.ColumnShape
    public typealias Phase = HiddenJoin.Phase

    /// How matches are found.
    public enum Mode: String, Sendable, Codable, CaseIterable {
        /// Nobody learns which rows match, nor how many (`HiddenJoin`).
        case hidden
        /// PSI first: both learn which of their rows match. Then only the products are hidden.
        case aligned
    }

    /// A column of the receiver and one of the sender, by their places.
    public struct Pair: Sendable, Hashable {
        public let receiver: Int
        public let sender: Int

        public init(receiver: Int, sender: Int) {
            self.receiver = receiver
            self.sender = sender
        }
    }

    /// The receiver is party 0 of the computation on shares, and in `.hidden` the party with the hash table: the smaller set
    /// should be its.
    public enum Role: String, Sendable, Codable { case receiver, sender }

    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        public var mode: Mode
        /// With fewer common subjects both sides end with `.belowMinimum`, and learn nothing else; 0 for no such rule.
        public var minimumIntersection: Int
        public var threads: Int
        /// At most 256 bytes, such as a contract's hash.
        public var binding: [UInt8]
        /// Correlated randomness comes from a trusted dealer and not from oblivious transfers between the two parties.
        public var usesDealer: Bool
        /// How oblivious transfers are made, without a dealer: `.fast` for local networks, `.compact` for slow ones.
        public var transfers: TwoPartyComputation.TransferMethod

        /// `threads`: nil for all cores.
        public init(
            mode: Mode = .hidden, minimumIntersection: Int = 0, threads: Int? = nil, binding: [UInt8] = [], usesDealer: Bool = false,
            transfers: TwoPartyComputation.TransferMethod = .fast
        ) {
            self.mode = mode
            self.minimumIntersection = minimumIntersection
            self.threads = threads ?? availableCores
            self.binding = binding
            self.usesDealer = usesDealer
            self.transfers = transfers
        }

        var join: HiddenJoin.Parameters {
            HiddenJoin.Parameters(threads: threads, binding: binding, usesDealer: usesDealer, transfers: transfers)
        }

        func validate() throws {
            try join.validate()
            guard minimumIntersection >= 0 else {
                throw YinheError(.usage, "a minimum intersection of \(minimumIntersection); 0 or more is possible")
            }
        }
    }

    /// What a party holds after a run.
    public struct Output: Sendable {
        /// shares[r][s]: this party's additive share modulo 2^128 of the sum over matched subjects of
        /// receiverColumn_r * senderColumn_s.
        public let shares: [[UInt128]]
        public let peerSetSize: Int
        /// In `.aligned` the rows of this party that matched, ascending; nil in `.hidden`.
        public let matches: [Int]?
        /// What the values on shares cost, without PSI and what makes correlations.
        public let computation: ComputationCost
        /// All that went over the channel between the two parties.
        public let traffic: Traffic
        /// To and from the dealer.
        public let dealerBytes: Int
        public let phases: [Phase]
        public var rounds: Int { traffic.rounds }
        public var bytes: Int { traffic.bytesSent + traffic.bytesReceived }
    }

    static func belowMinimum(_ minimum: Int) -> YinheError {
        YinheError(
            .belowMinimum, "fewer than the agreed minimum of \(minimum) subjects are common; nothing was revealed",
            remedy: "agree on a lower minimum, or join larger sets")
    }
}
