import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import Tables
import Transport

/// What one party has after a run: the released numbers, what else it learned, what it cost.
public struct RunReport: Codable, Sendable {
    public var contractName: String
    /// Hexadecimal.
    public var contractHash: String
    public var purpose: String
    /// Hexadecimal; the same on both sides.
    public var runID: String
    public var party: String
    public var peer: String
    /// The contract's join mode: "intersection-sum", "aligned" or "hidden".
    public var protocolName: String
    /// Where the correlated randomness came from: "transfers", or the dealer's name and fingerprint. Nil for intersection-sum.
    public var correlations: String?
    /// What the protocol protects against.
    public var adversary = "semi-honest"
    /// UTC.
    public var startedAt: String
    public var finishedAt: String
    public var input: InputReport
    /// Distinct subjects of the peer.
    public var peerSetSize: Int
    /// What this party may learn, in the contract's order.
    public var outputs: [ReleasedOutput]
    /// What this party learned beyond the outputs, in the contract's words, such as "set-sizes".
    public var learned: [String]
    /// The same as sentences.
    public var learnedText: [String]
    public var traffic: Traffic
    public var phases: [PhaseTime]
    public var budget: BudgetUse
    /// Hash of the newest ledger entry, hexadecimal.
    public var ledgerHead: String
    public var ledgerEntries: Int
    /// Whether the peer countersigned this party's ledger head.
    public var countersigned: Bool
    /// What went wrong after the release; the released numbers stand.
    public var warnings: [String]
    /// What the release guarantees; nil in reports of older versions.
    public var statement: PrivacyStatement?
    /// What the noise protects against whom; nil in reports of older versions.
    public var jointNoise: JointNoiseStatement?
    /// Set when the numbers are those of an earlier run, shown again at no cost.
    public var memoised: Memoised?
    /// Nil where the contract has no `diagnostics` clause, and for numbers that are shown again.
    public var diagnostics: MatchDiagnostics?

    /// "Released on DATE by run X, no new cost."
    public struct Memoised: Codable, Sendable, Hashable {
        /// The run that released them, hexadecimal.
        public var run: String
        /// UTC.
        public var releasedAt: String
    }

    public struct PhaseTime: Codable, Sendable, Hashable {
        public var name: String
        public var seconds: Double

        public init(name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds
        }
    }

    public struct BudgetUse: Codable, Sendable, Hashable {
        /// What one unit of privacy is.
        public var unit: String
        /// Decimal texts of exact numbers.
        public var total: String
        public var spentBefore: String
        public var charged: String
        public var remaining: String
        /// Spent on this party's input file under all its contracts together.
        public var datasetSpent: String
        public var runs: Int
        public var maximumRuns: Int
        /// Delta of the contract; nil where it spends none.
        public var deltaTotal: String?
        public var deltaCharged: String?
        public var deltaRemaining: String?
        /// The other accounts that the run counts on.
        public var accounts: [LedgerRecord.AccountUse]?
        /// Earlier runs on nearly the same subjects, with which this one is charged together.
        public var near: [LedgerRecord.CohortUse.NearRun]?
    }
}

public struct ReleasedOutput: Codable, Sendable, Hashable {
    public var name: String
    public var kind: String
    /// Unit of the values where all have one, else empty.
    public var unit: String
    /// Exact decimal text.
    public var epsilon: String
    /// Likewise; nil for 0.
    public var delta: String?
    /// The columns that `ReleasedCell.keys` are values of.
    public var keyColumns: [String]
    public var cells: [ReleasedCell]
    /// What a reader has to know about how the cells were computed.
    public var notes: [Note] = []

    public struct Note: Codable, Sendable, Hashable {
        /// "cohort-withheld", "quantile-bins", "variance-approximate", "quantile-rank", "regression-approximate", "regression-ridge" or "chi-square".
        public var code: String
        /// The numbers that the sentence mentions, in its order.
        public var values: [String]
        /// The sentence in English.
        public var text: String
    }
}

public struct ReleasedCell: Codable, Sendable, Hashable {
    /// Group labels or the bin; empty for a total.
    public var keys: [String]
    /// As the contract writes it, such as "mean(loans.overdue)".
    public var measure: String
    /// Decimal text in `unit`; exact but for variances, coefficients and chi-square. Nil for a quotient by a noised count that is not
    /// positive, and in a withheld group.
    public var value: String?
    public var unit: String
    /// Standard deviation of the noise alone, not of any sampling; for display. Exact for counts, rows and sums, else an
    /// approximation. Nil without a value, for quantiles and for chi-square.
    public var standardError: Double?
    /// The true value lies in low95 ... high95 with probability 0.95 over the noise; an approximation like the standard error.
    public var low95: Double?
    public var high95: Double?
    /// The contract's minimum cohort, in the cells of a group that is withheld because its noised number of subjects is smaller.
    public var withheldBelow: Int?
}

extension RunReport {
    /// The released numbers as CSV (RFC 4180, UTF-8): one line per cell and measure.
    public var csv: String {
        let width = outputs.map(\.keyColumns.count).max() ?? 0
        let keyNames = (0..<width).map { "key\($0 + 1)" }
        var lines = [["output"] + keyNames + ["measure", "value", "unit", "standard_error", "low95", "high95", "epsilon"]]
        for output in outputs {
            for cell in output.cells {
                let keys = cell.keys + [String](repeating: "", count: width - cell.keys.count)
                let numbers = [cell.standardError, cell.low95, cell.high95].map { $0.map { "\($0)" } ?? "" }
                lines.append([output.name] + keys + [cell.measure, cell.value ?? "", cell.unit] + numbers + [output.epsilon])
            }
        }
        return lines.map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.utf8.contains(where: { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }) else { return text }
        return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
    }

    public func jsonBytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [10]
    }
}
