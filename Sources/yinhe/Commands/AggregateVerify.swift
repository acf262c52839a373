import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation

struct AggregateVerify: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "verify",
            abstract: Help.text("Check every file of an aggregation, without any secret.", "无需任何秘密即可核验汇总的全部文件。"),
            discussion: Help.discussion(
                """
                Give what you have. Submissions: signature, contract, ciphertexts, proofs. Aggregate: signature, contract, number of
                contributors; with submissions, that each is included; with all that are included, that it is their sum. Opening or
                shares: that they are right for the aggregate. Result: that it is what was opened. Every check is listed; one that
                fails makes exit code 2.
                """,
                """
                给出手头的文件即可。提交：签名、合同、密文、证明。汇总：签名、合同、贡献方数目；给出提交时核对其已被包含，
                给出全部所含提交时核对其确为合计。解密证明或份额：对该汇总正确。结果：与解开的内容一致。逐项列出检查；有失败时退出码为 2。
                """,
                examples: [
                    (
                        "yinhe aggregate verify --contract sums.yaml --public-key key.public.json --submission mine.submission "
                            + "--aggregate sum.aggregate", "a contributor: am I included?", "贡献方：是否已被包含"
                    ),
                    (
                        "yinhe aggregate verify --contract sums.yaml --public-key key.public.json --aggregate sum.aggregate "
                            + "--opening sum.opening --result result.csv", "a reader of the result", "结果的读者"
                    ),
                ], checks: true, exits: AggregateCommand.exits))
    }
    @OptionGroup var common: CommonOptions
    @OptionGroup var aggregation: AggregationOptions
    @Option(name: .customLong("submission"), help: .say("A submission; may be given several times.", "提交文件，可多次给出。", valueName: "file"), completion: .file())
    var submissions: [String] = []
    @Option(help: .say("The aggregate.", "汇总文件。", valueName: "file"), completion: .file())
    var aggregate: String?
    @Option(help: .say("The opening file of the key holder.", "密钥持有方的解密证明文件。", valueName: "file"), completion: .file())
    var opening: String?
    @Option(name: .customLong("share"), help: .say("A key holder's decryption share.", "某持有方的解密份额。", valueName: "file"), completion: .file())
    var shares: [String] = []
    @Option(help: .say("The released table.", "发布的结果表。", valueName: "file"), completion: .file())
    var result: String?
    @OptionGroup var threads: ThreadsOption

    struct Document: Codable {
        struct Check: Codable {
            /// Stable name: submission, aggregate, inclusion, sum, opening, joint-opening.
            var check: String
            var file: String
            var ok: Bool
            /// Who or what was found; the error when it is not ok.
            var detail: String
        }
        var contract: String
        var checks: [Check]
        var ok: Bool
        /// Whether the sum itself was checked, which takes all submissions.
        var checkedSum: Bool
    }

    func validate() throws {
        guard aggregate != nil || !submissions.isEmpty else {
            throw ValidationError(Help.text("Give --aggregate or --submission.", "请给出 --aggregate 或 --submission。"))
        }
        guard aggregate != nil || (opening == nil && shares.isEmpty && result == nil) else {
            throw ValidationError(Help.text("An opening needs its --aggregate.", "核验解密证明须给出 --aggregate。"))
        }
        guard opening == nil || shares.isEmpty else {
            throw ValidationError(Help.text("Give --opening or --share, not both.", "--opening 与 --share 只能给出一种。"))
        }
        guard result == nil || opening != nil || !shares.isEmpty else {
            throw ValidationError(Help.text("A result needs its --opening, or the shares.", "核验结果须给出 --opening 或份额。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let terms = try await aggregation.load(console)
        let monitor = console.board.monitor()
        let document = try await interruptible { [self] in
            run(AggregationCheck(terms, threads: threads.threads, progress: monitor), terms)
        }
        console.board.finish()
        try console.emit(document)
        for check in document.checks {
            let mark = check.ok ? console.style.good("✓ ") : console.style.bad("✗ ")
            try console.out("  " + mark + TextWidth.printable("\(console.text(.aggregateCheck(check.check))): \(check.file): \(check.detail)"))
        }
        if document.ok, aggregate != nil, !document.checkedSum { console.note(.aggregateSumUnchecked) }
        return document.ok ? .success : .problemsFound
    }

    private func reason(_ error: any Error, _ file: String) -> String {
        guard let known = error as? YinheError else { return "\(error)" }
        return known.place.isEmpty || known.place == file ? known.message : "\(known.place): \(known.message)"
    }

    private func run(_ check: AggregationCheck, _ terms: AggregationTerms) -> Document {
        var checks: [Document.Check] = []
        var checkedSum = false
        @discardableResult
        func attempt(_ name: String, _ file: String, _ body: () throws -> String) -> Bool {
            do {
                checks.append(.init(check: name, file: file, ok: true, detail: try body()))
                return true
            } catch {
                checks.append(.init(check: name, file: file, ok: false, detail: reason(error, file)))
                return false
            }
        }
        for path in submissions {
            attempt("submission", path) {
                let found = try check.submission(path)
                return "\(found.contributor) \(found.digest.prefix(16))…"
            }
        }
        guard let aggregate else {
            return Document(contract: terms.contract.hashText, checks: checks, ok: checks.allSatisfy(\.ok), checkedSum: false)
        }
        var included = 0
        let isSound = attempt("aggregate", aggregate) {
            let summary = try check.aggregate(aggregate)
            included = summary.included.count
            return summary.included.map(\.contributor).joined(separator: ", ")
        }
        if isSound {
            for path in submissions {
                attempt("inclusion", path) {
                    try check.inclusion(of: path, in: aggregate)
                    return aggregate
                }
            }
            if submissions.count >= included {
                checkedSum = attempt("sum", aggregate) {
                    try check.sum(aggregate, of: submissions)
                    return "\(included)"
                }
            }
            if let opening {
                attempt("opening", opening) { try check.opening(opening, of: aggregate, result: result) }
            }
            if !shares.isEmpty {
                attempt("joint-opening", shares.joined(separator: ", ")) {
                    try check.jointOpening(shares, of: aggregate, result: result).joined(separator: ", ")
                }
            }
        }
        return Document(
            contract: terms.contract.hashText, checks: checks, ok: checks.allSatisfy(\.ok), checkedSum: checkedSum)
    }
}
