import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation

struct AggregateEncrypt: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "encrypt",
            abstract: Help.text("A contributor's step: encrypt and sign a table.", "贡献方：加密并签署一张表。"),
            discussion: Help.discussion(
                """
                The CSV file must have every agreed row once and every cell within its bounds; an error names line, column and
                bound, and nothing is rounded or clamped. Keep the digest that is printed: the aggregate must list it.
                """,
                "CSV 文件须恰好包含约定的每一行，且每个单元格在边界之内；错误会指出行、列和边界，绝不舍入或截断。请保留打印的摘要，汇总结果中必须列有它。",
                examples: [
                    (
                        "yinhe aggregate encrypt --contract sums.yaml --public-key key.public.json --in mine.csv --out mine.submission",
                        "", ""
                    ),
                    ("yinhe aggregate encrypt … --sequence 2", "to replace an earlier submission", "替换较早的提交"),
                ], exits: AggregateCommand.exits))
    }
    @OptionGroup var common: CommonOptions
    @OptionGroup var aggregation: AggregationOptions
    @Option(name: .customLong("in"), help: .say("This contributor's CSV file.", "己方 CSV 文件。", valueName: "file"), completion: .file())
    var input: String
    @Option(help: .say("The submission to write.", "要写出的提交文件。", valueName: "file"))
    var out: String
    @Option(help: .say("Number of this submission; a replacement has a greater one.", "提交序号；替换时须更大。", valueName: "n"))
    var sequence: UInt64 = 1
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let terms = try await aggregation.load(console)
        let monitor = console.board.monitor(), (input, out, sequence, threads) = (input, out, sequence, threads.threads)
        let receipt = try await interruptible {
            try Submission.encrypt(
                table: input, under: terms, as: identity, sequence: sequence, to: out, threads: threads, progress: monitor)
        }
        console.board.finish()
        try console.emit(receipt)
        if !receipt.ignoredColumns.isEmpty { console.note(.aggregateIgnored(receipt.ignoredColumns)) }
        try console.fact(.aggregateContributor, receipt.contributor)
        try console.fact(.aggregateSubmission, out)
        try console.fact(.aggregateDigest, receipt.digest)
        try console.fact(
            .aggregateSize, console.text(.aggregateCells(receipt.rows * terms.contract.columns.count, receipt.ciphertexts)))
        return .success
    }
}
