import Arithmetic
import DifferentialPrivacy
import SandboxCore

/// Turns outputs into passes, slots and queries. How the two sides share the work is in the extensions, one for each kind of join.
struct PlanBuilder {
    let contract: Contract
    var passes: [FusionPlan.Pass] = []
    private(set) var queries: [FusionPlan.Query] = []

    private struct SlotPlace: Hashable {
        let pass: Int
        let isGroup: Bool
        let slot: FusionPlan.Slot
    }
    /// Of Gaussian noise, by output.
    private var rhos: [Int: Rational] = [:]
    private var slotIndex: [SlotPlace: Int] = [:]

    static let maximumCells = 20_000
    static let maximumSlots = 5_000

    init(_ contract: Contract) { self.contract = contract }

    /// A measure of one output before it has a pass.
    struct Demand {
        let output: Int
        let measure: Contract.Measure
        /// Number of measures that share the output's epsilon.
        let shares: Int
        /// The dataset whose values are summed; nil when either will do (`count`). Of intersection-sum only.
        var valueDataset: String?
    }

    /// The rows of each dataset that one cell is about.
    struct Selector {
        var filters: [String: [FusionPlan.RowFilter]] = [:]

        func adding(_ filter: FusionPlan.RowFilter, of dataset: String) -> Selector {
            var copy = self
            copy.filters[dataset, default: []].append(filter)
            return copy
        }

        subscript(dataset: String) -> [FusionPlan.RowFilter] { filters[dataset] ?? [] }
    }

    mutating func build() throws {
        var demands: [Demand] = []
        for (index, output) in contract.outputs.enumerated() {
            let linear = Self.linearMeasures(output.measures)
            demands += linear.map { Demand(output: index, measure: $0, shares: linear.count) }
        }
        switch contract.joinMode {
        case .intersectionSum: try chooseIntersectionSums(&demands)
        case .hidden, .aligned: addSharingPass()
        }
        for demand in demands { try addQuery(demand) }
        try checkPairs()
    }

    /// `mean` costs its sum and its rows, and shares them with the same measures of the same output; `variance` costs rows,
    /// deviations and squares, and the mean of the same column then comes from its deviations.
    static func linearMeasures(_ measures: [Contract.Measure]) -> [Contract.Measure] {
        var linear: [Contract.Measure] = []
        for measure in measures {
            let parts: [Contract.Measure] =
                switch measure {
                case .mean(let column):
                    [.rows(column.dataset), measures.contains(.variance(column)) ? .deviations(column) : .sum(column)]
                case .variance(let column): [.rows(column.dataset), .deviations(column), .squares(column)]
                default: [measure]
                }
            for part in parts where !linear.contains(part) { linear.append(part) }
        }
        return linear
    }

    func refuse(_ output: Int, _ message: String, remedy: String, code: YinheError.Code = .contract) -> YinheError {
        YinheError(
            code, "output \"\(contract.outputs[output].name)\": \(message)", at: contract.places["outputs[\(output)]"] ?? "",
            remedy: remedy)
    }

    func otherDataset(_ name: String) -> Contract.Dataset { contract.datasets.first { $0.name != name }! }

    // MARK: Cells

    /// One label array per cell: the `by` columns, then the bins of a histogram, the last one fastest.
    static func labels(_ output: Contract.Output, _ contract: Contract) -> [[String]] {
        let groups = groupLabels(output, contract)
        guard let histogram = output.histogram else { return groups }
        let column = contract.column(histogram.column)
        let bins: [String]
        if let categories = column.categories {
            bins = categories
        } else {
            let edges = histogram.edges!.map { DecimalText.text($0, scale: column.scale) }
            bins = (1..<edges.count).map { "[\(edges[$0 - 1]), \(edges[$0])" + ($0 == edges.count - 1 ? "]" : ")") }
        }
        return groups.flatMap { group in bins.map { group + [$0] } }
    }

