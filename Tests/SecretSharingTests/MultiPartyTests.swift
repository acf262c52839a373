import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

@Suite struct MultiPartyTests {
    static func names(_ n: Int) -> [String] { (0..<n).map { "bank-\(["a", "b", "c", "d", "e", "f", "g", "h"][$0])" } }

    /// Inputs of every party, and what all of them open, over one ring.
    private struct Opened<Value: Sendable & Equatable>: Sendable, Equatable {
        var product: [Value]
        var square: [Value]
        var dot: [Value]
        var sum: [Value]
        var combined: [Value]
    }

    /// Of every party's vector x_i: x_0 x_1, x_2^2 (x_0^2 for two), <x_0, x_last>, the sum of x_1, and 3 x_0 - sum of all x_i + 5.
    private func opened<E: RingElement>(
        _ inputs: [[E.Signed]], _ bounds: ClosedRange<E.Signed>, _ ring: E.Type
    ) async throws -> [Opened<E.Signed>] {
        let n = inputs.count, count = inputs[0].count
        return try await MultiPartyComputation.localRun(names: Self.names(n), binding: [9]) { computation in
            var x: [SharedVector<E>] = []
            for owner in 0..<n {
                let own = owner == computation.party ? inputs[owner] : nil
                x.append(try await computation.share(own, from: owner, count: count, bounds: bounds, as: E.self))
            }
            var combined = try x[0].scaled(by: 3)
            for vector in x { combined = try combined - vector }
            return Opened(
                product: try await computation.open(computation.multiply(x[0], x[1]))!,
                square: try await computation.open(computation.square(x[n > 2 ? 2 : 0]))!,
                dot: try await computation.open(computation.dot(x[0], x[n - 1]))!,
                sum: try await computation.open(computation.sum(x[1]))!,
                combined: try await computation.open(combined.adding(5))!)
        }
    }

    private func expected<E: RingElement>(_ x: [[E.Signed]], _: E.Type) -> Opened<E.Signed> {
        let n = x.count
        return Opened(
            product: zip(x[0], x[1]).map { $0 * $1 }, square: x[n > 2 ? 2 : 0].map { $0 * $0 },
            dot: [zip(x[0], x[n - 1]).reduce(0) { $0 + $1.0 * $1.1 }], sum: [x[1].reduce(0, +)],
            combined: x[0].indices.map { i in 3 * x[0][i] - x.reduce(0) { $0 + $1[i] } + 5 })
    }

