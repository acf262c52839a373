import Fusion

// Texts of the HTML report, and of the same facts on the terminal.

extension Phrase {
    static let reportKind = Phrase(en: "Report of a private join", zh: "隐私求交联合统计报告")
    static let reportDemo = Phrase(
        en:
            "Demonstration on synthetic data. The true values shown here exist only because one program made both tables; in "
                + "a real run "
            + "nobody has them. No record names a real enterprise: the division codes are unassigned.",
        zh: "本报告为合成数据演示。文中的真实值之所以存在，只因两张表由同一程序生成；真实运行中任何一方都没有这些值。"
            + "所有记录均使用未分配的行政区划代码，不对应任何真实企业。")
    static let reportLegendEstimate = Phrase(en: "released value, 95 % interval of the noise", zh: "发布值及噪声的 95 % 区间")
    static let reportLegendTruth = Phrase(en: "true value (demonstration only)", zh: "真实值（仅演示可见）")

    static let results = Phrase(en: "Released results", zh: "发布结果")
    static let resultsNote = Phrase(
        en:
            "Every number below carries deliberate random noise, so that no single subject can be inferred from it. The "
                + "interval says how "
            + "far the noise may have moved it; small groups are moved by the same amount as large ones, so read their "
            + "ratios with care.",
        zh: "下列每个数字都加入了随机噪声，任何单个主体的情况都无法由此推断。区间表示噪声可能造成的偏移；"
            + "噪声大小与分组大小无关，因此小分组的比率波动更大，解读时请留意。")
    static let group = Phrase(en: "Group", zh: "分组")
    static let measure = Phrase(en: "Measure", zh: "指标")
    static let released = Phrase(en: "Released", zh: "发布值")
    static let interval95 = Phrase(en: "95 % interval", zh: "95 % 区间")
    static let standardError = Phrase(en: "Std. error", zh: "标准误差")
    static let truth = Phrase(en: "True value", zh: "真实值")
    static let inside = Phrase(en: "Inside", zh: "在区间内")
    static let yes = Phrase(en: "yes", zh: "是")
    static let no = Phrase(en: "no", zh: "否")
    static let all = Phrase(en: "all", zh: "全部")
    static func coverage(_ inside: Int, _ of: Int) -> Phrase {
        Phrase(
            en:
                "\(inside) of \(of) true values lie inside their 95 % interval. About one in twenty is expected to fall "
                    + "outside: that is what "
                + "95 % means, and the noise is drawn anew in each run.",
            zh: "\(of) 个真实值中有 \(inside) 个落在各自的 95 % 区间内。按定义约有二十分之一会落在区间外；每次运行的噪声都是重新抽取的。")
    }

    static func measureName(_ measure: String) -> Phrase {
        func inner(_ prefix: String) -> String? {
            measure.hasPrefix(prefix + "(") && measure.hasSuffix(")")
                ? String(measure.dropFirst(prefix.count + 1).dropLast()) : nil
        }
        if measure == "count" { return Phrase(en: "matched subjects", zh: "匹配主体数") }
        if let dataset = inner("rows") { return Phrase(en: "rows of \(dataset)", zh: "\(dataset) 行数") }
        if let column = inner("sum") { return Phrase(en: "sum of \(column)", zh: "\(column) 合计") }
        if let column = inner("mean") { return Phrase(en: "mean of \(column)", zh: "\(column) 均值") }
        if let column = inner("variance") { return Phrase(en: "variance of \(column)", zh: "\(column) 方差") }
        if let column = inner("quantile") { return Phrase(en: "quantile of \(column)", zh: "\(column) 分位数") }
        if measure == "coefficient" { return Phrase(en: "coefficient", zh: "系数") }
        if measure == "chi-square" { return Phrase(en: "chi-square", zh: "卡方统计量") }
        return Phrase(measure)
    }

    /// The mean of an indicator is a share.
    static func shareName(_ column: String) -> Phrase { Phrase(en: "share of rows with \(column)", zh: "\(column) 占比") }

    static func outputKind(_ kind: String) -> Phrase {
        switch kind {
        case "count": Phrase(en: "count", zh: "计数")
        case "sum": Phrase(en: "sum", zh: "求和")
        case "mean": Phrase(en: "mean", zh: "均值")
        case "histogram": Phrase(en: "histogram", zh: "直方图")
        case "group-by": Phrase(en: "group by", zh: "分组统计")
        case "variance": Phrase(en: "variance", zh: "方差")
        case "quantile": Phrase(en: "quantiles", zh: "分位数")
        case "contingency-table": Phrase(en: "contingency table", zh: "列联表")
        case "linear-regression": Phrase(en: "linear regression", zh: "线性回归")
        default: Phrase(kind)
        }
    }

