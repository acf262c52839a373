import SandboxCore

extension ReleasedValues {
    /// Pearson's statistic of independence of the two categories, computed from the released cells: post-processing.
    ///
    /// The noise adds to it. For independent categories and noise of variance v in each cell the addition is about
    /// `v * sum (1 - r_i) (1 - c_j) / E_ij` (the residuals keep that part of a cell's noise), which the note states.
    func chiSquare(_ index: Int) throws -> (ReleasedCell, ReleasedOutput.Note) {
        let output = plan.contract.outputs[index]
        let sizes = output.by.map { plan.contract.column($0).categories!.count }
        let cells = try (0..<sizes[0] * sizes[1]).map { try noised(index, .count, $0) }
        let observed = cells.map { output.clamp ? max(Double($0.value), 0) : Double($0.value) }
        let total = observed.reduce(0, +)
        let rows = (0..<sizes[0]).map { i in (0..<sizes[1]).reduce(0.0) { $0 + observed[i * sizes[1] + $1] } }
        let columns = (0..<sizes[1]).map { j in (0..<sizes[0]).reduce(0.0) { $0 + observed[$1 * sizes[1] + j] } }
        var cell = ReleasedCell(keys: [], measure: "chi-square", value: nil, unit: "")
        let freedom = (sizes[0] - 1) * (sizes[1] - 1)
        guard total > 0, (rows + columns).allSatisfy({ $0 > 0 }) else {
            return (cell, .chiSquare(freedom: freedom, byNoise: "?"))
        }
        var (statistic, byNoise) = (0.0, 0.0)
        let variance = cells[0].deviation * cells[0].deviation
        for i in rows.indices {
            for j in columns.indices {
                let expected = rows[i] * columns[j] / total
                let residual = observed[i * sizes[1] + j] - expected
                statistic += residual * residual / expected
                byNoise += variance * (1 - rows[i] / total) * (1 - columns[j] / total) / expected
            }
        }
        cell.value = DecimalText.text(statistic)
        let tenths = DecimalText.text(Int128(min(byNoise * 10, 1e30).rounded()), scale: 1)
        return (cell, .chiSquare(freedom: freedom, byNoise: tenths))
    }
}

extension ReleasedOutput.Note {
    fileprivate static func chiSquare(freedom: Int, byNoise: String) -> ReleasedOutput.Note {
        ReleasedOutput.Note(
            code: "chi-square", values: ["\(freedom)", byNoise],
            text: "Chi-square of the released table, \(freedom) degrees of freedom. The noise alone adds about \(byNoise) to it: "
                + "compare what remains.")
    }
}
