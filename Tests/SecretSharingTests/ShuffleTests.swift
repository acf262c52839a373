import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing

struct ShuffleTests {
    @Test(arguments: [0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 1000]) func aShuffleKeepsRowsTogether(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let x = (0..<count).map { _ in Int64.random(in: -1 << 40..<1 << 40, using: &random) }
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared(x, -1 << 40...1 << 40, seed: seed)
            let columns = try await c.shuffle([a, a.scaled(by: 3)])
            return try await [c.open(columns[0])!, c.open(columns[1])!]
        }
        #expect(result[0].sorted() == x.sorted(), "seed \(seed)")
        #expect(result[1] == result[0].map { 3 * $0 }, "seed \(seed)")
    }

    @Test func aShuffleOfWideElementsKeepsAllBits() async throws {
        let seed = freshSeed()
        let x = [Int128.min / 2, -1, 0, 1, Int128.max / 2] + (0..<20).map { Int128(1) << Int128(5 * $0) }
        let result = try await opened(seed: seed) { c in
            let a: SharedVector<UInt128> = try c.shared(x, Int128.min / 2...Int128.max / 2, seed: seed)
            return try await c.open(c.shuffle([a])[0])!
        }
        #expect(result.sorted() == x.sorted(), "seed \(seed)")
    }

    @Test(arguments: [1, 5, 64, 130]) func columnsOfBitsMoveWithTheOthers(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let bits = (0..<count).map { _ in Bool.random(using: &random) }
        let reversed = (0..<Int64(count)).reversed().map { $0 }
        let (values, moved, gathered) = try await bothParties(seed: seed) { c in
            let a: SharedVector<UInt64> = try c.shared((0..<count).map { Int64($0) }, 0...Int128(count), seed: seed)
            let flags = try c.sharedBits(bits, seed: seed)
            let result = try await c.shuffle([a], bits: [flags])
            let order = try SharedPermutation(c.shared(reversed, 0...Int128(count - 1), seed: seed))
            return try await (c.open(result.columns[0])!, c.open(result.bits[0]), c.open(c.gather([flags], by: order)[0]))
        }.0
        #expect(values.sorted() == (0..<count).map { Int64($0) } && moved == values.map { bits[Int($0)] }, "seed \(seed)")
        #expect(gathered == bits.reversed(), "seed \(seed)")
    }

    @Test func shufflesAreUniformPermutations() async throws {
        // 24 arrangements of four rows; 23 degrees of freedom. A false alarm below 1e-6: chi-square above 73.4.
        let seed = freshSeed()
        let runs = 4800
        let results = try await opened(seed: seed) { c in
            var all: [[Int64]] = []
            for _ in 0..<runs {
                let a: SharedVector<UInt64> = try c.shared([0, 1, 2, 3], 0...3, seed: 1)
                all.append(try await c.open(c.shuffle([a])[0])!)
            }
            return all
        }
        let counts = Dictionary(results.map { ($0, 1) }, uniquingKeysWith: +)
        #expect(counts.count == 24)
        let expected = Double(runs) / 24
        let statistic = counts.values.reduce(0.0) { $0 + pow(Double($1) - expected, 2) / expected }
        #expect(statistic < 73.4, "seed \(seed)")
    }

    @Test(arguments: [1, 2, 5, 64, 300]) func permutationsGatherScatterComposeAndInvert(count: Int) async throws {
        let seed = freshSeed()
        var random = SplitMix(seed)
        let p = (0..<Int64(count)).shuffled(using: &random), q = (0..<Int64(count)).shuffled(using: &random)
        let x = (0..<count).map { _ in Int64.random(in: -1000...1000, using: &random) }
        let result = try await opened(seed: seed) { c in
            func order(_ values: [Int64], _ seed: UInt64) throws -> SharedPermutation {
                try SharedPermutation(c.shared(values, 0...Int128(count - 1), seed: seed))
            }
            let a: SharedVector<UInt64> = try c.shared(x, -1000...1000, seed: seed)
            let wide: SharedVector<UInt128> = try c.shared(x.map { Int128($0) << 70 }, -1 << 81...1 << 81, seed: seed)
            let (first, second) = try (order(p, 5), order(q, 6))
            let both = try await c.composed(first, second)
            return try await [
                c.open(c.gather([a], by: first)[0])!, c.open(c.scatter([a], by: first)[0])!,
                c.open(c.gather([wide], by: first)[0])!.map { Int64($0 >> 70) },
                c.open(both).map { Int64($0) }, c.open(c.inverted(first)).map { Int64($0) },
                c.open(c.scatter(c.gather([a], by: first), by: first)[0])!,
            ]
        }
        var scattered = x, inverse = p
        for i in 0..<count {
            scattered[Int(p[i])] = x[i]
            inverse[Int(p[i])] = Int64(i)
        }
        #expect(result[0] == p.map { x[Int($0)] }, "seed \(seed)")
        #expect(result[1] == scattered, "seed \(seed)")
        #expect(result[2] == result[0], "seed \(seed)")
        #expect(result[3] == q.map { p[Int($0)] }, "seed \(seed)")
        #expect(result[4] == inverse, "seed \(seed)")
        #expect(result[5] == x, "seed \(seed)")
    }

    @Test func indicesThatAreNoPermutationAreRefused() async throws {
        for indices in [[0, 0, 1, 2], [3, 2, 1, 1]] as [[Int64]] {
            let error = await #expect(throws: YinheError.self) {
                _ = try await bothParties { c in
                    let order = try SharedPermutation(c.shared(indices, 0...3, seed: 1))
                    let a: SharedVector<UInt64> = try c.shared([1, 2, 3, 4], 0...9, seed: 2)
                    return try await c.gather([a], by: order)[0].count
                }
            }
            #expect(error?.code == .peerMisbehaved || error?.code == .peerAborted)
        }
    }

    @Test func tablesOfDifferentShapesAreRefusedOnBothSides() async throws {
        let error = await #expect(throws: YinheError.self) {
            _ = try await bothParties { c in
                let a: SharedVector<UInt64> = try c.shared(Array(repeating: 1, count: 100 + 100 * c.party), 0...9, seed: 2)
                return try await c.shuffle([a])[0].count
            }
        }
        #expect(error?.code == .peerMismatch || error?.code == .peerAborted)
    }
}
