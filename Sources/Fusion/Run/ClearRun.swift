import DifferentialPrivacy
import SandboxCore
import Tables

/// What a run would release without noise, from both tables in one place. Only a demonstration on made-up tables, or a test, has both.
package enum ClearRun {
    /// The outputs of `plan` on `tables` (by dataset name), exact, without noise and for every recipient.
    package static func outputs(_ plan: FusionPlan, tables: [String: KeyedTable]) throws -> [ReleasedOutput] {
        try ReleasedValues(plan: plan, opened: cells(plan, tables: tables), isNoised: false).allOutputs()
    }

    /// The same with the noise of both parties, as a run would release it.
    package static func noisedOutputs(_ plan: FusionPlan, tables: [String: KeyedTable]) throws -> [ReleasedOutput] {
        let opened: [[Int128]?] = try zip(plan.queries, cells(plan, tables: tables)).map { query, cells in
            let noise = try query.noiseOfBoth()
            return zip(cells, noise).map { $0 + Int128($1) }
        }
        return try ReleasedValues(plan: plan, opened: opened).allOutputs()
    }

    /// The cells of each query, as a run would open them without noise.
    package static func cells(_ plan: FusionPlan, tables: [String: KeyedTable]) -> [[Int128]] {
        let sums = plan.passes.map { Self.sums($0, tables) }
        return plan.queries.map { query in query.cells.map { Self.value(of: $0, sums[query.pass]) } }
    }

    /// [group][slot] over the matched subjects.
    private static func sums(_ pass: FusionPlan.Pass, _ tables: [String: KeyedTable]) -> [[Int128]] {
        let (left, right) = (tables[pass.groupDataset]!, tables[pass.valueDataset]!)
        let groups = PassInputs.columns(left, pass.groups), slots = PassInputs.columns(right, pass.slots)
        let places = Dictionary(uniqueKeysWithValues: zip(right.tokens, right.tokens.indices))
        var sums = [[Int128]](repeating: [Int128](repeating: 0, count: slots.count), count: groups.count)
        for (i, token) in left.tokens.enumerated() {
            guard let j = places[token] else { continue }
            for g in groups.indices where groups[g].values[i] != 0 {
                for s in slots.indices { sums[g][s] += Int128(groups[g].values[i]) * Int128(slots[s].values[j]) }
            }
        }
        return sums
    }

    private static func value(of cell: FusionPlan.Cell, _ sums: [[Int128]]) -> Int128 {
        (cell.group.map { [sums[$0]] } ?? sums).reduce(0) { total, slots in
            total + slots[cell.slot] + (cell.correction.map { Int128($0.factor) * slots[$0.slot] } ?? 0)
        }
    }
}
