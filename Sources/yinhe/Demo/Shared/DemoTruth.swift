import Fusion
import SandboxCore
import Tables

/// The true value of every released cell, computed in the clear from both tables: only a demonstration may.
enum DemoTruth {
    /// `files`: path of each dataset's table.
    static func compute(_ contract: Contract, files: [String: String]) throws -> ReportDocument.Truths {
        var tables: [String: KeyedTable] = [:]
        for dataset in contract.datasets {
            tables[dataset.name] = try KeyedTable.load(path: files[dataset.name]!, schema: dataset.schema())
        }
        var truths = ReportDocument.Truths()
        for output in try ClearRun.outputs(FusionPlan(contract), tables: tables) {
            for cell in output.cells {
                guard let value = cell.value.flatMap(Double.init) else { continue }
                truths[output: output.name, keys: cell.keys, measure: cell.measure] = value
            }
        }
        return truths
    }

    /// Standard deviations beyond which a difference is a wrong number and not noise: the sum of two discrete Laplace samples is that far
    /// off with a probability below 1e-11.
    private static let plausible = 15.0

    /// Throws when a released count, number of rows or sum cannot be its true value and noise.
    static func check(_ runs: [RunReport], _ truth: ReportDocument.Truths) throws {
        for run in runs {
            for output in run.outputs {
                for cell in output.cells where ["count", "rows", "sum"].contains(where: cell.measure.hasPrefix) {
                    guard let error = cell.standardError, let value = cell.value.flatMap(Double.init),
                        let exact = truth[output: output.name, keys: cell.keys, measure: cell.measure]
                    else { continue }
                    guard abs(value - exact) <= plausible * error else {
                        throw YinheError(
                            YinheError.Code(name: "unexpected", exitCode: 1), "a released number is further from the truth than noise explains",
                            at: "\(run.party), \(output.name), \(cell.measure) \(cell.keys.joined(separator: ", "))")
                    }
                }
            }
        }
    }
}
