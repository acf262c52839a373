import Foundation
import Fusion
import SandboxCore
import SecureAggregation
import Tables

struct AggregateScenario: DemoScenario {
    let about = DemoAbout(
        name: "aggregate", domain: Phrase(en: "inclusive finance", zh: "普惠信贷"),
        parties: [
            Phrase(en: "three banks", zh: "三家银行"), Phrase(en: "centre", zh: "汇总中心"), Phrase(en: "regulator", zh: "监管方"),
        ],
        shows: Phrase(
            en: "monthly totals by encrypted files alone; an altered file is caught", zh: "只凭加密文件得到月度合计；被改动的文件当场识破"),
        usualSeconds: 3, guide: "secure-aggregation")

    func run(_ stage: DemoStage) async throws {
        try await AggregateDemo(size: stage.size, folder: stage.folder, threads: stage.threads, console: stage.console).run()
    }
}

/// Three banks learn their monthly totals by encrypted files alone; an altered file is caught on the way. Every step is a process of
/// its own that has only its party's files.
private struct AggregateDemo {
    let size: PilotSize
    let folder: DemoFolder
    let threads: Int
    let console: Console
    private static let banks = ["bank-east", "bank-west", "bank-north"]
    private static let months = ["2027-01", "2027-02", "2027-03"]

    struct Document: Encodable {
        var folder: String
        var report: String
        var seconds: Double
        /// The released table, line by line.
        var result: [String]
        var truth: [String]
        var refused: String
        var correct: Bool
    }