    /// One label array per combination of the `by` columns; one empty array where there are none.
    static func groupLabels(_ output: Contract.Output, _ contract: Contract) -> [[String]] {
        output.by.map { contract.column($0).categories! }.reduce([[]]) { cells, labels in
            cells.flatMap { cell in labels.map { cell + [$0] } }
        }
    }

    /// For each cell, in the order of `labels`, its rows. On one side the distinct sets of rows are a partition.
    private func selectors(_ output: Contract.Output) -> [Selector] {
        let groups = output.by.reduce([Selector()]) { cells, reference in
            let categories = contract.column(reference).categories!.indices
            return cells.flatMap { cell in
                categories.map {
                    cell.adding(.init(column: reference.column, range: Int64($0)...Int64($0)), of: reference.dataset)
                }
            }
        }
        guard let histogram = output.histogram else { return groups }
        let reference = histogram.column
        let ranges: [ClosedRange<Int64>]
        if let edges = histogram.edges {
            ranges = (1..<edges.count).map { edges[$0 - 1]...($0 == edges.count - 1 ? edges[$0] : edges[$0] - 1) }
        } else {
            ranges = contract.column(reference).categories!.indices.map { Int64($0)...Int64($0) }
        }
        return groups.flatMap { group in
            ranges.map { group.adding(.init(column: reference.column, range: $0), of: reference.dataset) }
        }
    }

    // MARK: Queries

    private mutating func addQuery(_ demand: Demand) throws {
        let output = contract.outputs[demand.output]
        let selectors = selectors(output)
        guard selectors.count <= Self.maximumCells else {
            throw refuse(demand.output, "\(selectors.count) cells, at most \(Self.maximumCells)", remedy: "use fewer categories")
        }
        let index = pass(for: demand)
        var cells: [FusionPlan.Cell] = []
        for selector in selectors {
            cells.append(
                try contract.joinMode == .intersectionSum
                    ? intersectionSumCell(demand, selector, index) : sharingCell(demand, selector, index))
        }
        guard passes[index].slots.count <= Self.maximumSlots, passes[index].groups.count <= Self.maximumSlots else {
            throw refuse(
                demand.output, "more than \(Self.maximumSlots) numbers for each subject", remedy: "use fewer categories or bins")
        }
        let sensitivity = try sensitivity(demand, selectors)
        do {
            let squared = try sensitivitySquared(demand, selectors)
            let (epsilon, noise) = try noise(demand, sensitivity, squared)
            _ = try noise.law()  // refuses what it cannot sample
            queries.append(
                .init(
                    output: demand.output, measure: demand.measure, pass: index, cells: cells, sensitivity: sensitivity,
                    sensitivitySquared: squared, epsilon: epsilon, noise: noise, jointNoise: contract.privacy.jointNoise,
                    touchedCells: touchedCells(demand, selectors)))
        } catch let problem as YinheError {
            throw refuse(
                demand.output, problem.message, remedy: "use tighter bounds, fewer decimals or a larger epsilon", code: .range)
        }
    }

    /// Laplace noise splits the output's epsilon equally among its measures, Gaussian noise its rho.
    private mutating func noise(_ demand: Demand, _ l1: Int64, _ l2Squared: Int128) throws -> (epsilon: Rational, noise: QueryNoise) {
        let output = contract.outputs[demand.output]
        switch contract.privacy.mechanism {
        case .laplace:
            let epsilon = try output.epsilon / Rational(demand.shares)
            return (epsilon, .laplace(scale: try Rational(Int128(l1)) / epsilon))
        case .gaussian:
            let rho: Rational
            if let known = rhos[demand.output] { rho = known } else {
                rho = try ConcentratedCalibration.rho(epsilon: output.epsilon, delta: output.delta)
                rhos[demand.output] = rho
            }
            return (output.epsilon, try .gaussian(sensitivitySquared: l2Squared, rho: rho / Rational(demand.shares)))
        }
    }

    private func pass(for demand: Demand) -> Int {
        guard contract.joinMode == .intersectionSum else { return 0 }
        let value = demand.valueDataset!
        let group = groupColumn(contract.outputs[demand.output], valueDataset: value)
        return passes.firstIndex { $0.valueDataset == value && (group == nil || $0.groupColumn == group) }!
    }

