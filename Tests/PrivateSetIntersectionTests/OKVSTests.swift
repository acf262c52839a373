import Arithmetic
@preconcurrency import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

@Suite struct OKVSTests {
    static let sizes = [
        1, 2, 3, 5, 7, 10, 31, 32, 33, 64, 100, 255, 256, 512, 513, 1000, 4097, 16383, 16385, 32768, 32769, 1 << 16, 100_003,
    ]

    @Test(arguments: sizes, [true, false])
    func everyKeyDecodesToItsValue(n: Int, clustered: Bool) throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let parameters = try OKVSParameters.derive(items: n, clustered: clustered)
        let keys = random.tokens(n)
        let words = random.elements(n, UInt64.self), blocks = random.elements(n, Block128.self)
        let store = OKVS(parameters: parameters, seed: random.elements(1, Block128.self)[0])
        #expect(try store.decode(keys, store.encode(keys, words)) == words, "seed \(seed)")
        #expect(try store.decode(keys, store.encode(keys, blocks)) == blocks, "seed \(seed)")
        #expect(try store.decode(keys, store.encode(keys, words, random: random)) == words, "seed \(seed)")
        #expect(try store.decode(keys, store.encode(keys, blocks, random: random)) == blocks, "seed \(seed)")
    }

    @Test(arguments: [(1, 0), (8, 3), (400, 0), (400, 399), (600, 1), (70_000, 0), (70_000, 50_001), (120_000, 2)])
    func aStoreMayHoldFewerItems(items: Int, count: Int) throws {
        for clustered in [true, false] {
            let random = SeededRandom(UInt64(items + count))
            let store = OKVS(parameters: try .derive(items: items, clustered: clustered), seed: Block128(low: 1, high: 2))
            let keys = random.tokens(count), values = random.elements(count, Block128.self)
            #expect(try store.decode(keys, store.encode(keys, values)) == values)
        }
    }

    @Test(arguments: [(64, true), (3000, false), (90_000, true), (90_000, false), (140_000, true)])
    func allKernelsAndThreadCountsGiveTheSameVectorAndValues(n: Int, clustered: Bool) throws {
        let random = SeededRandom(7)
        let parameters = try OKVSParameters.derive(items: n, clustered: clustered)
        let keys = random.tokens(n), words = random.elements(n, UInt64.self), blocks = random.elements(n, Block128.self)
        let strangers = random.tokens(1003)
        let noise = random.elements(parameters.columns, UInt64.self)
        let wideNoise = random.elements(parameters.columns, Block128.self)
        let portable = OKVS(parameters: parameters, seed: .zero, kernels: OKVS.Kernels.available[0])
        let (wordVector, blockVector) = (try portable.encode(keys, words), try portable.encode(keys, blocks))
        let (wordValues, blockValues) = (portable.decode(strangers, noise), portable.decode(strangers, wideNoise))
        let freeVector = try portable.encode(keys, words, random: SeededRandom(8))
        for kernels in OKVS.Kernels.available {
            let store = OKVS(parameters: parameters, seed: .zero, kernels: kernels)
            for threads in [1, 2, 3] {
                #expect(try store.encode(keys, words, threads: threads) == wordVector, "\(kernels.name)")
                #expect(try store.encode(keys, blocks, threads: threads) == blockVector, "\(kernels.name)")
                #expect(try store.encode(keys, words, threads: threads, random: SeededRandom(8)) == freeVector, "\(kernels.name)")
                #expect(store.decode(strangers, noise, threads: threads) == wordValues, "\(kernels.name)")
                #expect(store.decode(strangers, wideNoise, threads: threads) == blockValues, "\(kernels.name)")
            }
        }
    }

    @Test(arguments: [2, 20, 300, 2000, 70_000])
    func equalKeysAreRefusedWithTheirPlaces(n: Int) throws {
        for clustered in [true, false] {
            let random = SeededRandom(UInt64(n))
            var keys = random.tokens(n)
            keys[n - 1] = keys[n / 3]
            // Equal values do not make equal keys acceptable.
            let values = [UInt64](repeating: 5, count: n)
            let store = OKVS(parameters: try .derive(items: n, clustered: clustered), seed: .zero)
            let error = #expect(throws: YinheError.self) { try store.encode(keys, values) }
            #expect(error?.code == .badInput)
            #expect(error?.message.contains("items \(n / 3) and \(n - 1)") == true)
        }
    }

    @Test(arguments: [40, 70_000])
    func aSetOfOneKeyManyTimesIsRefused(n: Int) throws {
        for clustered in [true, false] {
            let keys = [JoinToken](repeating: JoinToken(low: 1, high: 2), count: n)
            let store = OKVS(parameters: try .derive(items: n, clustered: clustered), seed: .zero)
            let error = #expect(throws: YinheError.self) { try store.encode(keys, [UInt64](repeating: 1, count: n)) }
            #expect(error?.code == .badInput)
        }
    }

    @Test func aSystemWithoutSolutionAsksForAnotherSeed() throws {
        // Fewer columns than rows.
        for (sparse, dense) in [(900, 3), (0, 5), (80_000, 4)] {
            let n = sparse + dense + 20
            let parameters = OKVSParameters(
                items: n, clustered: false, clusters: 1, sparseColumns: sparse, denseColumns: dense, clusterItems: n)
            let random = SeededRandom(3)
            let store = OKVS(parameters: parameters, seed: .zero)
            let error = #expect(throws: YinheError.self) {
                try store.encode(random.tokens(n), random.elements(n, UInt64.self))
            }
            #expect(error?.code == OKVS.noSolution)
        }
    }

    /// Just below the phase transition the gap is large: many dense columns, many lightest columns, long chains of pivots.
    @Test(arguments: [(1, 1200, 1010, 80), (4, 1200, 4000, 100), (1, 66_000, 54_400, 500)])
    func largeGapsAreSolvedExactly(clusters: Int, sparse: Int, n: Int, dense: Int) throws {
        let parameters = OKVSParameters(
            items: n, clustered: clusters > 1, clusters: clusters, sparseColumns: sparse, denseColumns: dense, clusterItems: n)
        let random = SeededRandom(5)
        let keys = random.tokens(n), values = random.elements(n, Block128.self)
        let store = OKVS(parameters: parameters, seed: Block128(low: 1, high: 0))
        let vector = try store.encode(keys, values)
        #expect(store.decode(keys, vector) == values)
        let used = (0..<clusters).reduce(0) { sum, c in
            sum + vector[c * (sparse + dense) + sparse..<(c + 1) * (sparse + dense)].count { $0 != .zero }
        }
        #expect(used >= 5, "\(used) dense columns are used")
        #expect(try store.decode(keys, store.encode(keys, values, random: random)) == values)
    }

    @Test func decodingIsLinear() throws {
        for (n, clustered) in [(50, false), (700, false), (80_000, true)] {
            let random = SeededRandom(UInt64(n))
            let parameters = try OKVSParameters.derive(items: n, clustered: clustered)
            let store = OKVS(parameters: parameters, seed: Block128(low: 3, high: 4))
            let keys = random.tokens(1000)
            let a = random.elements(parameters.columns, Block128.self), b = random.elements(parameters.columns, UInt64.self)
            let scalar = random.word()
            // Over GF(2^64), and from the small field into the large one: decode(s a + b) = s decode(a) + decode(b).
            let sum = zip(a, b).map { GF128.multiply(scalar, $0) ^ Block128(low: $1, high: 0) }
            let expected = zip(store.decode(keys, a), store.decode(keys, b)).map {
                GF128.multiply(scalar, $0) ^ Block128(low: $1, high: 0)
            }
            #expect(store.decode(keys, sum) == expected)
            // Over the whole large field, as VOLE needs it: decode(b delta) = decode(b) delta.
            let delta = Block128(low: random.word(), high: random.word())
            let scaled = b.map { GF128.multiply($0, delta) }
            #expect(store.decode(keys, scaled) == store.decode(keys, b).map { GF128.multiply($0, delta) })
        }
    }

    /// Chi-square over bytes, 255 degrees of freedom; the bound is passed by chance with probability below 1e-9.
    @Test(arguments: [500, 30_000, 90_000])
    func theVectorLooksUniformWhenValuesAreUniformAndFreeColumnsRandom(n: Int) throws {
        for clustered in [true, false] {
            let random = SeededRandom(UInt64(n))
            let store = OKVS(parameters: try .derive(items: n, clustered: clustered), seed: .zero)
            let vector = try store.encode(random.tokens(n), random.elements(n, Block128.self), random: random)
            var counts = [Double](repeating: 0, count: 256)
            vector.withUnsafeBytes { for byte in $0 { counts[Int(byte)] += 1 } }
            let expected = Double(16 * vector.count) / 256
            let statistic = counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
            #expect(statistic < 410, "\(statistic)")
            #expect(Set(vector).count == vector.count)
        }
    }

    @Test func strangersDecodeToUnrelatedValues() throws {
        let n = 5000, random = SeededRandom(1)
        let store = OKVS(parameters: try .derive(items: n, clustered: true), seed: .zero)
        let vector = try store.encode(random.tokens(n), [UInt64](repeating: 0xabcdef, count: n), random: random)
        #expect(!store.decode(random.tokens(n), vector).contains(0xabcdef))
    }

    @Test func anotherSeedGivesOtherRows() throws {
        let n = 1000, random = SeededRandom(1)
        let keys = random.tokens(n), values = random.elements(n, UInt64.self)
        let parameters = try OKVSParameters.derive(items: n, clustered: true)
        let vector = try OKVS(parameters: parameters, seed: .zero).encode(keys, values)
        let other = OKVS(parameters: parameters, seed: Block128(low: 1, high: 0)).decode(keys, vector)
        #expect(zip(other, values).allSatisfy { $0 != $1 })
    }
}

