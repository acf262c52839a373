import Foundation
import Fusion
import SandboxCore
import Tables

/// A public-data centre and a bank, from making the tables to verifying the ledgers.
struct CreditDemo {
    let mode: Contract.JoinMode
    let size: PilotSize
    let folder: DemoFolder
    let threads: Int
    let console: Console

    private struct Party {
        var name: String
        var title: String
        var home: PartyHome
        var identity: Identity
        var data: String
    }

    struct Document: Encodable {
        var folder: String
        var report: String
        var seconds: Double
        var runs: [RunReport]
        var truthInside: Int
        var truthOf: Int
        var ledgers: [LedgerVerification]
    }

    func run() async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let parties = try await prepare()
        let contractPath = folder.file("contract.yaml")
        let reports = try await runParties(parties, contractPath)

        let signed = try SignedContract.load(path: contractPath)
        let truth = try await interruptible { [parties] in
            try DemoTruth.compute(signed.contract, files: ["enterprises": parties[0].data, "loans": parties[1].data])
        }
        let ledgers = try verify(parties)
        let report = folder.file("report.html")
        let document = ReportDocument(
            run: reports[1], contract: signed.contract, peerRun: reports[0], truth: truth,
            ledgers: zip(parties, ledgers).map {
                .init(party: $0.name, entries: $1.entries, head: $1.head, problems: $1.problems.map(\.description))
            }, language: console.language)
        try AtomicFile.write(document.html(), to: report)
        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(
            Document(
                folder: folder.path, report: report, seconds: seconds, runs: reports, truthInside: document.coverage?.inside ?? 0,
                truthOf: document.coverage?.of ?? 0, ledgers: ledgers))
        try show(document, reports, ledgers, seconds: seconds, report: report)
        if let broken = ledgers.first(where: { !$0.isValid }) {
            throw YinheError(.ledger, "a ledger does not verify: \(broken.problems[0])", at: folder.path)
        }
    }

    // MARK: Steps

    private func prepare() async throws -> [Party] {
        let (enterprises, loans) = (folder.file("enterprises.csv"), folder.file("loans.csv"))
        let pilot = try SyntheticPilot(seed: size.seed, enterprises: size.rows, loans: size.loans, overlap: size.overlap)
        try await interruptible { try pilot.write(enterprisesTo: enterprises, loansTo: loans) }
        console.note(.demoTables(size.rows, size.loans, size.overlap, size.seed))

        let parties = try [("data-centre", "公共数据中心", enterprises), ("bank", "合作银行", loans)].map { name, title, data in
            let home = PartyHome(path: folder.file(name))
            try home.create()
            let identity = try Identity.generate()
            try identity.write(to: home.identityPath)
            console.note(.demoIdentity(name, identity.fingerprint.description))
            return Party(name: name, title: title, home: home, identity: identity, data: data)
        }
        let path = folder.file("contract.yaml")
        let year = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
        try AtomicFile.write(
            ContractTemplate.text(
                parties: parties.map { .init(name: $0.name, title: $0.title, fingerprint: $0.identity.fingerprint.description) },
                districts: ContractTemplate.districts, expires: "\(year)-12-31T23:59:59Z", mode: mode, language: console.language),
            to: path)
        for party in parties { _ = try SignedContract.sign(path: path, identity: party.identity) }
        console.note(.demoContract(path))
        return parties
    }

    private func runParties(_ parties: [Party], _ contract: String) async throws -> [RunReport] {
        func start(_ party: Party, _ connection: [String]) throws -> PartyProcess {
            let own: [String] = [
                "run", "--contract", contract, "--data", party.data, "--home", party.home.path,
                "--threads", "\(max(1, threads / 2))", "--report", folder.file("\(party.name).html"), "--lang",
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
    private func verify(_ parties: [Party]) throws -> [LedgerVerification] {
        let exports = try parties.map { try AuditLedger.read(path: $0.home.ledgerPath) }
        return parties.indices.map { i in
            LedgerVerification(exports[i], owner: parties[i].identity.publicIdentity, peer: exports[1 - i])
        }
    }

    // MARK: What it says

    private func show(
        _ document: ReportDocument, _ reports: [RunReport], _ ledgers: [LedgerVerification], seconds: Double, report: String
    ) throws {
        try console.heading(.results)
        try RunText(reports[1], contract: document.contract!).showOutputs(console, truth: document.truth)
        if let (inside, of) = document.coverage { try console.out("\n  " + console.text(.coverage(inside, of))) }

        try console.heading(.learnedTitle)
        try console.out("  " + console.text(.joinMode(document.contract!.joinMode)))
        if let correlations = document.contract!.correlations { try console.out("  " + console.text(.correlations(correlations))) }
        for run in reports {
            try console.out("  " + console.style.bold(console.text(document.title(of: run.party))))
            try RunText(run, contract: document.contract!).showLearned(console)
        }
        try console.out("  " + console.text(.notLearned(reports[0].protocolName)))

        try console.heading(.costTitle)
        var table = TextTable([
            (console.text(Phrase(en: "Phase", zh: "阶段")), .left), (reports[0].party, .right), (reports[1].party, .right),
        ])
        var names: [String] = []
        // The joining party's order; the group owner's own steps go before the join as a whole.
        for phase in reports[1].phases where !names.contains(phase.name) { names.append(phase.name) }
        for phase in reports[0].phases where !names.contains(phase.name) {
            names.insert(phase.name, at: reports[1].phases.first(where: \.isJoin).flatMap { names.firstIndex(of: $0.name) } ?? names.endIndex)
        }
        for name in names {
            table.add(
                [console.text(.phase(name))]
                    + reports.map { run in run.phases.first { $0.name == name }.map { Numbers.seconds($0.seconds) } ?? "" })
        }
        table.add([console.text(Phrase(en: "sent", zh: "发送"))] + reports.map { Numbers.bytes($0.traffic.bytesSent) })
        table.add([console.text(Phrase(en: "rounds", zh: "轮数"))] + reports.map { "\($0.traffic.rounds)" })
        try console.out(table)

        try console.heading(.ledgerTitle)
        for (run, ledger) in zip(reports, ledgers) {
            let outcome = ledger.isValid ? console.style.good("✓ ") + console.text(.verified) : console.style.bad("✗ ")
            try console.out(
                "  \(TextWidth.pad(run.party, to: 14))\(ledger.entries)  \(ledger.head.prefix(16))…  \(outcome)  "
                    + ledger.problems.map(\.description).joined(separator: "; "))
        }
        try console.out(.demoCrossChecked)
        try console.out()
        try console.fact(Phrase(en: "Total time", zh: "总耗时"), Numbers.seconds(seconds))
        try console.fact(Phrase(en: "Look around", zh: "继续查看"), "yinhe ledger show --home \(folder.file("bank"))")
        try console.fact(Phrase(en: "Report", zh: "报告"), URL(filePath: report).path)
    }
}
