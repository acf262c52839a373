import Foundation
import Testing

/// Two parties with keys, small tables and a contract that both have signed.
struct Pilot {
    let scratch = Scratch()
    var contract: String { scratch.file("pilot.yaml") }
    static let sizes = ["--rows", "400", "--loans", "300", "--overlap", "150"]

    init(
        changing edit: (String) -> String = { $0 }, signers: [String] = ["data-centre", "bank"], sizes: [String] = Pilot.sizes,
        mode: String = "intersection-sum"
    ) async throws {
        let centre = try await makeHome(scratch.file("data-centre"))
        let bank = try await makeHome(scratch.file("bank"))
        let template = try await Program.run("contract", "new", "--fingerprint", centre, "--fingerprint", bank, "--mode", mode)
        let edited = edit(template.output)
        try scratch.write("pilot.yaml", edited)
        for signer in signers {
            let signed = try await Program.run("contract", "sign", contract, "--home", scratch.file(signer))
            #expect(signed.status == 0, "\(signed.errors)")
        }
        #expect(try await Program.run(list: ["synth", "--out", scratch.path] + sizes).status == 0)
    }

    func makeTables(seed: Int) async throws {
        #expect(try await Program.run(list: ["synth", "--out", scratch.path, "--seed", "\(seed)"] + Self.sizes).status == 0)
    }

    func start(_ party: String, _ connection: [String], contract: String? = nil, wait: String = "20") throws -> Running {
        let data = scratch.file(party == "bank" ? "loans.csv" : "enterprises.csv")
        let arguments = [
            "run", "--contract", contract ?? self.contract, "--data", data, "--home", scratch.file(party), "--json", "--progress",
            "json", "--wait", wait,
        ]
        return try Running(Program.yinhe, arguments + connection)
    }

    /// Both sides to their end, the data centre listening.
    func run(bankContract: String? = nil) async throws -> (centre: Finished, bank: Finished) {
        let centre = try start("data-centre", ["--listen", "127.0.0.1:0"])
        let bank = try start("bank", ["--connect", "127.0.0.1:\(try await centre.port())"], contract: bankContract)
        return (await centre.finish(), await bank.finish())
    }

    struct Entry: Decodable {
        var kind: String
        var payload: String
    }

    func ledger(_ party: String) async throws -> [Entry] {
        try await Program.run("ledger", "show", "--home", scratch.file(party), "--json").json()
    }
}

struct RunDocument: Decodable {
    struct Output: Decodable {
        struct Cell: Decodable {
            var keys: [String]
            var measure: String
            var value: String?
        }
        var name: String
        var cells: [Cell]
    }
    struct Budget: Decodable {
        var charged: String
        var remaining: String
    }
    var outputs: [Output]
    var budget: Budget
    var learned: [String]
    var countersigned: Bool
}

@Suite struct RunTests {
    @Test func twoRunsSpendTheBudgetAndTheThirdIsRefusedInTheLedger() async throws {
        let pilot = try await Pilot()
        for round in 1...2 {
            // Other tables each time: the same ones would have the same answer, at no cost.
            try await pilot.makeTables(seed: round)
            let (centre, bank) = try await pilot.run()
            #expect(centre.status == 0 && bank.status == 0, "\(centre.errors) \(bank.errors)")
            let (mine, theirs) = (try centre.json(RunDocument.self), try bank.json(RunDocument.self))
            #expect(mine.countersigned && theirs.countersigned)
            #expect(mine.budget.charged == "1.5" && mine.budget.remaining == (round == 1 ? "1.5" : "0"))
            func values(_ run: RunDocument) -> [String?] { run.outputs.flatMap { $0.cells.map(\.value) } }
            #expect(values(mine) == values(theirs))
            #expect(mine.outputs.map(\.name) == ["overdue_by_grade", "common_enterprises", "total_amount", "amount_histogram"])
            #expect(mine.learned == ["set-sizes", "group-match-counts"] && theirs.learned == ["set-sizes", "group-sizes"])
        }
        // Refused before it connects: no peer is needed.
        try await pilot.makeTables(seed: 3)
        let third = try await pilot.start("bank", ["--connect", "127.0.0.1:1"]).finish()
        #expect(third.status == 66 || third.status == 75, "\(third.errors)")
        #expect(try await pilot.ledger("bank").last?.kind == "refusal")

        for (party, other) in [("bank", "data-centre"), ("data-centre", "bank")] {
            let export = pilot.scratch.file("\(other).jsonl")
            #expect(try await Program.run("ledger", "export", "--home", pilot.scratch.file(other), "--out", export).status == 0)
            let verified = try await Program.run(
                "ledger", "verify", "--home", pilot.scratch.file(party), "--peer-export", export, "--json")
            #expect(verified.status == 0, "\(verified.errors)")
        }
        struct Budget: Decodable {
            struct Account: Decodable { var runs: Int }
            var contracts: [Account]
        }
        let budget = try await Program.run("budget", "show", "--home", pilot.scratch.file("bank"), "--json")
        #expect(try budget.json(Budget.self).contracts.map(\.runs) == [2])

        // A changed byte in an exported ledger is found, and its entry named.
        let export = try pilot.scratch.read("bank.jsonl")
        try pilot.scratch.write("forged.jsonl", export.replacing("\"kind\":\"release\"", with: "\"kind\":\"refusal\""))
        let forged = try await Program.run("ledger", "verify", "--file", pilot.scratch.file("forged.jsonl"), "--json")
        #expect(forged.status == 76)
        #expect(forged.errors.contains("entry"))
    }

