import Foundation
import TestSupport
import Testing

/// Contracts that join on secret shares, with real processes and TLS.
@Suite struct JoinModeTests {
    private struct Document: Decodable {
        struct Output: Decodable {
            struct Note: Decodable { var code: String }
            struct Cell: Decodable {
                var keys: [String]
                var measure: String
                var value: String?
            }
            var name: String
            var cells: [Cell]
            var notes: [Note]
        }
        var protocolName: String
        var correlations: String?
        var outputs: [Output]
        var learned: [String]
        var countersigned: Bool
    }

    @Test(arguments: [("hidden", ["set-sizes"]), ("aligned", ["set-sizes", "matched-keys"])])
    func twoProcessesReleaseEqualNumbersAndLearnWhatTheContractAccepts(_ mode: String, _ learned: [String]) async throws {
        let pilot = try await Pilot(mode: mode)
        let (centre, bank) = try await pilot.run()
        #expect(centre.status == 0 && bank.status == 0, "\(centre.errors) \(bank.errors)")
        let (mine, theirs) = (try centre.json(Document.self), try bank.json(Document.self))
        for run in [mine, theirs] {
            #expect(run.protocolName == mode && run.correlations == "transfers" && run.learned == learned && run.countersigned)
            #expect(
                run.outputs.map(\.name) == [
                    "overdue_by_grade", "common_enterprises", "grade_by_district", "amount_quantiles", "amount_spread",
                    "electricity_model",
                ])
            #expect(run.outputs[2].notes.map(\.code) == ["chi-square"])
        }
        #expect(mine.outputs.flatMap { $0.cells.map(\.value) } == theirs.outputs.flatMap { $0.cells.map(\.value) })
        // 150 common enterprises; noise of scale 10 on both sides leaves 400 with probability below 1e-15.
        let count = try #require(mine.outputs[1].cells[0].value.flatMap(Double.init))
        #expect(abs(count - 150) < 400)
        for party in ["data-centre", "bank"] {
            #expect(try await Program.run("ledger", "verify", "--home", pilot.scratch.file(party)).status == 0)
        }
    }

    @Test func aDealerThatTheContractNamesMustBeGiven() async throws {
        let key = "sha256:" + String(repeating: "d", count: 64)
        let pilot = try await Pilot(
            changing: {
                $0.replacingOccurrences(
                    of: "correlations: transfers}",
                    with: "correlations: {dealer: {name: notary, title: Notary, fingerprint: \"\(key)\"}}}")
            }, mode: "hidden")
        let refused = await (try pilot.start("bank", ["--connect", "127.0.0.1:9"])).finish()
        #expect(refused.status == 64 && refused.error?.message.contains("notary") == true, "\(refused.errors)")
        let other = try await Pilot(mode: "hidden")
        let extra = await (try other.start("bank", ["--connect", "127.0.0.1:9", "--dealer", "127.0.0.1:8"])).finish()
        #expect(extra.status == 64 && extra.error?.message.contains("names no dealer") == true, "\(extra.errors)")
    }

    @Test func aRunWithADealerReleasesTheSameKindOfNumbers() async throws {
        let scratch = Scratch()
        let dealerKey = try await makeHome(scratch.file("dealer"))
        let pilot = try await Pilot(
            changing: {
                $0.replacingOccurrences(
                    of: "correlations: transfers}",
                    with: "correlations: {dealer: {name: notary, title: Notary, fingerprint: \"\(dealerKey)\"}}}")
            }, mode: "hidden")
        let dealer = try Running(
            Program.yinhe,
            [
                "dealer", "--listen", "127.0.0.1:0", "--contract", pilot.contract, "--home", scratch.file("dealer"), "--jobs", "1",
                "--json", "--progress", "json",
            ])
        let address = ["--dealer", "127.0.0.1:\(try await dealer.port())"]
        let centre = try pilot.start("data-centre", ["--listen", "127.0.0.1:0"] + address)
        let bank = try pilot.start("bank", ["--connect", "127.0.0.1:\(try await centre.port())"] + address)
        let (first, second, third) = (await centre.finish(), await bank.finish(), await dealer.finish())
        #expect(first.status == 0 && second.status == 0 && third.status == 0, "\(first.errors) \(second.errors) \(third.errors)")
        #expect(try first.json(Document.self).correlations == "dealer notary \(dealerKey)")
    }

    @Test func theTemplateOfEveryModeChecksAndExplainsItself() async throws {
        for mode in ["intersection-sum", "aligned", "hidden"] {
            for language in ["en", "zh"] {
                let pilot = try await Pilot(mode: mode)
                let checked = try await Program.run("contract", "check", pilot.contract, "--lang", language)
                #expect(checked.status == 0, "\(checked.errors)")
                let says = language == "en" ? "also learns" : "另外获知"
                #expect(checked.output.contains(says))
            }
        }
        let example = try String(
            contentsOf: repositoryRoot.appending(path: "Examples/inclusive-credit/contract-hidden.yaml"), encoding: .utf8)
        let template = try await Program.run("contract", "new", "--mode", "hidden", "--lang", "en").output
        func withoutDate(_ text: String) -> [Substring] {
            text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("expires:") }
        }
        #expect(withoutDate(template) == withoutDate(example))
    }

    private struct DemoDocument: Decodable {
        var report: String
        var truthInside: Int
        var truthOf: Int
    }

    @Test(arguments: ["credit-hidden", "credit-aligned"]) func theDemoShowsTheTruthInsideItsIntervals(_ scenario: String) async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--scenario", scenario, "--rows", "3000", "--loans", "2000", "--overlap", "1500", "--out", scratch.file("demo"),
            "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(DemoDocument.self)
        #expect(demo.truthOf >= 60 && Double(demo.truthInside) > 0.7 * Double(demo.truthOf), "\(demo.truthInside) of \(demo.truthOf)")
        let page = try String(contentsOfFile: demo.report, encoding: .utf8)
        #expect(page.contains(scenario == "credit-hidden" ? "neither party learns which keys match" : "both parties learn their matched keys"))
        #expect(page.contains("卡方统计量") && page.contains("chi-square"))
    }
}
