import DifferentialPrivacy
import SandboxCore

/// Turns opened, noised sums into the numbers of a report. Integers until the display figures.
struct ReleasedValues {
    let plan: FusionPlan
    /// Per query and cell; nil where this party is not a recipient.
    let opened: [[Int128]?]
    /// Whether the numbers carry the noise of both parties; without, their intervals are empty. Only `ClearRun` has it off.
    var isNoised = true

    /// The outputs that `party` learns, in the contract's order.
    func outputs(for party: String) throws -> [ReleasedOutput] {
        try plan.contract.outputs.indices.filter { plan.contract.outputs[$0].recipients.contains(party) }.map(output)
    }

    func allOutputs() throws -> [ReleasedOutput] { try plan.contract.outputs.indices.map(output) }

    /// Binds what the outputs with exactly these recipients (or all opened ones, for nil) say.
    func digest(recipients: [String]?) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/fusion-result/v1")
        for (query, values) in zip(plan.queries, opened) {
            let output = plan.contract.outputs[query.output]
            guard let values, recipients == nil || output.recipients == recipients else { continue }
            hash.update(field: Array("\(output.name) \(query.measure)".utf8))
            var writer = ByteWriter()
            for value in values { writer.write(value) }
            hash.update(field: writer.bytes)
        }
        return hash.finalize()
    }

    private func output(_ index: Int) throws -> ReleasedOutput {
        let output = plan.contract.outputs[index]
        var (cells, notes): ([ReleasedCell], [ReleasedOutput.Note])
        switch output.kind {
        case .quantile: (cells, notes) = try quantiles(index)
        case .linearRegression: (cells, notes) = try regression(index)
        default: (cells, notes) = try tableCells(index)
        }
        let units = Set(cells.map(\.unit))
        return ReleasedOutput(
            name: output.name, kind: output.kind.rawValue, unit: units.count == 1 ? units.first! : "",
            epsilon: output.epsilon.description, delta: output.delta.isPositive ? output.delta.description : nil, keyColumns: keyColumns(output), cells: cells, notes: notes)
    }

    private func keyColumns(_ output: Contract.Output) -> [String] {
        switch output.kind {
        case .quantile: output.by.map(\.description) + ["probability"]
        case .linearRegression: ["term"]
        default: output.by.map(\.description) + (output.histogram.map { ["\($0.column)"] } ?? [])
        }
    }

    /// One cell for each label and measure.
    private func tableCells(_ index: Int) throws -> ([ReleasedCell], [ReleasedOutput.Note]) {
        let output = plan.contract.outputs[index]
        var cells: [ReleasedCell] = []
        var cohorts = Cohorts(minimum: output.minimumCohort, isNoised: isNoised)
        for (place, keys) in plan.labels(ofOutput: index).enumerated() {
            let isWithheld = try cohorts.withholds { try cohort(index, [place]) }
            for measure in output.measures {
                var cell = try self.cell(index, measure, place)
                if isWithheld { cell.withhold(below: output.minimumCohort) }
                cell.keys = keys
                cells.append(cell)
            }
        }
        var notes: [ReleasedOutput.Note] = cohorts.note.map { [$0] } ?? []
        if output.measures.contains(where: { if case .variance = $0 { true } else { false } }) { notes.append(.variance) }
        if output.chiSquare {
            let (cell, note) = try chiSquare(index)
            cells.append(cell)
            notes.append(note)
        }
        return (cells, notes)
    }

    /// A noised sum with the spread of the two noise samples in it.
    struct Noised {
        var value: Int128
        /// Standard deviation of the noise.
        let deviation: Double
        /// Of the 95 % interval.
        let halfWidth: Double
    }

    func noised(_ output: Int, _ measure: Contract.Measure, _ place: Int) throws -> Noised {
        let index = plan.queries.firstIndex { $0.output == output && $0.measure == measure }!
        let value = opened[index]![place]
        guard isNoised else { return Noised(value: value, deviation: 0, halfWidth: 0) }
        let spread = try plan.queries[index].spread()
        return Noised(value: value, deviation: spread.standardDeviation, halfWidth: spread.halfWidth)
    }

    private func cell(_ index: Int, _ measure: Contract.Measure, _ place: Int) throws -> ReleasedCell {
        let isClamped = plan.contract.outputs[index].clamp
        switch measure {
        case .count, .rows:
            var noised = try noised(index, measure, place)
            if isClamped { noised.value = max(noised.value, 0) }
            return linear(measure, noised, scale: 0, unit: measure == .count ? plan.contract.privacy.unit : "rows")
        case .sum(let reference):
            let column = plan.contract.column(reference)
            var noised = try noised(index, measure, place)
            if isClamped, column.lower >= 0 { noised.value = max(noised.value, 0) }
            if isClamped, column.upper <= 0 { noised.value = min(noised.value, 0) }
            return linear(measure, noised, scale: column.scale, unit: column.isIndicator ? "rows" : column.unit)
        case .mean(let reference):
            return try mean(index, reference, place, isClamped: isClamped)
        case .variance(let reference):
            return try variance(index, reference, place, isClamped: isClamped)
        case .deviations, .squares, .product:
            preconditionFailure("a part of another measure")
        }
    }

    private func linear(_ measure: Contract.Measure, _ noised: Noised, scale: Int, unit: String) -> ReleasedCell {
        let grid = Self.power(scale)
        let value = Double(noised.value) / grid
        return ReleasedCell(
            keys: [], measure: measure.description, value: DecimalText.text(noised.value, scale: scale), unit: unit,
            standardError: noised.deviation / grid, low95: value - noised.halfWidth / grid,
            high95: value + noised.halfWidth / grid)
    }

    private static let meanDecimals = 4

    /// Noised sum over noised rows, rounded to four decimals more than the column has.
    private func mean(_ index: Int, _ reference: Contract.ColumnReference, _ place: Int, isClamped: Bool) throws -> ReleasedCell {
        let column = plan.contract.column(reference)
        // Beside a variance the mean costs nothing more: it is the centre and the mean deviation.
        let isCentred = plan.contract.outputs[index].measures.contains(.variance(reference))
        let centre = isCentred ? column.centre : 0
        let sum = try noised(index, isCentred ? .deviations(reference) : .sum(reference), place)
        let rows = try noised(index, .rows(reference.dataset), place)
        let measure = Contract.Measure.mean(reference).description
        let unit = column.isIndicator ? "" : column.unit
        guard rows.value > 0, var units = DecimalText.quotient(sum.value, rows.value, scale: Self.meanDecimals) else {
            return ReleasedCell(keys: [], measure: measure, value: nil, unit: unit)
        }
        let fine = Int128(Self.power(Self.meanDecimals))
        units += Int128(centre) * fine
        if isClamped { units = min(max(units, Int128(column.lower) * fine), Int128(column.upper) * fine) }
        let scale = column.scale + Self.meanDecimals
        // First-order propagation: mean = s / r, so its deviation is about sqrt(ds^2 + mean^2 dr^2) / r.
        let grid = Self.power(column.scale)
        let value = Double(units) / Self.power(scale)
        let ratio = Double(sum.value) / Double(rows.value)
        let deviations = sum.deviation * sum.deviation + ratio * ratio * rows.deviation * rows.deviation
        let deviation = deviations.squareRoot() / Double(rows.value) / grid
        return ReleasedCell(
            keys: [], measure: measure, value: DecimalText.text(units, scale: scale), unit: unit, standardError: deviation,
            low95: value - 1.96 * deviation, high95: value + 1.96 * deviation)
    }

    static func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1.0) { power, _ in power * 10 } }
}
