import Foundation
import Fusion
import SandboxCore
import Testing

/// The privacy budget through the command line: accounts, limits, memoised answers, and processes that die.
@Suite struct BudgetTests {
    struct Overview: Decodable {
        struct Account: Decodable {
            var name: String
            var spent: String
            var limit: String?
            var remaining: String?
        }
        struct Release: Decodable {
            struct Output: Decodable {
                var name: String
                var epsilon: String
            }
            var run: String
            var epsilon: String
            var outputs: [Output]
            var isReleased: Bool
            var shownAgain: [String]
        }
        var contracts: [Account]
        var datasets: [Account]
        var units: [Account]
        var releases: [Release]
    }

    private func overview(_ pilot: Pilot, _ party: String) async throws -> Overview {
        try await Program.run("budget", "show", "--home", pilot.scratch.file(party), "--json").json()
    }

    @Test func theSameRunAgainCostsNothingAndSaysSo() async throws {
        let pilot = try await Pilot()
        struct Document: Decodable {
            struct Memo: Decodable { var run: String }
            struct Statement: Decodable {
                var unit, neighbours, epsilon, trust, mechanism, composition, sampler: String
                var isFloatingPointSafe: Bool
            }
            var runID: String
            var memoised: Memo?
            var statement: Statement
        }
        let first = try await pilot.run()
        let centre = try pilot.start("data-centre", ["--listen", "127.0.0.1:0"])
        let page = pilot.scratch.file("again.html")
        let bank = try pilot.start(
            "bank", ["--connect", "127.0.0.1:\(try await centre.port())", "--report", page, "--out", pilot.scratch.file("again.json")])
        let (again, other) = (await bank.finish(), await centre.finish())
        #expect(again.status == 0 && other.status == 0, "\(again.errors) \(other.errors)")
        func values(_ finished: Finished) throws -> [String?] {
            try finished.json(RunDocument.self).outputs.flatMap { $0.cells.map(\.value) }
        }
        #expect(try values(again) == values(first.bank) && values(other) == values(first.centre))
        let document = try again.json(Document.self)
        #expect(document.memoised?.run == (try first.bank.json(Document.self).runID))
        #expect(try again.json(RunDocument.self).budget.charged == "0")
        #expect(document.statement.unit == "enterprise" && document.statement.isFloatingPointSafe)
        #expect(document.statement.trust == "distributed" && document.statement.mechanism.contains("discrete Laplace, scale"))

        let html = try pilot.scratch.read("again.html")
        for text in ["memoised: released on", "沿用既有发布", "Privacy statement", "隐私保证声明", "基本组合", "Floating-point safety"] {
            #expect(html.contains(text), "\(text)")
        }
        let shown = try await overview(pilot, "bank")
        #expect(shown.contracts.map(\.spent) == ["1.5"] && shown.datasets.map(\.spent) == ["1.5"] && shown.units.map(\.spent) == ["1.5"])
        #expect(shown.releases.count == 1 && shown.releases[0].isReleased && shown.releases[0].shownAgain.count == 1)
        for language in ["en", "zh"] {
            let text = try await Program.run("budget", "show", "--home", pilot.scratch.file("bank"), "--lang", language)
            #expect(text.status == 0 && text.output.contains("overdue_by_grade"))
            #expect(text.output.contains(language == "en" ? "no new cost" : "无新花费"))
        }
    }

    @Test func aLimitOfTheOwnerRefusesTheRunBeforeItConnects() async throws {
        let pilot = try await Pilot()
        let home = pilot.scratch.file("bank")
        let limit = try await Program.run("budget", "limit", "--dataset", "loans", "--epsilon", "1", "--home", home)
        #expect(limit.status == 0 && limit.output.contains("dataset loans") && limit.errors.contains("No run has counted"))
        let refused = try await pilot.start("bank", ["--connect", "127.0.0.1:1"]).finish()
        #expect(refused.status == 75)
        #expect(refused.error?.message == "the dataset \"loans\" has spent epsilon 0 of 1, and a run costs 1.5")
        #expect(refused.error?.remedy.contains("yinhe budget limit --dataset") == true)
        #expect(try await pilot.ledger("bank").last?.kind == "refusal")

        // Another number replaces it; options that are left out stay.
        #expect(try await Program.run("budget", "limit", "--dataset", "loans", "--epsilon", "2", "--home", home).status == 0)
        let (centre, bank) = try await pilot.run()
        #expect(centre.status == 0 && bank.status == 0, "\(bank.errors)")
        let account = try #require(try await overview(pilot, "bank").datasets.first)
        #expect(account.name == "loans" && account.spent == "1.5" && account.limit == "2" && account.remaining == "0.5")
        #expect(try await Program.run("ledger", "verify", "--home", home).status == 0)
    }

