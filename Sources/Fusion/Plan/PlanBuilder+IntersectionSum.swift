import SandboxCore

// Intersection-sum: one party's subjects in groups, the other party's numbers encrypted.

extension PlanBuilder {
    func groupColumn(_ output: Contract.Output, valueDataset: String) -> String? {
        output.by.first { $0.dataset != valueDataset }?.column
    }

    /// One pass for each value dataset and group column; what needs no group column rides on a pass of its value dataset.
    mutating func chooseIntersectionSums(_ demands: inout [Demand]) throws {
        for i in demands.indices {
            let read = demands[i].measure.datasets
            guard read.count <= 1 else {
                throw refuse(
                    demands[i].output, "\(demands[i].measure) multiplies values of both datasets, which intersection-sum cannot",
                    remedy: "choose join mode hidden or aligned, or take all columns from one dataset")
            }
            demands[i].valueDataset = read.first
        }
        for demand in demands {
            guard let value = demand.valueDataset, let group = groupColumn(contract.outputs[demand.output], valueDataset: value)
            else { continue }
            try addPass(value, group, for: demand)
        }
        for i in demands.indices where demands[i].valueDataset == nil {
            let output = contract.outputs[demands[i].output]
            // The last joined dataset first: in the usual order (public data, enterprise) it is the one with values.
            let candidates = contract.datasets.reversed().map(\.name)
            let inUse = candidates.first { name in
                let group = groupColumn(output, valueDataset: name)
                return passes.contains { $0.valueDataset == name && (group == nil || $0.groupColumn == group) }
                    || (group == nil && demands.contains { $0.valueDataset == name })
            }
            // A pass of its own: prefer one without a group column, it reveals less.
            let chosen =
                inUse ?? candidates.first { groupColumn(output, valueDataset: $0) == nil }
                ?? candidates.first { otherDataset($0).rowsPerSubject == 1 } ?? candidates[0]
            demands[i].valueDataset = chosen
            if let group = groupColumn(output, valueDataset: chosen) { try addPass(chosen, group, for: demands[i]) }
        }
        for demand in demands where !passes.contains(where: { $0.valueDataset == demand.valueDataset! }) {
            try addPass(demand.valueDataset!, nil, for: demand)
        }
    }

    private mutating func addPass(_ value: String, _ group: String?, for demand: Demand) throws {
        guard !passes.contains(where: { $0.valueDataset == value && $0.groupColumn == group }) else { return }
        let values = contract.dataset(named: value)!
        let groups = otherDataset(value)
        if let group, groups.rowsPerSubject != 1 {
            throw refuse(
                demand.output,
                "\(groups.name) allows \(groups.rowsPerSubject) rows per subject, so a subject could be in several groups of "
                    + "\(groups.name).\(group) when \(demand.measure) is taken from \(value)",
                remedy: "set rows-per-subject: 1 for \(groups.name), group by a column of \(value), or choose join mode hidden")
        }
        let labels = group.flatMap { groups.column(named: $0)!.categories } ?? []
        let categories = labels.indices.map {
            FusionPlan.Slot(
                content: .presence, filters: [.init(column: group!, range: Int64($0)...Int64($0))], bounds: 0...1)
        }
        passes.append(
            FusionPlan.Pass(
                valueDataset: value, valueParty: values.party, groupDataset: groups.name, groupParty: groups.party,
                groupColumn: group, groupLabels: labels,
                groups: group == nil ? [.init(content: .presence, filters: [], bounds: 0...1)] : categories, slots: []))
    }

    mutating func intersectionSumCell(_ demand: Demand, _ selector: Selector, _ pass: Int) throws -> FusionPlan.Cell {
        let values = contract.dataset(named: passes[pass].valueDataset)!
        // The category of the group party that the cell is about, as an index.
        let group = selector[passes[pass].groupDataset].first.map { Int($0.range.lowerBound) }
        let filters = selector[values.name]
        let part = contribution(demand.measure, of: values.name)
        let (slot, shift) = try slot(part, of: values, where: filters, fromZero: true, for: demand)
        let index = slotIndex(of: slot, in: pass)
        guard shift < 0 else { return .init(group: group, slot: index, correction: nil) }
        let (rows, _) = try self.slot(.rows, of: values, where: filters, fromZero: true, for: demand)
        return .init(group: group, slot: index, correction: .init(slot: slotIndex(of: rows, in: pass), factor: shift))
    }
}
