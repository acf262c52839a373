import Arithmetic
import Foundation
@preconcurrency import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

/// Failure rates at reduced sizes against what the formulas say. Seeds are fixed, so these tests have no false alarms;
/// YINHE_LONG_TESTS=1 takes more trials.
@Suite struct OKVSFailureTests {
    static let isLong = ProcessInfo.processInfo.environment["YINHE_LONG_TESTS"] == "1"

    /// How many of `trials` random systems have no solution.
    static func failures(items n: Int, sparse: Int, dense: Int, trials: Int) -> Int {
        let parameters = OKVSParameters(
            items: n, clustered: false, clusters: 1, sparseColumns: sparse, denseColumns: dense, clusterItems: n)
        let random = SeededRandom(UInt64(n * 1000 + dense))
        let values = random.elements(n, UInt64.self)
        return (0..<trials).count { _ in
            // Fresh keys under one seed are as good as fresh seeds, and cheaper.
            let store = Self.store(parameters)
            return (try? store.encode(random.tokens(n), values, threads: 1)) == nil
        }
    }

    private static func store(_ parameters: OKVSParameters) -> OKVS { OKVS(parameters: parameters, seed: .zero) }

    /// Right of the phase transition only pairs of equal rows matter: with g dense columns encoding fails when there are more
    /// than g, P = c^(g+1) / (g+1)!. At the small sizes where two pairs can be seen, other structures add to them.
    @Test(arguments: [
        (128, 249, 0, 20_000, 400_000, 1.2), (513, 797, 0, 6000, 100_000, 1.1), (24, 60, 1, 200_000, 4_000_000, 5),
    ])
    func smallGapsComeFromEqualRowsAsPredicted(
        n: Int, sparse: Int, dense: Int, short: Int, long: Int, most: Double
    ) throws {
        let trials = Self.isLong ? long : short
        let mean = exp2(OKVSParameters.log2DuplicatePairs(items: n, sparseColumns: sparse))
        let expected = Double(trials) * (dense == 0 ? 1 - exp(-mean) : 1 - exp(-mean) * (1 + mean))
        let seen = Double(Self.failures(items: n, sparse: sparse, dense: dense, trials: trials))
        #expect(expected > 5)
        #expect(seen >= expected - 5 * expected.squareRoot(), "\(seen) failures, \(expected) expected")
        #expect(seen <= most * expected + 5 * (most * expected).squareRoot(), "\(seen) failures, \(expected) expected")
    }

    /// With one dense column for the one pair of equal rows that may occur, at bits = 6 of the fitted line: the true rate is
    /// below 2^-6, by less than a factor 64. Left of the transition most of the promise is gone.
    @Test func theFittedLineIsABoundAndNotAFarOne() throws {
        for n in [513, 1024] {
            let trials = Self.isLong ? 100_000 : 4000
            let right = OKVSParameters.sparseColumns(items: n, bits: 6), left = OKVSParameters.sparseColumns(items: n, bits: -3)
            let rate = Double(Self.failures(items: n, sparse: right, dense: 1, trials: trials)) / Double(trials)
            #expect(rate <= 1.0 / 64 && rate >= 1.0 / 4096, "\(rate)")
            let below = Double(Self.failures(items: n, sparse: left, dense: 1, trials: 1000)) / 1000
            #expect(below >= 0.08 && below <= 0.5, "\(below)")
        }
    }

    /// A load that is exceeded with probability at most 2^-5 over all clusters, and one item less would be exceeded more often.
    @Test func clusterLoadsFollowTheBinomialTail() throws {
        for (n, clusters) in [(2000, 16), (300, 38), (5000, 2)] {
            let load = OKVSParameters.maximumLoad(items: n, clusters: clusters, bits: 5)
            let random = SeededRandom(UInt64(n)), trials = Self.isLong ? 20_000 : 2000
            var exceeded = 0, exceededByLess = 0
            for _ in 0..<trials {
                var counts = [Int](repeating: 0, count: clusters)
                for word in random.elements(n, UInt64.self) {
                    counts[Int(word.multipliedFullWidth(by: UInt64(clusters)).high)] += 1
                }
                if counts.max()! > load { exceeded += 1 }
                if counts.max()! > load - 1 { exceededByLess += 1 }
            }
            let allowed = Double(trials) / 32
            #expect(Double(exceeded) <= allowed + 4 * allowed.squareRoot())
            #expect(Double(exceededByLess) >= allowed / 2)
        }
    }

    /// Rows of real tokens: positions distinct and uniform, clusters uniform, hashed keys never zero.
    @Test func rowsAreUniform() throws {
        let parameters = OKVSParameters(
            items: 1000, clustered: true, clusters: 4, sparseColumns: 5, denseColumns: 1, clusterItems: 1000)
        let store = OKVS(parameters: parameters, seed: Block128(low: 9, high: 9))
        let n = 24_000
        var triples: [[Int]: Int] = [:]
        for key in SeededRandom(2).tokens(n) {
            let row = store.row(of: key)
            let base = row.firstDense - 5
            #expect(base % 6 == 0 && row.places.allSatisfy { (base..<base + 5).contains($0) } && row.hashed != 0)
            triples[row.places, default: 0] += 1
        }
        // 4 clusters of 60 ordered triples, 239 degrees of freedom; exceeded by chance with probability below 1e-8.
        let expected = Double(n) / 240
        #expect(triples.keys.allSatisfy { Set($0).count == 3 })
        let squares = triples.values.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
        let statistic = (squares + Double(240 - triples.count) * expected * expected) / expected
        #expect(statistic < 380, "\(statistic)")
    }

    @Test func sizesMeetTheTargets() throws {
        #expect(try OKVSParameters.derive(items: 1 << 20, clustered: true).expansion <= 1.36)
        #expect(try OKVSParameters.derive(items: 1 << 20, clustered: false).expansion <= 1.23)
        #expect(try OKVSParameters.derive(items: 1 << 24, clustered: false).columns < 1 << 25)
        let error = #expect(throws: YinheError.self) { try OKVSParameters.derive(items: 1 << 24 + 1, clustered: true) }
        #expect(error?.code == .range)
    }

    /// Security is per store, not per cluster: with more clusters each must be safer.
    @Test func clustersShareTheFailureProbability() throws {
        let one = OKVSParameters.sparseColumns(items: 1 << 15, bits: 42)
        let many = try OKVSParameters.derive(items: 1 << 24, clustered: true)
        #expect(many.clusters == 512)
        #expect(many.sparseColumns > OKVSParameters.sparseColumns(items: many.clusterItems, bits: 50))
        #expect(OKVSParameters.sparseColumns(items: 1 << 15, bits: 51) > one)
        let tail = OKVSParameters.log2BinomialTail(1 << 24, 1.0 / 512, above: many.clusterItems)
        #expect(tail <= -51 && tail > -51.5)
    }
}
