import Foundation
import TestSupport

/// A file of Protocols/Vectors/differential-privacy: known values from libraries and from 40-digit computations.
struct OracleTable {
    let name: String
    let columns: [String]
    let rows: [[String: String]]

    static let names = [
        "above_threshold", "amplification", "compositions", "discrete_gaussian_moments", "gaussian_profile", "gaussian_sigma",
        "hockey_stick_discrete", "local_dp", "partition_selection", "pmf", "polya_residual", "pure_composition", "pure_to_zcdp",
        "rdp_curves", "selection", "subsampled_gaussian", "variances", "zcdp_to_approx",
    ]

    init(_ name: String) throws {
        self.name = name
        let url = repositoryRoot.appending(path: "Protocols/Vectors/differential-privacy/\(name).csv")
        let lines = try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
        let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        self.columns = columns
        rows = lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            precondition(cells.count == columns.count)
            return Dictionary(uniqueKeysWithValues: zip(columns, cells))
        }
    }
}

extension [String: String] {
    func number(_ column: String) -> Double? { self[column].flatMap(Double.init) }
}
