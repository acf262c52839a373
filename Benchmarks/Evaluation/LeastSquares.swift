/// Non-negative least squares for a handful of unknowns.
package enum LeastSquares {
    /// The x >= 0 that minimises |A x - b|, by trying every set of unknowns that may be positive: exact, for at most 12 unknowns.
    /// (The solution of the constrained problem is the unconstrained one on its own support; C. Lawson, R. Hanson, "Solving least squares
    /// problems", 1974, chapter 23.) Of several equally good ones that with the fewest positive unknowns.
    ///
    /// `rows`: equations, all of the same length. Nil when there is no equation or no unknown.
    package static func nonNegative(_ rows: [[Double]], _ b: [Double]) -> [Double]? {
        guard let width = rows.first?.count, width > 0, width <= 12, rows.count == b.count else { return nil }
        precondition(rows.allSatisfy { $0.count == width })
        var best: (x: [Double], error: Double)?
        let subsets = (0..<(1 << width)).sorted { $0.nonzeroBitCount < $1.nonzeroBitCount }
        for subset in subsets {
            let chosen = (0..<width).filter { subset >> $0 & 1 == 1 }
            guard chosen.count <= rows.count, let part = solve(rows.map { row in chosen.map { row[$0] } }, b),
                part.allSatisfy({ $0 >= 0 && $0.isFinite })
            else { continue }
            var x = [Double](repeating: 0, count: width)
            for (i, place) in chosen.enumerated() { x[place] = part[i] }
            let error = zip(rows, b).reduce(0.0) { sum, equation in
                let difference = zip(equation.0, x).reduce(-equation.1) { $0 + $1.0 * $1.1 }
                return sum + difference * difference
            }
            if best == nil || error < best!.error * (1 - 1e-9) - 1e-18 { best = (x, error) }
        }
        return best?.x
    }

    /// The unconstrained solution by the normal equations with scaled columns; nil when they are singular.
    private static func solve(_ rows: [[Double]], _ b: [Double]) -> [Double]? {
        let n = rows[0].count
        guard n > 0 else { return [] }
        let scale = (0..<n).map { j in rows.reduce(0.0) { $0 + $1[j] * $1[j] }.squareRoot() }
        guard scale.allSatisfy({ $0 > 0 }) else { return nil }
        var m = (0..<n).map { i in
            (0..<n).map { j in rows.reduce(0.0) { $0 + $1[i] * $1[j] } / (scale[i] * scale[j]) }
                + [zip(rows, b).reduce(0.0) { $0 + $1.0[i] * $1.1 } / scale[i]]
        }
        for column in 0..<n {
            let pivot = (column..<n).max { abs(m[$0][column]) < abs(m[$1][column]) }!
            guard abs(m[pivot][column]) > 1e-9 else { return nil }
            m.swapAt(column, pivot)
            for row in 0..<n where row != column {
                let factor = m[row][column] / m[column][column]
                for k in column...n { m[row][k] -= factor * m[column][k] }
            }
        }
        return (0..<n).map { m[$0][n] / m[$0][$0] / scale[$0] }
    }
}
