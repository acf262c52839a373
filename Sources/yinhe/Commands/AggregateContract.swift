import ArgumentParser
import ContractText
import Foundation
import Paillier
import SandboxCore
import SecureAggregation

struct AggregateContract: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "contract", abstract: Help.text("Write and check aggregation contracts.", "撰写和检查加密汇总合同。"),
            discussion: Help.discussion(
                """
                The contract names the contributors, the aggregator, the key holders, the key, the rows and columns with their
                bounds, the least number of contributors and the deadline. Nobody signs it as such: every signed file of the
                aggregation carries its hash, so a party agrees to it with its first file.
                """,
                """
                合同规定贡献方、汇总方、密钥持有方、密钥、行与列及其边界、最少贡献方数目和截止时间。合同本身无需签名：
                汇总的每个签名文件都带有其哈希，一方签出第一个文件即表示同意。
                """,
                examples: [
                    ("yinhe aggregate contract new --public-key key.public.json --out sums.yaml", "", ""),
                    ("yinhe aggregate contract check sums.yaml", "", ""),
                ], exits: AggregateCommand.exits),
            subcommands: [New.self, Check.self])
    }

    struct New: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "new", abstract: Help.text("Write a commented template.", "写出带注释的合同模板。"),
                discussion: Help.discussion(
                    "Everything that is given is filled in; edit the rest, above all rows, columns and bounds. Then everybody checks the same file.",
                    "给出的内容会填好；其余请自行修改，尤其是行、列和边界。然后各方检查同一文件。",
                    examples: [
                        ("yinhe aggregate contract new --public-key key.public.json --out sums.yaml", "", ""),
                        (
                            "yinhe aggregate contract new --public-key key.public.json --contributor east,sha256:… --contributor west,sha256:… "
                                + "--contributor north,sha256:… --aggregator centre,sha256:… --key-holder regulator,sha256:… --out sums.yaml",
                            "all parties filled in", "填好各方"
                        ),
                    ], exits: Help.fileCodes))
        }
        @OptionGroup var common: CommonOptions
        @Option(help: .say("The public key file.", "公钥文件。", valueName: "file"), completion: .file())
        var publicKey: String?
        @Option(name: .customLong("contributor"), help: .say("Name and key of a contributor; several times.", "贡献方名称与指纹，可多次给出。", valueName: "name,sha256:…"))
        var contributors: [String] = []
        @Option(help: .say("Name and key of the aggregator.", "汇总方名称与指纹。", valueName: "name,sha256:…"))
        var aggregator: String?
        @Option(name: .customLong("key-holder"), help: .say("Name and key of a key holder; several times for a shared key.", "密钥持有方名称与指纹；共享密钥时多次给出。", valueName: "name,sha256:…"))
        var keyHolders: [String] = []
        @Option(help: .say("When submissions end, UTC; default the end of next year.", "提交截止时间（UTC）；默认明年年底。", valueName: "2027-12-31T23:59:59Z"))
        var deadline: String?
        @Option(help: .say("The file to write; default standard output.", "输出文件；默认标准输出。", valueName: "file"))
        var out: String?
        @Flag(help: .say("Replace an existing file.", "覆盖已有文件。"))
        var force = false

        func validate() throws {
            guard contributors.isEmpty || contributors.count >= 2 else {
                throw ValidationError(Help.text("Give --contributor at least twice, or not at all.", "--contributor 须给出至少两次，或完全不给。"))
            }
            guard deadline.map({ UTCTime.parse($0) != nil }) ?? true else {
                throw ValidationError(Help.text("--deadline is a UTC time such as 2027-12-31T23:59:59Z.", "--deadline 须为 UTC 时间，如 2027-12-31T23:59:59Z。"))
            }
        }

        func execute(_ console: Console) async throws -> Outcome {
            let text = try template().text
            try console.deliver(template: text, to: out, force: force, json: common.json) { out in
                Phrase(
                    en: "Next: edit it, `yinhe aggregate contract check \(out)`, and hand the same file to everybody.",
                    zh: "下一步：修改内容，运行 `yinhe aggregate contract check \(out)`，并将同一文件交给各方。")
            }
            return .success
        }

        private func template() throws -> AggregateTemplate {
            let year = Calendar(identifier: .gregorian).component(.year, from: Date()) + 1
            var template = AggregateTemplate(
                contributors: ["east", "west", "north"].map(AggregateTemplate.placeholder),
                aggregator: AggregateTemplate.placeholder("centre"), keyHolders: [AggregateTemplate.placeholder("regulator")],
                threshold: 1, keyBits: SecurityParameters.factoringModulusBits, keyFingerprint: "FINGERPRINT-OF-THE-PAILLIER-KEY",
                sharing: nil, deadline: deadline ?? "\(year)-12-31T23:59:59Z", language: common.language)
            switch try publicKey.map({ try AggregationKeyFile.readPublic($0) }) {
            case .single(let key):
                (template.keyBits, template.keyFingerprint) = (key.bits, key.fingerprint)
            case .shared(let key):
                (template.keyBits, template.keyFingerprint) = (key.encryptionKey.bits, key.encryptionKey.fingerprint)
                (template.sharing, template.threshold) = (key.fingerprint, key.threshold)
                template.keyHolders = (1...key.parties).map { AggregateTemplate.placeholder("holder-\($0)") }
            case nil: break
            }
            if !contributors.isEmpty { template.contributors = try contributors.map(party) }
            if let aggregator { template.aggregator = try party(aggregator) }
            if !keyHolders.isEmpty {
                let given = try keyHolders.map(party)
                guard publicKey == nil || given.count == template.keyHolders.count else {
                    throw YinheError(
                        .usage, "\(given.count) key holders; the key has \(template.keyHolders.count)",
                        remedy: "give --key-holder once for each of them, in the order of their shares")
                }
                template.keyHolders = given
            }
            return template
        }

        private func party(_ text: String) throws -> AggregateTemplate.Party {
            let parts = text.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw YinheError(.usage, "\"\(text.prefix(80))\" is not name,sha256:…", remedy: "write the name, a comma and the fingerprint")
            }
            return AggregateTemplate.Party(name: parts[0], fingerprint: try Fingerprint(parsing: parts[1]).description)
        }
    }

    struct Check: PartyCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(
                commandName: "check",
                abstract: Help.text("Check a contract, and say what it means.", "检查合同并说明其含义。"),
                discussion: Help.discussion(
                    "Errors name line and column. Prints the hash that every file of the aggregation carries: compare it with the other parties'.",
                    "错误会指出行和列。打印汇总各文件所带的合同哈希，请与其他各方核对。",
                    examples: [("yinhe aggregate contract check sums.yaml", "", "")], exits: AggregateCommand.exits))
        }
        @OptionGroup var common: CommonOptions
        @Argument(help: .say("The contract.", "合同文件。"), completion: .file())
        var file: String

        struct Document: Codable {
            var name: String
            var hash: String
            var contributors: [String]
            var aggregator: String
            var keyHolders: [String]
            var threshold: Int
            var rows: Int
            var columns: [String]
            var ciphertexts: Int
            var submissionBytes: Int
            var rangeProofs: Bool
            var minimumContributors: Int
            var deadline: String
        }

        func execute(_ console: Console) async throws -> Outcome {
            let contract = try AggregationContract.load(path: file), size = try contract.size
            let document = Document(
                name: contract.name, hash: contract.hashText, contributors: contract.contributors.map(\.name),
                aggregator: contract.aggregator.name, keyHolders: contract.keyHolders.map(\.name), threshold: contract.threshold,
                rows: contract.rows.count, columns: contract.columns.map(\.name), ciphertexts: size.ciphertexts,
                submissionBytes: size.bytes, rangeProofs: contract.requiresRangeProofs,
                minimumContributors: contract.minimumContributors, deadline: UTCTime.text(contract.deadline))
            try console.emit(document)
            try console.fact(.contractHash, document.hash)
            try console.fact(.aggregateContributor, document.contributors.joined(separator: ", "))
            try console.fact(Phrase(en: "Aggregator", zh: "汇总方"), document.aggregator)
            let holders = document.keyHolders.joined(separator: ", ")
            try console.fact(
                Phrase(en: "Key holders", zh: "密钥持有方"),
                document.keyHolders.count == 1 ? holders : "\(holders) (\(document.threshold) / \(document.keyHolders.count))")
            try console.fact(
                .aggregateSize,
                console.text(.aggregateCells(document.rows * document.columns.count, document.ciphertexts)) + ", "
                    + Numbers.bytes(document.submissionBytes))
            try console.fact(
                Phrase(en: "At least", zh: "最少贡献方"), "\(document.minimumContributors) / \(document.contributors.count)")
            try console.fact(Phrase(en: "Deadline", zh: "截止时间"), document.deadline)
            try console.out(
                contract.threshold == 1
                    ? Phrase(
                        en: "\(holders) alone can open single submissions that it gets hold of: it must not work together with "
                            + "\(document.aggregator).",
                        zh: "\(holders) 若得到单份提交即可独自解开，因此不得与 \(document.aggregator) 合谋。")
                    : Phrase(
                        en: "Any \(contract.threshold) of \(holders) together can open single submissions that they get hold of.",
                        zh: "\(holders) 中任意 \(contract.threshold) 方合谋，即可解开其得到的单份提交。"))
            return .success
        }
    }
}
