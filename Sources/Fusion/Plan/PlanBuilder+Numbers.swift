import SandboxCore

extension PlanBuilder {
    /// What one party adds to a measure for one subject.
    enum Contribution {
        /// 1 if it has a row that counts.
        case presence
        case rows
        case sum(column: String, centre: Int64)
        case product(FusionPlan.Slot.Distance, FusionPlan.Slot.Distance)
    }

    /// The part of a linear measure that the party of `dataset` computes; the measure is the sum over the matched subjects of the
    /// product of both parties' parts.
    func contribution(_ measure: Contract.Measure, of dataset: String) -> Contribution {
        func distance(_ reference: Contract.ColumnReference) -> FusionPlan.Slot.Distance {
            .init(column: reference.column, centre: contract.column(reference).centre)
        }
        func sum(_ reference: Contract.ColumnReference) -> Contribution {
            .sum(column: reference.column, centre: contract.column(reference).centre)
        }
        switch measure {
        case .count: return .presence
        case .rows(let counted): return counted == dataset ? .rows : .presence
        case .sum(let column): return column.dataset == dataset ? .sum(column: column.column, centre: 0) : .presence
        case .deviations(let column): return column.dataset == dataset ? sum(column) : .presence
        case .squares(let column):
            return column.dataset == dataset ? .product(distance(column), distance(column)) : .presence
        case .product(let a, let b):
            switch (a.dataset == dataset, b.dataset == dataset) {
            case (true, true): return .product(distance(a), distance(b))
            case (true, false): return sum(a)
            case (false, true): return sum(b)
            case (false, false): return .presence
            }
        case .mean, .variance: preconditionFailure("not linear")
        }
    }

    /// What one row can add, in grid units.
    private func perRow(_ part: Contribution, _ dataset: Contract.Dataset) -> ClosedRange<Int128> {
        func distances(_ column: String, _ centre: Int64) -> ClosedRange<Int128> {
            let column = dataset.column(named: column)!
            return Int128(column.lower) - Int128(centre)...Int128(column.upper) - Int128(centre)
        }
        switch part {
        case .presence, .rows: return 0...1
        case .sum(let column, let centre): return distances(column, centre)
        case .product(let a, let b):
            let (x, y) = (distances(a.column, a.centre), distances(b.column, b.centre))
            let corners = [
                x.lowerBound * y.lowerBound, x.lowerBound * y.upperBound, x.upperBound * y.lowerBound, x.upperBound * y.upperBound,
            ]
            // A square is not negative; around a centre it can be 0.
            return a == b ? 0...corners.max()! : corners.min()!...corners.max()!
        }
    }

    /// The slot for `part` over the rows that pass `filters`. With `fromZero` its values are moved up to begin at 0, by
    /// `-shift` for each row.
    func slot(
        _ part: Contribution, of dataset: Contract.Dataset, where filters: [FusionPlan.RowFilter], fromZero: Bool, for demand: Demand
    ) throws -> (slot: FusionPlan.Slot, shift: Int64) {
        let row = perRow(part, dataset)
        let shift = fromZero ? min(row.lowerBound, 0) : 0
        let rows: Int128 = if case .presence = part { 1 } else { Int128(dataset.rowsPerSubject) }
        // A subject may have no row that passes.
        let bounds = try [rows * min(row.lowerBound - shift, 0), rows * max(row.upperBound - shift, 0)].map {
            try fitting($0, demand, dataset)
        }
        let offset = Int64(shift)
        let content: FusionPlan.Slot.Content =
            switch part {
            case .presence: .presence
            case .rows: .rows
            case .sum(let column, let centre): .sum(column: column, offset: centre + offset)
            case .product(let a, let b): .product(a, b, offset: offset)
            }
        return (.init(content: content, filters: filters, bounds: bounds[0]...bounds[1]), offset)
    }

    /// The most that one subject changes the part in all of `cells` disjoint sets of rows together (L1).
    func sensitivity(_ part: Contribution, of dataset: Contract.Dataset, cells: Int) -> Int128 {
        let rows = Int128(dataset.rowsPerSubject)
        // A subject with several rows is present in at most that many cells.
        if case .presence = part { return min(rows, Int128(cells)) }
        let row = perRow(part, dataset)
        return rows * max(abs(row.lowerBound), abs(row.upperBound))
    }

    /// The number, if it is within 62 bits: then no slot, share or noise can leave its range for up to 2^32 subjects.
    func fitting(_ value: Int128, _ demand: Demand, _ dataset: Contract.Dataset? = nil) throws -> Int64 {
        guard value.magnitude < 1 << 62 else {
            let rows = dataset.map { ", with up to \($0.rowsPerSubject) rows of \($0.name) each" } ?? ""
            throw refuse(
                demand.output, "\(demand.measure): up to \(value.magnitude) units for one subject\(rows), do not fit 62 bits",
                remedy: "use tighter bounds, fewer decimals or fewer rows per subject", code: .range)
        }
        return Int64(value)
    }
}
