import Arithmetic
import SandboxCore

/// What a contract makes the two parties do: derived from the contract alone, so both derive the same.
///
/// Each pass is one private intersection-sum. Its value party encrypts `slots` numbers for each of its subjects; its group
/// party sorts its subjects into `groupLabels.count` groups; both end with shares of one sum per group and slot.
public struct FusionPlan: Sendable, Hashable {
    public let contract: Contract
    public let passes: [Pass]
    public let queries: [Query]
    /// What each party learns beyond the outputs, in reading order.
    public let leakage: [Leak]

    public struct Pass: Sendable, Hashable {
        /// Dataset (and party) whose values are summed.
        public let valueDataset: String
        public let valueParty: String
        public let groupDataset: String
        public let groupParty: String
        /// Category column of the group dataset; nil for one group of everything.
        public let groupColumn: String?
        /// Empty when there is no group column.
        public let groupLabels: [String]
        public internal(set) var slots: [Slot]

        public var groupCount: Int { max(groupLabels.count, 1) }
    }

    /// One number that the value party computes for each of its subjects.
    public struct Slot: Sendable, Hashable {
        public let content: Content
        /// Only rows whose value lies in a range enter; nil for all rows.
        public let filter: RowFilter?
        /// The number is in 0 ... upperBound for every subject.
        public let upperBound: UInt64

        public enum Content: Sendable, Hashable {
            /// 1 if the subject has a row that passes the filter.
            case presence
            /// Rows that pass the filter.
            case rows
            /// `value - offset`, added over the rows that pass; `offset` is the lower bound where that is negative, else 0.
            case sum(column: String, offset: Int64)
        }
    }

    /// Rows of the value dataset whose `column` (a category's index, or grid units) lies in `range`.
    public struct RowFilter: Sendable, Hashable {
        public let column: String
        public let range: ClosedRange<Int64>
    }

    /// One linear quantity of an output, noised in each of its cells with one scale.
    public struct Query: Sendable, Hashable {
        /// Index into the contract's outputs.
        public let output: Int
        /// `count`, `rows` or `sum`.
        public let measure: Contract.Measure
        public let pass: Int
        /// In the order of `FusionPlan.labels(ofOutput:)`.
        public let cells: [Cell]
        /// The most that adding or removing one subject changes all cells together (L1), in units of the last decimal.
        public let sensitivity: Int64
        public let epsilon: Rational
        /// sensitivity / epsilon: the scale of the discrete Laplace noise that each party adds to each cell.
        public let noiseScale: Rational
    }

    /// `sum over groups (share[slot] + factor * share[correction slot])`.
    public struct Cell: Sendable, Hashable {
        /// Nil: all groups.
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
        leakage = Self.leaks(passes)
        try Self.checkLeakage(leakage, contract)
        try builder.checkRecipients()
    }

    /// Labels of an output's cells, one array of `by` categories (or one bin) per cell; one empty array for a total.
    public func labels(ofOutput index: Int) -> [[String]] {
        PlanBuilder.labels(contract.outputs[index], contract)
    }

    /// The same on both sides exactly when both derived the same computation.
    public var digest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-plan/v1")
        for pass in passes {
            hash.update(field: Array("pass \(pass.valueDataset) \(pass.groupDataset) \(pass.groupColumn ?? "")".utf8))
            for label in pass.groupLabels { hash.update(field: Array("group \(label)".utf8)) }
            for slot in pass.slots { hash.update(field: Array("slot \(slot.canonicalText)".utf8)) }
        }
        for query in queries {
            let head =
                "query \(query.output) \(query.measure) \(query.pass) \(query.sensitivity) \(query.epsilon) \(query.noiseScale)"
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
    /// Unique among the slots of a pass.
    var canonicalText: String {
        let what =
            switch content {
            case .presence: "presence"
            case .rows: "rows"
            case .sum(let column, let offset): "sum of \(column) less \(offset)"
            }
        let rows = filter.map { " where \($0.column) in \($0.range.lowerBound)...\($0.range.upperBound)" } ?? ""
        return "\(what)\(rows) at most \(upperBound)"
    }
}
