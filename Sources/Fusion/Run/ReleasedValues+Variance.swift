import SandboxCore

extension ReleasedValues {
    /// `squares / rows - (deviations / rows)^2`: the mean squared distance from the mean (divided by the rows, not one less).
    /// Floating point, the same on both sides. The noise can make it negative; `clamp` moves it to 0 ... halfRange^2.
    func variance(_ index: Int, _ reference: Contract.ColumnReference, _ place: Int, isClamped: Bool) throws -> ReleasedCell {
        let column = plan.contract.column(reference)
        let rows = try noised(index, .rows(reference.dataset), place)
        let deviations = try noised(index, .deviations(reference), place)
        let squares = try noised(index, .squares(reference), place)
        let unit = column.unit.isEmpty ? "" : column.unit + "²"
        var cell = ReleasedCell(keys: [], measure: Contract.Measure.variance(reference).description, value: nil, unit: unit)
        guard rows.value > 0 else { return cell }
        let n = Double(rows.value), mean = Double(deviations.value) / n, square = Double(squares.value) / n
        var variance = square - mean * mean
        // First-order propagation of the three independent noises.
        let byRows = (2 * mean * mean - square) / n
        let terms = [squares.deviation / n, 2 * mean / n * deviations.deviation, byRows * rows.deviation]
        let error = terms.map { $0 * $0 }.reduce(0, +).squareRoot()
        if isClamped { variance = min(max(variance, 0), Double(column.halfRange) * Double(column.halfRange)) }
        let grid = Self.power(2 * column.scale)
        cell.value = DecimalText.text(variance / grid)
        guard cell.value != nil else { return cell }
        cell.standardError = error / grid
        cell.low95 = (variance - 1.96 * error) / grid
        cell.high95 = (variance + 1.96 * error) / grid
        return cell
    }
}

extension ReleasedOutput.Note {
    static let variance = ReleasedOutput.Note(
        code: "variance-approximate", values: [],
        text: "The intervals of means and variances are first-order approximations of what the noise does.")
}
