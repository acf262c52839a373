import SecureAggregation

/// The text of a new aggregation contract, with comments that explain every clause.
struct AggregateTemplate {
    struct Party {
        var name: String
        var fingerprint: String
    }
    var contributors: [Party]
    var aggregator: Party
    var keyHolders: [Party]
    var threshold: Int
    var keyBits: Int
    var keyFingerprint: String
    var sharing: String?
    var deadline: String
    var language: Language

    static func placeholder(_ name: String) -> Party {
        Party(name: name, fingerprint: "sha256:FINGERPRINT-OF-\(name.uppercased())")
    }

    private func note(_ en: String, _ zh: String) -> String { "# " + Phrase(en: en, zh: zh)[language] }
    private func entry(_ party: Party) -> String { "{name: \(party.name), title: \(party.name), fingerprint: \"\(party.fingerprint)\"}" }

    var text: String {
        let sharingClause = sharing.map { ", sharing: \"\($0)\"" } ?? ""
        let thresholdClause = keyHolders.count > 1
            ? note("So many of them must join to open.", "解开所需的持有方数目。") + "\nthreshold: \(threshold)\n" : ""
        return """
            \(note("A secure-aggregation contract of Yinhe. Every file of the aggregation carries the SHA-256 of exactly these bytes.",
                "隐合加密汇总合同。汇总的每个文件都带有本文件确切字节的 SHA-256。"))
            \(note("Unknown keys are errors. Check with: yinhe aggregate contract check FILE", "未知的键一律报错。检查命令：yinhe aggregate contract check FILE"))
            yinhe-aggregation: 1
            name: monthly-loans
            purpose: 按月汇总各行贷款余额与笔数

            \(note("Who contributes a table. Each key as its owner prints it with: yinhe keys show", "贡献数据的各方。指纹由各方运行 yinhe keys show 得到"))
            \(note("weight (default 1) multiplies a contributor's values.", "weight（默认 1）为该贡献方数值的倍数。"))
            contributors:
            \(contributors.map { "  - " + entry($0) }.joined(separator: "\n"))

            \(note("Receives, checks and adds the submissions; has no key, and must not work together with the key holder.",
                "接收、核验并相加各份提交；没有密钥，且不得与密钥持有方合谋。"))
            aggregator: \(entry(aggregator))
            \(note("Who may open the sum. Shares of a key are numbered in this order.", "可解开合计的一方或多方；密钥份额按此顺序编号。"))
            key-holders:
            \(keyHolders.map { "  - " + entry($0) }.joined(separator: "\n"))
            \(thresholdClause)\(note("The key, as `yinhe aggregate keygen` prints it.", "密钥，由 yinhe aggregate keygen 打印。"))
            key: {bits: \(keyBits), fingerprint: "\(keyFingerprint)"\(sharingClause)}

            \(note("The rows that every table has: labels in any order, or `count: N` for rows numbered 1 to N in this order.",
                "每张表都有的行：labels 为约定的标签（文件中顺序不限）；或 count: N，按 1 到 N 顺序编号。"))
            rows:
              column: month
              labels: [2027-01, 2027-02, 2027-03]
            \(note("The columns that are summed. A cell beyond its bounds is refused; the bounds also fix how tightly values are packed.",
                "要求和的列。超出边界的单元格会被拒绝；边界也决定打包的紧密程度。"))
            columns:
              - {name: balance, type: decimal, scale: 2, unit: CNY, lower: -1000000000, upper: 1000000000}
              - {name: loans, type: integer, unit: 笔, lower: 0, upper: 1000000}

            \(note("Whether submissions must prove that their values are within the bounds. Without proofs a contributor that deviates",
                "提交是否须证明数值在边界之内。没有证明时，违约的贡献方"))
            \(note("can spoil the sum, which is found out only when it leaves the bounds.", "可以破坏合计，且仅当合计超出边界时才会被发现。"))
            range-proofs: none
            \(note("A sum of fewer contributors is never opened. Of two, each knows the other's values from the sum.",
                "少于此数目的合计不会解开。若只有两方，各方可由合计得知对方数值。"))
            minimum-contributors: \(min(3, contributors.count))
            deadline: \(deadline)

            """
    }
}
