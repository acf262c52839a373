import ArgumentParser
import Foundation
import Fusion
import SandboxCore
import Synchronization
import Tables
import Transport

struct RunCommand: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "run",
            abstract: Help.text("Run one party of a signed contract.", "运行已签署合同的一方。"),
            discussion: Help.discussion(
                """
                Checks the contract, the signatures, the budget and the own table before anything is sent; then joins with the
                other party over mutual TLS 1.3, pinned to the fingerprint in the contract, and prints the released, noised
                results. One side listens, the other connects; either may start first. Every step, and every refusal, is in this
                party's ledger.
                """,
                """
                发送任何数据之前，先检查合同、签名、预算和己方表格；然后按合同中的指纹与对方建立双向 TLS 1.3 连接，完成隐私求交，
                打印加噪后的发布结果。一方监听，另一方连接，先后不限。每一步以及每一次拒绝都记入本方账本。
                """,
                examples: [
                    ("yinhe run --contract pilot.yaml --data enterprises.csv --listen 0.0.0.0:7443", "one side", "一方"),
                    (
                        "yinhe run --contract pilot.yaml --data loans.csv --connect centre.example:7443 --out result.json "
                            + "--report result.html",
                        "the other", "另一方"
                    ),
                ], exits: Help.allCodes))
    }

    @OptionGroup var common: CommonOptions
    @Option(
        help: .say("The contract, with both signature files beside it.", "合同文件，双方签名文件在同一目录。", valueName: "file"),
        completion: .file())
    var contract: String
    @Option(help: .say("This party's table (CSV).", "本方表格（CSV）。", valueName: "file"), completion: .file())
    var data: String
    @OptionGroup var connection: ConnectionOptions
    @Option(
        help: .say(
            "Address of the dealer, where the contract names one; its key is the contract's.", "可信派发方的地址（仅当合同指定了派发方）；其密钥以合同为准。",
            valueName: "host:port"))
    var dealer: String?
    @Option(help: .say("Also write the result as JSON.", "另将结果写为 JSON。", valueName: "file"))
    var out: String?
    @Option(help: .say("Also write the released numbers as CSV.", "另将发布数字写为 CSV。", valueName: "file"))
    var csv: String?
    @Option(help: .say("Also write a report for readers, one HTML file.", "另写一份 HTML 报告。", valueName: "file"))
    var report: String?
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let clock = PhaseClock()
        let run = try PartyRun.load(
            contractPath: contract, home: home.folder, identity: identity, data: data, threads: threads.threads,
            progress: clock.timing(console.board.monitor()))
        let signed = run.signed
        noteContract(signed, console)
        try checkDealer(signed.contract)
        try await noteInput(interruptible { try await run.prepare() }, console)

        let peer = try Fingerprint(parsing: run.peer.fingerprint)
        let channel = try await PeerConnection.open(connection, security: .mutualTLS(identity: identity, peers: [peer]), console)
        var result: RunReport
        var dealing: SocketChannel?
        do {
            dealing = try await connectDealer(signed.contract, identity, console)
            result = try await run.run(over: channel, dealer: dealing)
        } catch {
            for open in [channel, dealing].compactMap(\.self) { open.cancel(YinheError(.cancelled, "the run has ended")) }
            throw error
        }
        await channel.close()
        await dealing?.close()
        console.board.finish()
        result.phases = clock.detailed(result.phases)

        if let out { try AtomicFile.write(result.jsonBytes(), to: out) }
        if let csv { try AtomicFile.write(result.csv, to: csv) }
        if let report {
            let page = ReportDocument(run: result, contract: signed.contract, language: common.language)
            try AtomicFile.write(page.html(), to: report)
        }
        try console.emit(result)
        try RunText(result, contract: signed.contract).show(console)
        for path in [out, csv, report].compactMap(\.self) { try console.out(.wrote(path)) }
        for warning in result.warnings { console.warn(Phrase(warning)) }
        return .success
    }

    /// Before anything is sent: an address exactly when the contract names a dealer.
    private func checkDealer(_ contract: Contract) throws {
        switch (contract.dealer, dealer) {
        case (let named?, nil):
            throw YinheError(
                .usage, "the contract takes its correlations from the dealer \(named.name) (\(named.title))",
                remedy: "give its address with --dealer HOST:PORT")
        case (nil, .some):
            throw YinheError(.usage, "the contract names no dealer", remedy: "run without --dealer")
        default: return
        }
    }

    private func connectDealer(_ contract: Contract, _ identity: Identity, _ console: Console) async throws -> SocketChannel? {
        guard let named = contract.dealer, let dealer else { return nil }
        let endpoint = try Endpoint(parsing: dealer)
        console.note(.connecting("\(named.name) \(endpoint)"))
        let channel = try await SocketChannel.connect(
            to: endpoint, security: .mutualTLS(identity: identity, peers: [try Fingerprint(parsing: named.fingerprint)]),
            timeouts: ChannelTimeouts(wait: .seconds(connection.wait)))
        console.note(.connected(channel.peerDescription))
        return channel
    }

    private func noteContract(_ signed: SignedContract, _ console: Console) {
        let parties = signed.contract.parties.map(\.name)
        console.note(
            Phrase(
                en:
                    "Contract \(signed.contract.name) (\(signed.hashText.prefix(12))…), signed by "
                        + "\(parties.joined(separator: " and "))",
                zh: "合同 \(signed.contract.name)（\(signed.hashText.prefix(12))…），已由 \(parties.joined(separator: "、")) 签署"))
    }
}

