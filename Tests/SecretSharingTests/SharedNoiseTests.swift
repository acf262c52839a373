import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

/// Noise that two parties sample inside their computation. Random bits are the system's; false alarm 3e-7 a law.
struct SharedNoiseTests {
    /// The biased bits of Protocols/Vectors/joint-noise.json.
    private struct Vectors: Decodable {
        struct Bits: Decodable {
            var scale: String
            var places: Int
            var nonzero: String
            var digits: [String]
            var law: NoiseBits {
                get throws {
                    try NoiseBits(
                        places: places, nonzero: UInt128(nonzero, radix: 16)!, digits: digits.map { UInt128($0, radix: 16)! })
                }
            }
        }
        var laplace_bits: [Bits]

        static func law(_ scale: String) throws -> NoiseBits {
            let data = try Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/joint-noise.json"))
            return try JSONDecoder().decode(Vectors.self, from: data).laplace_bits.first { $0.scale == scale }!.law
        }
    }

    /// Cells of consecutive integers with at least 50 expected samples each.
    private func expectLaplace(_ samples: [Int128], scale b: Double, _ place: SourceLocation = #_sourceLocation) {
        let n = Double(samples.count), q = exp(-1 / b), reach = Int(45 * b) + 10
        var cellOf: [Int: Int] = [:], probabilities = [0.0]
        for x in -reach...reach {
            cellOf[x] = probabilities.count - 1
            probabilities[probabilities.count - 1] += (1 - q) / (1 + q) * pow(q, Double(abs(x)))
            if probabilities.last! * n >= 50, x < reach { probabilities.append(0) }
        }
        if probabilities.last! * n < 50 { probabilities[probabilities.count - 2] += probabilities.removeLast() }
        var counts = [Int](repeating: 0, count: probabilities.count)
        for x in samples { counts[min(cellOf[Int(x)] ?? 0, counts.count - 1)] += 1 }
        let statistic = zip(counts, probabilities).reduce(0.0) { $0 + pow(Double($1.0) - n * $1.1, 2) / (n * $1.1) }
        // Wilson and Hilferty, normal quantile 5.
        let k = Double(counts.count - 1), limit = k * pow(1 - 2 / (9 * k) + 5 * (2 / (9 * k)).squareRoot(), 3)
        #expect(statistic <= limit, sourceLocation: place)
    }

    @Test(arguments: ["1/2", "1", "3", "10"]) func openedSamplesFollowTheDiscreteLaplaceLaw(scale: String) async throws {
        let law = try Vectors.law(scale)
        let parts = scale.split(separator: "/").map { Double($0)! }
        let samples = try await opened { c in
            let noise: [SharedVector<UInt64>] = try await c.noise([(law, 40_000)])
            return try await c.open(noise[0])!
        }
        #expect(samples.count == 40_000)
        expectLaplace(samples.map { Int128($0) }, scale: parts.count == 2 ? parts[0] / parts[1] : parts[0])
    }

    @Test func samplesOverObliviousTransfersFollowTheLaw() async throws {
        let law = try Vectors.law("3")
        let program: @Sendable (TwoPartyComputation) async throws -> [Int128] = { c in
            let noise: [SharedVector<UInt128>] = try await c.noise([(law, 20_000)])
            return try await c.open(noise[0])!
        }
        let (first, second) = try await LocalRun.both(
            { try await TwoPartyComputation.run(over: $0, party: 0, program) }, { try await TwoPartyComputation.run(over: $0, party: 1, program) })
        #expect(first == second)
        expectLaplace(first, scale: 3)
    }

