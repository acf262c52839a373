import HTMLReport

extension SpecifiedProtocol {
    /// Computation on shares.
    static let sharing: [SpecifiedProtocol] = [
        .init(
            "two-party-sharing", Phrase(en: "Two-party shares", zh: "两方秘密分享"), adversary: semiHonest,
            assumptions: Phrase(en: "correlations from transfers, or a dealer who colludes with nobody", zh: "相关随机数来自不经意传输，或来自不合谋的分发方"),
            leakage: [leak(both, "lengths, declared bounds, ring, the program, and what is opened", "长度、声明的上下界、环、程序以及被打开的值")],
            quotes: ["A party that follows the protocol learns the lengths, declared bounds and ring of every value, the program, and what is opened.",
                "or from a dealer, which must not collude with either party."]),
        .init(
            "sharing-tables", Phrase(en: "Shuffle, sort, group on shares", zh: "份额上的打乱、排序与分组"), adversary: semiHonest,
            assumptions: Phrase(en: "as for two-party shares", zh: "同两方秘密分享"),
            leakage: [leak(both, "rows, columns, bounds, algorithm; places and comparisons of shuffled rows, whose distribution is independent of the data",
                "行数、列数、上下界、算法；打乱后各行的位置与比较结果，其分布与数据无关")],
            quotes: ["Both parties know the number of rows and columns, the declared bounds, the algorithm", "a uniform permutation of the rows, independent of everything else"]),
        .init(
            "multi-party", Phrase(en: "Shares of two to eight parties", zh: "二至八方秘密分享"),
            adversary: Phrase(en: "semi-honest, up to n - 1 together without the dealer", zh: "半诚实，至多 n - 1 方合谋（不含分发方）"),
            assumptions: Phrase(en: "a dealer who colludes with nobody", zh: "分发方不与任何一方合谋"),
            leakage: [
                leak(everybody, "lengths, declared bounds, the program, and what is opened", "长度、声明的上下界、程序以及被打开的值"),
                leak(dealer, "names, times, kinds and counts of correlations", "名称、时间、相关随机数的种类与数量"),
            ],
            quotes: ["Up to n - 1 parties together learn only lengths, declared bounds, the program, and what is opened to one of them",
                "The dealer learns names, times, and kinds and counts of correlations"]),
        .init(
            "secure-sum", Phrase(en: "Secure sum", zh: "安全求和"), adversary: Phrase(en: "semi-honest, up to n - 2 together", zh: "半诚实，至多 n - 2 方合谋"),
            assumptions: Phrase(en: "AES-256-CTR is pseudorandom; encrypted channels", zh: "AES-256-CTR 伪随机；信道加密"),
            leakage: [leak(everybody, "the roster, length, bounds, ring, who receives, whether the run ended well; the totals if a receiver",
                "参与方名单、长度、上下界、环、接收方、运行是否成功；接收方另得总和")],
            quotes: ["Up to **n - 2 parties together** learn nothing", "Everybody learns: the roster, the vector length, the declared bounds, the ring, who receives, whether the run ended well."]),
        .init(
            "dealer", Phrase(en: "Trusted dealer", zh: "可信分发方"), adversary: Phrase(en: "dealer trusted, colludes with nobody", zh: "分发方可信且不合谋"),
            assumptions: Phrase(en: "a dealer that colludes with one party learns what the others hide", zh: "分发方若与一方合谋即可获知其他方的数据"),
            leakage: [leak(dealer, "who computes together, when, and the kind and count of correlations of every step", "谁与谁计算、何时计算、每一步相关随机数的种类与数量")],
            quotes: ["The dealer is **trusted to deal honestly and not to collude** with any party.",
                "who computes together (names, keys, addresses), when, and for every step the kind and count of correlations"]),
    ]