/// Times the phases that progress names, from the first to the last event of each. They overlap.
private final class PhaseClock: Sendable {
    private struct Span {
        var name: String
        var first: Double
        var last: Double
    }
    private let spans = Mutex<[Span]>([])

    func timing(_ monitor: @escaping ProgressMonitor) -> ProgressMonitor {
        { [self] event in
            let now = ProcessInfo.processInfo.systemUptime
            spans.withLock { spans in
                if let i = spans.firstIndex(where: { $0.name == event.phase }) {
                    spans[i].last = now
                } else {
                    spans.append(Span(name: event.phase, first: now, last: now))
                }
            }
            monitor(event)
        }
    }

    /// The steps of the join before the join as a whole, and the table's reading, which is over before the run begins.
    func detailed(_ phases: [RunReport.PhaseTime]) -> [RunReport.PhaseTime] {
        let known = Set(phases.map(\.name))
        let timed = spans.withLock { $0 }.map { RunReport.PhaseTime(name: $0.name, seconds: $0.last - $0.first) }
        var out: [RunReport.PhaseTime] = []
        for phase in phases {
            if phase.isJoin, !out.contains(where: { !known.contains($0.name) }) {
                out += timed.filter { !known.contains($0.name) && $0.seconds >= 0.001 }
            }
            let seconds = phase.seconds + (timed.first { $0.name == phase.name }?.seconds ?? 0)
            out.append(.init(name: phase.name, seconds: seconds))
        }
        return out
    }
}

extension RunReport.PhaseTime {
    /// The join as a whole, in which the steps of its protocol lie.
    var isJoin: Bool { name.hasPrefix("intersection-sum") || name == "hidden join" || name == "aligned join" }
}

extension PartyCommand {
    /// Rows and subjects of the own table, and how many rows were left out.
    func noteInput(_ report: InputReport, _ console: Console) {
        let left = report.rows - report.keptRows
        let (rows, keys) = (Numbers.grouped(report.rows), Numbers.grouped(report.distinctKeys))
        console.note(
            Phrase(
                en: "\(report.fileName): \(rows) rows, \(keys) distinct keys"
                    + (left > 0 ? "; \(Numbers.grouped(left)) rows left out" : ""),
                zh: "\(report.fileName)：\(rows) 行，\(keys) 个不同的键" + (left > 0 ? "；剔除 \(Numbers.grouped(left)) 行" : "")))
    }
}

/// The result of a run on the terminal.
struct RunText {
    let run: RunReport
    let contract: Contract

    init(_ run: RunReport, contract: Contract) {
        self.run = run
        self.contract = contract
    }

    func showOutputs(_ console: Console, truth: ReportDocument.Truths? = nil) throws {
        for output in run.outputs { try show(output, truth, console) }
    }

    func showLearned(_ console: Console) throws {
        for key in run.learned {
            let size = key == "set-sizes" ? console.text(.peerSetSize(run.peerSetSize)) : ""
            try console.out("  - " + console.text(.leakage(key)) + size)
        }
    }

    private func showDiagnostics(_ console: Console) throws {
        guard let diagnostics = run.diagnostics else { return }
        let text = MatchDiagnosticsText(diagnostics: diagnostics, party: run.party, peer: run.peer)
        try console.heading(.matchDiagnosticsTitle)
        for (label, value) in text.facts { try console.fact(label, console.text(value)) }
        for cause in text.causes { try console.out("  - " + console.text(cause)) }
    }

