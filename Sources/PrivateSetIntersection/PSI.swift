import SandboxCore

/// Private set intersection: two parties learn which tokens they both hold, and nothing about the others but how many there are.
///
/// `PSI.Sender` and `PSI.Receiver` run the whole of it in one call and choose the protocol; `VOLEPSI` and `DHPSI` are the
/// protocols themselves.
public enum PSI {
    /// Who learns what.
    public enum ResultPolicy: String, Sendable, Codable, CaseIterable {
        /// The receiver learns which of its tokens the sender has too; the sender learns nothing but the receiver's set size.
        case receiverLearnsMatches = "receiver-learns-matches"
        /// Both learn which of their tokens the other has too.
        case bothLearnMatches = "both-learn-matches"
        /// The receiver learns how many tokens are common, and not which; the sender learns nothing but the receiver's set size.
        case cardinalityOnly = "cardinality-only"
    }

    /// What a deviating peer may do without being able to learn more than its input allows.
    public enum Adversary: String, Sendable, Codable, CaseIterable {
        /// Parties follow the protocol and try to learn from what they see.
        case semiHonest = "semi-honest"
        /// Parties may do anything.
        case malicious
    }

    /// Which protocol a run uses.
    public enum ProtocolChoice: String, Sendable, Codable, CaseIterable {
        /// The cheapest of the others for the sizes and the network at hand (`CostModel`).
        case auto
        /// `VOLEPSI`, the variant that computes least.
        case vole
        /// `VOLEPSI`, the variant that sends least.
        case voleLowCommunication = "vole-lowcomm"
        /// `DHPSI`: the fewest bytes, the most computing; the only one that can count without telling which.
        case dh
    }

    /// What a role learned.
    public struct Output: Sendable, Equatable {
        /// Indices of the common tokens in this party's own list, ascending; nil when the policy keeps them from this party.
        public let matches: [Int]?
        /// The number of common tokens; nil when the policy keeps it from this party.
        public let cardinality: Int?
        public let peerSetSize: Int
        /// For each of `matches`, the rank of that token: the same number at both parties, 0 ..< cardinality, in an order that
        /// depends on neither party's list. Non-nil at both parties exactly under `.bothLearnMatches`.
        public let ranks: [Int]?

        package init(matches: [Int]?, cardinality: Int?, peerSetSize: Int, ranks: [Int]? = nil) {
            self.matches = matches
            self.cardinality = cardinality
            self.peerSetSize = peerSetSize
            self.ranks = ranks
        }
    }
}