    // MARK: Who learned what

    static let learnedTitle = Phrase(en: "What each party learned", zh: "各方获知了什么")
    static let learnedNote = Phrase(
        en:
            "Besides the released results the protocol itself reveals the following, which the contract accepts by name. "
                + "Exact values in this "
            + "list are not covered by the noise.",
        zh: "除发布结果外，协议本身还会透露以下信息，合同已逐项列明并接受。此处的精确值不受噪声保护。")
    /// `mode` as in `RunReport.protocolName`.
    static func notLearned(_ mode: String) -> Phrase {
        switch mode {
        case "aligned":
            Phrase(
                en: "Neither party learned any column of the other party, or any exact total that the other party's columns enter.",
                zh: "双方均没有获得对方的任何列，也没有获得任何涉及对方列的精确合计。")
        case "hidden":
            Phrase(
                en: "Neither party learned which of its records matched, how many did, any record or column of the other party, or "
                    + "any exact count or total.",
                zh: "双方均不知道己方哪些记录匹配成功、匹配了多少，也没有获得对方的任何记录、任何列、任何精确计数或合计。")
        default:
            Phrase(
                en: "Neither party learned which of its records matched, any record or column of the other party, or any exact total.",
                zh: "双方均不知道己方哪些记录匹配成功，也没有获得对方的任何记录、任何列或任何精确合计。")
        }
    }

    /// What `party` learned under a leakage key of the contract.
    static func leakage(_ key: String) -> Phrase {
        switch key {
        case "set-sizes":
            Phrase(en: "how many distinct keys the other party brought", zh: "对方参与计算的不同主体数量")
        case "group-sizes":
            Phrase(
                en: "how many keys of the other party fall in each group (before matching)",
                zh: "对方每个分组中的主体数量（匹配之前）")
        case "group-match-counts":
            Phrase(
                en: "the exact number of matched subjects in each group: the released counts are noised for the other party only",
                zh: "每个分组中匹配主体的精确数量：发布的计数仅对另一方起噪声保护作用")
        case "matched-keys":
            Phrase(
                en: "which of its own keys the other party also has, and so their exact number",
                zh: "己方哪些键对方也有，因而也知道其精确数量")
        default: Phrase(key)
        }
    }
    static func learnedOutputs(_ names: [String]) -> Phrase {
        Phrase(
            en: "the released, noised outputs: \(names.joined(separator: ", "))", zh: "加噪后的发布结果：\(names.joined(separator: "、"))")
    }
    static func peerSetSize(_ count: Int) -> Phrase {
        Phrase(en: " (\(Numbers.grouped(count)) keys)", zh: "（\(Numbers.grouped(count)) 个）")
    }

    // MARK: Sections

    static let contractTitle = Phrase(en: "The contract", zh: "合同")
    static let party = Phrase(en: "Party", zh: "参与方")
    static let fingerprint = Phrase(en: "Identity fingerprint (SHA-256)", zh: "身份指纹（SHA-256）")
    static let dataset = Phrase(en: "Dataset", zh: "数据集")
    static let column = Phrase(en: "Column", zh: "列")
    static let type = Phrase(en: "Type", zh: "类型")
    static let unit = Phrase(en: "Unit", zh: "单位")
    static let bounds = Phrase(en: "Bounds", zh: "边界")
    static let output = Phrase(en: "Output", zh: "输出")
    static let kind = Phrase(en: "Kind", zh: "类别")
    static let measures = Phrase(en: "Measures", zh: "指标")
    static let recipients = Phrase(en: "Recipients", zh: "接收方")
    static let contractHash = Phrase(en: "Contract hash", zh: "合同哈希")
    static let minimumIntersection = Phrase(en: "Minimum intersection", zh: "最小交集")
    static let maximumRuns = Phrase(en: "Maximum runs", zh: "最多运行次数")
    static let expires = Phrase(en: "Expires", zh: "到期时间")
    static let joinProtocol = Phrase(en: "Join", zh: "关联方式")
    static func joinMode(_ mode: Contract.JoinMode) -> Phrase {
        switch mode {
        case .intersectionSum:
            Phrase(
                en: "intersection-sum: encrypted values are added up over the matches", zh: "intersection-sum：对匹配行的密文求和")
        case .aligned:
            Phrase(
                en: "aligned: both parties learn their matched keys, then compute on shares of the rows",
                zh: "aligned：双方获知己方匹配的键，再对匹配行的份额计算")
        case .hidden:
            Phrase(
                en: "hidden: neither party learns which keys match or how many; both compute on shares",
                zh: "hidden：双方都不知道哪些键匹配、匹配了多少，全程在份额上计算")
        }
    }
    static let correlations = Phrase(en: "Correlations", zh: "关联随机数")
    static func correlations(_ source: Contract.Correlations) -> Phrase {
        switch source {
        case .transfers:
            Phrase(en: "made by the two parties with oblivious transfers; no third party", zh: "由双方以不经意传输自行生成，无第三方")
        case .dealer(let dealer):
            Phrase(
                en: "dealt by \(dealer.name) (\(dealer.title)), \(dealer.fingerprint.prefix(19))…, which must not collude with a party",
                zh: "由 \(dealer.title)（\(dealer.name)，\(dealer.fingerprint.prefix(19))…）派发，须不与任何一方合谋")
        }
    }
    static func rowsPerSubject(_ n: Int) -> Phrase {
        Phrase(en: n == 1 ? "one row a subject" : "at most \(n) rows a subject", zh: "每主体最多 \(n) 行")
    }
    static let joinKey = Phrase(en: "join key", zh: "求交键")