    func show(_ console: Console) throws {
        try showOutputs(console)
        try console.out()
        try console.fact(.joinProtocol, console.text(.joinMode(contract.joinMode)))
        if let correlations = contract.correlations { try console.fact(.correlations, console.text(.correlations(correlations))) }
        try console.heading(Phrase(en: "What \(run.party) learned besides", zh: "\(run.party) 另外获知"))
        try showLearned(console)
        try showDiagnostics(console)
        try console.out()
        let b = run.budget
        try console.fact(
            .budgetTitle,
            console.text(
                Phrase(
                    en: "ε \(b.charged) charged, \(b.remaining) of \(b.total) left; run \(b.runs) of \(b.maximumRuns)",
                    zh: "扣除 ε \(b.charged)，剩余 \(b.remaining) / \(b.total)；第 \(b.runs) 次，共 \(b.maximumRuns) 次")))
        if let charged = b.deltaCharged, let left = b.deltaRemaining, let total = b.deltaTotal {
            try console.fact(.deltaCharged, "\(charged), \(left) / \(total)")
        }
        for use in b.accounts ?? [] { try console.fact(.otherAccounts, console.text(.budgetUse(use))) }
        for near in b.near ?? [] { try console.out("  " + console.style.dim(console.text(.budgetNearRun(near)))) }
        if let memo = run.memoised { try console.fact(.releaseMemory, console.text(.memoised(memo))) }
        if let statement = run.statement {
            try console.fact(.statementTitle, console.text(.statementCost(statement.cost)) + " · " + console.text(.statementText(statement.sampler)))
        }
        if let noise = run.jointNoise {
            try console.fact(
                .jointNoise,
                "\(noise.method)  ·  \(console.text(.againstOutsiders)) \(Phrase.guarantee(noise.outsiders))  ·  "
                    + "\(console.text(.againstEachParty)) \(Phrase.guarantee(noise.eachParty))")
        }
        try console.fact(
            .traffic,
            console.text(
                Phrase(
                    en:
                        "\(Numbers.bytes(run.traffic.bytesSent)) sent, \(Numbers.bytes(run.traffic.bytesReceived)) received, "
                            + "\(run.traffic.rounds) rounds",
                    zh:
                        "发送 \(Numbers.bytes(run.traffic.bytesSent))，接收 "
                            + "\(Numbers.bytes(run.traffic.bytesReceived))，\(run.traffic.rounds) 轮"
                )))
        let signed = run.countersigned ? Phrase(en: "countersigned", zh: "对方已互签") : Phrase(en: "not countersigned", zh: "对方未互签")
        try console.fact(.ledgerTitle, "\(run.ledgerEntries) · \(run.ledgerHead.prefix(16))… · \(console.text(signed))")
    }

    private func show(_ output: ReleasedOutput, _ truth: ReportDocument.Truths?, _ console: Console) throws {
        try console.out(
            "\n" + console.style.bold(TextWidth.printable(output.name)) + "  "
                + console.style.dim("\(console.text(.outputKind(output.kind))) · ε \(output.epsilon)"))
        let group =
            output.keyColumns.isEmpty
            ? console.text(.group) : output.keyColumns.map { console.text(.keyColumn($0)) }.joined(separator: " · ")
        var columns: [(title: String, alignment: TextTable.Alignment)] = [
            (group, .left), (console.text(.measure), .left), (console.text(.released), .right),
            (console.text(.interval95), .right),
        ]
        if truth != nil { columns += [(console.text(.truth), .right), (console.text(.inside), .left)] }
        var table = TextTable(columns)
        var previous: [String]?
        for cell in output.cells {
            let label = cell.keys.isEmpty ? console.text(.all) : cell.keys.joined(separator: " · ")
            let unit = CellText.unit(cell)
            var row = [
                cell.keys == previous ? "" : label, console.text(.measureName(cell.measure)) + (unit.isEmpty ? "" : " (\(unit))"),
                CellText.value(cell), CellText.interval(cell),
            ]
            previous = cell.keys
            if let truth {
                if let value = truth[output: output.name, keys: cell.keys, measure: cell.measure] {
                    let inside = CellText.contains(cell, value)
                    row += [
                        Numbers.decimal(value, digits: CellText.digits(cell)),
                        inside.map { console.text($0 ? .yes : .no) } ?? "–",
                    ]
                } else {
                    row += ["", ""]
                }
            }
            table.add(row)
        }
        try console.out(table)
        for note in output.notes { try console.out("  " + console.style.dim(console.text(.note(note)))) }
    }
}
