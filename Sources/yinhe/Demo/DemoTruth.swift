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
}
