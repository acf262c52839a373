import Foundation
import Fusion
import SandboxCore
import Tables

/// Two parties under a contract: signs it on both sides, runs them as two processes, compares every release with the truth, verifies both
/// ledgers and writes the report. What a scenario adds is its parties, their tables and the contract's text.
struct ContractDemo {
    struct Party: Sendable {
        var name: String
        var title: String
        var dataset: String
        var home: PartyHome
        var identity: Identity
        /// Path of its table.
        var data: String
    }

    let stage: DemoStage
    /// The first one listens and the second one connects.
    let parties: [Party]
    var console: Console { stage.console }
    private var folder: DemoFolder { stage.folder }

    struct Document: Encodable {
        var scenario: String
        var folder: String
        var report: String
        var seconds: Double
        var runs: [RunReport]
        var truthInside: Int
        var truthOf: Int
        var ledgers: [LedgerVerification]
    }

    struct Results {
        var document: ReportDocument
        /// In the order of the parties.
        var runs: [RunReport]
        var ledgers: [LedgerVerification]
        var report: String
    }

    /// A party with a fresh identity in a folder of its name.
    static func party(_ name: String, title: String, dataset: String, data: String, in stage: DemoStage) throws -> Party {
        let home = PartyHome(path: stage.folder.file(name))
        try home.create()
        let identity = try Identity.generate()
        try identity.write(to: home.identityPath)
        stage.console.note(.demoIdentity(name, identity.fingerprint.description))
        return Party(name: name, title: title, dataset: dataset, home: home, identity: identity, data: data)
    }

    /// The contract of an example with the parties' fingerprints in the places that say `sha256:FINGERPRINT-OF-<PARTY>`, as its guide
    /// fills them in.
    static func fill(template path: String, parties: [Party]) throws -> String {
        guard let data = FileManager.default.contents(atPath: path), var text = String(validating: data, as: UTF8.self) else {
            throw YinheError(.badInput, "cannot read the contract", at: path)
        }
        for party in parties {
            let place = "sha256:FINGERPRINT-OF-\(party.name.uppercased())"
            guard text.contains(place) else { throw YinheError(.badInput, "the contract has no place \"\(place)\"", at: path) }
            text = text.replacing(place, with: party.identity.fingerprint.description)
        }
        return text
    }

    /// Signs `contract` and runs it; throws when a ledger does not verify or a release cannot be the truth and noise. `appendix`: sections
    /// of the report after the results.
    func run(contract text: String, appendix: HTML = "") async throws -> Results {
        let path = folder.file("contract.yaml")
        try AtomicFile.write(text, to: path)
        for party in parties { _ = try SignedContract.sign(path: path, identity: party.identity) }
        console.note(.demoContract(path))
        let runs = try await runParties(path)

        let signed = try SignedContract.load(path: path)
        let files = Dictionary(uniqueKeysWithValues: parties.map { ($0.dataset, $0.data) })
        let truth = try await interruptible { try DemoTruth.compute(signed.contract, files: files) }
        let ledgers = try verifyLedgers()
        var document = ReportDocument(
            run: runs[1], contract: signed.contract, peerRun: runs[0], truth: truth,
            ledgers: zip(parties, ledgers).map {
                .init(party: $0.name, entries: $1.entries, head: $1.head, problems: $1.problems.map(\.description))
            }, language: console.language)
        document.appendix = appendix
        let report = folder.file("report.html")
        try AtomicFile.write(document.html(), to: report)
        if let broken = ledgers.first(where: { !$0.isValid }) {
            throw YinheError(.ledger, "a ledger does not verify: \(broken.problems[0])", at: folder.path)
        }
        try DemoTruth.check(runs, truth)
        return Results(document: document, runs: runs, ledgers: ledgers, report: report)
    }

    func json(_ results: Results, scenario: String, seconds: Double) -> Document {
        Document(
            scenario: scenario, folder: folder.path, report: results.report, seconds: seconds, runs: results.runs,
            truthInside: results.document.coverage?.inside ?? 0, truthOf: results.document.coverage?.of ?? 0, ledgers: results.ledgers)
    }

    // MARK: Steps

    private func runParties(_ contract: String) async throws -> [RunReport] {
        func start(_ party: Party, _ connection: [String]) throws -> PartyProcess {
            let own: [String] = [
                "run", "--contract", contract, "--data", party.data, "--home", party.home.path,
                "--threads", "\(max(1, stage.threads / 2))", "--report", folder.file("\(party.name).html"), "--lang",
                console.language.rawValue,
            ]
            return try PartyProcess(party.name, own + connection, monitor: console.board.monitor(party.name))
        }
        let listening = try start(parties[0], ["--listen", "127.0.0.1:0"])
        let port = try await listening.port()
        console.note(.demoProcesses(parties.map(\.name), port))
        let connecting = try start(parties[1], ["--connect", "127.0.0.1:\(port)"])
        let outputs = try await PartyProcess.outputs(of: [listening, connecting])
        console.board.finish()
        return try outputs.map { try JSONDecoder().decode(RunReport.self, from: $0) }
    }

    /// Each ledger on its own, and against the other's export.
    private func verifyLedgers() throws -> [LedgerVerification] {
        let exports = try parties.map { try AuditLedger.read(path: $0.home.ledgerPath) }
        return parties.indices.map { i in
            LedgerVerification(exports[i], owner: parties[i].identity.publicIdentity, peer: exports[1 - i])
        }
    }
}