    @Test func contractsThatDifferByOneByteStopBothSidesBeforeDataFlows() async throws {
        let pilot = try await Pilot()
        let copy = pilot.scratch.file("copy.yaml")
        try pilot.scratch.write("copy.yaml", pilot.scratch.read("pilot.yaml") + "#")
        for party in ["data-centre", "bank"] {
            #expect(try await Program.run("contract", "sign", copy, "--home", pilot.scratch.file(party)).status == 0)
        }
        let (centre, bank) = try await pilot.run(bankContract: copy)
        for side in [centre, bank] {
            #expect(side.status == 69, "\(side.errors)")
            #expect(side.error?.message.contains("contract") == true)
        }
        for party in ["data-centre", "bank"] {
            let kinds = try await pilot.ledger(party).map(\.kind)
            #expect(kinds.last == "refusal")
            #expect(!kinds.contains("run-start") && !kinds.contains("budget-charge"))
        }
    }

    @Test func anExpiredContractIsRefusedInTheLedger() async throws {
        let pilot = try await Pilot(changing: { text in
            text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("expires:") ? "expires: 2020-01-01T00:00:00Z" : String($0) }.joined(separator: "\n")
        })
        let result = try await pilot.start("bank", ["--connect", "127.0.0.1:1"]).finish()
        #expect(result.status == 66)
        #expect(result.error?.message.contains("expired") == true)
        #expect(try await pilot.ledger("bank").last?.kind == "refusal")
    }

    @Test func aContractThatOnePartyHasNotSignedIsRefusedInTheLedger() async throws {
        let pilot = try await Pilot(signers: ["bank"])
        let result = try await pilot.start("bank", ["--connect", "127.0.0.1:1"]).finish()
        #expect(result.status == 66)
        #expect(result.error?.message.contains("data-centre has not signed") == true)
        #expect(try await pilot.ledger("bank").last?.kind == "refusal")
    }

    @Test func anIntersectionBelowTheMinimumRevealsNothing() async throws {
        let pilot = try await Pilot(changing: { $0.replacing("minimum-intersection: 100", with: "minimum-intersection: 151") })
        let (centre, bank) = try await pilot.run()
        for side in [centre, bank] {
            #expect(side.status == 77, "\(side.errors)")
            #expect(side.output.isEmpty)
        }
        #expect(!(try await pilot.ledger("bank").map(\.kind).contains("release")))
    }

    @Test func aCellThatIsNotANumberIsNamedWithItsLineAndColumn() async throws {
        let pilot = try await Pilot()
        let data = pilot.scratch.file("loans.csv")
        // A key that counts: cells of a row without one are not looked at.
        let lines = try String(contentsOfFile: data, encoding: .utf8).components(separatedBy: .newlines)
        let keys = lines.flatMap { $0.components(separatedBy: ",") }
        let key: String = try #require(keys.first { $0.wholeMatch(of: /9[0-9A-Z]{17}/) != nil })
        try pilot.scratch.write("loans.csv", "credit_code,loan_amount,overdue_days\n\(key),1.00,0\n\(key),abc,0\n")
        let result = try await pilot.start("bank", ["--connect", "127.0.0.1:1"]).finish()
        #expect(result.status == 65)
        let text = (result.error?.place ?? "") + (result.error?.message ?? "")
        #expect(text.contains(data) && text.contains("line 3") && text.contains("loan_amount"), "\(text)")
    }

    @Test func aKeyThatIsNoPartysIsRefused() async throws {
        let pilot = try await Pilot()
        _ = try await makeHome(pilot.scratch.file("stranger"))
        let result = try await pilot.start("stranger", ["--listen", "127.0.0.1:0"]).finish()
        #expect(result.status == 66)
        #expect(try await pilot.ledger("stranger").last?.kind == "refusal")
    }
}
