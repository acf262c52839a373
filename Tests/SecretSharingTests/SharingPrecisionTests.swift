import SandboxCore
import SecretSharing
import TestSupport
import Testing

/// What other engines get wrong without a word: products and variances that leave the ring, and truncations that fail for a few values.
struct SharingPrecisionTests {
    @Test func productsOfFixedPointNumbersBelowTwentyThousandAreAllRight() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let n = 50_000
        let x = (0..<n).map { _ in Double.random(in: -20_000...20_000, using: &random) }
        let y = (0..<n).map { _ in Double.random(in: -20_000...20_000, using: &random) }
        let bounds = try DeclaredBounds(-20_000 << 18, 20_000 << 18)
        // 18 fraction bits: the products need 66 bits, which Z_2^64 does not have. The plan says so.
        let refusal = await #expect(throws: YinheError.self) {
            _ = try await TwoPartyComputation.plan { c in
                let a: SharedVector<UInt64> = try c.input(nil, from: 0, count: n, bounds: bounds)
                _ = try await c.multiply(a, a)
            }
        }
        #expect(refusal?.code == .range && refusal?.remedy.contains("z2^128") == true)
        let (a, b) = (try FixedVector<UInt128>.encode(x, scale: 18, bounds: bounds), try FixedVector<UInt128>.encode(y, scale: 18, bounds: bounds))
        let (result, error) = try await bothParties(seed: seed) { c -> ([Double], Double) in
            let half = 0.5 / Double(1 << 18)
            let a = FixedVector<UInt128>(integers: try c.input(c.party == 0 ? a : nil, from: 0, count: n, bounds: bounds), scale: 18, error: half)
            let b = FixedVector<UInt128>(integers: try c.input(c.party == 1 ? b : nil, from: 1, count: n, bounds: bounds), scale: 18, error: half)
            let product = try await c.multiply(a, b, scale: 18)
            return (try await c.open(product)!, product.error)
        }.0
        let wrong = (0..<n).filter { abs(result[$0] - x[$0] * y[$0]) > error }.count
        #expect(wrong == 0, "seed \(seed)")
        #expect(error < 0.1)
    }

    @Test func theVarianceOfTwoHundredThousandValuesIsExact() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let n = 200_000
        let x = (0..<n).map { _ in Int64.random(in: 0...1_000_000, using: &random) }
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(x.map { Int128($0) }, 0...1_000_000, seed: seed)
            return try await c.open(c.varianceNumerator(a))!
        }
        let sum = x.reduce(Int128(0)) { $0 + Int128($1) }, squares = x.reduce(Int128(0)) { $0 + Int128($1) * Int128($1) }
        #expect(result == [Int128(n) * squares - sum * sum], "seed \(seed)")
    }

    @Test func meansByPublicAndBySecretCountsAreExact() async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<1001).map { _ in Int64.random(in: -5000...5000, using: &random) }
        let chosen = x.map { _ in Bool.random(using: &random) }
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(x.map { Int128($0) }, -5000...5000, seed: seed)
            let all = try await c.mean(a)
            let some = try await c.mean(a, where: c.sharedBits(chosen, seed: seed))
            let none = try await c.mean(a, where: c.sharedBits(x.map { _ in false }, seed: seed))
            return try await [c.open(all)!, c.open(some)!, c.open(none)!]
        }
        func floor(_ sum: Int64, _ n: Int64) -> Int128 { Int128(TwoPartyDivisionTests.floor(sum, n)) }
        let part = zip(x, chosen).filter(\.1).map(\.0)
        #expect(result[0] == [floor(x.reduce(0, +), 1001)], "seed \(seed)")
        #expect(result[1] == [floor(part.reduce(0, +), Int64(part.count))], "seed \(seed)")
        #expect(result[2] == [0])
    }
}
