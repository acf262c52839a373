import SandboxCore
import SecretSharing
import TestSupport
import Testing

struct SortTests {
    /// The rows that come to each place in a stable sort.
    static func order(_ x: [Int64]) -> [Int] { x.indices.sorted { (x[$0], $0) < (x[$1], $1) } }

    /// Random, equal, sorted, reversed and few different values in low ... high.
    static func vectors(_ count: Int, _ low: Int64, _ high: Int64, _ random: inout SplitMix) -> [[Int64]] {
        let values = (0..<count).map { _ in Int64.random(in: low...high, using: &random) }
        return [
            values, Array(repeating: high, count: count), values.sorted(), Array(values.sorted().reversed()),
            (0..<count).map { _ in Bool.random(using: &random) ? low : high },
        ]
    }

    @Test(arguments: [0, 1, 2, 3, 17, 64, 65, 500], [SortAlgorithm.radix, .quick])
    func sortsAreStableAndRight(count: Int, algorithm: SortAlgorithm) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        for (low, high) in [(0, 1), (0, 3), (-3, 4), (-100, 155), (-5, 1000), (-1 << 31, 1 << 31 - 1)] as [(Int64, Int64)] {
            for x in Self.vectors(count, low, high, &random) {
                let columns = (0..<count).map { Int64($0) << 30 }
                let result = try await opened(seed: seed) { c in
                    let keys: SharedVector<UInt64> = try c.shared(x, Int128(low)...Int128(high), seed: seed)
                    let payload: SharedVector<UInt64> = try c.shared(columns, 0...1 << 40, seed: seed + 1)
                    let sorted = try await c.sort(keys, carrying: [payload], by: algorithm)
                    return try await [
                        c.open(sorted.keys)!, c.open(sorted.columns[0])!, c.open(sorted.order).map { Int64($0) },
                    ]
                }
                let order = Self.order(x)
                #expect(result[0] == order.map { x[$0] }, "seed \(seed), \(low)...\(high)")
                #expect(result[1] == order.map { columns[$0] }, "seed \(seed), \(low)...\(high)")
                #expect(result[2] == order.map { Int64($0) }, "seed \(seed), \(low)...\(high)")
            }
        }
    }

    @Test(arguments: [SortAlgorithm.automatic, .radix, .quick]) func wideKeysAreSorted(algorithm: SortAlgorithm) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = [Int64.min / 2, Int64.max / 2, 0, 0, -1] + (0..<200).map { _ in Int64.random(in: Int64.min / 2...Int64.max / 2, using: &random) }
        let bounds = Int128(Int64.min / 2)...Int128(Int64.max / 2)
        let result = try await opened(seed: seed) { c in
            let keys: SharedVector<UInt64> = try c.shared(x, bounds, seed: seed)
            let wide: SharedVector<UInt128> = try c.shared(x.map { Int128($0) }, bounds, seed: seed)
            return try await [c.open(c.sortingOrder(keys, by: algorithm)), c.open(c.sortingOrder(wide, by: algorithm))]
        }
        #expect(result == [Self.order(x), Self.order(x)], "seed \(seed)")
    }

    @Test func keysBeyondAWordAreSortedByComparisons() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<100).map { _ in Int128.random(in: -1 << 90..<1 << 90, using: &random) }
        let (order, refused) = try await opened(seed: seed) { c in
            let keys: SharedVector<UInt128> = try c.shared(x, -1 << 90...1 << 90, seed: seed)
            let order = try await c.open(c.sortingOrder(keys))
            do {
                _ = try await c.sortingOrder(keys, by: .radix)
                return Pair(order, false)
            } catch let error as YinheError {
                return Pair(order, error.code == .range)
            }
        }.values
        #expect(order == x.indices.sorted { x[$0] < x[$1] }, "seed \(seed)")
        #expect(refused)
    }

    struct Pair<A: Sendable & Equatable, B: Sendable & Equatable>: Sendable, Equatable {
        let values: (A, B)
        init(_ a: A, _ b: B) { values = (a, b) }
        static func == (x: Pair, y: Pair) -> Bool { x.values == y.values }
    }

    @Test func keysGivenByTheirBitsAreSorted() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<300).map { _ in Int64.random(in: 0..<128, using: &random) }
        let order = try await opened(seed: seed) { c in
            let bits = try (0..<7).map { j in try c.sharedBits(x.map { $0 >> Int64(j) & 1 == 1 }, seed: UInt64(j)) }
            return try await c.open(c.sortingOrder(bits: bits))
        }
        #expect(order == Self.order(x), "seed \(seed)")
    }

    @Test(arguments: [1, 2, 3, 8, 10, 32]) func radixSortsCostWhatTheirPlanSays(bits: Int) async throws {
        let top = Int128(1) << Int128(bits) - 1
        let program: @Sendable (TwoPartyComputation) async throws -> Int = { c in
            let keys: SharedVector<UInt64> = try c.shared((0..<700).map { Int64($0 & Int(top)) }, 0...top, seed: 1)
            return try await c.sortingOrder(keys, by: .radix).count
        }
        let plans = try await [TwoPartyComputation.plan(party: 0, program), TwoPartyComputation.plan(party: 1, program)]
        let passes = (bits + 2) / 3
        let rounds = bits <= 3 ? [5, 7, 8][bits - 1] : 8 * passes - (3 * passes - bits)
        #expect(plans[0].rounds == rounds)
        let (a, b) = try await bothParties { c in
            try await c.prepare(plans[c.party])
            _ = try await program(c)
            return c.cost
        }
        #expect(a == plans[0] && b == plans[1])
    }

    @Test func aPlannedQuicksortIsNearARun() async throws {
        let x = (0..<2000).map { Int64($0 * 7919 % 2000) }
        let program: @Sendable (TwoPartyComputation) async throws -> Int = { c in
            let keys: SharedVector<UInt64> = try c.shared(x, 0...1 << 40, seed: 1)
            return try await c.sortingOrder(keys, by: .quick).count
        }
        let plan = try await TwoPartyComputation.plan(program)
        let (cost, _) = try await bothParties { c in
            _ = try await program(c)
            return c.cost
        }
        #expect(Double(cost.bytesSent) < 1.5 * Double(plan.bytesSent) && Double(plan.bytesSent) < 1.5 * Double(cost.bytesSent))
        #expect(cost.rounds < 2 * plan.rounds)
    }

    @Test func theCheaperAlgorithmIsChosen() async throws {
        for (bits, rows) in [(1, 1000), (10, 65536), (32, 4096), (62, 65536), (62, 200)] {
            var costs: [SortAlgorithm: ComputationCost] = [:]
            for algorithm in SortAlgorithm.allCases {
                costs[algorithm] = try await TwoPartyComputation.plan { c in
                    let keys: SharedVector<UInt64> = try c.input(
                        nil, from: 0, count: rows, bounds: DeclaredBounds(0, 1 << Int128(bits) - 1))
                    _ = try await c.sortingOrder(keys, by: algorithm)
                }
            }
            // The estimates are right up to a third.
            func seconds(_ cost: ComputationCost) -> Double { Double(cost.rounds) * 1e-3 + Double(cost.bytesSent) / 125e6 }
            let best = min(seconds(costs[.radix]!), seconds(costs[.quick]!))
            #expect(seconds(costs[.automatic]!) < 1.34 * best, "\(bits) bits, \(rows) rows")
            if bits <= 10 { #expect(costs[.automatic] == costs[.radix]) }
            if rows == 200 { #expect(costs[.automatic] == costs[.quick]) }
        }
    }

    @Test func differentBoundsOnTheTwoSidesAreDetected() async throws {
        let error = await #expect(throws: YinheError.self) {
            _ = try await bothParties { c in
                let keys: SharedVector<UInt64> = try c.shared((0..<100).map { $0 }, 0...(c.party == 0 ? 127 : 1023), seed: 2)
                return try await c.sortingOrder(keys, by: .radix).count
            }
        }
        #expect(error?.code == .peerMismatch || error?.code == .peerAborted)
    }
}
