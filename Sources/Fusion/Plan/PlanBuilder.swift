import Arithmetic
import DifferentialPrivacy
import SandboxCore

/// Turns outputs into passes, slots and queries.
struct PlanBuilder {
    let contract: Contract
    private(set) var passes: [FusionPlan.Pass] = []
    private(set) var queries: [FusionPlan.Query] = []

    private struct SlotPlace: Hashable {
        let pass: Int
        let slot: FusionPlan.Slot
    }
    private var slotIndex: [SlotPlace: Int] = [:]

    static let maximumCells = 20_000
    static let maximumSlots = 5_000

    init(_ contract: Contract) { self.contract = contract }

    /// A measure of one output before it has a pass.
    private struct Demand {
        let output: Int
        let measure: Contract.Measure
        /// Number of measures that share the output's epsilon.
        let shares: Int
        /// The dataset whose values are summed; nil when either will do (`count`).
        var valueDataset: String?
    }

    mutating func build() throws {
        var demands: [Demand] = []
        for (index, output) in contract.outputs.enumerated() {
            let linear = Self.linearMeasures(output.measures)
            demands += linear.map { measure in
                let dataset: String? =
                    switch measure {
                    case .count: nil
                    case .rows(let dataset): dataset
                    case .sum(let column), .mean(let column): column.dataset
                    }
                return Demand(output: index, measure: measure, shares: linear.count, valueDataset: dataset)
            }
        }
        try choosePasses(&demands)
        for demand in demands { try addQuery(demand) }
    }

    /// `mean` costs its sum and its rows, and shares them with the same measures of the same output.
    static func linearMeasures(_ measures: [Contract.Measure]) -> [Contract.Measure] {
        var linear: [Contract.Measure] = []
        for measure in measures {
            let parts: [Contract.Measure] =
                if case .mean(let column) = measure { [.rows(column.dataset), .sum(column)] } else { [measure] }
            for part in parts where !linear.contains(part) { linear.append(part) }
        }
        return linear
    }

    // MARK: Passes

    private func groupColumn(_ output: Contract.Output, valueDataset: String) -> String? {
        output.by.first { $0.dataset != valueDataset }?.column
    }

    private func refuse(_ output: Int, _ message: String, remedy: String, code: YinheError.Code = .contract) -> YinheError {
        YinheError(
            code, "output \"\(contract.outputs[output].name)\": \(message)", at: contract.places["outputs[\(output)]"] ?? "",
            remedy: remedy)
    }

    private func otherDataset(_ name: String) -> Contract.Dataset { contract.datasets.first { $0.name != name }! }

