import Arithmetic
import DifferentialPrivacy
import Foundation
import Fusion

// What `yinhe budget` prints, and what a run says of its accounts.

extension Numbers {
    /// An exact number, or its first digits where it is long.
    static func short(_ number: Rational) -> String {
        let exact = number.description
        return exact.count <= 10 ? exact : String(format: "%.3g", number.approximation)
    }
}

extension Phrase {
    static let budgetLimit = Phrase(en: "limit", zh: "上限")
    static let budgetNoLimit = Phrase(en: "none", zh: "无")

    static func budgetPolicy(_ policy: Contract.Privacy.NearIdentical) -> Phrase {
        switch policy {
        case .refuse: Phrase(en: "refuse", zh: "拒绝")
        case .charge: Phrase(en: "charge together", zh: "合并计费")
        }
    }

    static func budgetAccount(_ account: LedgerRecord.Account) -> Phrase {
        switch account.kind {
        case .dataset: Phrase(en: "dataset \(account.name)", zh: "数据集 \(account.name)")
        case .unit: Phrase(en: "unit \(account.name)", zh: "保护单位 \(account.name)")
        case .cohort: Phrase(en: "nearly the same subjects (\(account.name))", zh: "几乎相同的主体（\(account.name)）")
        }
    }

    static func budgetLimitSet(_ limit: LedgerRecord.BudgetLimit, spent: Rational) -> Phrase {
        let account = budgetAccount(limit.account)
        var en = "The \(account[.english]) may cost ", zh = "\(account[.chinese]) 的上限："
        if let epsilon = limit.epsilon {
            let loss = BudgetText.loss(epsilon, limit.delta)
            en += "ε \(loss) in all; \(spent) is spent."
            zh += "ε \(loss)；已用 \(spent)。"
        } else {
            en += "any ε; \(spent) is spent."
            zh += "ε 不限；已用 \(spent)。"
        }
        if let policy = limit.nearIdentical {
            en += " Nearly the same subjects again: \(budgetPolicy(policy)[.english])."
            zh += "主体几乎相同时：\(budgetPolicy(policy)[.chinese])。"
        }
        return Phrase(en: en, zh: zh)
    }

    static func budgetUnknownAccount(_ account: LedgerRecord.Account) -> Phrase {
        Phrase(
            en: "No run has counted on it yet: check that contracts spell it so.", zh: "尚无运行计入该账户：请确认名称与合同一致。")
    }

    private static func distance(_ near: LedgerRecord.CohortUse.NearRun) -> Phrase {
        near.difference == 0
            ? Phrase(en: "the same subjects as", zh: "主体相同")
            : Phrase(en: "about \(near.difference) subjects differ from", zh: "约 \(near.difference) 个主体不同")
    }

    static func budgetNear(_ run: String, _ near: LedgerRecord.CohortUse.NearRun) -> Phrase {
        let distance = distance(near), (own, other) = (run.prefix(8), near.run.prefix(8))
        return Phrase(
            en: "\(own): \(distance[.english]) run \(other); charged together", zh: "\(own)：与运行 \(other) \(distance[.chinese])，合并计费")
    }

    static func budgetShownAgain(_ run: String, _ time: String) -> Phrase {
        Phrase(en: "\(run.prefix(8)): shown again at \(time), no new cost", zh: "\(run.prefix(8))：\(time) 再次给出，无新花费")
    }

    /// One account after a run.
    static func budgetUse(_ use: LedgerRecord.AccountUse) -> Phrase {
        let account = budgetAccount(use.account), spent = BudgetText.loss(use.epsilon, use.delta)
        let limit = use.epsilonLimit.map { BudgetText.loss($0, use.deltaLimit) }
        return Phrase(
            en: "\(account[.english]): ε \(spent) spent" + (limit.map { " of \($0)" } ?? ", no limit"),
            zh: "\(account[.chinese])：已用 ε \(spent)" + (limit.map { "，上限 \($0)" } ?? "，无上限"))
    }

    static func budgetNearRun(_ near: LedgerRecord.CohortUse.NearRun) -> Phrase {
        let distance = distance(near), other = near.run.prefix(12)
        return Phrase(
            en: "Charged together with run \(other): \(distance[.english]) its input, so the two answers together are about those few.",
            zh: "与运行 \(other) 合并计费：两次输入\(distance[.chinese])，两个答案合在一起会指向这少数主体。")
    }

    static func memoised(_ memo: RunReport.Memoised) -> Phrase {
        Phrase(
            en: "memoised: released on \(memo.releasedAt) by run \(memo.run.prefix(12)), no new cost",
            zh: "沿用既有发布：由运行 \(memo.run.prefix(12)) 于 \(memo.releasedAt) 发布，无新花费")
    }

