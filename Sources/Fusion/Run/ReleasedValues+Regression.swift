import SandboxCore

extension ReleasedValues {
    /// Least squares by the normal equations, from the noised sums.
    ///
    /// In coordinates z = (x - centre) / halfRange, which lie in -1 ... 1, the matrix is A = Z^T Z with the intercept first and the
    /// right side is b = Z^T w, w being the target in its coordinates. The noise of A has a spectral norm of about
    /// t = 2 max_i sqrt(sum_j variance of A_ij) (the semicircle law's edge): when the least eigenvalue of A is below t, the noise may
    /// have made it, and the ridge t - least eigenvalue is added to the diagonal and reported.
    ///
    /// Standard errors by first-order propagation: the noise of A^-1 b is A^-1 (db - dA beta).
    func regression(_ index: Int) throws -> ([ReleasedCell], [ReleasedOutput.Note]) {
        let regression = plan.contract.outputs[index].regression!
        let count = try noised(index, .count, 0)
        let target = plan.contract.column(regression.target)
        let columns = regression.features.map { plan.contract.column($0) }
        let names = ["(intercept)"] + regression.features.map(\.description)
        let units = [target.unit] + columns.map { Self.ratio(target.unit, $0.unit) }
        var cells = zip(names, units).map { ReleasedCell(keys: [$0], measure: "coefficient", value: nil, unit: $1) }
        if count.value > 0 {
            let equations = try NormalEquations(self, index, regression)
            let fit = equations.solve()
            let lines = Self.inOriginalUnits(fit, columns, target)
            for i in cells.indices {
                cells[i].value = DecimalText.text(lines[i].value)
                guard cells[i].value != nil else { continue }
                cells[i].standardError = lines[i].error
                cells[i].low95 = lines[i].value - 1.96 * lines[i].error
                cells[i].high95 = lines[i].value + 1.96 * lines[i].error
            }
            var notes = [ReleasedOutput.Note.regression]
            if fit.ridge > 0 { notes.append(.ridge(fit.ridge, rows: Double(count.value))) }
            return (cells + [countCell(count)], notes)
        }
        return (cells + [countCell(count)], [.regression])
    }

    private func countCell(_ count: Noised) -> ReleasedCell {
        let value = Double(count.value)
        return ReleasedCell(
            keys: [], measure: "count", value: "\(count.value)", unit: plan.contract.privacy.unit, standardError: count.deviation,
            low95: value - count.halfWidth, high95: value + count.halfWidth)
    }

    private static func ratio(_ a: String, _ b: String) -> String { b.isEmpty ? a : (a.isEmpty ? "1" : a) + "/" + b }

    /// y = cy + hy (b_0 + sum b_j (x_j - c_j) / h_j), c and h being centres and half ranges in units.
    private static func inOriginalUnits(
        _ fit: NormalEquations.Fit, _ columns: [Contract.Column], _ target: Contract.Column
    ) -> [(value: Double, error: Double)] {
        let order = columns.count + 1
        func centre(_ column: Contract.Column) -> Double { Double(column.centre) / power(column.scale) }
        func half(_ column: Contract.Column) -> Double { Double(column.halfRange) / power(column.scale) }
        var rows = [[Double](repeating: 0, count: order)]
        rows[0][0] = half(target)
        for (j, column) in columns.enumerated() {
            let slope = half(target) / half(column)
            rows[0][j + 1] = -slope * centre(column)
            rows.append((0..<order).map { $0 == j + 1 ? slope : 0 })
        }
        return rows.enumerated().map { i, row in
            let value = zip(row, fit.coefficients).map(*).reduce(i == 0 ? centre(target) : 0, +)
            var variance = 0.0
            for j in 0..<order { for k in 0..<order { variance += row[j] * row[k] * fit.covariance[j][k] } }
            return (value, max(variance, 0).squareRoot())
        }
    }
}

/// A beta = b in coordinates from -1 to 1, with the variance of the noise in each element.
private struct NormalEquations {
    struct Fit {
        var coefficients: [Double]
        var covariance: [[Double]]
        /// What was added to the diagonal.
        var ridge: Double
    }