    /// One pass for each value dataset and group column; what needs no group column rides on a pass of its value dataset.
    private mutating func choosePasses(_ demands: inout [Demand]) throws {
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
                remedy: "set rows-per-subject: 1 for \(groups.name), or group by a column of \(value)")
        }
        passes.append(
            FusionPlan.Pass(
                valueDataset: value, valueParty: values.party, groupDataset: groups.name, groupParty: groups.party,
                groupColumn: group, groupLabels: group.flatMap { groups.column(named: $0)!.categories } ?? [], slots: []))
    }

    private func pass(for demand: Demand) -> Int {
        let value = demand.valueDataset!
        let group = groupColumn(contract.outputs[demand.output], valueDataset: value)
        return passes.firstIndex { $0.valueDataset == value && (group == nil || $0.groupColumn == group) }!
    }

    // MARK: Cells

    /// One label array per cell, the last `by` column fastest.
    static func labels(_ output: Contract.Output, _ contract: Contract) -> [[String]] {
        if let histogram = output.histogram {
            let column = contract.column(histogram.column)
            if let categories = column.categories { return categories.map { [$0] } }
            let edges = histogram.edges!.map { DecimalText.text($0, scale: column.scale) }
            return (1..<edges.count).map { ["[\(edges[$0 - 1]), \(edges[$0])" + ($0 == edges.count - 1 ? "]" : ")")] }
        }
        return output.by.map { contract.column($0).categories! }.reduce([[]]) { cells, labels in
            cells.flatMap { cell in labels.map { cell + [$0] } }
        }
    }

    /// For each cell its group (nil for all) and the filter of the value party's rows (nil for all).
    private func selectors(_ output: Contract.Output, _ pass: FusionPlan.Pass) -> [(group: Int?, filter: FusionPlan.RowFilter?)] {
        if let histogram = output.histogram {
            let name = histogram.column.column
            guard let edges = histogram.edges else {
                return contract.column(histogram.column).categories!.indices.map {
                    (nil, .init(column: name, range: Int64($0)...Int64($0)))
                }
            }
            return (1..<edges.count).map { i in
                (nil, .init(column: name, range: edges[i - 1]...(i == edges.count - 1 ? edges[i] : edges[i] - 1)))
            }
        }
        return output.by.reduce([(nil, nil)]) { cells, reference in
            let count = contract.column(reference).categories!.count
            return cells.flatMap { cell in
                (0..<count).map { index in
                    reference.dataset == pass.valueDataset
                        ? (cell.group, .init(column: reference.column, range: Int64(index)...Int64(index)))
                        : (index, cell.filter)
                }
            }
        }
    }

    // MARK: Queries

    private mutating func addQuery(_ demand: Demand) throws {
        let output = contract.outputs[demand.output]
        let index = pass(for: demand)
        let selectors = selectors(output, passes[index])
        guard selectors.count <= Self.maximumCells else {
            throw refuse(demand.output, "\(selectors.count) cells, at most \(Self.maximumCells)", remedy: "use fewer categories")
        }
        let rows = Int64(contract.dataset(named: demand.valueDataset!)!.rowsPerSubject)
        var cells: [FusionPlan.Cell] = []
        for selector in selectors {
            cells.append(try cell(demand, selector.group, selector.filter, index, rows))
        }
        guard passes[index].slots.count <= Self.maximumSlots else {
            throw refuse(
                demand.output, "more than \(Self.maximumSlots) numbers for each subject", remedy: "use fewer categories or bins")
        }
        let filters = Set(selectors.map(\.filter))
        let sensitivity = try sensitivity(demand, rows: rows, valueSideCells: filters.count)
        do {
            let epsilon = try output.epsilon / Rational(demand.shares)
            let scale = try Rational(Int128(sensitivity)) / epsilon
            _ = try DiscreteLaplace(scale: scale)  // refuses what it cannot sample
            queries.append(
                .init(
                    output: demand.output, measure: demand.measure, pass: index, cells: cells, sensitivity: sensitivity,
                    epsilon: epsilon, noiseScale: scale))
        } catch let problem as YinheError {
            throw refuse(
                demand.output, problem.message, remedy: "use tighter bounds, fewer decimals or a larger epsilon", code: .range)
        }
    }

    private mutating func slot(
        _ content: FusionPlan.Slot.Content, _ filter: FusionPlan.RowFilter?, _ bound: Int64, in pass: Int
    ) -> Int {
        let slot = FusionPlan.Slot(content: content, filter: filter, upperBound: UInt64(bound))
        let place = SlotPlace(pass: pass, slot: slot)
        if let known = slotIndex[place] { return known }
        passes[pass].slots.append(slot)
        slotIndex[place] = passes[pass].slots.count - 1
        return passes[pass].slots.count - 1
    }

    private mutating func cell(
        _ demand: Demand, _ group: Int?, _ filter: FusionPlan.RowFilter?, _ pass: Int, _ rows: Int64
    ) throws -> FusionPlan.Cell {
        switch demand.measure {
        case .count:
            return .init(group: group, slot: slot(.presence, filter, 1, in: pass), correction: nil)
        case .rows:
            return .init(group: group, slot: slot(.rows, filter, rows, in: pass), correction: nil)
        case .sum(let reference), .mean(let reference):
            let column = contract.column(reference)
            let offset = min(column.lower, 0)
            let bound = try perSubject(demand, rows, column.upper - offset)
            let sum = slot(.sum(column: reference.column, offset: offset), filter, bound, in: pass)
            guard offset < 0 else { return .init(group: group, slot: sum, correction: nil) }
            let counted = slot(.rows, filter, rows, in: pass)
            return .init(group: group, slot: sum, correction: .init(slot: counted, factor: offset))
        }
    }

    /// rows * value, below 2^62 so that no slot, share or noise can leave its range for up to 2^32 subjects.
    private func perSubject(_ demand: Demand, _ rows: Int64, _ value: Int64) throws -> Int64 {
        let (product, overflow) = rows.multipliedReportingOverflow(by: value)
        guard !overflow, product < 1 << 62 else {
            throw refuse(
                demand.output, "\(demand.measure): \(rows) rows of up to \(value) units each do not fit 62 bits",
                remedy: "use tighter bounds, fewer decimals or fewer rows per subject", code: .range)
        }
        return product
    }

    private func sensitivity(_ demand: Demand, rows: Int64, valueSideCells: Int) throws -> Int64 {
        switch demand.measure {
        // A subject with several rows is present in at most that many cells.
        case .count: min(rows, Int64(valueSideCells))
        case .rows: rows
        case .sum(let reference), .mean(let reference):
            try perSubject(demand, rows, max(abs(contract.column(reference).lower), abs(contract.column(reference).upper)))
        }
    }

    /// A party that learns exact match counts cannot be kept from an output that is such a count.
    func checkRecipients() throws {
        for query in queries where query.measure == .count {
            let output = contract.outputs[query.output]
            let learner = passes[query.pass].groupParty
            guard !output.recipients.contains(learner) else { continue }
            let isExactlyLeaked = query.cells.allSatisfy { passes[query.pass].slots[$0.slot].filter == nil }
            guard !isExactlyLeaked else {
                throw refuse(
                    query.output,
                    "\(learner) is not in \"to\", but the protocol shows it these counts exactly (group-match-counts)",
                    remedy: "add \(learner) to \"to\", or remove count from the measures")
            }
        }
    }
}
