import SandboxCore
import SecretSharing
import TestSupport
import Testing

struct OrderStatisticsTests {
    @Test(arguments: [1, 2, 3, 64, 201], TwoPartyComputation.SelectionMethod.allCases)
    func orderStatisticsEqualThePlainOnes(count: Int, method: TwoPartyComputation.SelectionMethod) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for (low, high) in [(4, 4), (0, 1), (-20, 11), (-1000, 5000)] as [(Int64, Int64)] {
            for x in SortTests.vectors(count, low, high, &random) {
                let ranks = [0, count / 2, count - 1]
                let result = try await opened(seed: seed) { c in
                    let a: SharedVector<UInt64> = try c.shared(x, Int128(low)...Int128(high), seed: seed)
                    let statistics = try await c.orderStatistics(a, ranks: ranks, by: method)
                    return try await c.open(statistics)! + c.open(c.quantile(a, 1, of: 4, by: method))!
                }
                let sorted = x.sorted()
                #expect(result == ranks.map { sorted[$0] } + [sorted[(count + 3) / 4 - 1]], "seed \(seed), \(low)...\(high)")
            }
        }
    }

    @Test(arguments: [1, 2, 3, 5, 64, 100, 5000, 20_001]) func extremesAndTheirFirstPlacesAreRight(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for x in SortTests.vectors(count, -50, 50, &random) {
            let result = try await opened(seed: seed) { c in
                let a: SharedVector<UInt64> = try c.shared(x, -50...50, seed: seed)
                let (low, lowest) = try await c.argMinimum(a), (high, highest) = try await c.argMaximum(a)
                return try await [
                    c.open(c.minimum(of: a))![0], c.open(c.maximum(of: a))![0], c.open(low)![0], c.open(lowest)![0],
                    c.open(high)![0], c.open(highest)![0],
                ]
            }
            let (low, high) = (x.min()!, x.max()!)
            #expect(
                result == [low, high, low, Int64(x.firstIndex(of: low)!), high, Int64(x.firstIndex(of: high)!)], "seed \(seed)")
        }
    }

    @Test func prefixSumsAndDifferencesUndoEachOtherWithinTheirBounds() async throws {
        let x: [Int64] = [5, -7, 0, 3, 9, -9]
        let result = try await opened { c in
            let a: SharedVector<UInt64> = try c.shared(x, -9...9, seed: 1)
            let sums = try a.prefixSums()
            #expect(sums.bounds == (try DeclaredBounds(-54, 54)))
            return try await [c.open(sums)!, c.open(sums.differences())!]
        }
        #expect(result == [[5, -2, -2, 1, 10, 1], x])
        #expect(throws: YinheError.self) {
            try SharedVector<UInt64>(share: [1, 2, 3], party: 0, of: 2, bounds: DeclaredBounds(0, 1 << 62)).prefixSums()
        }
    }
}
