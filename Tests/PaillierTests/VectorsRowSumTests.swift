import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct VectorsRowSumTests {
    private static let key = TestKeys.djn

    /// The rows of a vector as lists; missing values of the last one count as 0.
    private func rows(_ values: [Int64], _ perRow: Int) -> [[Int64]] {
        stride(from: 0, to: values.count, by: perRow).map { start in
            (0..<perRow).map { start + $0 < values.count ? values[start + $0] : 0 }
        }
    }

    private func plainSums(_ rows: [[Int64]], _ perRow: Int, _ weights: [[Int64]]) -> [Int128] {
        weights.flatMap { weights in
            (0..<perRow).map { slot in zip(weights, rows).reduce(Int128(0)) { $0 + Int128($1.0) * Int128($1.1[slot]) } }
        }
    }

    @Test(arguments: [-50...60, 0...60, 4...60, -50 ... -3] as [ClosedRange<Int64>])
    func groupSumsSelectionsAndTotalsAgreeWithPlainArithmetic(range: ClosedRange<Int64>) throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        let layout = try PackedLayout(range, additions: 4000, key: Self.key.publicKey)
        for perRow in [1, 2, 5] {
            let values = VectorsOperationTests.values(203, range, random), plain = rows(values, perRow)
            for vector in [
                try VectorsOperationTests.encrypt(values, layout, perRow: perRow),
                try VectorsOperationTests.encrypt(values.map { _ in max(0, range.lowerBound) }.map { min($0, range.upperBound) }, layout, perRow: perRow)
                    .subtracting(try VectorsOperationTests.encrypt(
                        values.map { _ in max(0, range.lowerBound) }.map { min($0, range.upperBound) }, layout, perRow: perRow))
                    .adding(try VectorsOperationTests.encrypt(values, layout, perRow: perRow)),
            ] {
                // Group 3 stays empty.
                let groups = plain.map { _ in [0, 1, 2, 4, 5, 6][Int(random.uniform(below: 6))] }
                let weights = (0..<7).map { g in groups.map { Int64($0 == g ? 1 : 0) } }
                let sums = try vector.sums(byGroup: groups, groupCount: 7, threads: 2)
                #expect(sums.count == 7 * perRow && sums.valuesPerRow == perRow)
                #expect(try sums.decrypt(with: Self.key) == plainSums(plain, perRow, weights), "seed \(seed)")
                let declared = try vector.sums(byGroup: groups, groupCount: 7, atMost: 250, threads: 1)
                #expect(try declared.decrypt(with: Self.key) == plainSums(plain, perRow, weights), "seed \(seed)")
                #expect(try sums.compacted().decrypt(with: Self.key) == plainSums(plain, perRow, weights), "seed \(seed)")

                let chosen = [[0], [], [3, 3, 1], Array(0..<plain.count)]
                let chosenWeights = chosen.map { list in plain.indices.map { i in Int64(list.filter { $0 == i }.count) } }
                #expect(try vector.sums(ofRows: chosen).decrypt(with: Self.key) == plainSums(plain, perRow, chosenWeights), "seed \(seed)")
                let ones = [[Int64](repeating: 1, count: plain.count)]
                #expect(try vector.total(threads: 2).decrypt(with: Self.key) == plainSums(plain, perRow, ones), "seed \(seed)")
            }
        }
    }

    @Test func groupsLongerThanAPieceAreMergedExactly() throws {
        let layout = try PackedLayout(-1...1, additions: 10_000, key: Self.key.publicKey)
        let one = try VectorsOperationTests.encrypt([1, -1, 0], layout, perRow: 1)
        let order = (0..<7001).map { $0 % 3 == 0 ? 0 : $0 % 2 }
        let zeros = order.filter { $0 == 0 }.count
        #expect(try one.sums(ofRows: [order, [2]], threads: 2).decrypt(with: Self.key) == [Int128(2 * zeros - 7001), 0])
    }

    @Test func weightedSumsAgreeWithPlainArithmetic() throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        for range in [-50...60, 3...60] as [ClosedRange<Int64>] {
            let layout = try PackedLayout(range, additions: 1 << 40, key: Self.key.publicKey)
            for perRow in [1, 3] {
                let values = VectorsOperationTests.values(100, range, random), plain = rows(values, perRow)
                let vector = try VectorsOperationTests.encrypt(values, layout, perRow: perRow)
                var weights = (0..<5).map { _ in plain.map { _ in Int64(bitPattern: random.word()) >> Int64(32 + random.uniform(below: 32)) } }
                weights.append([Int64](repeating: 0, count: plain.count))
                weights.append([Int64](repeating: 9, count: plain.count))
                weights.append(plain.indices.map { $0 == 3 ? -1 : 0 })
                for threads in [1, 2] {
                    let sums = try vector.weightedSums(weights, threads: threads)
                    #expect(try sums.decrypt(with: Self.key) == plainSums(plain, perRow, weights), "seed \(seed)")
                }
                #expect(try vector.adding(vector).weightedSum(weights[0]).decrypt(with: Self.key)
                    == plainSums(plain, perRow, [weights[0]]).map { 2 * $0 }, "seed \(seed)")
            }
        }
    }

    @Test func wrongGroupsAndWeightsAreRefused() throws {
        let layout = try PackedLayout(0...9, additions: 8, key: Self.key.publicKey)
        let vector = try VectorsOperationTests.encrypt([1, 2, 3], layout, perRow: 1)
        #expect { try vector.sums(byGroup: [0, 1], groupCount: 2) } throws: { ($0 as? YinheError)?.code == .badInput }
        #expect { try vector.sums(byGroup: [0, 1, 2], groupCount: 2) } throws: { ($0 as? YinheError)?.message.contains("row 3") == true }
        #expect { try vector.sums(byGroup: [0, -1, 2], groupCount: 3) } throws: { ($0 as? YinheError)?.code == .badInput }
        #expect { try vector.sums(byGroup: [0, 0, 1], groupCount: 2, atMost: 1) } throws: { ($0 as? YinheError)?.code == .range }
        #expect { try vector.sums(byGroup: [0, 0, 1], groupCount: 2, atMost: 15) } throws: { ($0 as? YinheError)?.code == .range }
        #expect { try vector.sums(ofRows: [[3]]) } throws: { ($0 as? YinheError)?.code == .badInput }
        #expect { try vector.weightedSums([[1, 2, 3], [1]]) } throws: { ($0 as? YinheError)?.message.contains("row 2") == true }
        #expect(try vector.weightedSums([]).count == 0)
    }

    @Test func whatTheBoundsOfAResultShowDependsOnDeclarationsWhenThereAreAny() throws {
        let layout = try PackedLayout(-1...3, additions: 100, key: Self.key.publicKey)
        let vector = try VectorsOperationTests.encrypt([1, 2, 3, 0], layout, perRow: 1)
        let one = try vector.sums(byGroup: [0, 0, 0, 1], groupCount: 2, atMost: 10)
        let other = try vector.sums(byGroup: [0, 1, 0, 1], groupCount: 2, atMost: 10)
        #expect(one.bounds == other.bounds && one.bounds.minimum == -10 && one.bounds.maximum == 30)
    }
}
