import Arithmetic
import DifferentialPrivacy
import SandboxCore
import Tables

/// Why keys did or did not match, as far as both parties' row counts can tell: exchanged with noise under the contract's
/// `diagnostics` clause. Protocols/fusion-run.md, "Match diagnostics".
public struct MatchDiagnostics: Codable, Sendable, Hashable {
    /// What the clause costs each run, a decimal text.
    public var epsilon: String
    /// This party's exact counts.
    public var own: Side
    /// The peer's counts with its noise, negative ones set to 0; `distinct` is exact, which every run reveals.
    public var peer: Side
    /// Released number of matched subjects, where the contract has an output that counts all of them and this party learns it.
    public var matched: Int?
    /// `matched` over the smaller of the two numbers of subjects, at most 1.
    public var matchRate: Double?
    /// Most likely first; empty when nothing is conspicuous.
    public var causes: [Cause]

    public struct Side: Codable, Sendable, Hashable {
        /// Rows with a usable key that entered the run.
        public var rows: Int
        /// Rows without a key.
        public var empty: Int
        /// Rows whose key the normaliser refused.
        public var malformed: Int
        /// Distinct subjects.
        public var distinct: Int

        /// Shares of all rows.
        public var emptyShare: Double { share(empty) }
        public var malformedShare: Double { share(malformed) }
        public var validShare: Double { share(rows) }
        /// Share of the usable rows whose subject had appeared before.
        public var duplicateShare: Double { rows == 0 ? 0 : Double(max(0, rows - distinct)) / Double(rows) }
        private func share(_ part: Int) -> Double {
            let all = rows + empty + malformed
            return all == 0 ? 0 : Double(part) / Double(all)
        }
    }

    public enum Cause: String, Codable, Sendable, Hashable, CaseIterable {
        case ownMalformed = "own-malformed"
        case peerMalformed = "peer-malformed"
        case ownEmpty = "own-empty"
        case peerEmpty = "peer-empty"
        /// One party has less than half as many subjects as the other: most of the larger list cannot match.
        case sizes
        /// Both sides' keys are in order, and still few match: the files are about different subjects.
        case populations
    }

    /// Its line among the charges of a run; no output can have this name.
    static let chargeName = "(match diagnostics)"

    private static let conspicuous = 0.05
    private static let lowMatchRate = 0.5

    init(epsilon: Rational, own: Side, peer: Side, matched: Int?) {
        self.epsilon = epsilon.description
        self.own = own
        self.peer = peer
        self.matched = matched
        let smaller = min(own.distinct, peer.distinct)
        let rate = matched.flatMap { smaller == 0 ? nil : min(1, max(0, Double($0) / Double(smaller))) }
        matchRate = rate
        // Noise of the peer must not look like a finding: exceeded with probability 0.05 by a sample of scale 1 / epsilon.
        let noise = 3 / epsilon.approximation
        let peerRows = Double(peer.rows + peer.empty + peer.malformed)
        func isConspicuous(_ count: Int) -> Bool { Double(count) - noise > Self.conspicuous * peerRows }
        var shares: [(Cause, Double)] = []
        if own.malformedShare > Self.conspicuous { shares.append((.ownMalformed, own.malformedShare)) }
        if isConspicuous(peer.malformed) { shares.append((.peerMalformed, peer.malformedShare)) }
        if own.emptyShare > Self.conspicuous { shares.append((.ownEmpty, own.emptyShare)) }
        if isConspicuous(peer.empty) { shares.append((.peerEmpty, peer.emptyShare)) }
        causes = shares.sorted { $0.1 > $1.1 }.map(\.0)
        if smaller * 2 < max(own.distinct, peer.distinct) { causes.append(.sizes) }
        if let rate, rate < Self.lowMatchRate, shares.isEmpty { causes.append(.populations) }
    }
}

extension MatchDiagnostics.Side {
    init(_ report: InputReport) {
        self.init(rows: report.keptRows, empty: report.emptyKeys, malformed: report.malformedKeys, distinct: report.distinctKeys)
    }

    /// These counts with discrete Laplace noise: a subject changes `rows` by at most `rowsPerSubject`, a row without a usable key
    /// is a unit of its own and changes one of the others by 1; so each count carries noise of its change / epsilon, and the whole is
    /// epsilon-differentially private under adding or removing one of them.
    func noised(epsilon: Rational, rowsPerSubject: Int) throws -> FusionMessage.Diagnostics {
        func noised(_ count: Int, _ change: Int) throws -> Int64 {
            Int64(count) &+ (try DiscreteLaplace(scale: Rational(change) / epsilon).samples(1)[0])
        }
        return FusionMessage.Diagnostics(
            rows: try noised(rows, rowsPerSubject), empty: try noised(empty, 1), malformed: try noised(malformed, 1))
    }

    init(_ message: FusionMessage.Diagnostics, distinct: Int) {
        func count(_ value: Int64) -> Int { Int(max(0, value)) }
        self.init(rows: count(message.rows), empty: count(message.empty), malformed: count(message.malformed), distinct: distinct)
    }
}
