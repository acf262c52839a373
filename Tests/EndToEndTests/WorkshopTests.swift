import Foundation
import SandboxCore
import TestSupport
import Testing

/// The workshop scenarios: results beside the truth, small groups withheld, a liar named.
@Suite struct WorkshopTests {
    private struct Join: Decodable {
        struct Run: Decodable {
            struct Output: Decodable {
                struct Cell: Decodable {
                    var keys: [String]
                    var measure: String
                    var value: String?
                    var withheldBelow: Int?
                }
                struct Note: Decodable {
                    var code: String
                    var values: [String]
                }
                var name: String
                var cells: [Cell]
                var notes: [Note]
            }
            var learned: [String]
            var outputs: [Output]
        }
        var report: String
        var runs: [Run]
        var truthInside: Int
        var truthOf: Int
    }

    private func join(_ scenario: String) async throws -> (Join, String) {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--scenario", scenario, "--rows", "3000", "--loans", "2000", "--overlap", "1500", "--out", scratch.file("demo"), "--data",
            repositoryRoot.appending(path: "Examples").path, "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(Join.self)
        // 95 % intervals; means of few rows are approximations. Fewer than 70 % inside has a probability far below 1e-6.
        #expect(demo.truthOf >= 20 && Double(demo.truthInside) > 0.7 * Double(demo.truthOf), "\(demo.truthInside) of \(demo.truthOf)")
        // Nobody learns matches.
        for run in demo.runs { #expect(run.learned == ["set-sizes"]) }
        let page = try String(contentsOfFile: demo.report, encoding: .utf8)
        #expect(page.contains("What to take home") && page.contains("本例要点"))
        return (demo, page)
    }

    @Test func creditGroupsBelowThirtyEnterprisesAreWithheld() async throws {
        let (demo, page) = try await join("inclusive-credit")
        let output = demo.runs[0].outputs[0]
        #expect(output.cells.count == 40)
        // D with 100 employees or more: 1,500 * 5 % * 4.4 %, some three enterprises, and noise with a deviation of 2.7.
        let rare = output.cells.filter { $0.keys == ["D", "100人以上"] }
        #expect(rare.count == 2 && rare.allSatisfy { $0.value == nil && $0.withheldBelow == 30 })
        // B with 10 to 49: about 320.
        #expect(output.cells.filter { $0.keys == ["B", "10-49人"] }.allSatisfy { $0.value != nil && $0.withheldBelow == nil })
        let withheld = Set(output.cells.filter { $0.withheldBelow != nil }.map(\.keys)).count
        #expect(output.notes.first { $0.code == "cohort-withheld" }?.values == ["\(withheld)", "20", "30"])
        #expect(page.contains("n &lt; 30"))
    }

    @Test func medicalCohortsBelowFiftyPeopleAreWithheldInEveryOutput() async throws {
        let (demo, page) = try await join("medical-services")
        for run in demo.runs {
            for name in ["cohort_by_disease", "claim_quantiles"] {
                let output = try #require(run.outputs.first { $0.name == name })
                let rare = output.cells.filter { $0.keys[0] == "系统性红斑狼疮" }
                #expect(rare.count == 2 && rare.allSatisfy { $0.value == nil && $0.withheldBelow == 50 }, "\(name)")
                #expect(output.cells.filter { $0.keys[0] == "高血压" }.allSatisfy { $0.value != nil })
            }
        }
        #expect(page.contains("No number is a real person") && page.contains("不对应任何真人"))
    }

    private struct LowCarbon: Decodable {
        struct Check: Decodable { var ok: Bool }
        var report: String
        var result: [String]
        var truth: [String]
        var wrongUnit: String
        var poisoned: String
        var checks: [Check]
        var correct: Bool
    }

    @Test func tenParksAreSummedAndThePoisonedSubmissionIsNamed() async throws {
        let scratch = Scratch()
        let result = try await Program.run(
            "demo", "--scenario", "low-carbon", "--out", scratch.file("demo"), "--data", repositoryRoot.appending(path: "Examples").path,
            "--json")
        #expect(result.status == 0, "\(result.errors)")
        let demo = try result.json(LowCarbon.self)
        #expect(demo.correct && Array(demo.result.dropFirst()) == demo.truth && demo.truth.count == 8)
        #expect(demo.truth.allSatisfy { $0.hasSuffix(",10") })
        #expect(demo.wrongUnit.contains("column electricity_mwh") && demo.wrongUnit.contains("above the upper bound 3000000.0 MWh"))
        #expect(demo.poisoned.hasPrefix("park-07 has not proven that its values lie within the contract's bounds"))
        #expect(demo.checks.count == 23 && demo.checks.allSatisfy(\.ok))
        let page = try String(contentsOfFile: demo.report, encoding: .utf8)
        #expect(page.contains("park-07 has not proven") && page.contains("万元产值电耗") && page.contains("<svg"))
        for outside in ["<script", "http://", "https://", "url("] { #expect(!page.contains(outside)) }
    }

    /// Without range proofs the same lie passes: what the proofs are for.
    @Test func withoutRangeProofsAPoisonedSubmissionPassesAndOnlyItsOwnerCanMakeIt() async throws {
        let scratch = Scratch()
        func step(_ arguments: String...) async throws -> Finished { try await Program.run(list: arguments) }
        var prints: [String: String] = [:]
        for name in ["east", "west", "centre", "regulator"] { prints[name] = try await makeHome(scratch.file(name)) }
        #expect(try await step("aggregate", "keygen", "--bits", "2048", "--out", scratch.file("key")).status == 0)
        let made = try await step(
            "aggregate", "contract", "new", "--public-key", scratch.file("key.public.json"), "--contributor", "east,\(prints["east"]!)",
            "--contributor", "west,\(prints["west"]!)", "--aggregator", "centre,\(prints["centre"]!)", "--key-holder",
            "regulator,\(prints["regulator"]!)", "--out", scratch.file("c.yaml"))
        #expect(made.status == 0, "\(made.errors)")
        let common = ["--contract", scratch.file("c.yaml"), "--public-key", scratch.file("key.public.json")]
        func aggregate(_ command: String, _ home: String, _ rest: String...) async throws -> Finished {
            try await Program.run(list: ["aggregate", command] + common + ["--home", scratch.file(home), "--json"] + rest)
        }
        for name in ["east", "west"] {
            let data = try scratch.write("\(name).csv", "month,balance,loans\n2027-01,1,1\n2027-02,2,2\n2027-03,3,3\n")
            #expect(try await aggregate("encrypt", name, "--in", data, "--out", scratch.file("\(name).s")).status == 0)
        }
        let theirs = try await aggregate("poison", "west", "--in", scratch.file("east.s"), "--add", "100", "--out", scratch.file("p"))
        #expect(theirs.status == YinheError.Code.contract.exitCode && theirs.error?.message.contains("another party") == true)
        let own = try await aggregate("poison", "east", "--in", scratch.file("east.s"), "--add", "100", "--out", scratch.file("p"))
        #expect(own.status == 0, "\(own.errors)")
        let added = try await aggregate(
            "add", "centre", "--into", scratch.file("all"), scratch.file("p"), scratch.file("west.s"), "--close", "--out", scratch.file("sum"))
        #expect(added.status == 0, "\(added.errors)")
        let opened = try await aggregate(
            "open", "regulator", "--private-key", scratch.file("key.private.json"), "--aggregate", scratch.file("sum"), "--out",
            scratch.file("result.csv"), "--opening", scratch.file("opening"))
        #expect(opened.status == 0, "\(opened.errors)")
        // 2.00 and the 1.00 that was slipped in.
        #expect(try scratch.read("result.csv").contains("2027-01,3.00,2,2\n"))
    }
}