    /// One subject's cells are all products of one party's part with the other's, and the L1 norm of an outer product is the
    /// product of the norms.
    private func sensitivity(_ demand: Demand, _ selectors: [Selector]) throws -> Int64 {
        var product: Int128 = 1
        for dataset in contract.datasets {
            let cells = Set(selectors.map { $0[dataset.name] }).count
            let side = sensitivity(contribution(demand.measure, of: dataset.name), of: dataset, cells: cells)
            product *= Int128(try fitting(side, demand, dataset))
        }
        return try fitting(product, demand)
    }

    /// One subject's rows on each side lie in at most as many of its sets of rows.
    private func touchedCells(_ demand: Demand, _ selectors: [Selector]) -> Int {
        let sides = contract.datasets.map { dataset in min(dataset.rowsPerSubject, Set(selectors.map { $0[dataset.name] }).count) }
        return min(selectors.count, sides.reduce(1) { $0 * $1 })
    }

    /// Likewise in L2, squared: the L2 norm of an outer product is the product of the norms too.
    private func sensitivitySquared(_ demand: Demand, _ selectors: [Selector]) throws -> Int128 {
        var product: Int128 = 1
        for dataset in contract.datasets {
            let cells = Set(selectors.map { $0[dataset.name] }).count
            let part = contribution(demand.measure, of: dataset.name)
            let side = sensitivity(part, of: dataset, cells: cells)
            // Presence is 1 in each of several cells; everything else may come together in one.
            let square = if case .presence = part { side } else { side * Int128(try fitting(side, demand, dataset)) }
            let (next, overflow) = product.multipliedReportingOverflow(by: square)
            guard !overflow else {
                throw YinheError(.range, "\(demand.measure): the squared sensitivity does not fit 128 bits")
            }
            product = next
        }
        return product
    }

    mutating func slotIndex(of slot: FusionPlan.Slot, in pass: Int) -> Int {
        let place = SlotPlace(pass: pass, isGroup: false, slot: slot)
        if let known = slotIndex[place] { return known }
        passes[pass].slots.append(slot)
        slotIndex[place] = passes[pass].slots.count - 1
        return passes[pass].slots.count - 1
    }

    mutating func groupIndex(of group: FusionPlan.Slot, in pass: Int) -> Int {
        let place = SlotPlace(pass: pass, isGroup: true, slot: group)
        if let known = slotIndex[place] { return known }
        passes[pass].groups.append(group)
        slotIndex[place] = passes[pass].groups.count - 1
        return passes[pass].groups.count - 1
    }

    // MARK: Recipients

    /// A party that learns a number exactly from the protocol cannot be kept from the output that is this number.
    func checkRecipients() throws {
        for query in queries {
            let output = contract.outputs[query.output]
            for party in contract.parties.map(\.name) where !output.recipients.contains(party) {
                guard let leakage = exactLeakage(of: query, to: party) else { continue }
                throw refuse(
                    query.output,
                    "\(party) is not in \"to\", but the protocol shows it \(query.measure) exactly (\(leakage.rawValue))",
                    remedy: "add \(party) to \"to\", or remove it from the outputs")
            }
        }
    }

    private func exactLeakage(of query: FusionPlan.Query, to party: String) -> Contract.Leakage? {
        switch contract.joinMode {
        case .hidden: return nil
        case .intersectionSum:
            let pass = passes[query.pass]
            guard query.measure == .count, pass.groupParty == party else { return nil }
            return query.cells.allSatisfy { pass.slots[$0.slot].filters.isEmpty } ? .groupMatchCounts : nil
        case .aligned:
            // Whoever knows its matched rows knows every number that only they enter.
            let output = contract.outputs[query.output]
            let read = query.measure.datasets + output.by.map(\.dataset) + (output.histogram.map { [$0.column.dataset] } ?? [])
            return read.allSatisfy { contract.dataset(named: $0)!.party == party } ? .matchedKeys : nil
        }
    }
}
