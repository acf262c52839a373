import Fusion

// Notes below released outputs, by their stable codes.

extension Phrase {
    static func note(_ note: ReleasedOutput.Note) -> Phrase {
        func value(_ i: Int) -> String { i < note.values.count ? note.values[i] : "?" }
        let zh =
            switch note.code {
            case "variance-approximate": "均值和方差的区间是噪声影响的一阶近似。"
            case "quantile-rank":
                "分位数 \(value(0))：其所在分箱上沿的秩在 \(value(1)) 与 \(value(2)) 之间（约 95 %）；分箱内部按均匀分布插值。"
            case "regression-approximate": "区间只反映发布合计中噪声的影响（一阶近似），不反映主体抽样。"
            case "regression-ridge":
                "加噪矩阵病态：已在对角线上按每个主体 \(value(0)) 加入岭项，系数因此向 0 收缩，区间未计入这一偏差。"
            case "cohort-withheld":
                value(0) == "0"
                    ? "\(value(1)) 个分组的加噪主体数均不低于合同约定的最小群组 \(value(2))，全部发布。"
                    : "\(value(1)) 个分组中有 \(value(0)) 个不予发布：加噪后的主体数低于合同约定的最小群组 \(value(2))。"
            case "quantile-bins": "区间包含真实分位数所在的整个分箱；分箱内部按均匀分布插值。"
            case "chi-square": "卡方统计量由发布的单元格算出，自由度 \(value(0))；仅噪声就约使其增加 \(value(1))，请比较超出的部分。"
            default: note.text
            }
        return Phrase(en: note.text, zh: zh)
    }

    /// The title of a key column; data columns keep their names.
    static func keyColumn(_ name: String) -> Phrase {
        switch name {
        case "probability": Phrase(en: "probability", zh: "概率")
        case "term": Phrase(en: "term", zh: "项")
        default: Phrase(name)
        }
    }
}
