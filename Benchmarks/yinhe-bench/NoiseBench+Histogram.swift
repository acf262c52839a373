import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore

/// Rows that are made as they are read: subject i has one row, except that every eighth has a second one, in another category or in the same.
/// Categories are skewed: the square of a uniform number picks one.
private struct SyntheticRows: Sequence, IteratorProtocol {
    let rows: Int
    let keys: Int
    private var row = 0

    init(rows: Int, keys: Int) { (self.rows, self.keys) = (rows, keys) }

    /// SplitMix64's finaliser: a fixed function of the row's number.
    static func mix(_ x: Int) -> UInt64 {
        var z = UInt64(x) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    func subject(_ row: Int) -> Int { row % 9 == 8 ? row / 9 * 8 : row / 9 * 8 + row % 9 }

    func category(_ row: Int) -> Int {
        // The first rows reach every category once.
        if row < keys { return row }
        // Some second rows repeat the category of their subject's first.
        if row % 9 == 8, row % 2 == 0, row - 8 >= keys { return category(row - 8) }
        let u = Double(Self.mix(row) >> 11) * 0x1p-53
        return Int(u * u * Double(keys))
    }

    mutating func next() -> (subject: UInt64, category: String)? {
        guard row < rows else { return nil }
        defer { row += 1 }
        return (UInt64(subject(row)), "k\(category(row))")
    }
}

extension NoiseBench {
    func runHistogram() async throws {
        let source = SyntheticRows(rows: rows, keys: keys), rows = rows, keys = keys
        let unknown = try UnknownCategories(
            PrivateHistogram(unit: PrivacyUnit("subject"), noise: .laplace(epsilon: 1)), delta: Rational(parsing: "1e-9"))
        let bounding = try ContributionBounding(partitions: 1, rowsPerPartition: 1)
        let samples = try await options.repeated {
            try await measure({ () -> (ContributionBounding.Counts, [(key: String, count: PrivateEstimate)]) in
                let counts = try bounding.count(source)
                return (counts, try unknown.release(counts.subjects).value)
            }) { counts, released in Self.isRight(counts, released, unknown, source) }
        }
        let released = BenchResult(
            "noise", op: op.rawValue, protocol: "bounded-unknown-categories", n: rows, threads: 1, samples: samples,
            details: ["keys": "\(keys)", "threshold": "\(unknown.threshold)"])
        try options.report(released)
    }

    /// Kept counts lie between those of subjects with a single row and those of all rows; each subject is kept once; released categories are those that the
    /// threshold allows, and their errors have the law's variance.
    private static func isRight(
        _ counts: ContributionBounding.Counts, _ released: [(key: String, count: PrivateEstimate)], _ unknown: UnknownCategories,
        _ source: SyntheticRows
    ) -> Bool {
        var least = [Int](repeating: 0, count: source.keys), most = least, subjects = 0
        for row in 0..<source.rows {
            let category = source.category(row)
            most[category] += 1
            guard row % 9 != 8 else { continue }
            subjects += 1
            // The first subject of each nine rows has two.
            if row % 9 != 0 || row + 8 >= source.rows || source.category(row + 8) == category { least[category] += 1 }
        }
        guard counts.rowsRead == source.rows, counts.rowsKept == subjects, counts.rows == counts.subjects,
            counts.rows.values.reduce(0, +) == subjects
        else { return false }
        for category in 0..<source.keys {
            let kept = counts.rows["k\(category)"] ?? 0
            guard kept >= least[category], kept <= most[category] else { return false }
        }
        let errors = released.compactMap { cell in counts.rows[cell.key].map { cell.count.value - Double($0) } }
        // Far above the threshold nothing is selected by its noise.
        let clear = zip(released, errors).filter { Double(counts.rows[$0.0.key] ?? 0) > 2 * Double(unknown.threshold) }.map(\.1)
        guard errors.count == released.count else { return false }
        let shown = Set(released.map(\.key))
        guard counts.rows.allSatisfy({ shown.contains($0.key) || Double($0.value) <= 2 * Double(unknown.threshold) }) else { return false }
        guard clear.count >= 100 else { return true }
        // Discrete Laplace of scale 1: variance 1.841, kurtosis below 7; seven standard errors.
        let variance = clear.reduce(0) { $0 + $1 * $1 } / Double(clear.count)
        return abs(variance / 1.8413 - 1) < 7 * (6 / Double(clear.count)).squareRoot()
    }
}