    /// Correlated randomness without a dealer.
    static let transfers: [SpecifiedProtocol] = [
        .init(
            "base-ot", Phrase(en: "Base oblivious transfer", zh: "基础不经意传输"), adversary: Phrase(en: "malicious", zh: "恶意"),
            assumptions: Phrase(en: "gap Diffie-Hellman in ristretto255, random oracles", zh: "ristretto255 上的 gap Diffie-Hellman 假设、随机预言机"),
            leakage: [leak(everybody, "the number of transfers", "传输的数量")],
            quotes: ["Semi-honest and malicious parties, static corruption, with all hashes modelled as random oracles.", "Everybody on the wire learns n."]),
        .init(
            "ot-extension", Phrase(en: "OT extension", zh: "不经意传输扩展"), adversary: semiHonest,
            assumptions: Phrase(en: "AES under fixed keys as ideal permutations", zh: "固定密钥 AES 为理想置换"),
            leakage: [leak(everybody, "how many transfers, in which direction, and when", "传输的数量、方向与时间")],
            quotes: ["**Semi-honest**, static corruption. The base transfers are secure against malicious parties, the extension is not",
                "Everybody learns how many transfers there are, in which direction, and when."]),
        .init(
            "ot-correlations", Phrase(en: "Correlations from transfers", zh: "由不经意传输生成相关随机数"), adversary: semiHonest,
            assumptions: Phrase(en: "as the transfers", zh: "同不经意传输"),
            leakage: [leak(both, "kinds and counts", "种类与数量")],
            quotes: ["Beyond the kinds and counts nothing is learned."]),
        .init(
            "silent-vole", Phrase(en: "Silent VOLE and OT", zh: "静默 VOLE 与不经意传输"), adversary: either,
            assumptions: Phrase(en: "base OT, AES as ideal permutation, SHA-256 as random oracle, regular dual LPN", zh: "基础 OT、AES 为理想置换、SHA-256 为随机预言机、正则对偶 LPN"),
            leakage: [
                leak(both, "length, field and code; nothing of the other's values", "长度、域与码；不获知对方的值"),
                leak(Phrase(en: "a deviating party", zh: "偏离协议的一方"), "guesses of bits of Delta or of noise positions, each of which aborts the run when wrong",
                    "对 Delta 比特或噪声位置的猜测，猜错即中止"),
            ],
            quotes: ["Neither party learns anything about the other's values. Both know m, field, code.", "each a guess whose failure aborts the run"]),
        .init(
            "lpn-codes", Phrase(en: "LPN codes", zh: "LPN 码"), adversary: local,
            assumptions: Phrase(en: "dual LPN; the minimum distance of expand-convolute codes is an estimate, not a theorem", zh: "对偶 LPN；expand-convolute 码的最小距离是估计而非定理"),
            leakage: [leak(everybody, "code and seed are public; the noise is secret", "码与种子公开，噪声保密")],
            quotes: ["The code, its seed and all its random bits are public.", "is an estimate, not a theorem.**"]),
    ]

    /// Homomorphic encryption and aggregation.
    static let encryption: [SpecifiedProtocol] = [
        .init(
            "paillier", Phrase(en: "Paillier", zh: "Paillier 加密"), adversary: Phrase(en: "whoever sees ciphertexts", zh: "能看到密文者"),
            assumptions: Phrase(
                en: "decisional composite residuosity; short exponents (djn); subgroup indistinguishability (subgroup)",
                zh: "判定合数剩余假设；djn 另需短指数假设；subgroup 另需子群不可区分假设"),
            leakage: [leak(owner, "plaintexts; results must be re-randomised before the owner sees them", "明文；结果交给私钥持有方前须重随机化")],
            quotes: ["under the decisional composite residuosity assumption", "**Against the owner it must be a standard one (uniform w)**"]),
        .init(
            "paillier-proofs", Phrase(en: "Proofs about Paillier", zh: "Paillier 零知识证明"), adversary: Phrase(en: "malicious prover", zh: "恶意证明方"),
            assumptions: Phrase(en: "random oracle; slot ranges: discrete logarithm in ristretto255", zh: "随机预言机；槽范围证明另需 ristretto255 上的离散对数假设"),
            leakage: [leak(Phrase(en: "verifier", zh: "验证方"), "that the statement holds", "命题成立")],
            quotes: ["Random oracle model (SHA-256).", "2^-128 + discrete logarithm in ristretto255"]),
        .init(
            "encrypted-vectors", Phrase(en: "Packed encrypted vectors", zh: "打包加密向量"), adversary: semiHonest,
            assumptions: Phrase(en: "Paillier", zh: "Paillier"),
            leakage: [leak(everybody, "key, layout, number of values and bounds; the largest group of a sum, unless a size is declared", "密钥、布局、数值个数与上下界；未声明大小时，分组求和的最大分组")],
            quotes: ["A vector shows its key, layout, number of values and bounds; nothing of the values", "follow from the largest group, which so becomes known with the result"]),
        .init(
            "paillier-to-shares", Phrase(en: "Ciphertexts to shares", zh: "密文与份额互转"), adversary: semiHonest,
            assumptions: Phrase(en: "masks 40 bits longer than the value", zh: "掩码比数值长 40 比特"),
            leakage: [leak(owner, "the masked value, within 2^-40 of independent of it", "加掩码后的值，与原值相差 2^-40 统计距离内独立"), leak(both, "ranges, counts and key", "取值范围、数量与公钥")],
            quotes: ["The owner sees value + mask, the mask 40 bits longer than the value can be", "Both know the ranges, counts and key."]),
        .init(
            "threshold-paillier", Phrase(en: "Threshold Paillier", zh: "门限 Paillier"),
            adversary: Phrase(en: "opening: malicious minority; two-party key generation: semi-honest", zh: "打开：恶意少数方；两方密钥生成：半诚实"),
            assumptions: Phrase(en: "decisional composite residuosity; a dealer, or two semi-honest parties, make the key", zh: "判定合数剩余假设；密钥由分发方或两个半诚实方生成"),
            leakage: [
                leak(dealer, "the whole key, trusted to forget it", "完整私钥，依赖其遗忘"),
                leak(Phrase(en: "each of two parties", zh: "两方中的每一方"), "how many candidates failed, and their moduli", "失败的候选数量及其模数"),
            ],
            quotes: ["The dealer sees everything and is trusted to forget it.", "Fewer than t parties learn nothing of a plaintext", "how many candidates failed; n = p q of every candidate that failed"]),
        .init(
            "secure-aggregation", Phrase(en: "Aggregation by files", zh: "基于文件的安全聚合"),
            adversary: Phrase(en: "semi-honest; contributors checked with range proofs; sums proven", zh: "半诚实；可用范围证明检查贡献方；求和有证明"),
            assumptions: Phrase(en: "the key holder does not collude with whoever has the submissions", zh: "私钥持有方不与掌握提交文件者合谋"),
            leakage: [
                leak(Phrase(en: "aggregator", zh: "聚合方"), "who submitted, when, how much; no value", "谁、何时、提交了多少；不知数值"),
                leak(Phrase(en: "key holder", zh: "私钥持有方"), "the sums, the list of contributors", "总和、贡献方名单"),
            ],
            quotes: ["All parties are semi-honest where nothing else is said.", "who submitted, when, how much; no value", "the sums, the list of contributors", "must not collude with the aggregator"]),
    ]

