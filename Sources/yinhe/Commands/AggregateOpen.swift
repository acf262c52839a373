import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation
import Paillier

struct AggregateOpen: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "open",
            abstract: Help.text("The key holders' step: open a sum, with proof.", "密钥持有方：解开合计并给出证明。"),
            discussion: Help.discussion(
                """
                Opens nothing but an aggregate that the contract's aggregator signed, over at least the agreed number of
                contributors, and of one contract a single aggregate ever. With the submissions (--submission) it is also checked to
                be their sum, before anything is opened. One holder: --private-key writes the result and an opening file. Several:
                each makes a share with --key-share; then anybody puts the shares together with --share, without a key.
                """,
                """
                只解开由合同指定的汇总方签署、且贡献方数目达到约定的汇总文件；同一合同只解开一份汇总。给出 --submission 时，
                解开之前还会核对其确为这些提交之和。单一持有方：--private-key 写出结果和解密证明文件。
                多个持有方：各自用 --key-share 生成份额，然后任何人无需密钥即可用 --share 合并。
                """,
                examples: [
                    (
                        "yinhe aggregate open --contract sums.yaml --public-key key.public.json --private-key key.private.json "
                            + "--aggregate sum.aggregate --out result.csv --opening sum.opening", "", ""
                    ),
                    (
                        "yinhe aggregate open --contract sums.yaml --public-key key.public.json --key-share key.share-1.json "
                            + "--aggregate sum.aggregate --out holder-1.share", "each of several holders", "多个持有方各自"
                    ),
                    (
                        "yinhe aggregate open --contract sums.yaml --public-key key.public.json --share holder-1.share "
                            + "--share holder-3.share --aggregate sum.aggregate --out result.csv", "anybody", "任何人"
                    ),
                ], exits: AggregateCommand.exits + [.belowMinimum]))
    }
    @OptionGroup var common: CommonOptions
    @OptionGroup var aggregation: AggregationOptions
    @Option(help: .say("The aggregate.", "汇总文件。", valueName: "file"), completion: .file())
    var aggregate: String
    @Option(help: .say("The whole private key.", "完整私钥。", valueName: "file"), completion: .file())
    var privateKey: String?
    @Option(help: .say("This holder's share of the key.", "己方的密钥份额。", valueName: "file"), completion: .file())
    var keyShare: String?
    @Option(name: .customLong("share"), help: .say("A holder's decryption share; give enough of them.", "某持有方的解密份额；须给足数目。", valueName: "file"), completion: .file())
    var shares: [String] = []
    @Option(
        name: .customLong("submission"),
        help: .say("All submissions that are included, to check the sum first.", "所含的全部提交，用于先核对合计。", valueName: "file"),
        completion: .file())
    var submissions: [String] = []
    @Option(help: .say("The result (CSV); with --key-share, the decryption share.", "结果（CSV）；配合 --key-share 时为解密份额。", valueName: "file"))
    var out: String
    @Option(help: .say("The opening file, which proves the result; with --private-key.", "证明结果的解密证明文件，配合 --private-key。", valueName: "file"))
    var opening: String?
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    func validate() throws {
        guard [privateKey != nil, keyShare != nil, !shares.isEmpty].filter({ $0 }).count == 1 else {
            throw ValidationError(
                Help.text("Give exactly one of --private-key, --key-share and --share.", "--private-key、--key-share、--share 须且只能给出一种。"))
        }
        guard (opening != nil) == (privateKey != nil) else {
            throw ValidationError(Help.text("Give --opening with --private-key.", "--opening 须与 --private-key 同时给出。"))
        }
        guard shares.isEmpty || submissions.isEmpty else {
            throw ValidationError(Help.text("Use `verify` to check the sum.", "核对合计请用 verify。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let terms = try await aggregation.load(console)
        let monitor = console.board.monitor()
        if keyShare != nil {
            let summary = try await interruptible { [self] in try makeShare(terms, monitor) }
            console.board.finish()
            try console.emit(summary)
            try console.fact(.aggregateHolder, summary.holder)
            try console.fact(.aggregateShare, out)
            try console.fact(.aggregateDigest, summary.digest)
            try console.show(summary.aggregate.included)
            return .success
        }
        let summary = try await interruptible { [self] in try open(terms, monitor) }
        console.board.finish()
        try console.emit(summary)
        try console.fact(.aggregateResult, out)
        try console.fact(.aggregateHolder, summary.holders.joined(separator: ", "))
        try console.fact(.aggregateReleased, console.text(.aggregateReleasedCells(summary.rows, summary.columns)))
        if let digest = summary.opening { try console.fact(.aggregateDigest, digest) }
        try console.show(summary.aggregate.included)
        if !summary.checkedSum { console.note(.aggregateSumUnchecked) }
        return .success
    }

    /// What a party has opened is remembered beside its identity.
    private var record: OpeningRecord { OpeningRecord(folder: home.folder.path + "/opened-aggregates") }

    private func makeShare(_ terms: AggregationTerms, _ monitor: @escaping ProgressMonitor) throws -> ShareSummary {
        try JointOpening.share(
            aggregate: aggregate, submissions: submissions, under: terms, keyShare: PaillierKeyShare(contentsOf: keyShare!),
            as: home.folder.identity(passphrase: passphrase.read()), record: record, to: out, threads: threads.threads,
            progress: monitor)
    }

    private func open(_ terms: AggregationTerms, _ monitor: @escaping ProgressMonitor) throws -> OpeningSummary {
        guard let privateKey, let opening else {
            return try JointOpening.combine(
                aggregate: aggregate, shares: shares, under: terms, result: out, threads: threads.threads, progress: monitor)
        }
        return try KeyHolder.open(
            aggregate: aggregate, submissions: submissions, under: terms, key: AggregationKeyFile.readPrivate(privateKey),
            as: home.folder.identity(passphrase: passphrase.read()), record: record, result: out, opening: opening,
            threads: threads.threads, progress: monitor)
    }
}
