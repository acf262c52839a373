import SandboxCore
import SecretSharing
import TestSupport
import Testing

struct GroupByTests {
    static func plain(_ keys: [Int64], _ columns: [[Int64]]) -> [OpenedGroup<UInt64>] {
        Dictionary(grouping: keys.indices) { keys[$0] }.map { key, rows in
            OpenedGroup(key: key, count: Int64(rows.count), sums: columns.map { column in rows.reduce(0) { $0 + column[$1] } })
        }.sorted { $0.key < $1.key }
    }

    @Test(arguments: [0, 1, 2, 3, 63, 64, 65, 1000], [SortAlgorithm.radix, .quick])
    func groupsEqualThePlainOnes(count: Int, algorithm: SortAlgorithm) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for (low, high) in [(0, 0), (0, 1), (-7, 12), (5, 300), (-1 << 20, 1 << 20)] as [(Int64, Int64)] {
            for keys in SortTests.vectors(count, low, high, &random) {
                let a = (0..<count).map { _ in Int64.random(in: -1 << 31..<1 << 31, using: &random) }
                let b = (0..<count).map { _ in Int64.random(in: 0...1, using: &random) }
                let expected = Self.plain(keys, [a, b])
                // As many slots as groups, more slots than groups, more slots than rows.
                for slots in [max(1, expected.count), expected.count + 3, count + 5] {
                    let groups = try await opened(seed: seed) { c in
                        let key: SharedVector<UInt64> = try c.shared(keys, Int128(low)...Int128(high), seed: seed)
                        let x: SharedVector<UInt64> = try c.shared(a, -1 << 31...1 << 31, seed: seed + 1)
                        let y: SharedVector<UInt64> = try c.shared(b, 0...1, seed: seed + 2)
                        return try await c.open(c.groupBySum(key, values: [x, y], maximumGroups: slots, by: algorithm))
                    }
                    #expect(groups == expected, "seed \(seed), \(low)...\(high), \(slots) slots")
                }
            }
        }
    }

    @Test(arguments: [1, 2, 65, 300]) func rowsThatAreNotPresentDoNotCount(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for (low, high) in [(3, 3), (-2, 5), (0, 1000)] as [(Int64, Int64)] {
            let keys = (0..<count).map { _ in Int64.random(in: low...high, using: &random) }
            let a = (0..<count).map { _ in Int64.random(in: -99...99, using: &random) }
            for present in [
                (0..<count).map { _ in Bool.random(using: &random) }, Array(repeating: false, count: count),
                Array(repeating: true, count: count),
            ] {
                let rows = keys.indices.filter { present[$0] }
                let expected = Self.plain(rows.map { keys[$0] }, [rows.map { a[$0] }])
                let groups = try await opened(seed: seed) { c in
                    let key: SharedVector<UInt64> = try c.shared(keys, Int128(low)...Int128(high), seed: seed)
                    let x: SharedVector<UInt64> = try c.shared(a, -99...99, seed: seed + 1)
                    return try await c.open(c.groupBySum(
                        key, values: [x], maximumGroups: max(1, expected.count), present: c.sharedBits(present, seed: seed + 2)))
                }
                #expect(groups == expected, "seed \(seed), \(low)...\(high)")
            }
        }
    }

    @Test(arguments: [4, 40]) func categoriesCountRowsThatArePresent(categories: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let keys = (0..<200).map { _ in Int64.random(in: 0..<Int64(categories), using: &random) }
        let present = (0..<200).map { _ in Bool.random(using: &random) }
        let result = try await opened(seed: seed) { c in
            let key: SharedVector<UInt64> = try c.shared(keys, 0...Int128(categories - 1), seed: seed)
            let bits = try c.sharedBits(present, seed: seed + 2)
            let sums = try await c.groupBySum(key, categories: categories, values: [key], present: bits)
            let table = try await c.contingencyTable(key, categories: categories, key, categories: categories, present: bits)
            return try await [c.open(sums.counts)!, c.open(sums.sums[0])!, c.open(table)!]
        }
        var counts = [Int64](repeating: 0, count: categories), table = [Int64](repeating: 0, count: categories * categories)
        for i in 0..<200 where present[i] {
            counts[Int(keys[i])] += 1
            table[Int(keys[i]) * (categories + 1)] += 1
        }
        #expect(result == [counts, counts.indices.map { counts[$0] * Int64($0) }, table], "seed \(seed)")
    }

    @Test func moreGroupsThanSlotsAreAnErrorOfTheOpening() async throws {
        let seed = freshSeed()
        let keys = (0..<50).map { Int64($0 % 10) }
        for (slots, fits) in [(9, false), (1, false), (10, true)] {
            let (messages, _) = try await bothParties(seed: seed) { c -> [String] in
                let key: SharedVector<UInt64> = try c.shared(keys, 0...9, seed: seed)
                let groups = try await c.groupByCount(key, maximumGroups: slots)
                do {
                    return try await [String(c.open(groups).count)]
                } catch let error as YinheError where error.code == .range {
                    // The groups that fit are right; nothing else was opened.
                    return [error.message] + (try await c.open(groups.counts)!.map(String.init))
                }
            }
            #expect(fits ? messages == ["10"] : messages.dropFirst() == ArraySlice(Array(repeating: "5", count: slots)), "seed \(seed)")
            if !fits { #expect(messages[0].contains("more than \(slots) different values")) }
        }
    }

    @Test func unusedSlotsHoldNothing() async throws {
        let seed = freshSeed()
        let columns = try await opened(seed: seed) { c in
            let key: SharedVector<UInt64> = try c.shared([7, 7, 9, 7, 9], 5...20, seed: seed)
            let x: SharedVector<UInt64> = try c.shared([1, 2, 3, 4, 5], 0...9, seed: seed)
            let groups = try await c.groupBySum(key, values: [x], maximumGroups: 7)
            return try await [c.open(groups.keys)!, c.open(groups.counts)!, c.open(groups.sums[0])!]
        }
        #expect(columns == [[7, 9, 0, 0, 0, 0, 0], [3, 2, 0, 0, 0, 0, 0], [7, 8, 0, 0, 0, 0, 0]], "seed \(seed)")
    }

    @Test func sumsOverWideElementsAreExact() async throws {
        let seed = freshSeed()
        let groups = try await opened(seed: seed) { c in
            // A key of 50 bits, so that it does not share a word with the number of rows.
            let key: SharedVector<UInt64> = try c.shared((0..<5000).map { $0 % 2 == 0 ? 3 : 1 << 61 }, 0...1 << 61, seed: seed)
            let x: SharedVector<UInt128> = try c.shared(Array(repeating: 1 << 100, count: 5000), 0...1 << 100, seed: seed)
            return try await c.open(c.groupBySum(key, values: [x], maximumGroups: 4))
        }
        #expect(
            groups == [
                OpenedGroup(key: 3, count: 2500, sums: [2500 << 100]), OpenedGroup(key: 1 << 61, count: 2500, sums: [2500 << 100]),
            ], "seed \(seed)")
    }

    @Test func sumsThatMightLeaveTheRingAreRefusedBeforeAnythingIsSent() async throws {
        let error = await #expect(throws: YinheError.self) {
            _ = try await TwoPartyComputation.plan { c in
                let key: SharedVector<UInt64> = try c.input(nil, from: 0, count: 4, bounds: DeclaredBounds(0, 3))
                let x: SharedVector<UInt64> = try c.input(nil, from: 0, count: 4, bounds: DeclaredBounds(0, 1 << 61))
                _ = try await c.groupBySum(key, values: [x], maximumGroups: 4)
            }
        }
        #expect(error?.code == .range)
    }

    @Test func whatAGroupingCostsIsKnownInAdvance() async throws {
        let program: @Sendable (TwoPartyComputation) async throws -> Int = { c in
            let key: SharedVector<UInt64> = try c.shared((0..<5000).map { Int64($0 % 1000) }, 0...999, seed: 1)
            let value: SharedVector<UInt64> = try c.shared((0..<5000).map { Int64($0) }, 0...1 << 32 - 1, seed: 2)
            return try await c.groupBySum(key, values: [value], maximumGroups: 1000).slots
        }
        let plans = try await [TwoPartyComputation.plan(party: 0, program), TwoPartyComputation.plan(party: 1, program)]
        let (a, b) = try await bothParties { c in
            try await c.prepare(plans[c.party])
            _ = try await program(c)
            return c.cost
        }
        #expect(a == plans[0] && b == plans[1])
        #expect(plans[0].rounds <= 85)
    }

    @Test(arguments: [1, 2, 3, 5, 16, 17, 100]) func publicCategoriesHaveTheirSums(categories: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for count in [1, 64, 777] {
            let keys = (0..<count).map { _ in Int64.random(in: 0..<Int64(max(1, categories - 1)), using: &random) }
            let a = (0..<count).map { _ in Int64.random(in: -1000...1000, using: &random) }
            let result = try await opened(seed: seed) { c in
                let key: SharedVector<UInt64> = try c.shared(keys, 0...Int128(categories - 1), seed: seed)
                let x: SharedVector<UInt64> = try c.shared(a, -1000...1000, seed: seed + 1)
                let sums = try await c.groupBySum(key, categories: categories, values: [x, x.scaled(by: 2)])
                return try await [c.open(sums.counts)!, c.open(sums.sums[0])!, c.open(sums.sums[1])!]
            }
            let plain = Self.plain(keys, [a])
            let sums = (0..<Int64(categories)).map { key in plain.first { $0.key == key }?.sums[0] ?? 0 }
            #expect(result[0] == (0..<Int64(categories)).map { key in plain.first { $0.key == key }?.count ?? 0 }, "seed \(seed)")
            #expect(result[1] == sums && result[2] == sums.map { 2 * $0 }, "seed \(seed)")
        }
    }

    @Test(arguments: [(2, 2), (3, 7), (5, 1)]) func tablesOfTwoKeysEqualThePlainOnes(shape: (Int, Int)) async throws {
        let (rows, columns) = shape
        let seed = freshSeed()
        var random = SplitMix(seed)
        let a = (0..<500).map { _ in Int64.random(in: 0..<Int64(rows), using: &random) }
        let b = (0..<500).map { _ in Int64.random(in: 0..<Int64(columns), using: &random) }
        let v = (0..<500).map { _ in Int64.random(in: -9...9, using: &random) }
        let result = try await opened(seed: seed) { c in
            let x: SharedVector<UInt64> = try c.shared(a, 0...Int128(rows - 1), seed: seed)
            let y: SharedVector<UInt64> = try c.shared(b, 0...Int128(columns - 1), seed: seed + 1)
            let values: SharedVector<UInt64> = try c.shared(v, -9...9, seed: seed + 2)
            return try await [
                c.open(c.contingencyTable(x, categories: rows, y, categories: columns))!,
                c.open(c.contingencySums(x, categories: rows, y, categories: columns, values: values))!,
            ]
        }
        var counts = [Int64](repeating: 0, count: rows * columns), sums = counts
        for i in 0..<500 {
            counts[Int(a[i]) * columns + Int(b[i])] += 1
            sums[Int(a[i]) * columns + Int(b[i])] += v[i]
        }
        #expect(result == [counts, sums], "seed \(seed)")
    }
}
