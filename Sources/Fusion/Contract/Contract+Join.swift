import ContractText
import SandboxCore

extension Contract {
    /// How the two tables are joined, and with it what a run reveals beyond its outputs.
    public enum JoinMode: String, Sendable, Codable, CaseIterable {
        /// One party's values encrypted under Paillier, the other party's groups: Protocols/intersection-sum.md.
        case intersectionSum = "intersection-sum"
        /// Set intersection that both parties learn, then secret sharing over the matched rows.
        case aligned
        /// Secret sharing over a join whose matches neither party learns.
        case hidden
    }

    /// Where the correlated randomness comes from that secret sharing spends.
    public enum Correlations: Hashable, Sendable, CustomStringConvertible {
        /// The two parties make it with oblivious transfers; nobody else takes part.
        case transfers
        /// A third party deals it. It learns no data and no result, unless it colludes with a party.
        case dealer(Dealer)

        public var description: String {
            switch self {
            case .transfers: "transfers"
            case .dealer(let dealer): "dealer \(dealer.name) \(dealer.fingerprint)"
            }
        }
    }

    public struct Dealer: Hashable, Sendable {
        public let name: String
        public let title: String
        /// Text form of the fingerprint of the dealer's Ed25519 key.
        public let fingerprint: String
    }

    /// The dealer that the contract names; nil when there is none.
    public var dealer: Dealer? { if case .dealer(let dealer) = correlations { dealer } else { nil } }
}

/// The `join` clause.
struct JoinClause {
    let datasets: [Contract.Dataset]
    let mode: Contract.JoinMode
    let correlations: Contract.Correlations?

    init(_ value: YamlValue, declared: [Contract.Dataset], parties: [Contract.Party]) throws {
        let fields = try value.mapping(required: ["datasets"], optional: ["mode", "protocol", "correlations"])
        mode = try Self.mode(value, fields)
        datasets = try Self.datasets(fields["datasets"]!, declared)
        if mode == .intersectionSum {
            if let given = fields["correlations"] {
                throw given.error(
                    "intersection-sum needs no correlated randomness", remedy: "remove the key, or choose mode: hidden or aligned")
            }
            correlations = nil
        } else {
            correlations = try fields["correlations"].map { try Self.correlations($0, parties) } ?? .transfers
        }
    }

    private static func mode(_ value: YamlValue, _ fields: [String: YamlValue]) throws -> Contract.JoinMode {
        if let name = fields["protocol"] {
            if let mode = fields["mode"] { throw mode.error("both \"mode\" and \"protocol\" are given", remedy: "keep mode") }
            // The spelling of contracts older than the other modes.
            return try name.word(["intersection-sum": Contract.JoinMode.intersectionSum])
        }
        guard let mode = fields["mode"] else { throw value.error("the key \"mode\" is missing") }
        return try mode.word(["hidden": Contract.JoinMode.hidden, "aligned": .aligned, "intersection-sum": .intersectionSum])
    }

    private static func datasets(_ value: YamlValue, _ declared: [Contract.Dataset]) throws -> [Contract.Dataset] {
        let list = try value.list(2...2, of: "datasets")
        let joined = try list.map { item in
            let name = try item.name()
            guard let dataset = declared.first(where: { $0.name == name }) else {
                throw item.error(
                    "no dataset is named \"\(name)\"", remedy: "declared: \(declared.map(\.name).joined(separator: ", "))")
            }
            return dataset
        }
        guard joined[0].party != joined[1].party else {
            throw list[1].error("both datasets belong to \(joined[0].party)", remedy: "join one dataset of each party")
        }
        guard joined[0].key.normalizer == joined[1].key.normalizer else {
            throw list[1].error(
                "normalised differently from the other dataset's key (\(joined[0].key.normalizer)), so no keys would match"
            )
        }
        return joined
    }

    private static func correlations(_ value: YamlValue, _ parties: [Contract.Party]) throws -> Contract.Correlations {
        if case .scalar = value.node { return try value.word(["transfers": Contract.Correlations.transfers]) }
        let dealer = try value.mapping(required: ["dealer"])["dealer"]!
        let fields = try dealer.mapping(required: ["name", "title", "fingerprint"])
        let name = try fields["name"]!.name(), fingerprint = try fields["fingerprint"]!.fingerprint()
        // A party that dealt would know the other one's masks.
        guard !parties.contains(where: { $0.name == name }) else {
            throw fields["name"]!.error("\"\(name)\" is a party; the dealer must be a third one")
        }
        guard !parties.contains(where: { $0.fingerprint == fingerprint }) else {
            throw fields["fingerprint"]!.error("this is the key of a party; the dealer must be a third one")
        }
        return .dealer(.init(name: name, title: try fields["title"]!.text(), fingerprint: fingerprint))
    }
}
