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
            let part = contribution(demand.measure, of: dataset.name)
            return try slot(part, of: dataset, where: selector[dataset.name], fromZero: false, for: demand).slot
        }
        let (left, right) = (try part(first), try part(second))
        func extent(_ slot: FusionPlan.Slot) -> Int128 {
            max(Int128(slot.bounds.upperBound), -Int128(slot.bounds.lowerBound))
        }
        _ = try fitting(extent(left) * extent(right), demand)
        return .init(group: groupIndex(of: left, in: pass), slot: slotIndex(of: right, in: pass), correction: nil)
    }

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
