import Foundation
import Fusion
import SandboxCore
import Tables

struct SecureSumScenario: DemoScenario {
    let about = DemoAbout(
        name: "secure-sum", domain: Phrase(en: "inclusive finance", zh: "普惠信贷"),
        parties: [Phrase(en: "three banks", zh: "三家银行")],
        shows: Phrase(
            en: "loan totals by industry on secret shares; nobody holds a key", zh: "在秘密份额上按行业汇总贷款；没有任何一方持有密钥"),
        usualSeconds: 1, takesSizes: true)

    func run(_ stage: DemoStage) async throws {
        try await SecureSumDemo(stage: stage).run()
    }
}

/// Three banks learn the total of their loans by industry, and nothing about one another.
private struct SecureSumDemo {
    let stage: DemoStage
    private var size: PilotSize { stage.size }
    private var folder: DemoFolder { stage.folder }
    private var console: Console { stage.console }
    private static let names = ["bank-east", "bank-west", "bank-north"]
    private static let industries = ["制造业", "批发零售", "建筑业", "信息服务"]

    struct Document: Encodable {
        var folder: String
        var seconds: Double
        var totals: [SumCommand.Document.Total]
        var truth: [String]
        var correct: Bool
        var traffic: [Int]
    }

    func run() async throws {
        let started = ProcessInfo.processInfo.systemUptime
        let truth = try Self.names.enumerated().reduce(into: [Int64](repeating: 0, count: Self.industries.count)) { truth, bank in
            for (i, sum) in try writeTable(bank.offset).enumerated() { truth[i] += sum }
        }
        console.note(
            Phrase(
                en: "Tables: three banks with \(Numbers.grouped(size.loans)) loans each (seed \(size.seed))",
                zh: "数据：三家银行各 \(Numbers.grouped(size.loans)) 笔贷款（种子 \(size.seed)）"))
        let results = try await SumRun(
            parties: Self.names.map { .init(name: $0, data: folder.file("\($0).csv")) }, column: "loan_amount", scale: 2, group: "industry",
            categories: Self.industries
        ).run(stage)
        let exact = truth.map { SumCommand.decimal(Int128($0), scale: 2) }
        let correct = results.allSatisfy { $0.totals.map(\.total) == exact }
        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(
            Document(
                folder: folder.path, seconds: seconds, totals: results[0].totals, truth: exact, correct: correct,
                traffic: results.map { $0.traffic.bytesSent }))
        try show(results, exact, correct, seconds)
        guard correct else {
            throw YinheError(
                YinheError.Code(name: "unexpected", exitCode: 1), "a total differs from the true one", at: folder.path)
        }
    }

    /// Writes one bank's table; returns its own totals in cents.
    private func writeTable(_ bank: Int) throws -> [Int64] {
        var random = SyntheticRandom(seed: size.seed &+ UInt64(bank))
        var totals = [Int64](repeating: 0, count: Self.industries.count)
        let writer = try CSVWriter(path: folder.file("\(Self.names[bank]).csv"), header: ["loan_id", "industry", "loan_amount"])
        for row in 0..<size.loans {
            let industry = random.below(Self.industries.count)
            let cents = Int64(10_000_00 + random.below(5_000_000_00))
            totals[industry] += cents
            try writer.write(["\(row + 1)", Self.industries[industry], SumCommand.decimal(Int128(cents), scale: 2)])
        }
        try writer.commit()
        return totals
    }

    private func show(_ results: [SumCommand.Document], _ truth: [String], _ correct: Bool, _ seconds: Double) throws {
        try console.heading(Phrase(en: "Totals of three banks, as each of them learned them", zh: "三家银行的合计（各家获知的结果）"))
        var table = TextTable([
            (console.text(.group), .left), (console.text(Phrase(en: "Total", zh: "合计")), .right), (console.text(.truth), .right),
        ])
        for (total, exact) in zip(results[0].totals, truth) {
            table.add([total.category, Numbers.group(total.total), Numbers.group(exact)])
        }
        try console.out(table)
        try console.out(
            "  "
                + (correct
                    ? console.style.good("✓ ")
                        + console.text(Phrase(en: "all three agree with the true totals", zh: "三家结果一致，且与真实合计相符"))
                    : console.style.bad("✗ ") + console.text(Phrase(en: "a total is wrong", zh: "合计有误"))))
        try console.out(
            Phrase(
                en:
                    "  Each bank learned the four totals. What the other two have together follows from them (total less "
                        + "own); what one of "
                    + "them has does not. Totals are exact: no noise protects them.",
                zh: "  每家银行获知四个合计，可由此推出另两家之和（合计减去己方），但推不出其中任何一家的数值。合计是精确的，没有噪声保护。"))
        try console.out()
        for result in results {
            try console.fact(
                Phrase("\(result.party)"),
                "\(Numbers.bytes(result.traffic.bytesSent)), \(console.text(.rounds(result.traffic.rounds)))")
        }
        try console.fact(Phrase(en: "Total time", zh: "总耗时"), Numbers.seconds(seconds))
    }
}
