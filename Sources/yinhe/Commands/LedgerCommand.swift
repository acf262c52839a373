import ArgumentParser
import Foundation
import Fusion
import SandboxCore

struct LedgerCommand: ParsableCommand {
    static let exits: [YinheError.Code] = [.usage, .badInput, .system, .ledger]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "ledger", abstract: Help.text("This party's audit ledger.", "本方审计账本。"),
            discussion: Help.discussion(
                """
                Every contract, run, budget charge, release and refusal is an entry, chained by hash and signed. At the end of a
                run the two parties countersign each other's newest entry, so neither can later rewrite what both saw.
                """,
                "每个合同、每次运行、每笔预算扣除、每次发布与拒绝都是一个条目，以哈希串联并签名。运行结束时双方互签最新条目，此后任何一方都无法改写双方共同见证的历史。",
                examples: [
                    ("yinhe ledger show", "", ""), ("yinhe ledger verify", "", ""),
                    ("yinhe ledger export --out mine.jsonl", "", ""),
                    ("yinhe ledger verify --peer-export theirs.jsonl", "against the other side", "与对方账本对照"),
                ], checks: true, exits: exits),
            subcommands: [Show.self, Verify.self, Export.self])
    }

    /// The ledger of a home folder, or an exported file.
    struct Source: ParsableArguments {
        @OptionGroup var home: HomeOption
        @Option(help: .say("An exported ledger instead of this party's own.", "改为读取导出的账本文件。", valueName: "file"))
        var file: String?

        func read() throws -> LedgerExport {
            if let file { return try LedgerExport.load(path: file) }
            return try AuditLedger.read(path: home.folder.ledgerPath)
        }

        /// Whose ledger it must be; for an export only the file itself says.
        func owner() throws -> PublicIdentity? {
            guard file == nil, home.folder.hasIdentity else { return nil }
            // An encrypted key needs a passphrase that verifying should not ask for.
            return try? home.folder.identity().publicIdentity
        }
    }

    struct Show: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "show", abstract: Help.text("List the entries.", "列出条目。"),
                discussion: Help.discussion(
                    "Newest last. --json prints the entries with their payloads.", "最新条目在最后。--json 打印条目及其全部内容。",
                    examples: [("yinhe ledger show --last 20", "", "")], exits: LedgerCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var source: Source
        @Option(help: .say("Only the newest entries.", "只看最新的若干条。", valueName: "n"))
        var last: Int?

        func execute(_ console: Console) async throws -> Outcome {
            let all = try source.read().entries
            let entries = Array(all.suffix(max(0, last ?? all.count)))
            try console.emit(entries)
            var table = TextTable([
                ("#", .right), (console.text(Phrase(en: "time", zh: "时间")), .left),
                (console.text(Phrase(en: "kind", zh: "类别")), .left),
                (console.text(Phrase(en: "what", zh: "内容")), .left), (console.text(Phrase(en: "hash", zh: "哈希")), .left),
            ])
            for entry in entries {
                table.add([
                    String(entry.sequence), entry.time, entry.kind.rawValue, LedgerText.summary(entry),
                    String(entry.hash.prefix(12)),
                ])
            }
            try console.out(table)
            return .success
        }
    }

    struct Verify: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "verify",
                abstract: Help.text(
                    "Check hashes, signatures, order and budgets; with --peer-export also against the peer.",
                    "校验哈希、签名、顺序和预算；可与对方账本对照。"),
                discussion: Help.discussion(
                    "Finds any changed, removed or reordered entry and any budget that does not add up. Exit code 76 when "
                        + "something is wrong.",
                    "能发现任何被改动、删除或调换顺序的条目，以及任何对不上的预算。发现问题时退出码为 76。",
                    examples: [
                        ("yinhe ledger verify", "", ""), ("yinhe ledger verify --peer-export theirs.jsonl --json", "", ""),
                        ("yinhe ledger verify --file theirs.jsonl", "as an auditor", "审计方"),
                    ], exits: LedgerCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var source: Source
        @Option(help: .say("The peer's exported ledger.", "对方导出的账本。", valueName: "file"))
        var peerExport: String?

        func execute(_ console: Console) async throws -> Outcome {
            let peer = try peerExport.map { try LedgerExport.load(path: $0) }
            let result = LedgerVerification(try source.read(), owner: try source.owner(), peer: peer)
            try console.emit(result)
            try console.fact(Phrase(en: "Owner", zh: "所有者"), result.owner)
            try console.fact(.entries, Numbers.grouped(result.entries))
            try console.fact(.head, result.head)
            try console.fact(Phrase(en: "Countersigned", zh: "对方互签"), Numbers.grouped(result.countersignatures))
            for account in result.accounts {
                try console.fact(
                    Phrase(en: "Budget", zh: "预算"),
                    "\(account.name): ε \(account.spent) / \(account.epsilon), \(account.runs) / \(account.maximumRuns)")
            }
            for problem in result.problems {
                try console.out("  " + console.style.bad("✗ ") + TextWidth.printable(problem.description))
            }
            guard result.isValid else {
                throw YinheError(
                    .ledger, "the ledger does not verify: \(result.problems.count) problems, the first: \(result.problems[0])",
                    at: source.file ?? source.home.folder.ledgerPath,
                    remedy: "keep the file as it is, and compare it with a backup and the peer's export")
            }
            try console.out("  " + console.style.good("✓ ") + console.text(Phrase(en: "the ledger verifies", zh: "账本校验通过")))
            return .success
        }
    }

    struct Export: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "export",
                abstract: Help.text("Write the ledger as JSON lines, for the peer or an auditor.", "将账本导出为 JSON 行，供对方或审计方使用。"),
                discussion: Help.discussion(
                    "The export holds no data values: digests, counts, budgets, signatures.", "导出内容不含数据值：只有摘要、计数、预算和签名。",
                    examples: [("yinhe ledger export --out mine.jsonl", "", ""), ("yinhe ledger export | wc -l", "", "")],
                    exits: LedgerCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @OptionGroup var source: Source
        @Option(help: .say("The file to write; default standard output.", "输出文件；默认标准输出。", valueName: "file"))
        var out: String?

        func execute(_ console: Console) async throws -> Outcome {
            let export = try source.read()
            guard let out else {
                try console.write(String(decoding: export.jsonLines(), as: UTF8.self))
                return .success
            }
            try export.write(to: out)
            struct Document: Codable {
                var path: String
                var entries: Int
            }
            try console.emit(Document(path: out, entries: export.entries.count))
            try console.out(.wrote(out))
            return .success
        }
    }
}