    /// Noise and mechanisms.
    static let noise: [SpecifiedProtocol] = [
        .init(
            "discrete-laplace", Phrase(en: "Discrete Laplace noise", zh: "离散拉普拉斯噪声"), adversary: local,
            assumptions: Phrase(en: "AES-256-CTR words are uniform", zh: "AES-256-CTR 输出均匀"),
            leakage: [leak(Phrase(en: "whoever times one draw", zh: "能对单次抽样计时者"), "the magnitude of the noise over its scale", "噪声绝对值与尺度之比")],
            quotes: ["The sampler uses integers only.", "Do not expose an interface that lets a stranger time single draws."]),
        .init(
            "noise-samplers", Phrase(en: "Other exact samplers", zh: "其他精确采样器"), adversary: local,
            assumptions: Phrase(en: "deviation from the law below 2^-110", zh: "与目标分布的偏差低于 2^-110"),
            leakage: [leak(Phrase(en: "whoever times one draw", zh: "能对单次抽样计时者"), "nothing of the constant-time samplers; magnitudes of the others", "恒定时间采样器不泄露；其余泄露绝对值")],
            quotes: ["No floating point takes part in any draw", "Do not let a stranger time single draws of any but the last two."]),
        .init(
            "private-mechanisms", Phrase(en: "Mechanisms", zh: "差分隐私机制"), adversary: Phrase(en: "whoever sees released values", zh: "能看到发布值者"),
            assumptions: Phrase(en: "whoever runs a mechanism sees the data (central model)", zh: "执行机制的一方可见数据（中心模型）"),
            leakage: [leak(everybody, "released values, by epsilon and delta", "发布值，受 epsilon 与 delta 约束")],
            quotes: ["Central: whoever runs a mechanism sees the data; the released value protects every subject against whoever sees it."]),
        .init(
            "joint-noise", Phrase(en: "Noise of several parties", zh: "多方联合噪声"), adversary: semiHonest,
            assumptions: Phrase(en: "the protocol that adds the values hides each party's summand", zh: "求和协议隐藏各方的加数"),
            leakage: [
                leak(Phrase(en: "outsiders", zh: "外部观察者"), "the released number, protected by all noise", "发布值，受全部噪声保护"),
                leak(Phrase(en: "a coalition of k parties", zh: "k 方合谋"), "the released number less its own noise", "扣除己方噪声后的发布值"),
            ],
            quotes: ["**Semi-honest**: every party draws its noise from the law, and keeps it to itself.", "**outsiders** see the released number alone.",
                "knows its own k summands of noise and takes them away"]),
    ]

    /// Keys and channels.
    static let foundations: [SpecifiedProtocol] = [
        .init(
            "identity", Phrase(en: "Identities", zh: "身份"), adversary: Phrase(en: "forger of signatures", zh: "签名伪造者"),
            assumptions: Phrase(en: "Ed25519; fingerprints exchanged over a trusted path", zh: "Ed25519；指纹经可信途径交换"),
            leakage: [leak(everybody, "the public key and its fingerprint", "公钥及其指纹")],
            quotes: ["Signatures are existentially unforgeable under chosen messages", "Parties must exchange fingerprints over a path that they trust"]),
        .init(
            "transport", Phrase(en: "Transport", zh: "通信"), adversary: Phrase(en: "active on the network", zh: "网络主动攻击者"),
            assumptions: Phrase(en: "TLS 1.3 with pinned keys", zh: "固定公钥的 TLS 1.3"),
            leakage: [
                leak(observer, "addresses, times, number of bytes in each direction", "地址、时间、双向字节数"),
                leak(Phrase(en: "a stranger who connects", zh: "陌生连接者"), "the public key of the listening party", "监听方的公钥"),
            ],
            quotes: ["as TLS 1.3 gives them for pinned keys", "A network observer learns the addresses, the times, the number of bytes in each direction",
                "A stranger who connects to a listening party with a certificate of his own learns its public key"]),
    ]
}