    @Test func severalLawsAreSampledTogetherAndInBatches() async throws {
        // More samples than one batch, laws of different precision, counts that are no multiples of 64.
        let laws = try [(Vectors.law("1"), 20_001), (Vectors.law("10"), 3), (Vectors.law("100"), 1_000), (Vectors.law("1/2"), 10_000)]
        let samples = try await opened { c in
            var out: [[Int64]] = []
            for noise in try await c.noise(laws, as: UInt64.self) { out.append(try await c.open(noise)!) }
            return out
        }
        #expect(samples.map(\.count) == laws.map(\.1))
        expectLaplace(samples[0].map { Int128($0) }, scale: 1)
        expectLaplace(samples[2].map { Int128($0) }, scale: 100)
        expectLaplace(samples[3].map { Int128($0) }, scale: 0.5)
        // Nothing repeats from batch to batch.
        #expect(samples[0][..<200] != samples[0][16_384..<16_584])
    }

    @Test func eachPartysShareAloneIsUniform() async throws {
        let law = try Vectors.law("1")
        let (first, second) = try await bothParties { c in
            let noise: [SharedVector<UInt64>] = try await c.noise([(law, 20_000)])
            return noise[0].share
        }
        for share in [first, second] {
            for bit in [0, 7, 31, 63] {
                let ones = share.count { $0 >> UInt64(bit) & 1 == 1 }
                #expect(abs(Double(ones) - 10_000) < 5.2 * 20_000.0.squareRoot() / 2, "bit \(bit)")
            }
        }
    }

    @Test(arguments: [2, 3, 5, 8, 13]) func biasedBitsOfAnyPrecisionHaveTheirProbability(places: Int) async throws {
        // One digit whose flag is nearly always set, every threshold's lowest and highest bits included.
        let all = UInt128(1) << UInt128(places)
        for threshold in [0, 1, all / 2, all / 2 + 1, all - 1] as [UInt128] {
            let law = try NoiseBits(places: places, nonzero: threshold, digits: [])
            let n = 20_000
            let samples = try await opened { c in
                let noise: [SharedVector<UInt64>] = try await c.noise([(law, n)])
                return try await c.open(noise[0])!
            }
            let p = Double(threshold) / Double(all), spread = 5.2 * (Double(n) * p * (1 - p)).squareRoot() + 0.5
            #expect(abs(Double(samples.count { $0 != 0 }) - Double(n) * p) <= spread, "\(threshold) of \(all)")
            let half = Double(n) * p / 2
            #expect(abs(Double(samples.count { $0 > 0 }) - half) <= 5.2 * (half * (1 - p / 2)).squareRoot() + 0.5, "\(threshold) of \(all)")
            #expect(samples.allSatisfy { abs($0) <= 1 })
        }
    }

    @Test func aPlanKnowsRoundsGatesAndBytes() async throws {
        let law = try Vectors.law("100")
        let cost = try await TwoPartyComputation.plan { try await $0.noise([(law, 1024)], as: UInt64.self) }
        let pairs = (law.places + 1) / 2, coins = law.digits.count + 1
        #expect(cost.rounds == 1 + Int(ceil(log2(Double(pairs)))) + 3)
        // One product a pair of places, two a join but for the blocks with the lowest place, and one a digit.
        let joins = pairs - 1, single = Int(ceil(log2(Double(pairs))))
        #expect(cost.noise.andGates == 1024 * (coins * (law.places / 2 + 2 * joins - single) + law.digits.count))
        #expect(cost.noise.conversions == 1024 * (coins + 1))
        // What was planned is what is sent.
        let (sent, _) = try await bothParties { c in
            _ = try await c.noise([(law, 1024)], as: UInt64.self)
            return c.cost
        }
        #expect(sent == cost)
    }

    @Test func noiseThatDoesNotFitTheRingIsRefused() async throws {
        let wide = try NoiseBits(places: 40, nonzero: 1, digits: Array(repeating: 1, count: 63))
        await #expect(throws: YinheError.self) { try await TwoPartyComputation.plan { try await $0.noise([(wide, 1)], as: UInt64.self) } }
        _ = try await TwoPartyComputation.plan { try await $0.noise([(wide, 1)], as: UInt128.self) }
        #expect(throws: YinheError.self) { try NoiseBits(places: 128, nonzero: 1, digits: []) }
        #expect(throws: YinheError.self) { try NoiseBits(places: 10, nonzero: 1024, digits: []) }
    }
}
