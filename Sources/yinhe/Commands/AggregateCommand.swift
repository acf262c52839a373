import ArgumentParser
import Foundation
import SandboxCore
import SecureAggregation

struct AggregateCommand: ParsableCommand {
    static let exits: [YinheError.Code] = [.usage, .badInput, .contract, .system, .range, .cancelled]

    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "aggregate",
            abstract: Help.text(
                "Sums of encrypted tables by files alone: many contribute, one adds, the key holders open only the sum.",
                "只凭文件完成的加密汇总：多方提交密文，一方相加，密钥持有方只解开合计。"),
            discussion: Help.discussion(
                """
                Every contributor encrypts its table under one key and signs the file; the aggregator, who has no key, checks and adds
                the files; the key holder opens the sum and proves that it is right. No machine needs to reach another. The key
                holder and the aggregator must not work together: with the key, a single submission can be read. Share the key
                among several holders (keygen --threshold) where that is too much to trust. Sums are exact: no noise protects them.
                """,
                """
                各贡献方用同一公钥加密自己的表并签名；汇总方没有密钥，只核验并相加；密钥持有方解开合计并给出证明。各机器之间无需联网。
                密钥持有方与汇总方不得合谋：持有密钥即可读取单份提交。若不愿如此信任，可把密钥分给多个持有方（keygen --threshold）。
                合计是精确的，没有噪声保护。
                """,
                examples: [
                    ("yinhe aggregate keygen --out key", "the key holder", "密钥持有方"),
                    ("yinhe aggregate contract new --public-key key.public.json --out sums.yaml", "everybody agrees on it", "各方商定"),
                    (
                        "yinhe aggregate encrypt --contract sums.yaml --public-key key.public.json --in mine.csv --out mine.submission",
                        "each contributor", "每个贡献方"
                    ),
                    (
                        "yinhe aggregate add --contract sums.yaml --public-key key.public.json --into collection *.submission "
                            + "--close --out sum.aggregate", "the aggregator", "汇总方"
                    ),
                    (
                        "yinhe aggregate open --contract sums.yaml --public-key key.public.json --private-key key.private.json "
                            + "--aggregate sum.aggregate --out result.csv --opening sum.opening", "the key holder", "密钥持有方"
                    ),
                    (
                        "yinhe aggregate verify --contract sums.yaml --public-key key.public.json --aggregate sum.aggregate "
                            + "--opening sum.opening --result result.csv --submission mine.submission", "anybody", "任何人"
                    ),
                ], checks: true, exits: exits + [.belowMinimum]),
            subcommands: [
                AggregateKeygen.self, AggregateContract.self, AggregateEncrypt.self, AggregateAdd.self, AggregateOpen.self,
                AggregateVerify.self, AggregatePoison.self,
            ])
    }
}

/// What every step of an aggregation works under.
struct AggregationOptions: ParsableArguments {
    @Option(help: .say("The contract of the aggregation.", "汇总合同。", valueName: "file"), completion: .file())
    var contract: String
    @Option(help: .say("The public key that the contract names.", "合同指定的公钥文件。", valueName: "file"), completion: .file())
    var publicKey: String

    /// Reads both; says when nothing shows that the key is well formed.
    func load(_ console: Console) async throws -> AggregationTerms {
        let (contract, publicKey) = (contract, publicKey)
        let (terms, proof) = try await interruptible {
            let terms = try AggregationTerms.load(contract: contract, publicKey: publicKey)
            return (terms, try AggregationKeyFile.checkProof(of: terms.publicKey, publicKey))
        }
        if proof == nil, terms.contract.threshold == 1 { console.warn(.aggregateNoKeyProof(AggregationKeyFile.proofPath(publicKey))) }
        return terms
    }
}

extension Console {
    func show(_ included: [AggregateSummary.Included]) throws {
        var table = TextTable([
            (text(.aggregateContributor), .left), (text(.aggregateWeight), .right), (text(.aggregateDigest), .left),
        ])
        for entry in included { table.add([entry.contributor, String(entry.weight), String(entry.digest.prefix(32)) + "…"]) }
        try out(table)
    }
}
