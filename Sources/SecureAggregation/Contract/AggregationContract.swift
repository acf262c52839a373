import Foundation
import SandboxCore

/// What the parties of a secure aggregation agree on: who contributes which table, who adds, who may open, and from how many
/// contributors on.
///
/// A value of this type is complete and consistent. It is identified by the SHA-256 of the exact bytes of its file, which every
/// signed file of an aggregation carries. The file format is Protocols/secure-aggregation.md, "Contract".
public struct AggregationContract: Hashable, Sendable {
    public let name: String
    public let purpose: String
    public let contributors: [Contributor]
    /// Receives the submissions, checks and adds them. Never one of the key holders, unless several of them must join to open.
    public let aggregator: Party
    public let keyHolders: [Party]
    /// How many key holders must join to open; 1 when there is one.
    public let threshold: Int
    public let key: Key
    public let rows: Rows
    public let columns: [Column]
    /// Whether every submission proves that each of its values lies within its column's bounds.
    public let requiresRangeProofs: Bool
    /// Nothing that covers fewer contributors is opened.
    public let minimumContributors: Int
    /// Submissions that the aggregator receives at or after this instant are refused.
    public let deadline: Date
    /// SHA-256 of the file, 32 bytes.
    public let hash: [UInt8]

    public struct Party: Hashable, Sendable {
        public let name: String
        public let title: String
        /// Of the party's Ed25519 key.
        public let fingerprint: Fingerprint
    }

    public struct Contributor: Hashable, Sendable {
        public let party: Party
        /// The public factor of this contributor's values in the sum.
        public let weight: Int
        public var name: String { party.name }
        public var fingerprint: Fingerprint { party.fingerprint }
    }

    public struct Key: Hashable, Sendable {
        /// Bits of the Paillier modulus.
        public let bits: Int
        /// `PaillierPublicKey.fingerprint`.
        public let fingerprint: String
        /// Digest of the verification keys of a key that several holders share; nil for a key with one holder.
        public let sharing: String?
    }

    /// The rows that every contributor's table has.
    public enum Rows: Hashable, Sendable {
        /// Agreed labels, in any order in the files.
        case labels(column: String, [String])
        /// 1 to `count`, in this order in the files.
        case indexed(column: String, count: Int)

        public var column: String {
            switch self {
            case .labels(let column, _), .indexed(let column, _): column
            }
        }
        public var count: Int {
            switch self {
            case .labels(_, let labels): labels.count
            case .indexed(_, let count): count
            }
        }
        public func label(_ row: Int) -> String {
            switch self {
            case .labels(_, let labels): labels[row]
            case .indexed: String(row + 1)
            }
        }
    }

    public struct Column: Hashable, Sendable {
        public let name: String
        public let unit: String
        /// Decimals; 0 for integers. Values are exact multiples of 10^-scale.
        public let scale: Int
        /// In units of the last decimal, like `upper`.
        public let lower: Int64
        public let upper: Int64
        package init(name: String, unit: String, scale: Int, lower: Int64, upper: Int64) {
            self.name = name
            self.unit = unit
            self.scale = scale
            self.lower = lower
            self.upper = upper
        }

        /// The greatest value counted from `lower`.
        package var span: UInt64 { UInt64(upper - lower) }
    }

    public func contributor(named name: String) -> Contributor? { contributors.first { $0.name == name } }
    public func keyHolder(named name: String) -> Party? { keyHolders.first { $0.name == name } }
    public var totalWeight: Int { contributors.reduce(0) { $0 + $1.weight } }
    public var hashText: String { hash.hex }

    /// The contributor, aggregator or key holder with this key; throws `.contract` that names the role when there is none.
    public func contributor(with fingerprint: Fingerprint) throws -> Contributor {
        guard let found = contributors.first(where: { $0.fingerprint == fingerprint }) else { throw stranger(fingerprint, "a contributor") }
        return found
    }

    public func keyHolder(with fingerprint: Fingerprint) throws -> Party {
        guard let found = keyHolders.first(where: { $0.fingerprint == fingerprint }) else { throw stranger(fingerprint, "a key holder") }
        return found
    }

    public func requireAggregator(_ fingerprint: Fingerprint) throws {
        guard aggregator.fingerprint == fingerprint else { throw stranger(fingerprint, "the aggregator") }
    }

    private func stranger(_ fingerprint: Fingerprint, _ role: String) -> YinheError {
        YinheError(
            .contract, "the key \(fingerprint) is not that of \(role) of the contract \"\(name)\"",
            remedy: "use the identity that the contract names (`yinhe keys show`), or correct the contract")
    }
}