/// One line about an entry.
enum LedgerText {
    static func summary(_ entry: LedgerEntry) -> String {
        guard let record = try? entry.record() else { return "?" }
        switch record {
        case .identity(let owner): return owner.fingerprint
        case .contract(let terms): return "\(terms.name), ε \(terms.epsilon)"
        case .runStart(let start): return "\(short(start.run)) \(start.party) – \(start.peer)"
        case .input(let input): return "\(input.dataset): \(Numbers.grouped(input.keptRows)) / \(Numbers.grouped(input.rows))"
        case .budgetCharge(let charge): return "ε \(charge.epsilon), \(charge.spentBefore) -> \(charge.spentAfter)"
        case .releaseIntent(let intent): return intent.outputs.joined(separator: ", ")
        case .release(let release): return release.outputs.joined(separator: ", ")
        case .declassification(let it): return it.reason
        case .refusal(let stop), .abort(let stop): return TextWidth.clip("\(stop.code): \(stop.reason)", to: 70)
        case .headExchange(let heads): return short(heads.run)
        case .countersignature(let it): return short(it.run)
        case .runEnd(let end): return short(end.run)
        case .budgetLimit(let limit):
            return "\(limit.account), ε \(limit.epsilon?.description ?? "–")" + (limit.nearIdentical.map { ", \($0.rawValue)" } ?? "")
        case .reRelease(let again): return "\(short(again.run)) = \(short(again.release)): \(again.outputs.joined(separator: ", "))"
        }
    }

    private static func short(_ id: String) -> String { String(id.prefix(8)) }
}
