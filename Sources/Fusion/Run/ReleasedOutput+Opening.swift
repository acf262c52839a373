import DifferentialPrivacy
import SandboxCore

/// Turns opened, noised sums into the numbers of a report. Integers until the display figures.
struct ReleasedValues {
    let plan: FusionPlan
    /// Per query and cell; nil where this party is not a recipient.
    let opened: [[Int128]?]

    /// The outputs that `party` learns, in the contract's order.
    func outputs(for party: String) throws -> [ReleasedOutput] {
        try plan.contract.outputs.indices.filter { plan.contract.outputs[$0].recipients.contains(party) }.map(output)
    }

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
        let labels = plan.labels(ofOutput: index)
        var cells: [ReleasedCell] = []
        for (place, keys) in labels.enumerated() {
            for measure in output.measures {
                var cell = try self.cell(index, measure, place)
                cell.keys = keys
                cells.append(cell)
            }
        }
        let units = Set(cells.map(\.unit))
        return ReleasedOutput(
            name: output.name, kind: output.kind.rawValue, unit: units.count == 1 ? units.first! : "",
            epsilon: output.epsilon.description,
            keyColumns: output.histogram.map { ["\($0.column)"] } ?? output.by.map(\.description), cells: cells)
    }

    /// A noised sum with the spread of the two noise samples in it.
    private struct Noised {
        var value: Int128
        let spread: NoiseSpread
    }

    private func noised(_ output: Int, _ measure: Contract.Measure, _ place: Int) throws -> Noised {
        let index = plan.queries.firstIndex { $0.output == output && $0.measure == measure }!
        let law = try DiscreteLaplace(scale: plan.queries[index].noiseScale)
        return Noised(value: opened[index]![place], spread: law.spread(samples: 2))
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
        }
    }

    private func linear(_ measure: Contract.Measure, _ noised: Noised, scale: Int, unit: String) -> ReleasedCell {
        let grid = Self.power(scale)
        let value = Double(noised.value) / grid
        return ReleasedCell(
            keys: [], measure: measure.description, value: DecimalText.text(noised.value, scale: scale), unit: unit,
            standardError: noised.spread.standardDeviation / grid, low95: value - noised.spread.halfWidth / grid,
            high95: value + noised.spread.halfWidth / grid)
    }

    private static let meanDecimals = 4

    /// Noised sum over noised rows, rounded to four decimals more than the column has.
    private func mean(_ index: Int, _ reference: Contract.ColumnReference, _ place: Int, isClamped: Bool) throws -> ReleasedCell {
        let column = plan.contract.column(reference)
        let sum = try noised(index, .sum(reference), place)
        let rows = try noised(index, .rows(reference.dataset), place)
        let measure = Contract.Measure.mean(reference).description
        let unit = column.isIndicator ? "" : column.unit
        guard rows.value > 0, var units = DecimalText.quotient(sum.value, rows.value, scale: Self.meanDecimals) else {
            return ReleasedCell(keys: [], measure: measure, value: nil, unit: unit, standardError: nil, low95: nil, high95: nil)
        }
        let fine = Int128(Self.power(Self.meanDecimals))
        if isClamped { units = min(max(units, Int128(column.lower) * fine), Int128(column.upper) * fine) }
        let scale = column.scale + Self.meanDecimals
        // First-order propagation: mean = s / r, so its deviation is about sqrt(ds^2 + mean^2 dr^2) / r.
        let grid = Self.power(column.scale)
        let value = Double(units) / Self.power(scale)
        let ratio = Double(sum.value) / Double(rows.value)
        let deviations =
            sum.spread.standardDeviation * sum.spread.standardDeviation
            + ratio * ratio * rows.spread.standardDeviation * rows.spread.standardDeviation
        let deviation = deviations.squareRoot() / Double(rows.value) / grid
        return ReleasedCell(
            keys: [], measure: measure, value: DecimalText.text(units, scale: scale), unit: unit, standardError: deviation,
            low95: value - 1.96 * deviation, high95: value + 1.96 * deviation)
    }

    private static func power(_ exponent: Int) -> Double { (0..<exponent).reduce(1.0) { power, _ in power * 10 } }
}
