import Arithmetic
import SandboxCore

/// What a contract makes the two parties do: derived from the contract alone, so both derive the same.
///
/// A pass is a bilinear form over the matched subjects. Each party brings some numbers for each of its subjects; the pass ends
/// with shares of `sum over matched subjects of group[g] * slot[s]` for every pair (g, s), modulo 2^128. A pass of intersection-sum
/// has the categories of one column as groups, which one party sorts its subjects into, and encrypts the other's slots. A hidden or
/// aligned join is one pass whose groups are any numbers, the receiver's.
public struct FusionPlan: Sendable, Hashable {
    public let contract: Contract
    public let passes: [Pass]
    public let queries: [Query]
    /// What each party learns beyond the outputs, in reading order.
    public let leakage: [Leak]

    public struct Pass: Sendable, Hashable {
        /// Dataset (and party) of the slots.
        public let valueDataset: String
        public let valueParty: String
        /// Dataset (and party) of the groups; of a hidden or aligned join the receiver.
        public let groupDataset: String
        public let groupParty: String
        /// Category column of the group dataset; nil for one group of everything, and for a hidden or aligned join.
        public let groupColumn: String?
        /// Empty when there is no group column.
        public let groupLabels: [String]
        public internal(set) var groups: [Slot]
        public internal(set) var slots: [Slot]

        public var groupCount: Int { groups.count }
    }

    /// One number that a party computes for each of its subjects.
    public struct Slot: Sendable, Hashable {
        public let content: Content
        /// Only rows that pass all of these enter.
        public let filters: [RowFilter]
        /// The number is in these bounds for every subject; from 0 up in intersection-sum.
        public let bounds: ClosedRange<Int64>

        public enum Content: Sendable, Hashable {
            /// 1 if the subject has a row that passes the filters.
            case presence
            /// Rows that pass the filters.
            case rows
            /// `value - offset`, added over the rows that pass.
            case sum(column: String, offset: Int64)
            /// `(a - its centre) * (b - its centre) - offset`, added over the rows that pass.
            case product(Distance, Distance, offset: Int64)
        }

        /// `column - centre`.
        public struct Distance: Sendable, Hashable {
            public let column: String
            public let centre: Int64
        }

        public var upperBound: UInt64 { UInt64(bounds.upperBound) }
    }

    /// Rows whose `column` (a category's index, or grid units) lies in `range`.
    public struct RowFilter: Sendable, Hashable {
        public let column: String
        public let range: ClosedRange<Int64>
    }

    /// One linear quantity of an output, noised in each of its cells with one scale.
    public struct Query: Sendable, Hashable {
        /// Index into the contract's outputs.
        public let output: Int
        /// A linear one: not `mean`, not `variance`.
        public let measure: Contract.Measure
        public let pass: Int
        /// In the order of `FusionPlan.labels(ofOutput:)`.
        public let cells: [Cell]
        /// The most that adding or removing one subject changes all cells together (L1), in units of the last decimal.
        public let sensitivity: Int64
        /// Likewise the square of the change in L2.
        public let sensitivitySquared: Int128
        /// The measure's part of the output's epsilon; all of it for Gaussian noise, whose measures share it by rho.
        public let epsilon: Rational
        /// What each party adds to each cell; for other kinds of joint noise the law that the cell's noise has.
        public let noise: QueryNoise
        /// How the noise of each cell is made.
        public let jointNoise: Contract.Privacy.JointNoise
        /// The most cells that one subject changes.
        public let touchedCells: Int
    }

    /// `sum over groups (share[slot] + factor * share[correction slot])`.
    public struct Cell: Sendable, Hashable {
        /// Nil: all groups, which then are a partition of the subjects.
        public let group: Int?
        public let slot: Int
        /// Adds `factor` for each row that the correction slot counts: undoes the offset of a negative lower bound.
        public let correction: Correction?

        public struct Correction: Sendable, Hashable {
            public let slot: Int
            public let factor: Int64
        }
    }

    public struct Leak: Sendable, Hashable {
        public let party: String
        public let leakage: Contract.Leakage
        /// A sentence for the party's reader.
        public let text: String
    }

    /// Throws `.contract` naming the clause when the protocol cannot serve the contract, or reveals more than the contract
    /// accepts; `.range` when a number could leave its ring or slot.
    public init(_ contract: Contract) throws {
        var builder = PlanBuilder(contract)
        try builder.build()
        self.contract = contract
        passes = builder.passes
        queries = builder.queries
        leakage = Self.leaks(passes, contract.joinMode)
        try Self.checkLeakage(leakage, contract)
        try builder.checkRecipients()
        if contract.privacy.jointNoise == .computed { _ = try distanceBits() }
    }

    /// Labels of an output's cells, one array of `by` categories (or one bin) per cell; one empty array for a total.
    public func labels(ofOutput index: Int) -> [[String]] {
        PlanBuilder.labels(contract.outputs[index], contract)
    }

    /// The same on both sides exactly when both derived the same computation.
    public var digest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-plan/v1")
        if let correlations = contract.correlations {
            let source = if case .dealer(let dealer) = correlations { "dealer \(dealer.fingerprint)" } else { "transfers" }
            hash.update(field: Array("join \(contract.joinMode.rawValue) \(source)".utf8))
        }
        for pass in passes {
            hash.update(field: Array("pass \(pass.valueDataset) \(pass.groupDataset) \(pass.groupColumn ?? "")".utf8))
            let isPartition = contract.joinMode == .intersectionSum
            let groups = isPartition ? pass.groupLabels : pass.groups.map(\.canonicalText)
            for group in groups { hash.update(field: Array("group \(group)".utf8)) }
            for slot in pass.slots { hash.update(field: Array("slot \(slot.canonicalText)".utf8)) }
        }
        if contract.privacy.jointNoise != .eachParty { hash.update(field: Array("noise \(contract.privacy.jointNoise.rawValue)".utf8)) }
        for query in queries {
            let head =
                "query \(query.output) \(query.measure) \(query.pass) \(query.sensitivity) \(query.epsilon) "
                + query.noise.canonicalText
            hash.update(field: Array(head.utf8))
            for cell in query.cells {
                let fix = cell.correction.map { "\($0.slot) \($0.factor)" } ?? "none"
                hash.update(field: Array("cell \(cell.group ?? -1) \(cell.slot) \(fix)".utf8))
            }
        }
        return hash.finalize()
    }
}

extension FusionPlan.Slot {
    /// Unique among the slots, and among the groups, of a pass.
    var canonicalText: String {
        let what =
            switch content {
            case .presence: "presence"
            case .rows: "rows"
            case .sum(let column, let offset): "sum of \(column) less \(offset)"
            case .product(let a, let b, let offset):
                "product of \(a.column) less \(a.centre) and \(b.column) less \(b.centre) less \(offset)"
            }
        let tests = filters.map { "\($0.column) in \($0.range.lowerBound)...\($0.range.upperBound)" }
        let rows = tests.isEmpty ? "" : " where " + tests.joined(separator: " and ")
        let least = bounds.lowerBound == 0 ? "" : " at least \(bounds.lowerBound)"
        return "\(what)\(rows)\(least) at most \(bounds.upperBound)"
    }
}
