import Arithmetic
import Foundation
import HiddenJoin
import SandboxCore
import TestSupport
import Testing

@Suite struct CuckooTableTests {
    /// log2 of the bound in `HiddenJoin.bins` on the probability that n items cannot be placed in b bins.
    private func failureExponent(items n: Int, bins b: Int) -> Double {
        func logBinomial(_ n: Int, _ k: Int) -> Double { lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1)) }
        /// Where the mean of a zero- and one-truncated Poisson variable is `mean`: the best point of the generating function's
        /// bound.
        func saddle(_ mean: Double) -> Double {
            var (low, high) = (1e-9, 60.0)
            for _ in 0..<100 {
                let x = (low + high) / 2
                if x * expm1(x) / (expm1(x) - x) < mean { low = x } else { high = x }
            }
            return (low + high) / 2
        }
        let items = log(Double(b)) + log(Double(b - 1)) + log(Double(b - 2))
        let limit = saddle(3)
        var sum = 0.0, k = 3
        while k + 1 <= n, k <= b {
            let m = Double(k + 1)
            let x = k < 64 ? saddle(3 * m / Double(k)) : limit
            let twice = lgamma(3 * m + 1) + Double(k) * log(expm1(x) - x) - 3 * m * log(x)
            let any = m * (log(Double(k)) + log(Double(k - 1)) + log(Double(k - 2)))
            // Terms vary slowly, so beyond the first few thousand every so many stands for those after it.
            let step = k < 2000 ? 1 : k / 2000
            sum += Double(step) * exp(logBinomial(n, k + 1) + logBinomial(b, k) + min(twice, any) - m * items)
            k += step
        }
        return log2(sum)
    }

    @Test func everySizeOfTableFailsWithProbabilityBelow2ToMinus41() {
        var sizes = Array(4...700) + Array(stride(from: 701, to: 6000, by: 211))
        for bits in 13...23 { sizes += [1 << bits, 1 << bits + 1 << (bits - 1) - 1] }
        for n in sizes where n <= HiddenJoin.maximumReceiverSize {
            let exponent = failureExponent(items: n, bins: HiddenJoin.bins(items: n))
            #expect(exponent <= -41, "\(n) items: 2^\(exponent)")
        }
    }

    /// Four items in five bins fail exactly when all have the same three bins: with probability 10 * 10^-4, which is the bound's
    /// only term.
    @Test func theBoundIsExactWhereOneObstructionIsPossible() {
        #expect(abs(exp2(failureExponent(items: 4, bins: 5)) - 1e-3) < 1e-9)
        let random = SeededRandom(7)
        let runs = 100_000
        var failures = 0
        for _ in 0..<runs where (try? CuckooTable(places: randomPlaces(4, bins: 5, random), count: 4, bins: 5)) == nil { failures += 1 }
        // Mean 100; six standard deviations.
        #expect((40...160).contains(failures))
    }

    private func randomPlaces(_ items: Int, bins: Int, _ random: SeededRandom) -> [UInt32] {
        (0..<items).flatMap { _ in random.permutation(bins).prefix(3).map { UInt32($0) } }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 17, 300, 5000]) func eachItemLiesInOneOfItsOwnBins(_ count: Int) throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let bins = HiddenJoin.bins(items: count)
        let places = randomPlaces(count, bins: bins, random)
        let table = try CuckooTable(places: places, count: count, bins: bins)
        var seen = Set<UInt32>()
        for (bin, slot) in table.slots.enumerated() where slot != CuckooTable.empty {
            #expect(places[3 * Int(slot >> 2) + Int(slot & 3)] == UInt32(bin), "seed \(seed)")
            #expect(seen.insert(slot >> 2).inserted)
        }
        #expect(seen.count == count)
    }

    /// Small crowded tables, where the walk often fails: the search must find a placement whenever there is one.
    @Test func aTableIsRefusedExactlyWhenThereIsNoPlacement() {
        let random = SeededRandom(11)
        for _ in 0..<2000 {
            let bins = 4 + Int(random.uniform(below: 4)), items = bins - Int(random.uniform(below: 2))
            let places = randomPlaces(items, bins: bins, random)
            func canPlace(_ item: Int, _ taken: Set<UInt32>) -> Bool {
                item == items || places[3 * item..<3 * item + 3].contains { !taken.contains($0) && canPlace(item + 1, taken.union([$0])) }
            }
            let table = try? CuckooTable(places: places, count: items, bins: bins)
            #expect((table != nil) == canPlace(0, []))
            if let table { #expect(Set(table.slots.filter { $0 != CuckooTable.empty }.map { $0 >> 2 }).count == items) }
        }
    }

    @Test func aTokensThreeBinsAreDistinctAndItsKeysDifferByFunction() {
        let tokens = (0..<3000).map { JoinToken("token \($0)") }
        for bins in [3, 4, 5, 62, 10_000] {
            let hash = BinHash(seed: [UInt8](repeating: 9, count: 16), bins: bins)
            var blocks = [Block128](repeating: .zero, count: tokens.count)
            var places = [UInt32](repeating: 0, count: 3 * tokens.count)
            hash.places(of: tokens, count: tokens.count, blocks: &blocks, bins: &places)
            var first = [Int](repeating: 0, count: bins)
            for i in tokens.indices {
                let own = places[3 * i..<3 * i + 3]
                #expect(Set(own).count == 3 && own.allSatisfy { Int($0) < bins })
                first[Int(own.first!)] += 1
            }
            #expect(Set(blocks.flatMap { block in (0..<3).map { BinHash.key(block, function: $0) } }).count == 3 * tokens.count)
            // Six standard deviations of a uniform place.
            let mean = Double(tokens.count) / Double(bins)
            #expect(first.allSatisfy { abs(Double($0) - mean) < 6 * mean.squareRoot() + 6 })
        }
    }
}
