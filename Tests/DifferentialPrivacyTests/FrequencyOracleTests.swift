import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct FrequencyOracleTests {
    @Test(arguments: FrequencyOracle.Mechanism.allCases, ["1/2", "3"])
    func estimatesAreUnbiasedWithTheStatedDeviation(mechanism: FrequencyOracle.Mechanism, epsilon: String) throws {
        let oracle = try FrequencyOracle(epsilon: Rational(parsing: epsilon), categories: 12, mechanism: mechanism)
        let random = SeededRandom(60), n = 4000
        var stream = WordStream(random)
        // Category 3 is common, 7 half as common, the others absent.
        let truth = (0..<n).map { $0 % 3 == 0 ? 7 : 3 }
        var rare: [Double] = [], common: [Double] = []
        var stated = 0.0
        for _ in 0..<40 {
            let (counts, deviation) = try oracle.estimate(truth.map { oracle.report($0, from: &stream) })
            #expect(counts.count == 12)
            rare += [0, 1, 2, 4, 5, 6, 8, 9, 10, 11].map { counts[$0] }
            common.append(counts[3])
            stated = deviation
        }
        let observed = (rare.reduce(0) { $0 + $1 * $1 } / Double(rare.count)).squareRoot()
        #expect(abs(observed / stated - 1) < 0.2, "\(observed) \(stated)")
        let mean = common.reduce(0, +) / 40, absent = n - (n + 2) / 3
        #expect(abs(mean - Double(absent)) < 5.2 * 2 * stated / 40.0.squareRoot(), "\(mean)")
    }

    /// No report is more than exp(epsilon) times as likely under one category as under another.
    @Test(arguments: FrequencyOracle.Mechanism.allCases)
    func reportsKeepEpsilon(mechanism: FrequencyOracle.Mechanism) throws {
        let oracle = try FrequencyOracle(epsilon: 1, categories: 3, mechanism: mechanism)
        var stream = WordStream(SeededRandom(61))
        let n = 200_000
        let counts = (0..<2).map { category in
            (0..<n).reduce(into: [FrequencyOracle.Report: Int]()) { counts, _ in
                counts[oracle.report(category, from: &stream), default: 0] += 1
            }
        }
        for (report, first) in counts[0] {
            let a = Double(first), b = Double(counts[1][report] ?? 0)
            let error = 5.2 * (1 / a + 1 / max(b, 1)).squareRoot()
            #expect(abs(log(a / max(b, 1))) <= 1 + error, "\(report)")
        }
        // And some report comes close: epsilon is used up.
        #expect(counts[0].contains { abs(log(Double($0.value) / Double(counts[1][$0.key] ?? 1))) > 0.95 })
    }

    @Test func foreignReportsAreRefusedByNumber() throws {
        let oracle = try FrequencyOracle(epsilon: 1, categories: 5)
        #expect(oracle.mechanism == .randomizedResponse)
        for bad in [FrequencyOracle.Report.category(5), .category(-1), .bits([true]), .row(0, isOdd: true)] {
            #expect { try oracle.estimate([.category(0), bad]) } throws: { "\($0)".contains("report 2") }
        }
        #expect(try FrequencyOracle(epsilon: 1, categories: 1000).mechanism == .unaryEncoding)
        for (epsilon, k) in [("0", 5), ("21", 5), ("1", 1)] {
            #expect { try FrequencyOracle(epsilon: Rational(parsing: epsilon), categories: k) } throws: {
                ($0 as? YinheError)?.code == .range
            }
        }
    }
}

@Suite struct ContributionBoundingTests {
    private func rows(_ subjects: Int, _ random: SeededRandom) -> [(subject: UInt64, category: String)] {
        (0..<subjects * 7).map { _ in (random.uniform(below: UInt64(subjects)), "c\(random.uniform(below: 9))") }
    }

    /// Against a plain grouping: with no effective limit nothing is lost, and with limits no subject exceeds them.
    @Test(arguments: [1, 5])
    func limitsHoldAndNothingElseIsLost(parts: Int) throws {
        let random = SeededRandom(70)
        let rows = rows(300, random)
        let folder = FileManager.default.temporaryDirectory
        let all = try ContributionBounding(partitions: 100, rowsPerPartition: 100).count(rows, parts: parts, in: folder, random: random)
        let plain = Dictionary(grouping: rows, by: \.category)
        #expect(all.rows == plain.mapValues(\.count) && all.rowsKept == rows.count && all.rowsRead == rows.count)
        #expect(all.subjects == plain.mapValues { Set($0.map(\.subject)).count })

        let bounded = try ContributionBounding(partitions: 2, rowsPerPartition: 1).count(rows, parts: parts, in: folder, random: random)
        let perSubject = Dictionary(grouping: rows, by: \.subject).mapValues { min(2, Set($0.map(\.category)).count) }
        #expect(bounded.rowsKept == perSubject.values.reduce(0, +) && bounded.rows == bounded.subjects)
    }

    /// Files that are too large are split, and what hashing cannot split is added up: with no effective limit nothing is lost either way.
    @Test(arguments: [1, 40, 2000])
    func memoryIsBoundedWithoutLosingRows(rowsInMemory: Int) throws {
        let random = SeededRandom(73)
        // One subject has more rows than fit.
        let rows = rows(300, random) + (0..<3000).map { (subject: UInt64(4), category: "c\($0 % 11)") }
        func counts(_ limit: Int) throws -> ContributionBounding.Counts {
            try ContributionBounding(partitions: 100, rowsPerPartition: 5000).count(
                rows, parts: 2, in: FileManager.default.temporaryDirectory, random: random, rowsInMemory: limit)
        }
        let bounded = try counts(rowsInMemory), plain = Dictionary(grouping: rows, by: \.category)
        #expect(bounded.rows == plain.mapValues(\.count) && bounded.rowsKept == rows.count)
        #expect(bounded.subjects == plain.mapValues { Set($0.map(\.subject)).count })
    }

    /// One subject alone: the counts of its category show how many rows were kept.
    @Test func everyCategoryOfASubjectIsEquallyLikely() throws {
        let random = SeededRandom(71)
        let rows = (0..<4).flatMap { c in (0...c).map { _ in (subject: UInt64(9), category: "\(c)") } }
        var hits: [String: Int] = [:]
        let bounding = try ContributionBounding(partitions: 1, rowsPerPartition: 2)
        for _ in 0..<1000 {
            let counts = try bounding.count(rows, parts: 1, in: FileManager.default.temporaryDirectory, random: random)
            #expect(counts.rows.count == 1 && counts.rows.first!.value == min(2, Int(counts.rows.first!.key)! + 1))
            hits[counts.rows.first!.key, default: 0] += 1
        }
        #expect((0..<4).allSatisfy { StatisticalChecks.isPlausible(hits["\($0)"] ?? 0, of: 1000, probability: 0.25) })
    }

    @Test func temporaryFilesAreRemoved() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "bounding-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bounding = try ContributionBounding(partitions: 1, rowsPerPartition: 1)
        _ = try bounding.count(rows(10, SeededRandom(72)), parts: 3, in: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect { try bounding.count([(subject: 1, category: "a")], in: folder.appending(path: "missing")) } throws: {
            ($0 as? YinheError)?.code == .system
        }
        #expect { try ContributionBounding(partitions: 0, rowsPerPartition: 1) } throws: { ($0 as? YinheError)?.code == .range }
    }
}
