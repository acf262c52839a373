import Arithmetic
import DifferentialPrivacy
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct DiscreteLaplaceTests {
    private struct Vectors: Decodable {
        struct Case: Decodable {
            let seed: UInt64
            let scale: Rational
            let samples: [String]
        }
        let cases: [Case]
    }

    private func file(_ name: String) throws -> String {
        try String(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/\(name)"), encoding: .utf8)
    }

    @Test func samplesEqualTheIndependentImplementation() throws {
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(file("discrete-laplace.json").utf8))
        #expect(vectors.cases.count == 10)
        for known in vectors.cases {
            let samples = try DiscreteLaplace(scale: known.scale).samples(known.samples.count, random: SeededRandom(known.seed))
            #expect(samples.map(String.init) == known.samples, "scale \(known.scale)")
        }
    }

    /// Chi-square against the law over cells of all sizes; false alarm 3e-7 per scale.
    @Test(arguments: ["1/2", "1", "2", "10/3", "100", "1000000", "1000000000000000000000000/999999999999999999999"])
    func samplesFollowTheLaw(text: String) throws {
        let law = try DiscreteLaplace(scale: Rational(parsing: text))
        let samples = law.samples(400_000, random: SeededRandom(5))
        let passes = StatisticalChecks.passesLaplaceFit(samples, scale: law.scale.approximation)
        #expect(passes)
    }

    /// Every point and tail of the table of known values; false alarm 2e-7 per row.
    @Test func pointsAndTailsMatchTheTable() throws {
        let rows = vectorRows(try file("discrete-laplace-pmf.csv"))
        #expect(rows.count == 45)
        for (scale, rows) in Dictionary(grouping: rows, by: { $0[1] }) {
            let law = try DiscreteLaplace(scale: Rational(parsing: scale))
            let n = 300_000
            let samples = law.samples(n, random: SeededRandom(17))
            for row in rows {
                let x = Int64(row[2])!, pmf = Double(row[3])!, tail = Double(row[4])!
                for side in [x, -x] {
                    let hits = samples.count { $0 == side }
                    #expect(StatisticalChecks.isPlausible(hits, of: n, probability: pmf), "b = \(scale), x = \(side)")
                }
                for hits in [samples.count { $0 > x }, samples.count { $0 < -x }] {
                    #expect(StatisticalChecks.isPlausible(hits, of: n, probability: tail), "b = \(scale), beyond \(x)")
                }
            }
        }
    }

    /// Sample variance within 5.2 of its standard deviations: the law's kurtosis is 6 + 1 / variance.
    @Test func varianceAndSymmetryHold() throws {
        for row in vectorRows(try file("discrete-laplace-variances.csv")) {
            let law = try DiscreteLaplace(scale: Rational(parsing: row[1]))
            let variance = Double(row[2])!, zero = Double(row[3])!
            let n = 300_000
            let samples = law.samples(n, random: SeededRandom(23))
            let moment = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(n)
            let deviation = variance * ((5 + 1 / variance) / Double(n)).squareRoot()
            #expect(abs(moment - variance) <= StatisticalChecks.sigmas * deviation, "b = \(row[1])")
            let positive = samples.count { $0 > 0 }, negative = samples.count { $0 < 0 }
            #expect(StatisticalChecks.isPlausible(positive, of: positive + negative, probability: 0.5))
            #expect(StatisticalChecks.isPlausible(samples.count { $0 == 0 }, of: n, probability: zero))
            // The displayed formulas agree with the table to display precision.
            #expect(abs(law.variance / variance - 1) < 1e-12 && abs(law.probability(of: 0) / zero - 1) < 1e-12)
        }
    }

    /// The same statistic must reject samplers with the classic faults.
    @Test func theFitRejectsBrokenSamplers() throws {
        let b = 2.0, n = 400_000
        let random = SeededRandom(31)
        let good = try DiscreteLaplace(scale: 2).samples(n, random: random)
        func geometric() -> Int64 {
            var y: Int64 = 0
            while Double(random.word()) / 0x1p64 < exp(-1 / b) { y += 1 }
            return y
        }
        let broken: [(fault: String, samples: [Int64])] = [
            ("zero counted for both signs", (0..<n).map { _ in random.word() & 1 == 0 ? geometric() : -geometric() }),
            ("scale 1.5 % too wide", try DiscreteLaplace(scale: Rational(parsing: "2.03")).samples(n, random: random)),
            ("tail cut off", good.map { abs($0) > 12 ? 0 : $0 }),
            ("one sample in 30 made positive", good.enumerated().map { $0 % 30 == 0 ? abs($1) + 1 : $1 }),
            (
                "a rounded continuous Laplace variable",
                (0..<n).map { _ in
                    let u = Double(random.word()) / 0x1p64 - 0.5
                    return Int64((-b * log(1 - 2 * abs(u))).rounded()) * (u < 0 ? -1 : 1)
                }
            ),
        ]
        let goodPasses = StatisticalChecks.passesLaplaceFit(good, scale: b)
        #expect(goodPasses)
        for (fault, samples) in broken {
            let passes = StatisticalChecks.passesLaplaceFit(samples, scale: b)
            #expect(!passes, "\(fault)")
        }
    }

    @Test func threadsAndCallsGiveFreshNoise() throws {
        let law = try DiscreteLaplace(scale: Rational(1 << 40))
        let samples = law.samples(200_000, threads: 2)
        #expect(samples.count == 200_000)
        // Repeats of a 2^40-wide law among 200,000 are rare; a repeated stream would repeat half of them.
        let different = Set(samples).count
        let passes = StatisticalChecks.passesLaplaceFit(samples, scale: 0x1p40)
        #expect(different > 199_000 && passes)
        #expect(law.samples(0) == [] && law.samples(8) != law.samples(8))
    }

    @Test(arguments: [
        "0", "-1", "-1/3", "72057594037927937", "1e30",
        "1329227995784915872903807060280344577/1329227995784915872903807060280344576",
    ])
    func absurdScalesAreRefused(text: String) throws {
        let scale = try Rational(parsing: text)
        #expect { try DiscreteLaplace(scale: scale) } throws: { ($0 as? YinheError)?.code == .range }
    }
}
