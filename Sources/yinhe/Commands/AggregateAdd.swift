import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation

struct AggregateAdd: PartyCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "add",
            abstract: Help.text("The aggregator's step: check submissions, collect them, add them up.", "汇总方：核验、收集并相加各份提交。"),
            discussion: Help.discussion(
                """
                Each submission is checked in full (signature, contract, key, deadline, ciphertexts, proofs) and copied into the
                folder; the same file again changes nothing, another one of the same contributor needs --replace. A refused file
                is named with the reason, the others are kept, nothing is closed, and the exit code is 2. --close ends the collection and writes the
                aggregate, with the list of the submissions in it and the proof that it is their sum. A folder is for one contract.
                """,
                """
                每份提交都会完整核验（签名、合同、密钥、截止时间、密文、证明）并复制到目录中；同一文件再次提交不产生变化，
                同一贡献方的另一份须加 --replace。被拒绝的文件会列出原因，其余照常保留，但不会关闭，退出码为 2。
                --close 结束收集并写出汇总文件，其中列有所含提交，并附其确为合计的证明。一个目录只用于一份合同。
                """,
                examples: [
                    ("yinhe aggregate add --contract sums.yaml --public-key key.public.json --into collection east.submission", "", ""),
                    (
                        "yinhe aggregate add --contract sums.yaml --public-key key.public.json --into collection --close --out sum.aggregate",
                        "when everybody has submitted", "全部提交后"
                    ),
                ], checks: true, exits: AggregateCommand.exits + [.belowMinimum]))
    }
    @OptionGroup var common: CommonOptions
    @OptionGroup var aggregation: AggregationOptions
    @Option(help: .say("The folder that keeps what was accepted.", "保存已接受提交的目录。", valueName: "dir"))
    var into: String
    @Argument(help: .say("Submissions.", "提交文件。"), completion: .file())
    var submissions: [String] = []
    @Flag(help: .say("Let a submission take the place of its contributor's earlier one.", "允许替换同一贡献方较早的提交。"))
    var replace = false
    @Flag(help: .say("Accept no more, and write the aggregate; needs --out.", "不再接受提交并写出汇总文件；须给出 --out。"))
    var close = false
    @Option(help: .say("The aggregate to write.", "要写出的汇总文件。", valueName: "file"))
    var out: String?
    @OptionGroup var threads: ThreadsOption
    @OptionGroup var home: HomeOption
    @OptionGroup var passphrase: PassphraseOption

    struct Document: Codable {
        struct Refused: Codable {
            var file: String
            var code: String
            var message: String
            var remedy: String
        }
        var accepted: [SubmissionCollection.Accepted]
        var refused: [Refused]
        /// Whose submissions are in the folder.
        var contributors: [String]
        var missing: [String]
        var aggregate: AggregateSummary?
    }

    func validate() throws {
        guard close == (out != nil) else {
            throw ValidationError(Help.text("Give --close and --out together.", "--close 与 --out 须同时给出。"))
        }
        guard close || !submissions.isEmpty else {
            throw ValidationError(Help.text("Give submissions, or --close.", "请给出提交文件，或给出 --close。"))
        }
    }

    func execute(_ console: Console) async throws -> Outcome {
        let identity = try home.folder.identity(passphrase: passphrase.read())
        let terms = try await aggregation.load(console)
        try terms.contract.requireAggregator(identity.fingerprint)
        let monitor = console.board.monitor()
        let document = try await interruptible { [self] in try collect(terms, identity, console, monitor) }
        console.board.finish()
        try console.emit(document)
        if !document.missing.isEmpty { try console.fact(.aggregateMissing, document.missing.joined(separator: ", ")) }
        if let aggregate = document.aggregate, let out {
            try console.fact(.aggregateFile, out)
            try console.fact(.aggregateDigest, aggregate.digest)
            try console.show(aggregate.included)
        } else {
            try console.fact(.aggregateCollected, document.contributors.joined(separator: ", "))
        }
        return document.refused.isEmpty ? .success : .problemsFound
    }

    private func collect(
        _ terms: AggregationTerms, _ identity: Identity, _ console: Console, _ monitor: @escaping ProgressMonitor
    ) throws -> Document {
        let collection = try SubmissionCollection(path: into, terms)
        var accepted: [SubmissionCollection.Accepted] = []
        var refused: [Document.Refused] = []
        for path in submissions {
            do {
                let one = try collection.accept(path, replace: replace, threads: threads.threads, progress: monitor)
                accepted.append(one)
                console.note(.aggregateAccepted(path, one))
            } catch let error as YinheError where [.badInput, .contract, .range].contains(error.code) {
                refused.append(.init(file: path, code: error.code.name, message: error.message, remedy: error.remedy))
                console.warn(.aggregateRefused(path, error))
            }
        }
        var aggregate: AggregateSummary?
        if let out, refused.isEmpty {
            aggregate = try collection.close(to: out, as: identity, threads: threads.threads, progress: monitor)
        }
        let there = collection.contributors
        return Document(
            accepted: accepted, refused: refused, contributors: there,
            missing: terms.contract.contributors.map(\.name).filter { !there.contains($0) }, aggregate: aggregate)
    }
}
