import Arithmetic
import SandboxCore

extension ReleasedValues {
    /// Quantiles from the noised bins. The cumulative counts are made monotone (least squares); the quantile of p is where they
    /// reach p times the total, by linear interpolation inside that bin.
    ///
    /// The interval holds the whole bin of the true quantile with probability 0.95, taking the noise of a cumulative count as normal:
    /// for bin i, C_i - p C_k has noise of variance v ((1 - p)^2 i + p^2 (k - i)), v being that of one of the k bins.
    func quantiles(_ index: Int) throws -> ([ReleasedCell], [ReleasedOutput.Note]) {
        let output = plan.contract.outputs[index]
        let reference = output.histogram!.column, edges = output.histogram!.edges!
        let column = plan.contract.column(reference)
        let width = edges.count - 1
        var cohorts = Cohorts(minimum: output.minimumCohort, isNoised: isNoised)
        var cells: [ReleasedCell] = []
        var notes: [ReleasedOutput.Note] = []
        for (group, keys) in PlanBuilder.groupLabels(output, plan.contract).enumerated() {
            let places = Array(group * width..<(group + 1) * width)
            let isWithheld = try cohorts.withholds { try cohort(index, places) }
            let distribution = Bins(
                edges: edges, bins: try places.map { try noised(index, .rows(reference.dataset), $0) }, grid: Self.power(column.scale))
            for probability in output.probabilities {
                var cell = ReleasedCell(
                    keys: keys + ["\(probability)"], measure: "quantile(\(reference))", value: nil, unit: column.unit)
                if isWithheld {
                    cell.withhold(below: output.minimumCohort)
                } else if distribution.total > 0 {
                    let p = probability.approximation
                    let (value, bin) = distribution.quantile(p)
                    cell.value = DecimalText.text(value, scale: column.scale)
                    (cell.low95, cell.high95) = distribution.interval(p)
                    // A sentence for each of many groups would bury the table.
                    if output.by.isEmpty { notes.append(distribution.rank(of: bin, probability)) }
                }
                cells.append(cell)
            }
        }
        if !output.by.isEmpty {
            notes.append(
                .init(
                    code: "quantile-bins", values: [],
                    text: "An interval holds the whole bin of the true quantile; inside a bin the values are taken as evenly spread."))
        }
        return (cells, (cohorts.note.map { [$0] } ?? []) + notes)
    }

    /// The nearest non-decreasing sequence in least squares: pool adjacent violators (R. Barlow et al., "Statistical Inference under
    /// Order Restrictions", 1972).
    static func monotone(_ values: [Double]) -> [Double] {
        var blocks: [(sum: Double, count: Double)] = []
        for value in values {
            blocks.append((value, 1))
            while blocks.count > 1 {
                let (last, before) = (blocks[blocks.count - 1], blocks[blocks.count - 2])
                guard before.sum / before.count > last.sum / last.count else { break }
                blocks.removeLast()
                blocks[blocks.count - 1] = (before.sum + last.sum, before.count + last.count)
            }
        }
        return blocks.flatMap { [Double](repeating: $0.sum / $0.count, count: Int($0.count)) }
    }

    private struct Bins {
        let edges: [Int64]
        /// Cumulative noised counts as they are, and made monotone.
        let sums: [Double]
        let monotone: [Double]
        /// Of the noise of one bin.
        let variance: Double
        let grid: Double

        init(edges: [Int64], bins: [Noised], grid: Double) {
            self.edges = edges
            self.grid = grid
            var sums: [Double] = []
            for bin in bins { sums.append((sums.last ?? 0) + Double(bin.value)) }
            self.sums = sums
            monotone = ReleasedValues.monotone(sums).map { max($0, 0) }
            variance = bins[0].deviation * bins[0].deviation
        }

        var total: Double { monotone.last! }

        /// In grid units, and the bin that it is in.
        func quantile(_ p: Double) -> (value: Int128, bin: Int) {
            let target = p * total
            let bin = monotone.firstIndex { $0 >= target } ?? monotone.count - 1
            let before = bin == 0 ? 0 : monotone[bin - 1]
            let inside = monotone[bin] > before ? min(max((target - before) / (monotone[bin] - before), 0), 1) : 1
            let width = Double(edges[bin + 1] - edges[bin])
            return (Int128(edges[bin]) + Int128((inside * width).rounded()), bin)
        }

        private func margin(_ bin: Int, _ p: Double) -> Double {
            let below = Double(bin + 1), above = Double(sums.count - bin - 1)
            return 1.96 * (variance * ((1 - p) * (1 - p) * below + p * p * above)).squareRoot()
        }

        func interval(_ p: Double) -> (low: Double, high: Double) {
            let excess = sums.map { $0 - p * sums.last! }
            let low = excess.indices.first { excess[$0] + margin($0, p) >= 0 } ?? excess.count - 1
            // The bin after the last one whose upper edge may still lie below the quantile.
            let high = (excess.indices.last { excess[$0] - margin($0, p) < 0 } ?? -1) + 1
            return (Double(edges[low]) / grid, Double(edges[min(max(high, low), excess.count - 1) + 1]) / grid)
        }

        func rank(of bin: Int, _ probability: Rational) -> ReleasedOutput.Note {
            let share = monotone[bin] / total
            let error = margin(bin, share) / total
            let (low, high) = (max(share - error, 0), min(share + error, 1))
            let digits = [low, high].map { DecimalText.text(Int128(($0 * 1000).rounded()), scale: 3) }
            return .init(
                code: "quantile-rank", values: ["\(probability)"] + digits,
                text: "Quantile \(probability): the upper edge of its bin has a rank between \(digits[0]) and \(digits[1]) "
                    + "(95 %, approximately); inside the bin the values are taken as evenly spread.")
        }
    }
}
