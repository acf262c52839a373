import Foundation
import TestSupport
import Testing

@Suite struct DemoTests {
    private struct Document: Decodable {
        struct Ledger: Decodable {
            var entries: Int
            var countersignatures: Int
            var problems: [Problem]
            struct Problem: Decodable { var message: String }
        }
        var folder: String
        var report: String
        var runs: [RunDocument]
        var truthInside: Int
        var truthOf: Int
        var ledgers: [Ledger]
    }

    @Test func theDemoShowsTheTruthInsideItsIntervalsAndVerifiesBothLedgers() async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--rows", "3000", "--loans", "2000", "--overlap", "1500", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(Document.self)
        #expect(demo.runs.count == 2 && demo.ledgers.count == 2)
        for ledger in demo.ledgers { #expect(ledger.problems.isEmpty && ledger.entries >= 9 && ledger.countersignatures == 1) }
        #expect(demo.truthOf == 21)
        // Fewer than 8 of 21 cells inside 95 % intervals has a probability far below 1e-6, also with the means' dependence.
        #expect(demo.truthInside >= 8)

        // With 1,500 enterprises and noise of a standard deviation of 12, 40 deviations off is a wrong sum, not noise.
        let rows = demo.runs[0].outputs[0].cells.filter { $0.measure == "rows(loans)" }.compactMap {
            $0.value.flatMap(Double.init)
        }
        #expect(rows.count == 5 && abs(rows.reduce(0, +) - 1875) < 480)
        let common = demo.runs[1].outputs[1].cells[0].value.flatMap(Double.init) ?? 0
        #expect(abs(common - 1500) < 800)

        let page = try String(contentsOfFile: demo.report, encoding: .utf8)
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("<svg") && page.contains("What each party learned"))
        #expect(page.contains("各方获知了什么"))
        for outside in ["<script", "http://", "https://", "url(", "@import", "<link", "<img"] { #expect(!page.contains(outside)) }
        for party in ["data-centre", "bank"] {
            let verified = try await Program.run("ledger", "verify", "--home", "\(demo.folder)/\(party)")
            #expect(verified.status == 0)
        }

        // A second demonstration replaces the first; anything else in the way is left alone.
        try scratch.write("precious.txt", "mine")
        let refused = try await Program.run("demo", "--out", scratch.path, "--json")
        #expect(refused.status == 65)
        #expect(try scratch.read("precious.txt") == "mine")
    }

    @Test func theChineseDemoSpeaksChinese() async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--rows", "400", "--loans", "300", "--overlap", "150", "--out", scratch.file("demo"), "--lang", "zh")
        #expect(result.status == 0, "\(result.errors)")
        for words in ["发布结果", "真实值", "各方获知了什么", "审计账本", "通过"] { #expect(result.output.contains(words)) }
        #expect(result.errors.contains("两个独立进程"))
    }

    private struct List: Decodable {
        struct Text: Decodable { var en: String, zh: String }
        struct Scenario: Decodable {
            var name: String
            var domain: Text
            var parties: [Text]
            var shows: Text
            var usualSeconds: Int
            var guide: String?
        }
        var scenarios: [Scenario]
    }

    @Test func theListNamesEveryScenarioInBothLanguagesAndItsGuideExists() async throws {
        let result = try await Program.run("demo", "--list", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let scenarios = try result.json(List.self).scenarios
        let names = scenarios.map(\.name)
        #expect(Set(names).count == names.count)
        for name in ["credit", "credit-hidden", "credit-aligned", "secure-sum", "aggregate"] { #expect(names.contains(name)) }
        for scenario in scenarios {
            // Two minutes is what the list promises for each.
            #expect((1...120).contains(scenario.usualSeconds) && !scenario.parties.isEmpty, "\(scenario.name)")
            for text in scenario.parties + [scenario.domain, scenario.shows] {
                #expect(!text.en.isEmpty && text.zh.unicodeScalars.contains { $0.value > 0x2e80 }, "\(scenario.name)")
                #expect(text.en.unicodeScalars.allSatisfy { $0.value < 0x2e80 }, "\(scenario.name)")
            }
            if let guide = scenario.guide {
                for page in ["README.md", "README.zh-CN.md"] {
                    #expect(FileManager.default.fileExists(atPath: repositoryRoot.appending(path: "\(guide)/\(page)").path))
                }
            }
        }
        let chinese = try await Program.run("demo", "--list", "--lang", "zh")
        for name in names { #expect(chinese.output.contains(name)) }
        #expect(chinese.output.contains("参与方"))
    }

    @Test func anUnknownScenarioIsAnsweredWithTheNamesAndTheNearestOne() async throws {
        let scratch = Scratch()
        let result = try await Program.run("demo", "--scenario", "credit-hiden", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 64)
        #expect(result.error?.message.contains("did you mean \"credit-hidden\"?") == true, "\(result.errors)")
        #expect(result.error?.remedy.contains("aggregate") == true && result.error?.remedy.contains("yinhe demo --list") == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("demo")))
        let sizes = try await Program.run("demo", "--scenario", "aggregate", "--rows", "5", "--out", scratch.file("demo"), "--json")
        #expect(sizes.status == 64 && sizes.error?.message.contains("--rows") == true)
    }

    private struct Sum: Decodable {
        var correct: Bool
        var truth: [String]
    }

    @Test func threeBanksLearnOneTotal() async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--scenario", "secure-sum", "--loans", "500", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 0, "\(result.errors)")
        let sum = try result.json(Sum.self)
        #expect(sum.correct && sum.truth.count == 4)
    }

    private struct Aggregate: Decodable {
        var correct: Bool
        var truth: [String]
        var refused: String
    }

    @Test func threeBanksAreSummedByEncryptedFilesAndAnAlteredOneIsCaught() async throws {
        let scratch = Scratch()
        let result = try await Program.run("demo", "--scenario", "aggregate", "--out", scratch.file("demo"), "--json")
        #expect(result.status == 0, "\(result.errors)")
        let aggregate = try result.json(Aggregate.self)
        #expect(aggregate.correct && aggregate.truth.count == 3 && aggregate.refused.contains("signature is not valid"))
    }

    @Test func aSecureSumWithoutOneOfItsPartiesNamesIt() async throws {
        let scratch = Scratch()
        var prints: [String] = []
        for name in ["east", "west", "north"] { prints.append(try await makeHome(scratch.file(name))) }
        let data = try scratch.write("t.csv", "amount\n1\n2\n")
        let first = try Program.start(
            "sum", "--in", data, "--column", "amount", "--home", scratch.file("east"), "--listen", "127.0.0.1:0", "--party",
            "east,\(prints[0])", "--party", "west,\(prints[1])", "--party", "north,\(prints[2])", "--wait", "2", "--json",
            "--progress",
            "json")
        let port = try await first.port()
        let second = try await Program.run(
            "sum", "--in", data, "--column", "amount", "--home", scratch.file("west"), "--listen", "127.0.0.1:0", "--party",
            "east,\(prints[0]),127.0.0.1:\(port)", "--party", "west,\(prints[1])", "--party", "north,\(prints[2])", "--wait", "2",
            "--json")
        let result = await first.finish()
        for side in [result, second] {
            #expect(side.status == 68, "\(side.errors)")
            #expect(side.error?.message.contains("north") == true, "\(side.errors)")
        }
    }
}
