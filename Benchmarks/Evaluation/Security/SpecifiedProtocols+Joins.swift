import HTMLReport

extension SpecifiedProtocol {
    /// Set intersection and what stands on it.
    static let intersections: [SpecifiedProtocol] = [
        .init(
            "vole-psi", Phrase(en: "VOLE-PSI", zh: "基于 VOLE 的求交"), adversary: either,
            assumptions: Phrase(
                en: "128 bits computational, 2^-40 statistical; silent VOLE, random oracle", zh: "计算安全 128 比特，统计安全 2^-40；静默 VOLE、随机预言机"),
            leakage: [
                leak(receiver, "which of its tokens are common; the sender's set size", "己方哪些标识是共有的；发送方集合大小"),
                leak(sender, "the receiver's set size; with both-learn-matches the same as the receiver", "接收方集合大小；双方获知结果时与接收方相同"),
                leak(observer, "sizes; the list form of matched places bounds the count", "各类规模；匹配位置以列表形式发送时可得匹配数上界"),
            ],
            quotes: [
                "`semi-honest`: both follow the protocol. `malicious`: either may do anything",
                "which of its tokens are common; the sender's set size", "**Sizes** are announced in the clear to the peer.",
                "whose length tells an observer of the channel an upper bound of the count",
            ]),
        .init(
            "dh-psi", Phrase(en: "Diffie-Hellman PSI", zh: "Diffie-Hellman 求交"), adversary: semiHonest,
            assumptions: Phrase(en: "decisional Diffie-Hellman in P-256, random oracles", zh: "P-256 上的判定 Diffie-Hellman 假设、随机预言机"),
            leakage: [
                leak(receiver, "which of its tokens are common, or under cardinality-only their number; the sender's set size",
                    "己方哪些标识是共有的（仅计数时只得其数量）；发送方集合大小"),
                leak(sender, "the receiver's set size", "接收方集合大小"), leak(observer, "sizes and timing", "规模与时间"),
            ],
            quotes: [
                "Semi-honest parties, static corruption, computational security 128 bits", "the number of common tokens; the sender's set size",
                "An observer of the channel sees sizes and timing, and what TLS hides otherwise.",
            ]),
        .init(
            "private-join", Phrase(en: "Private join of files", zh: "文件隐私联接"), adversary: either,
            assumptions: Phrase(en: "those of the intersection protocol", zh: "同所用求交协议"),
            leakage: [
                leak(both, "the other's number of usable rows, rounded up to seven significant bits; with one bucket the exact number of distinct keys",
                    "对方有效行数（向上取整到 7 位有效比特）；只有一块时为不同键的确切数量"),
                leak(Phrase(en: "both, aligned", zh: "双方，对齐输出时"), "how many rows the other has for each common key", "每个共有键在对方的行数"),
                leak(receiver, "in count mode the number of common keys of each bucket", "仅计数时，每一块的共有键数"),
            ],
            quotes: [
                "the other's number of rows with a usable key, rounded up to seven significant bits", "the other's exact number of distinct keys",
                "how many rows the other has for each common key", "the number of common keys of each bucket, and so the total; not which",
            ]),
        .init(
            "intersection-sum", Phrase(en: "Intersection sum", zh: "交集求和"), adversary: semiHonest,
            assumptions: Phrase(
                en: "decisional Diffie-Hellman in P-256, random oracles, Paillier (112 bits at 2048, 128 at 3072)",
                zh: "P-256 上的判定 Diffie-Hellman 假设、随机预言机、Paillier（2048 位为 112 比特，3072 位为 128 比特）"),
            leakage: [
                leak(Phrase(en: "group party", zh: "分组方"), "the exact number of matches in each of its groups; the value party's set size",
                    "己方每个分组内的确切匹配数；数值方集合大小"),
                leak(Phrase(en: "value party", zh: "数值方"), "the size of each group; that fewer than the minimum matched, if so",
                    "每个分组的大小；匹配数低于最小值这一事实（若发生）"),
            ],
            quotes: [
                "the number of matches in **each** of its groups, exactly; ValueParty's set size",
                "the size of each group; if the run stops for it, that fewer tokens matched than the agreed minimum",
            ]),
        .init(
            "hidden-join", Phrase(en: "Hidden join", zh: "隐匿联接"), adversary: semiHonest,
            assumptions: Phrase(en: "128 bits computational, 2^-40 statistical", zh: "计算安全 128 比特，统计安全 2^-40"),
            leakage: [
                leak(both, "set sizes, column names and bounds; with a minimum, one bit whether it was reached", "集合大小、列名与上下界；设最小值时，是否达到（1 比特）"),
                leak(Phrase(en: "both, aligned mode", zh: "双方，对齐模式"), "which own rows match, and a rank for each", "己方哪些行匹配及其序号"),
            ],
            quotes: [
                "Semi-honest: both follow the protocol and try to learn from what they see.", "| set sizes, columns' names and bounds, mode, minimum | yes | yes |",
                "which own rows match, a rank for each",
            ]),
        .init(
            "okvs", Phrase(en: "Oblivious key-value store", zh: "不经意键值存储"), adversary: local,
            assumptions: Phrase(en: "fails with probability at most 2^-40 over the seed", zh: "对随机种子的失败概率至多 2^-40"),
            leakage: [leak(nobody, "nothing when padded; the time of encoding depends on the owner's keys", "经填充后不泄露；编码时间与己方的键有关")],
            quotes: [
                "Then encoding fails with probability at most 2^-40", "Encoding and decoding are not constant time",
            ]),
        .init(
            "join-keys", Phrase(en: "Join keys", zh: "联接键"), adversary: local, assumptions: Phrase(en: "none", zh: "无"),
            leakage: [leak(Phrase(en: "holder of a token", zh: "持有标识者"), "the key, by trying all: tokens stay with their party", "可穷举得到键值：标识不离开所属方")],
            quotes: ["A token is as sensitive as its key", "Tokens never leave their party in the clear."]),
    ]