extension SeededRandom {
    func elements<T: BitwiseCopyable>(_ count: Int, _: T.Type) -> [T] {
        [T](unsafeUninitializedCapacity: count) { buffer, initialized in
            fill(UnsafeMutableRawBufferPointer(buffer))
            initialized = count
        }
    }

    func tokens(_ count: Int) -> [JoinToken] { elements(count, JoinToken.self) }
}

/// The same calls on arrays.
extension OKVS {
    func encode(_ keys: [JoinToken], _ values: [UInt64], threads: Int = 2, random: (any RandomSource)? = nil) throws -> [UInt64] {
        var vector = [UInt64](repeating: .max, count: parameters.columns)
        try encode(keys: keys, values: values, count: keys.count, into: &vector, threads: threads, random: random)
        return vector
    }

    func encode(_ keys: [JoinToken], _ values: [Block128], threads: Int = 2, random: (any RandomSource)? = nil) throws
        -> [Block128]
    {
        var vector = [Block128](repeating: Block128(low: .max, high: .max), count: parameters.columns)
        try encode(keys: keys, values: values, count: keys.count, into: &vector, threads: threads, random: random)
        return vector
    }

    func decode(_ keys: [JoinToken], _ vector: [UInt64], threads: Int = 2) -> [UInt64] {
        var values = [UInt64](repeating: 0, count: keys.count)
        decode(keys: keys, count: keys.count, vector: vector, into: &values, threads: threads)
        return values
    }

    func decode(_ keys: [JoinToken], _ vector: [Block128], threads: Int = 2) -> [Block128] {
        var values = [Block128](repeating: .zero, count: keys.count)
        decode(keys: keys, count: keys.count, vector: vector, into: &values, threads: threads)
        return values
    }
}