    func run() async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let truth = try writeTables()
        for name in Self.banks + ["centre", "regulator"] {
            let home = PartyHome(path: folder.file(name))
            try home.create()
            let identity = try Identity.generate()
            try identity.write(to: home.identityPath)
            console.note(.demoIdentity(name, identity.fingerprint.description))
        }
        try await step("regulator", ["aggregate", "keygen", "--out", folder.file("key"), "--threads", "\(threads)"])
        try await writeContract()
        for bank in Self.banks {
            try await step(
                bank, party("encrypt", bank) + ["--in", folder.file("\(bank).csv"), "--out", folder.file("\(bank).submission")])
        }
        let refusal = try await showAlteredFile()
        try await step(
            "centre", party("add", "centre") + ["--into", folder.file("collection")]
                + Self.banks.map { folder.file("\($0).submission") } + ["--close", "--out", folder.file("sum.aggregate")])
        try await step(
            "regulator", party("open", "regulator") + [
                "--private-key", folder.file("key.private.json"), "--aggregate", folder.file("sum.aggregate"), "--out",
                folder.file("result.csv"), "--opening", folder.file("sum.opening"),
            ])
        let verified = try await step(
            "reader", files("verify") + Self.banks.flatMap { ["--submission", folder.file("\($0).submission")] } + [
                "--aggregate", folder.file("sum.aggregate"), "--opening", folder.file("sum.opening"), "--result",
                folder.file("result.csv"),
            ])
        console.board.finish()
        let checks = try JSONDecoder().decode(AggregateVerify.Document.self, from: verified)
        let result = try String(contentsOfFile: folder.file("result.csv"), encoding: .utf8).split(separator: "\n").map(String.init)
        let correct = Array(result.dropFirst()) == truth && checks.ok && checks.checkedSum
        let report = folder.file("report.html")
        try AtomicFile.write(page(result, truth, refusal, checks), to: report)
        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(
            Document(folder: folder.path, report: report, seconds: seconds, result: result, truth: truth, refused: refusal, correct: correct))
        try show(result, truth, refusal, checks.checks.count, correct, seconds)
        guard correct else {
            throw YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "a total differs from the true one", at: folder.path)
        }
    }

    /// Writes the banks' tables; returns the lines that the result must have.
    private func writeTables() throws -> [String] {
        var random = SyntheticRandom(seed: size.seed)
        var cents = [Int64](repeating: 0, count: Self.months.count), loans = cents
        for bank in Self.banks {
            let writer = try CSVWriter(path: folder.file("\(bank).csv"), header: ["month", "balance", "loans"])
            for (i, month) in Self.months.enumerated() {
                let (balance, count) = (Int64(random.below(100_000_000_00)), Int64(random.below(5000)))
                cents[i] += balance
                loans[i] += count
                try writer.write([month, DecimalText.format(balance, scale: 2), "\(count)"])
            }
            try writer.commit()
        }
        return Self.months.indices.map { "\(Self.months[$0]),\(DecimalText.format(cents[$0], scale: 2)),\(loans[$0]),\(Self.banks.count)" }
    }

    private func writeContract() async throws {
        func named(_ name: String) throws -> String {
            "\(name),\(try PartyHome(path: folder.file(name)).identity().fingerprint)"
        }
        var arguments = ["aggregate", "contract", "new", "--public-key", folder.file("key.public.json"), "--out", folder.file("sums.yaml")]
        for bank in Self.banks { arguments += ["--contributor", try named(bank)] }
        arguments += ["--aggregator", try named("centre"), "--key-holder", try named("regulator")]
        try await step("contract", arguments)
    }

    /// One byte of a submission is changed on its way; returns why the centre refuses it.
    private func showAlteredFile() async throws -> String {
        let source = folder.file("\(Self.banks[2]).submission"), altered = folder.file("altered.submission")
        guard var bytes = FileManager.default.contents(atPath: source) else {
            throw YinheError(.badInput, "the submission is not there", at: source)
        }
        bytes[bytes.count - 200] ^= 1
        try AtomicFile.write(Array(bytes), to: altered)
        let output = try await PartyProcess(
            "centre", party("add", "centre") + ["--into", folder.file("collection"), altered], monitor: console.board.monitor("centre")
        ).output(findingProblems: true)
        let document = try JSONDecoder().decode(AggregateAdd.Document.self, from: output)
        guard let refused = document.refused.first, document.accepted.isEmpty else {
            throw YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "an altered submission was accepted", at: altered)
        }
        return refused.message
    }

    private func files(_ command: String) -> [String] {
        ["aggregate", command, "--contract", folder.file("sums.yaml"), "--public-key", folder.file("key.public.json"), "--threads", "\(threads)"]
    }

    private func party(_ command: String, _ name: String) -> [String] { files(command) + ["--home", folder.file(name)] }

    @discardableResult
    private func step(_ name: String, _ arguments: [String]) async throws -> Data {
        try await PartyProcess(name, arguments, monitor: console.board.monitor(name)).output()
    }

    private static let learned = Phrase(
        en: "The centre saw ciphertexts only, the regulator only the sums. Together they could have read every submission. Totals are exact: no "
            + "noise protects them.",
        zh: "centre 只见到密文，regulator 只见到合计；两者合谋即可读出每份提交。合计是精确的，没有噪声保护。")

    private func page(_ result: [String], _ truth: [String], _ refusal: String, _ checks: AggregateVerify.Document) -> String {
        func cells(_ line: String) -> [String] { line.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        let header = (result.first.map(cells) ?? []) + ["✓"]
        let rows = zip(result.dropFirst(), truth).map { line, exact -> [HTML] in
            let mark: HTML = line == exact ? "<span class=\"yes\">✓</span>" : "<span class=\"bad\">\(exact)</span>"
            return cells(line).map { "\($0)" } + [mark]
        }
        let totals = HTML.table(header.map { "\($0)" }, numeric: Set(1..<max(2, header.count - 1)), rows: rows)
        let verified = HTML.table(
            ["\(Phrase(en: "Check", zh: "核验"))", "", ""],
            rows: checks.checks.map { check in
                let mark: HTML = check.ok ? "<span class=\"yes\">✓</span>" : "<span class=\"bad\">✗</span>"
                return ["\(check.check)", mark, "\(check.detail)"]
            })
        return DemoPage(
            title: Phrase(en: "Monthly totals by encrypted files", zh: "只凭加密文件的月度合计"),
            purpose: Phrase(
                en: "Three banks encrypt their tables, a centre without the key adds them up, a regulator opens the total only.",
                zh: "三家银行加密各自的表，没有密钥的中心相加，监管方只解开合计。"),
            parties: (Self.banks + ["centre", "regulator"]).map { Phrase($0) }, dataNote: DemoPage.syntheticTables,
            sections: [
                HTML.section("totals", Phrase(en: "Totals beside the truth", zh: "合计与真实值"), totals),
                HTML.section(
                    "refused", Phrase(en: "An altered submission was refused", zh: "被改动的提交已被拒绝"), "<p>\(refusal)</p>\n"),
                HTML.section("checks", Phrase(en: "What anybody can check from the files", zh: "任何人仅凭文件即可核验"), verified),
                HTML.section("learned", .learnedTitle, "<p>\(Self.learned)</p>\n"),
            ]
        ).html(in: console.language)
    }

    private func show(
        _ result: [String], _ truth: [String], _ refusal: String, _ checks: Int, _ correct: Bool, _ seconds: Double
    ) throws {
        try console.heading(Phrase(en: "Totals of three banks, opened by the regulator", zh: "三家银行的合计（由监管方解开）"))
        let headings = result.first.map { $0.split(separator: ",").map(String.init) } ?? []
        var table = TextTable(
            headings.enumerated().map { ($1, $0 == 0 ? .left : .right) } + [(console.text(.truth), .left)])
        for (line, exact) in zip(result.dropFirst(), truth) {
            table.add(line.split(separator: ",", omittingEmptySubsequences: false).map(String.init) + [line == exact ? "✓" : exact])
        }
        try console.out(table)
        try console.out(
            "  " + console.style.good("✓ ")
                + console.text(Phrase(en: "an altered submission was refused: \(refusal)", zh: "被改动的提交已被拒绝：\(refusal)")))
        let mark = correct ? console.style.good("✓ ") : console.style.bad("✗ ")
        try console.out(
            "  " + mark
                + console.text(
                    Phrase(
                        en: "\(checks) checks from the files alone: signatures, inclusion, sum, decryption, table",
                        zh: "仅凭文件完成 \(checks) 项核验：签名、包含、合计、解密、结果表")))
        try console.out("  " + console.text(Self.learned))
        try console.out()
        try console.fact(Phrase(en: "Total time", zh: "总耗时"), Numbers.seconds(seconds))
        try console.fact(Phrase(en: "Report", zh: "报告"), URL(filePath: folder.file("report.html")).path)
    }
}
