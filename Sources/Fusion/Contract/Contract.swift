import Arithmetic
import Foundation
import SandboxCore
import Tables

/// A data-use contract: who joins what with whom, which noised aggregates may leave, and at what privacy cost.
///
/// A value of this type is complete and consistent: every name it mentions exists, every bound is ordered, and one run fits
/// the privacy budget. The file format is Protocols/contract.md.
public struct Contract: Hashable, Sendable {
    /// The contract's own name, unique among a party's contracts only by convention; its hash identifies it.
    public let name: String
    /// Why the parties compute this, in their own words.
    public let purpose: String
    /// Exactly two.
    public let parties: [Party]
    /// Exactly two, one of each party, in the order of `join`.
    public let datasets: [Dataset]
    public let joinMode: JoinMode
    /// Where the correlated randomness of the join comes from; nil in a mode that needs none.
    public let correlations: Correlations?
    public let outputs: [Output]
    public let privacy: Privacy
    /// What each run may spend on telling both parties why keys match or not; nil: nothing is told.
    public let diagnostics: Rational?
    /// A run whose intersection is smaller stops before anything is revealed.
    public let minimumIntersection: Int
    /// Runs that may start exchanging data, also those that fail later.
    public let maximumRuns: Int
    /// No run starts at or after this instant.
    public let expires: Date
    /// What the parties accept that the protocol reveals beyond the outputs.
    public let acceptedLeakage: Set<Leakage>

    /// Clause path -> "file:line:column", for messages about a plan.
    package let places: [String: String]

    public struct Party: Hashable, Sendable {
        public let name: String
        public let title: String
        /// Text form of the fingerprint of the party's Ed25519 key.
        public let fingerprint: String
    }

    public struct Privacy: Hashable, Sendable {
        /// What one join key stands for: the subject whose presence and data are protected.
        public let unit: String
        /// Total over all runs.
        public let epsilon: Rational
        public let delta: Rational
        /// The law of the noise that the released numbers carry.
        public let mechanism: Mechanism
        /// How the two parties make the noise together. Protocols/joint-noise.md.
        public let jointNoise: JointNoise
        /// What a run on nearly the same subjects as an earlier one meets; nil leaves it to each party's own policy.
        public let nearIdentical: NearIdentical?

        public enum Mechanism: String, Hashable, Sendable, Codable, CaseIterable {
            /// Discrete Laplace: epsilon alone.
            case laplace
            /// Discrete Gaussian: epsilon and delta; less noise for outputs of many measures.
            case gaussian
        }

        public enum JointNoise: String, Hashable, Sendable, Codable, CaseIterable {
            /// Each adds a full sample.
            case eachParty = "each-party"
            /// Each adds half of one sample: less noise, and a weak guarantee against the other party.
            case divisible
            /// One sample, made inside the computation: known to neither.
            case computed
        }

        /// Whether released numbers are protected up to a delta: by Gaussian noise, or as computed noise is near its law, not of it.
        public var spendsDelta: Bool { mechanism == .gaussian || jointNoise == .computed }

        public enum NearIdentical: String, Hashable, Sendable, Codable, CaseIterable {
            case refuse
            /// Both runs count together. Protocols/privacy-budget.md.
            case charge
        }
    }

    /// What a protocol reveals to a party beyond the outputs.
    public enum Leakage: String, Sendable, CaseIterable, Codable {
        /// Both parties learn how many distinct keys the other one brings.
        case setSizes = "set-sizes"
        /// The party whose values are summed learns how many keys of the other fall in each group.
        case groupSizes = "group-sizes"
        /// The party that owns the groups learns the exact number of matched subjects in each of them.
        case groupMatchCounts = "group-match-counts"
        /// Both parties learn which of their own keys the other one also has.
        case matchedKeys = "matched-keys"
    }

    public func party(named name: String) -> Party? { parties.first { $0.name == name } }
    public func dataset(named name: String) -> Dataset? { datasets.first { $0.name == name } }
    /// The dataset that `party` brings.
    public func dataset(of party: String) -> Dataset? { datasets.first { $0.party == party } }
    /// The other one of the two parties.
    public func peer(of party: String) -> Party? { parties.first { $0.name != party } }

    package func column(_ reference: ColumnReference) -> Column {
        guard let column = dataset(named: reference.dataset)?.column(named: reference.column) else {
            preconditionFailure("a decoded contract has no dangling reference")
        }
        return column
    }

    /// The sum of what one run's outputs, and its diagnostics, cost.
    public var epsilonPerRun: Rational {
        // Checked when the contract was read.
        outputs.reduce(diagnostics ?? .zero) { try! $0 + $1.epsilon }
    }

    /// Likewise in delta; 0 for Laplace noise.
    public var deltaPerRun: Rational { outputs.reduce(Rational.zero) { try! $0 + $1.delta } }
}

extension Contract {
    public struct Dataset: Hashable, Sendable {
        public let name: String
        public let party: String
        public let key: Key
        /// At most this many rows of one subject are kept.
        public let rowsPerSubject: Int
        public let columns: [Column]

        public func column(named name: String) -> Column? { columns.first { $0.name == name } }
    }

    public struct Key: Hashable, Sendable {
        public let column: String
        /// Name and version of the normaliser that makes two spellings of one key equal, such as "uscc/1".
        public let normalizer: String
    }

    public struct Column: Hashable, Sendable {
        public let name: String
        public let kind: Kind
        /// Unit of the values, empty for categories and indicators.
        public let unit: String
        /// Least value in units of the last decimal (10^-scale); values below are clamped. 0 for categories and indicators.
        public let lower: Int64
        /// Greatest value, likewise.
        public let upper: Int64
        /// What happens to a row with a cell that is not a number or not a declared category.
        public let onBadCell: CellPolicy
        public let onEmptyCell: CellPolicy

        public enum Kind: Hashable, Sendable {
            case integer
            /// A number with `scale` decimals, computed exactly on the grid of 10^-scale.
            case decimal(scale: Int)
            case category([String])
            /// 1 where `column` is at least `atLeast` (in units of that column's last decimal), else 0.
            case indicator(of: String, atLeast: Int64)
        }

        /// Decimals of a value; 0 for everything but decimals.
        public var scale: Int { if case .decimal(let scale) = kind { scale } else { 0 } }
        public var isIndicator: Bool { if case .indicator = kind { true } else { false } }
        public var isNumeric: Bool { if case .category = kind { false } else { true } }
        public var categories: [String]? { if case .category(let labels) = kind { labels } else { nil } }
    }

    /// "dataset.column".
    public struct ColumnReference: Hashable, Sendable, CustomStringConvertible {
        public let dataset: String
        public let column: String
        public var description: String { "\(dataset).\(column)" }
    }
}

extension Contract.Dataset {
    /// The schema under which the party's file is read.
    public func schema() throws -> TableSchema {
        try TableSchema(
            keyColumn: key.column, normalizer: JoinKeyNormalizer(named: key.normalizer), rowsPerSubject: rowsPerSubject,
            columns: columns.map { column in
                let type: ColumnType
                switch column.kind {
                case .integer: type = .integer
                case .decimal(let scale): type = .decimal(scale: scale)
                case .category(let labels): type = .category(labels)
                case .indicator(let source, let atLeast): type = .indicator(of: source, atLeast: atLeast)
                }
                let isBounded = column.isNumeric && !column.isIndicator
                return ColumnDeclaration(
                    name: column.name, type: type, unit: column.unit, lower: isBounded ? column.lower : nil,
                    upper: isBounded ? column.upper : nil, onBadCell: column.onBadCell, onEmptyCell: column.onEmptyCell)
            })
    }
}