    static let inputTitle = Phrase(en: "Input files", zh: "输入文件")
    static let inputNote = Phrase(
        en:
            "Each party checked its own file before connecting. Rows that cannot be used are counted here, never silently "
                + "dropped.",
        zh: "各方在连接之前检查己方文件。无法使用的行在此计数，绝不静默丢弃。")
    static let file = Phrase(en: "File", zh: "文件")
    static let encoding = Phrase(en: "Encoding", zh: "编码")
    static let rows = Phrase(en: "Rows in the file", zh: "文件行数")
    static let keptRows = Phrase(en: "Rows used", zh: "使用行数")
    static let subjects = Phrase(en: "Distinct subjects", zh: "不同主体数")
    static let emptyKeys = Phrase(en: "Empty keys (left out)", zh: "空键（剔除）")
    static let malformedKeys = Phrase(en: "Malformed keys (left out)", zh: "无效键（剔除）")
    static let repairedKeys = Phrase(en: "Keys repaired (width, case, spaces)", zh: "修复的键（全角、大小写、空格）")
    static let duplicateRows = Phrase(en: "Rows with a repeated key", zh: "键重复的行")
    static let overLimit = Phrase(en: "Rows over the limit per subject (left out)", zh: "超出每主体上限的行（剔除）")
    static let droppedCells = Phrase(en: "Rows with unusable cells (left out)", zh: "单元格无效的行（剔除）")
    static let clampedCells = Phrase(en: "Cells clamped to their bounds", zh: "截断到边界的单元格")
    static let digest = Phrase(en: "SHA-256 of the file", zh: "文件 SHA-256")

    static let budgetTitle = Phrase(en: "Privacy budget", zh: "隐私预算")
    static let budgetUnit = Phrase(en: "Protected unit", zh: "保护单位")
    static let budgetTotal = Phrase(en: "Total ε of the contract", zh: "合同 ε 总额")
    static let budgetBefore = Phrase(en: "Spent before", zh: "此前已用")
    static let budgetCharged = Phrase(en: "Charged by this run", zh: "本次扣除")
    static let budgetRemaining = Phrase(en: "Remaining", zh: "剩余")
    static let budgetDataset = Phrase(en: "Spent on this file, all contracts", zh: "该文件在所有合同下已用")
    static let runsUsed = Phrase(en: "Runs used", zh: "已用运行次数")
    static func budgetLeft(_ remaining: String, of total: String) -> Phrase {
        Phrase(en: "\(remaining) of \(total) left", zh: "剩余 \(remaining)，总额 \(total)")
    }
    static let budgetNote = Phrase(
        en: "The charge was made durable before any noise was drawn: a crash can waste budget, never exceed it.",
        zh: "预算在抽取噪声之前已落盘扣除：崩溃只会浪费预算，绝不会超支。")

    static let costTitle = Phrase(en: "Time and traffic", zh: "耗时与通信")
    static let timeByPhase = Phrase(en: "Time by phase (phases overlap)", zh: "各阶段耗时（各阶段有重叠）")
    static let traffic = Phrase(en: "Traffic", zh: "通信量")
    static func sentBy(_ party: Phrase) -> Phrase { Phrase(en: "sent by \(party.en)", zh: "\(party.zh)发送") }
    static func trafficAndRounds(_ bytes: Int, _ rounds: Int) -> Phrase {
        Phrase(en: "\(Numbers.bytes(bytes)), \(rounds) rounds", zh: "通信 \(Numbers.bytes(bytes))，\(rounds) 轮")
    }
    static func rounds(_ count: Int) -> Phrase { Phrase(en: "\(count) rounds", zh: "\(count) 轮") }