    /// A contract from signature to ledger.
    static let runs: [SpecifiedProtocol] = [
        .init(
            "fusion-run", Phrase(en: "Run of a contract", zh: "合同运行"), adversary: semiHonest,
            assumptions: Phrase(en: "those of the protocols that the plan uses; each party adds its own noise", zh: "同计划所用的各协议；各方各自加噪"),
            leakage: [
                leak(both, "set-sizes: the other's number of distinct subjects", "set-sizes：对方不同主体的数量"),
                leak(Phrase(en: "as accepted in the contract", zh: "按合同接受的泄露项"), "group-sizes, matched-keys, group-match-counts", "group-sizes、matched-keys、group-match-counts"),
                leak(both, "whether fewer subjects than minimum-intersection match", "匹配主体数是否低于 minimum-intersection"),
                leak(dealer, "which correlations are asked for, hence the sizes", "所需相关随机数的种类与数量，从而得知规模"),
            ],
            quotes: [
                "Both parties follow the protocol and keep to their own file (semi-honest)",
                "`set-sizes`: each party's number of distinct subjects, to the other",
                "Both learn when fewer subjects than `minimum-intersection` match", "The dealer alone learns which correlations are asked",
            ]),
        .init(
            "contract", Phrase(en: "Data-use contract", zh: "数据使用合同"), adversary: Phrase(en: "whoever can change files or channels", zh: "能改动文件或信道者"),
            assumptions: Phrase(en: "Ed25519 signatures", zh: "Ed25519 签名"),
            leakage: [leak(both, "the contract; what a run reveals stands in accepts-leakage", "合同内容；运行泄露的内容列于 accepts-leakage")],
            quotes: ["A signature binds its signer to one text", "What a run reveals beyond its outputs is listed in `accepts-leakage`"]),
        .init(
            "ledger", Phrase(en: "Audit ledger", zh: "审计账本"), adversary: Phrase(en: "an owner who would change its own history", zh: "试图篡改自身历史的账本所有方"),
            assumptions: Phrase(en: "Ed25519, SHA-256; heads that the peer holds", zh: "Ed25519、SHA-256；对方持有账本头"),
            leakage: [leak(Phrase(en: "reader of an export", zh: "导出文件的读者"), "sizes, digests and reasons; never values", "规模、摘要与事由；不含数据值")],
            quotes: ["Entries are signed by their owner, so nobody else can add or change one.", "Entries hold sizes, digests and reasons, never cell values or the peer's data."]),
        .init(
            "privacy-budget", Phrase(en: "Privacy accounts", zh: "隐私账户"), adversary: Phrase(en: "a peer or reader of exports", zh: "对方或导出文件的读者"),
            assumptions: Phrase(en: "the owner trusts its own machine", zh: "账本所有方信任自己的机器"),
            leakage: [
                leak(Phrase(en: "reader of an export", zh: "导出文件的读者"), "names, sums and limits of accounts; never values or keys", "账户名称、累计与上限；不含数据值与键"),
                leak(both, "which earlier run the other could show again, hence whether its file is unchanged", "对方可重新出示哪次运行，从而得知其文件是否未变"),
            ],
            quotes: ["The ledger's owner keeps its own accounts; it trusts its own machine.", "names, sums, limits. Never values or keys",
                "the peer learns which earlier run this party could show again"]),
    ]
}