    /// Short vectors open directly, long ones in two rounds.
    @Test(arguments: [2, 3, 5, 8], [1, 7, 3001])
    func operationsMatchThePlainOnes(parties: Int, count: Int) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let limit: Int64 = 1_000_000
        let narrow = (0..<parties).map { _ in
            (0..<count).map { _ in Int64(random.uniform(below: UInt64(2 * limit + 1))) - limit }
        }
        let results = try await opened(narrow, -limit...limit, UInt64.self)
        let isRight = results.allSatisfy { $0 == expected(narrow, UInt64.self) }
        #expect(isRight && results.count == parties, "seed \(seed)")
        let wide = narrow.map { $0.map { Int128($0) << 20 } }
        let wideResults = try await opened(wide, -Int128(limit) << 20...Int128(limit) << 20, UInt128.self)
        let isWideRight = wideResults.allSatisfy { $0 == expected(wide, UInt128.self) }
        #expect(isWideRight, "seed \(seed)")
    }

    @Test(arguments: [2, 3, 5, 8])
    func edgesOfTheRingsAreExact(parties: Int) async throws {
        let edge = Int64(1) << 31
        let values: [Int64] = [-edge, edge - 1, 0, 1, -1, edge - 1]
        let inputs = (0..<parties).map { i in (0..<3).map { values[(i + $0) % 6] } }
        let results = try await MultiPartyComputation.localRun(names: Self.names(parties)) { computation in
            let bounds = -edge...edge - 1
            var x: [SharedVector<UInt64>] = []
            for owner in 0..<2 {
                x.append(
                    try await computation.share(
                        owner == computation.party ? inputs[owner] : nil, from: owner, count: 3, bounds: bounds))
            }
            let wide = Int128.min / 2...Int128.max / 2
            let y: SharedVector<UInt128> = try await computation.share(
                computation.party == 0 ? [wide.lowerBound, wide.upperBound, 0] : nil, from: 0, count: 3, bounds: wide)
            return (
                try await computation.open(computation.multiply(x[0], x[1])), try await computation.open(computation.square(x[0])),
                try await computation.open(y)
            )
        }
        for (product, square, wide) in results {
            #expect(product == zip(inputs[0], inputs[1]).map { $0 * $1 } && square == inputs[0].map { $0 * $0 })
            #expect(wide == [Int128.min / 2, Int128.max / 2, 0])
        }
    }

    @Test func onlyReceiversLearn() async throws {
        let results = try await MultiPartyComputation.localRun(names: Self.names(4)) { computation in
            let bounds = Int64(0)...100
            let x: SharedVector<UInt64> = try await computation.share(
                computation.party == 3 ? [7, 8] : nil, from: 3, count: 2, bounds: bounds)
            let empty: SharedVector<UInt64> = try await computation.share(
                computation.party == 3 ? [] : nil, from: 3, count: 0, bounds: bounds)
            #expect(try await computation.multiply(empty, empty).count == 0)
            return try await computation.open(x, to: [0, 2])
        }
        #expect(results == [[7, 8], nil, [7, 8], nil])
    }

    /// No share, and nothing that travels, is the value or repeats from run to run.
    @Test func sharesAreFresh() async throws {
        var seen: Set<[UInt64]> = []
        for _ in 0..<2 {
            let shares = try await MultiPartyComputation.localRun(names: Self.names(3), binding: [1]) { computation in
                let x: SharedVector<UInt64> = try await computation.share(
                    computation.party == 1 ? [5, 5] : nil, from: 1, count: 2, bounds: 0...9)
                return [x.share, try await computation.multiply(x, x).share]
            }
            for share in shares.flatMap(\.self) { #expect(seen.insert(share).inserted && share[0] != share[1]) }
        }
    }

    @Test func resultsThatCouldOverflowAreRefusedBeforeAnythingIsSent() async throws {
        let sent = try await MultiPartyComputation.localRun(names: Self.names(3)) { computation in
            let bounds = Int64(0)...1 << 40
            let x: SharedVector<UInt64> = try await computation.share(
                computation.party == 0 ? [1, 2] : nil, from: 0, count: 2, bounds: bounds)
            let before = computation.traffic
            func code<T>(_ body: () async throws -> T) async -> YinheError.Code? {
                do { _ = try await body() } catch { return (error as? YinheError)?.code }
                return nil
            }
            #expect(await code { try await computation.multiply(x, x) } == .range)
            #expect(await code { try await computation.square(x) } == .range)
            #expect(await code { try await computation.dot(x, x) } == .range)
            #expect(await code { try await computation.multiply(x, x[0..<1]) } == .badInput)
            // A refusal is not a failure of the computation.
            return computation.traffic.since(before).bytesSent
        }
        #expect(sent == [0, 0, 0])
    }

    @Test func costsAreAsSpecified() async throws {
        let n = 4, count = 40_000
        let bytes = try await MultiPartyComputation.localRun(names: Self.names(n)) { computation in
            let x: SharedVector<UInt64> = try await computation.share(
                computation.party == 0 ? [Int64](repeating: 3, count: count) : nil, from: 0, count: count, bounds: 0...9)
            let shared = computation.traffic.bytesSent
            let before = computation.traffic
            _ = try await computation.multiply(x, x)
            let dealt = computation.dealerTraffic.bytesReceived
            _ = try await computation.dot(x, x)
            return [shared, computation.traffic.since(before).bytesSent, dealt, computation.dealerTraffic.bytesReceived - dealt]
        }
        for (party, bytes) in bytes.enumerated() {
            #expect(bytes[0] <= (party == 0 ? 400 : 0))
            // Twice two words an item, 2 (n - 1) / n of them.
            let expected = 2 * 2 * 8 * count * 2 * (n - 1) / n
            #expect((expected..<expected + 3000).contains(bytes[1]))
            #expect(party == n - 1 ? (8 * count..<8 * count + 500).contains(bytes[2]) : bytes[2] < 700)
            #expect(bytes[3] < 100)
        }
    }

    @Test func badRostersAreRefused() {
        #expect(code { try MultiPartyComputation.Agreement(names: ["a"], binding: []) } == .usage)
        #expect(code { try MultiPartyComputation.Agreement(names: ["a", "a", "b"], binding: []) } == .usage)
        #expect(code { try MultiPartyComputation.Agreement(names: (0..<9).map { "\($0)" }, binding: []) } == .usage)
        #expect(code { try MultiPartyComputation.Agreement(names: ["a", "b"], binding: [UInt8](repeating: 0, count: 257)) } == .usage)
    }
}