    private let order: Int
    private var matrix: SymmetricMatrix
    private var matrixNoise: SymmetricMatrix
    private var side: [Double] = []
    private var sideNoise: [Double] = []

    init(_ values: ReleasedValues, _ index: Int, _ regression: Contract.Regression) throws {
        let features = regression.features
        order = features.count + 1
        matrix = SymmetricMatrix(order: order)
        matrixNoise = SymmetricMatrix(order: order)
        func half(_ reference: Contract.ColumnReference) -> Double { Double(values.plan.contract.column(reference).halfRange) }
        func element(_ measure: Contract.Measure, _ scale: Double) throws -> (value: Double, variance: Double) {
            let noised = try values.noised(index, measure, 0)
            return (Double(noised.value) / scale, noised.deviation * noised.deviation / scale / scale)
        }
        (matrix[0, 0], matrixNoise[0, 0]) = try element(.count, 1)
        for (i, a) in features.enumerated() {
            (matrix[0, i + 1], matrixNoise[0, i + 1]) = try element(.deviations(a), half(a))
            (matrix[i + 1, i + 1], matrixNoise[i + 1, i + 1]) = try element(.squares(a), half(a) * half(a))
            for (j, b) in features.enumerated().dropFirst(i + 1) {
                (matrix[i + 1, j + 1], matrixNoise[i + 1, j + 1]) = try element(.product(a, b), half(a) * half(b))
            }
        }
        let target = regression.target
        let right = try [element(.deviations(target), half(target))]
            + features.map { try element(.product($0, target), half($0) * half(target)) }
        side = right.map(\.value)
        sideNoise = right.map(\.variance)
    }

    func solve() -> Fit {
        let (values, vectors) = matrix.eigen()
        let noise = 2 * (0..<order).map { i in (0..<order).reduce(0.0) { $0 + matrixNoise[i, $1] } }.max()!.squareRoot()
        // Also without noise a matrix can be singular, as when two features are equal.
        let least = max(noise, values.map(\.magnitude).max()! * 0x1p-33)
        let ridge = max(least - values.min()!, 0)
        let inverse = (0..<order).map { i in
            (0..<order).map { j in
                values.indices.reduce(0.0) { $0 + vectors[$1][i] * vectors[$1][j] / (values[$1] + ridge) }
            }
        }
        let beta = inverse.map { zip($0, side).map(*).reduce(0, +) }
        // Covariance of db - dA beta; dA is symmetric with independent elements on and above the diagonal.
        var residual = [[Double]](repeating: [Double](repeating: 0, count: order), count: order)
        for i in 0..<order {
            for j in 0..<order {
                residual[i][i] += beta[j] * beta[j] * matrixNoise[i, j]
                if i != j { residual[i][j] += beta[i] * beta[j] * matrixNoise[i, j] }
            }
            residual[i][i] += sideNoise[i]
        }
        let half = inverse.map { row in (0..<order).map { j in (0..<order).reduce(0.0) { $0 + row[$1] * residual[$1][j] } } }
        let covariance = half.map { row in inverse.map { zip(row, $0).map(*).reduce(0, +) } }
        return Fit(coefficients: beta, covariance: covariance, ridge: ridge)
    }
}

extension ReleasedOutput.Note {
    fileprivate static let regression = ReleasedOutput.Note(
        code: "regression-approximate", values: [],
        text: "The intervals cover the noise of the released sums (first order), not the sampling of the subjects.")

    fileprivate static func ridge(_ ridge: Double, rows: Double) -> ReleasedOutput.Note {
        let share = DecimalText.text(Int128((ridge / rows * 10_000).rounded()), scale: 4)
        return ReleasedOutput.Note(
            code: "regression-ridge", values: [share],
            text: "The noised matrix is not well conditioned: a ridge of \(share) for each subject was added to its diagonal. The "
                + "coefficients are drawn towards 0 by it, which the intervals do not cover.")
    }
}
