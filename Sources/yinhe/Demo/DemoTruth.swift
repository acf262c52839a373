import Foundation
import Fusion
import SandboxCore
import Tables

/// The true value of every released cell, computed in the clear from both tables: only a demonstration may.
enum DemoTruth {
    /// `files`: path of each dataset's table. The first dataset's table is the one with the groups, one row a subject.
    static func compute(_ contract: Contract, files: [String: String]) throws -> ReportDocument.Truths {
        let (left, right) = (contract.datasets[0], contract.datasets[1])
        var truths = ReportDocument.Truths()
        let plan = try FusionPlan(contract)
        for (index, output) in contract.outputs.enumerated() {
            let group = output.by.first?.column ?? left.columns.first { $0.categories != nil }!.name
            let truth = try Truth(
                left: files[left.name]!, leftSchema: left.schema(), right: files[right.name]!,
                rightSchema: right.schema(), groupBy: group)
            let labels = plan.labels(ofOutput: index)
            if let edges = output.histogram?.edges {
                for (keys, count) in zip(labels, truth.histogram(of: output.histogram!.column.column, edges: edges)) {
                    truths[output: output.name, keys: keys, measure: output.measures[0].description] = Double(count)
                }
                continue
            }
            for keys in labels {
                let groups = truth.groups.filter { keys.isEmpty || keys == [$0.label] }
                for measure in output.measures {
                    truths[output: output.name, keys: keys, measure: measure.description] = value(measure, groups, right)
                }
            }
        }
        return truths
    }

    private static func value(_ measure: Contract.Measure, _ groups: [Truth.Group], _ right: Contract.Dataset) -> Double {
        let rows = groups.reduce(0) { $0 + $1.rows }
        func sum(_ column: String) -> Double {
            let units = groups.reduce(Int64(0)) { $0 + ($1.sums[column] ?? 0) }
            return Double(units) / pow(10, Double(right.column(named: column)?.scale ?? 0))
        }
        return switch measure {
        case .count: Double(groups.reduce(0) { $0 + $1.matchedSubjects })
        case .rows: Double(rows)
        case .sum(let column): sum(column.column)
        case .mean(let column): sum(column.column) / Double(rows)
        }
    }
}
