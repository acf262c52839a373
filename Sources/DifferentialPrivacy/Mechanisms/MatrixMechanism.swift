import Arithmetic
import SandboxCore

/// Linear queries W x on a vector of counts x from noised answers to a strategy A x: the least-squares estimate of x from A x answers every row of W
/// (C. Li, M. Hay, V. Rastogi, G. Miklau, A. McGregor, "Optimizing linear counting queries under differential privacy", PODS 2010).
///
/// A is an integer matrix of full column rank; one subject's row adds one to one coordinate of x, so the sensitivity is the greatest norm of a column
/// of A. Dense: for up to some thousand coordinates; `RangeQueries` is the way for ranges of large domains.
public struct MatrixMechanism: Sendable {
    public let unit: PrivacyUnit
    public let noise: AdditiveNoise
    public let strategy: [[Int64]]
    private let law: NoiseLaw
    /// Lower Cholesky factor of A^T A, row-major.
    private let factor: [[Double]]

    /// Throws `.range` for a strategy that is empty, ragged, or not of full column rank.
    public init(unit: PrivacyUnit, noise: AdditiveNoise, strategy: [[Int64]]) throws {
        guard let columns = strategy.first?.count, columns > 0, strategy.allSatisfy({ $0.count == columns }) else {
            throw YinheError(.range, "a strategy that is empty or ragged", remedy: "give every query a weight for every coordinate")
        }
        guard strategy.allSatisfy({ $0.allSatisfy { abs(Int128($0)) <= 1 << 40 } }) else {
            throw YinheError(.range, "a strategy with weights above 2^40", remedy: "use smaller integers")
        }
        self.unit = unit
        self.noise = noise
        self.strategy = strategy
        var (l1, l2) = (Int128(0), Int128(0))
        for j in 0..<columns {
            l1 = max(l1, strategy.reduce(Int128(0)) { $0 + abs(Int128($1[j])) })
            l2 = max(l2, strategy.reduce(Int128(0)) { $0 + Int128($1[j]) * Int128($1[j]) })
        }
        // A replaced row leaves one coordinate and enters another: up to twice the norm.
        let rows = Int128(unit.rowsPerSubject), ways: Int128 = unit.neighbours == .replace ? 2 : 1
        law = try noise.law(VectorSensitivity(l1: l1 * rows * ways, l2Squared: l2 * rows * rows * ways * ways))
        factor = try Self.cholesky(strategy, columns)
    }

    /// Estimates of W x, with intervals by Chebyshev's inequality. `workload`: a weight for every coordinate in every row.
    public func release(
        _ counts: [Int], workload: [[Double]], confidence: Double = 0.95
    ) throws -> PrivateRelease<[PrivateEstimate]> {
        try release(counts, workload: workload, confidence: confidence, random: BufferedRandom())
    }

    package func release(
        _ counts: [Int], workload: [[Double]], confidence: Double, random: some RandomSource
    ) throws -> PrivateRelease<[PrivateEstimate]> {
        let columns = strategy[0].count
        precondition(counts.count == columns && workload.allSatisfy { $0.count == columns } && confidence >= 0 && confidence < 1)
        var stream = WordStream(random)
        let answers = try law.noised(
            strategy.map { row in zip(row, counts).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1) } }, from: &stream)
        var projected = [Double](repeating: 0, count: columns)
        for (row, answer) in zip(strategy, answers) {
            for j in 0..<columns { projected[j] += Double(row[j]) * Double(answer) }
        }
        let estimate = solve(projected)
        let width = (law.variance / (1 - confidence)).squareRoot()
        let cells = workload.map { row -> PrivateEstimate in
            let value = zip(row, estimate).reduce(0) { $0 + $1.0 * $1.1 }
            // Var = variance * w (A^T A)^-1 w^T = variance * |L^-1 w|^2.
            let half = forward(row).reduce(0) { $0 + $1 * $1 }.squareRoot() * width
            return PrivateEstimate(value: value, lower: value - half, upper: value + half, confidence: confidence)
        }
        return PrivateRelease(
            value: cells,
            statement: PrivacyStatement(
                unit: unit.name, neighbours: unit.neighbours, cost: noise.cost,
                mechanism: "matrix mechanism, \(strategy.count) strategy queries on \(columns) counts, \(law.name)"))
    }

    private static func cholesky(_ strategy: [[Int64]], _ n: Int) throws -> [[Double]] {
        var gram = (0..<n).map { i in
            (0...i).map { j in strategy.reduce(0.0) { $0 + Double($1[i]) * Double($1[j]) } }
        }
        let scale = gram.indices.map { gram[$0][$0] }.max() ?? 0
        for i in 0..<n {
            for j in 0...i {
                var sum = gram[i][j]
                for k in 0..<j { sum -= gram[i][k] * gram[j][k] }
                if i == j {
                    guard sum > scale * 1e-12 else {
                        throw YinheError(
                            .range, "a strategy that does not determine coordinate \(i)",
                            remedy: "add queries until the strategy has full column rank")
                    }
                    gram[i][i] = sum.squareRoot()
                } else {
                    gram[i][j] = sum / gram[j][j]
                }
            }
        }
        return gram
    }

    /// L^-1 b.
    private func forward(_ b: [Double]) -> [Double] {
        var y = b
        for i in y.indices {
            for k in 0..<i { y[i] -= factor[i][k] * y[k] }
            y[i] /= factor[i][i]
        }
        return y
    }

    /// (L L^T)^-1 b.
    private func solve(_ b: [Double]) -> [Double] {
        var x = forward(b)
        for i in x.indices.reversed() {
            for k in i + 1..<x.count { x[i] -= factor[k][i] * x[k] }
            x[i] /= factor[i][i]
        }
        return x
    }
}
