import SandboxCore

// Hidden and aligned joins: one pass in which each side's numbers are any of its columns.

extension PlanBuilder {
    /// Products of pairs of numbers for each matched subject; far beyond what a contract in use needs.
    static let maximumPairs = 1 << 20

    /// The party of the first joined dataset is the receiver.
    mutating func addSharingPass() {
        let (first, second) = (contract.datasets[0], contract.datasets[1])
        passes = [
            FusionPlan.Pass(
                valueDataset: second.name, valueParty: second.party, groupDataset: first.name, groupParty: first.party,
                groupColumn: nil, groupLabels: [], groups: [], slots: [])
        ]
    }

    mutating func sharingCell(_ demand: Demand, _ selector: Selector, _ pass: Int) throws -> FusionPlan.Cell {
        let (first, second) = (contract.datasets[0], contract.datasets[1])
        func part(_ dataset: Contract.Dataset) throws -> FusionPlan.Slot {
            var part = contribution(demand.measure, of: dataset.name)
            let filters = selector[dataset.name]
            if case .rows = part, dataset.rowsPerSubject == 1 { part = .presence }
            // Every subject of a table has a row: a column of ones, which costs a join nothing.
            if case .presence = part, filters.isEmpty { return .init(content: .presence, filters: [], bounds: 1...1) }
            return try slot(part, of: dataset, where: filters, fromZero: false, for: demand).slot
        }
        let (left, right) = (try part(first), try part(second))
        _ = try fitting(Self.extent(left) * Self.extent(right), demand)
        return .init(group: groupIndex(of: left, in: pass), slot: slotIndex(of: right, in: pass), correction: nil)
    }

    private static func extent(_ slot: FusionPlan.Slot) -> Int128 {
        max(Int128(slot.bounds.upperBound), -Int128(slot.bounds.lowerBound))
    }

    /// Both parties hold a share for every pair, also of those that no output needs.
    func checkPairs() throws {
        guard contract.joinMode != .intersectionSum else { return }
        let pairs = passes[0].groups.count * passes[0].slots.count
        guard pairs <= Self.maximumPairs else {
            throw YinheError(
                .contract, "outputs: \(passes[0].groups.count) numbers of one party times \(passes[0].slots.count) of the other "
                    + "for each subject, at most \(Self.maximumPairs) products",
                at: contract.places["outputs"] ?? "", remedy: "use fewer categories or bins, or two contracts")
        }
    }
}