    @Test(arguments: [
        (["--epsilon", "1"], 64), (["--dataset", "a", "--unit", "b", "--epsilon", "1"], 64), (["--dataset", "a"], 64),
        (["--dataset", "a", "--near-identical", "refuse"], 64), (["--unit", "a", "--near-identical", "perhaps"], 64),
        (["--unit", "a", "--epsilon=-1"], 78), (["--unit", "a", "--epsilon", "nan"], 65), (["--unit", "a", "--delta", "1"], 78),
    ] as [([String], Int32)]) func badLimitsAreRefused(_ arguments: [String], _ status: Int32) async throws {
        let pilot = try await Pilot()
        let result = try await Program.run(list: ["budget", "limit", "--home", pilot.scratch.file("bank")] + arguments)
        #expect(result.status == status, "\(arguments): \(result.errors)")
        let kinds = try await pilot.ledgerKinds("bank")
        #expect(!kinds.contains("budget-limit"))
    }

    /// Both parties are whole processes; one is killed at a random moment of its run.
    @Test func aPartyKilledAtAnyMomentNeverReleasesWithoutACharge() async throws {
        let pilot = try await Pilot(changing: {
            $0.replacing("maximum-runs: 2", with: "maximum-runs: 1000").replacing("epsilon: 3.0,", with: "epsilon: 90,")
        })
        let seed = UInt32.random(in: 1...1_000_000)
        for round in 0..<10 {
            try await pilot.makeTables(seed: 100 + round)
            let victim = round % 2 == 0 ? "bank" : "data-centre"
            let centre = try pilot.start("data-centre", ["--listen", "127.0.0.1:0"])
            let bank = try pilot.start("bank", ["--connect", "127.0.0.1:\(try await centre.port())"])
            // A whole run of these sizes takes a second or two.
            let wait = (seed &* 2_654_435_761 &+ UInt32(round) &* 40_503_001) % 2500
            try await Task.sleep(for: .milliseconds(Int(wait)))
            (victim == "bank" ? bank : centre).signal(SIGKILL)
            let ends = [("data-centre", await centre.finish()), ("bank", await bank.finish())]
            for (party, end) in ends {
                // A ledger that a dead process left behind opens, adds up, and holds a charge for whatever was shown.
                let ledger = try await Program.run("ledger", "verify", "--home", pilot.scratch.file(party), "--json")
                #expect(ledger.status == 0, "seed \(seed), round \(round), \(party): \(ledger.errors)")
                guard end.status == 0 else { continue }
                let shown = try await overview(pilot, party)
                struct Document: Decodable { var runID: String }
                let run = try end.json(Document.self).runID
                for other in ["bank", "data-centre"] {
                    let charged = try await overview(pilot, other).releases.map(\.run)
                    #expect(charged.contains(run), "seed \(seed), round \(round): \(party) released, \(other) was not charged")
                }
                #expect(shown.releases.contains { $0.run == run && $0.isReleased })
            }
        }
    }

    @Test func twoRunsAtOnceCannotSpendTheLastOfTheBudgetTwice() async throws {
        // One run's worth, and two pairs of processes that want it.
        let pilot = try await Pilot(changing: { $0.replacing("epsilon: 3.0,", with: "epsilon: 1.5,") })
        async let first = pilot.run()
        async let second = pilot.run()
        let ends = try await [first, second]
        let released = ends.filter { $0.centre.status == 0 && $0.bank.status == 0 }
        #expect(ends.allSatisfy { [0, 66, 71, 75].contains($0.bank.status) || $0.bank.error != nil })
        for party in ["bank", "data-centre"] {
            let shown = try await overview(pilot, party)
            #expect(shown.contracts[0].spent == "1.5" || shown.contracts[0].spent == "0")
            #expect(shown.releases.count <= 1 && released.count <= 2)
            #expect(try await Program.run("ledger", "verify", "--home", pilot.scratch.file(party)).status == 0)
        }
    }
}

extension Pilot {
    func ledgerKinds(_ party: String) async throws -> [String] {
        let shown = try await Program.run("ledger", "show", "--home", scratch.file(party), "--json")
        // No ledger yet is an empty one.
        return shown.status == 0 ? try shown.json([Entry].self).map(\.kind) : []
    }
}