    static let ledgerTitle = Phrase(en: "Audit ledgers", zh: "审计账本")
    static let ledgerNote = Phrase(
        en:
            "Each party keeps its own hash-chained ledger with signed entries; at the end of a run both countersign the "
                + "other's head.",
        zh: "各方保存各自的哈希链账本，条目逐条签名；运行结束时双方互签账本头。")
    static let entries = Phrase(en: "Entries", zh: "条目数")
    static let head = Phrase(en: "Head", zh: "账本头")
    static let verification = Phrase(en: "Verification", zh: "校验")
    static let verified = Phrase(en: "verified", zh: "通过")

    static let modelTitle = Phrase(en: "What this protects against, and what not", zh: "安全模型：防什么，不防什么")
    static let adversary = Phrase(en: "Adversary", zh: "敌手模型")
    static let protocolName = Phrase(en: "Protocol", zh: "协议")
    static let runID = Phrase(en: "Run", zh: "运行编号")
    static let started = Phrase(en: "Started", zh: "开始")
    static let finished = Phrase(en: "Finished", zh: "结束")
    static let securityLevel = Phrase(en: "Security level, failure probability", zh: "安全强度与失败概率")
    static let transport = Phrase(en: "Transport", zh: "传输")
}

/// What the security model does and does not cover, as a list in the report and in `yinhe contract show`.
enum SecurityModelText {
    /// The points that hold for every contract, and those of its join mode and dealer.
    static func points(for contract: Contract?) -> [Phrase] {
        guard let contract else { return points }
        return [Phrase.jointNoiseMethod(contract.privacy.jointNoise.rawValue)] + points
            + (contract.joinMode == .intersectionSum || contract.privacy.jointNoise != .eachParty ? [] : [sharing])
            + (contract.dealer == nil ? [] : [dealing])
    }

    private static let sharing = Phrase(
        en: "Every released number is opened only as the sum of both parties' shares, each with that party's own full noise added "
            + "before. Against a curious party the other one's noise alone gives the stated ε; the price is twice the variance.",
        zh: "每个发布数字都只以双方份额之和的形式打开，打开前双方各自在份额上加足噪声。对好奇的一方，仅凭另一方的噪声即达到所述 ε；代价是方差加倍。")
    private static let dealing = Phrase(
        en: "The dealer sees no data, no share and no result. A dealer that colludes with one party reveals the other's columns to it.",
        zh: "派发方看不到任何数据、份额或结果。若派发方与一方合谋，另一方的数据列即会暴露。")

    static let points: [Phrase] = [
        Phrase(
            en:
                "Semi-honest parties: each follows the protocol and may study everything it receives. A party that deviates "
                    + "from the protocol "
                + "is not detected in every case.",
            zh: "半诚实模型：各方遵守协议，但可以研究收到的一切数据。偏离协议的行为并非都能被发现。"),
        Phrase(
            en:
                "Nobody can check that a table is true or complete: each party chooses its own input. The contract's minimum "
                    + "intersection and "
                + "number of runs limit what made-up keys could probe.",
            zh: "没有人能验证表格是否真实完整：各方自行决定输入。合同规定的最小交集和运行次数限制了用伪造键试探的余地。"),
        Phrase(
            en:
                "The recipients together must not be assumed ignorant of what each learned from the protocol (see above), nor of each "
                    + "other's noise.",
            zh: "如果接收方互通信息，则须同时考虑各方从协议中获知的内容（见上文）以及各自的噪声。"),
        Phrase(
            en:
                "On the network: mutual TLS 1.3, each side pinned to the fingerprint in the contract. An observer sees the "
                    + "amount and the timing "
                + "of traffic, which grow with the set sizes.",
            zh: "网络层：双向 TLS 1.3，双方按合同中的身份指纹相互认证。旁观者能看到通信量和时间，二者随集合规模增长。"),
        Phrase(
            en:
                "ε bounds what the released numbers say about one protected unit over all runs of this contract; it does not "
                    + "bound what other "
                + "releases, under other contracts, say about the same unit.",
            zh: "ε 限定的是本合同所有运行的发布结果对单个保护单位的影响；其他合同下的发布不在其内。"),
    ]
}