    static let releaseMemory = Phrase(en: "Release", zh: "发布")
    static let deltaTotal = Phrase(en: "Total δ of the contract", zh: "合同 δ 总额")
    static let deltaCharged = Phrase(en: "δ charged by this run", zh: "本次扣除 δ")
    static let deltaRemaining = Phrase(en: "δ remaining", zh: "剩余 δ")
    static let noiseLaw = Phrase(en: "Noise", zh: "噪声")
    static let noiseGaussian = Phrase(en: "discrete Gaussian, a full sample of each party", zh: "离散高斯，双方各一份完整噪声")
    static let otherAccounts = Phrase(en: "Other accounts", zh: "其他账户")
}

// The privacy statement.

extension Phrase {
    static let statementTitle = Phrase(en: "Privacy statement", zh: "隐私保证声明")
    static let statementUnit = Phrase(en: "Unit of privacy", zh: "保护单位")
    static let statementNeighbours = Phrase(en: "Neighbouring data", zh: "相邻数据")
    static let statementLoss = Phrase(en: "Privacy loss", zh: "隐私损失")
    static let statementComposition = Phrase(en: "Composition", zh: "组合方式")
    static let statementTrust = Phrase(en: "Trust model", zh: "信任模型")
    static let statementMechanism = Phrase(en: "Mechanism", zh: "机制")
    static let statementSampler = Phrase(en: "Sampler", zh: "采样器")
    static let statementFloatingPoint = Phrase(en: "Floating-point safety", zh: "浮点安全")
    static let statementIntegers = Phrase(
        en: "data and noise are integers until the numbers are released: no rounding shows through",
        zh: "发布之前数据与噪声均为整数，舍入误差不会泄露信息")

    static func statementNeighbours(_ relation: NeighbouringRelation) -> Phrase {
        switch relation {
        case .addOrRemove: Phrase(en: "one unit with all its rows added or removed", zh: "增加或删除一个单位的全部行")
        case .replace: Phrase(en: "one unit's rows replaced by others", zh: "将一个单位的行替换为其他行")
        }
    }

    static func statementCost(_ cost: PrivacyCost) -> Phrase {
        switch cost {
        case .pure(let epsilon): Phrase("ε \(epsilon), δ 0")
        case .approximate(let epsilon, let delta): Phrase("ε \(epsilon), δ \(delta)")
        case .zeroConcentrated(let rho): Phrase("ρ \(rho) (zCDP)")
        case .local(let epsilon): Phrase(en: "ε \(epsilon) of each report", zh: "每份上报 ε \(epsilon)")
        }
    }

    static func statementTrust(_ trust: PrivacyStatement.TrustModel) -> Phrase {
        switch trust {
        case .central: Phrase(en: "central: whoever runs the mechanism sees the data", zh: "中心化：执行机制的一方可见数据")
        case .local: Phrase(en: "local: every subject adds noise first", zh: "本地化：每个主体先自行加噪")
        case .distributed:
            Phrase(
                en: "distributed: neither party sees the sums; each party's guarantee rests on the other's noise",
                zh: "分布式：任何一方都看不到合计值；对任一方的保证由另一方的噪声提供")
        }
    }
}

// The statement's own sentences are made in English; their parts are known.

extension Phrase {
    static func statementText(_ text: String) -> Phrase {
        let parts = [
            ("each party adds a full sample to every cell: ", "每一方都向每个单元格加入一份完整噪声："),
            ("each party adds half of one sample to every cell: ", "每一方向每个单元格加入一份噪声的一半："),
            ("the parties compute one sample for every cell, known to neither: ", "双方为每个单元格共同计算一份噪声，任何一方都不知其值："),
            ("Polya shares of discrete Laplace (", "离散拉普拉斯的 Polya 份额（"), ("Xiong 2017)", "Xiong 2017）"),
            (
                "discrete Laplace from biased bits on shares, each sample within a statistical distance that delta pays for",
                "由份额上的有偏比特合成的离散拉普拉斯，与精确分布的统计距离计入 δ"
            ),
            ("discrete Laplace, scale ", "离散拉普拉斯，尺度 "), ("discrete Gaussian, sigma^2 ", "离散高斯，σ² "),
            ("exact discrete Laplace (", "精确离散拉普拉斯采样（"), ("exact discrete Gaussian (", "精确离散高斯采样（"),
            ("algorithm 2)", "算法 2）"), ("algorithm 3)", "算法 3）"), ("basic composition of ", "基本组合，输出数 "),
            (" outputs; ", "；"), (" output; ", "；"),
            ("an output's epsilon is divided equally among its measures", "每项输出的 ε 由其各度量均分"),
            (
                "the measures of an output share its rho equally, which is converted to its epsilon and delta",
                "每项输出的各度量均分其 ρ，再换算为该输出的 ε 与 δ"
            ),
        ]
        return Phrase(en: text, zh: parts.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) })
    }
}
