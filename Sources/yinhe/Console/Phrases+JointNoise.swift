import Foundation
import Fusion

// Who made the noise, and whom it protects against whom.

extension Phrase {
    static let jointNoiseTitle = Phrase(en: "Noise: who is protected against whom", zh: "噪声：对谁有多强的保护")
    static let jointNoise = Phrase(en: "Joint noise", zh: "联合加噪")
    static let againstOutsiders = Phrase(en: "against outsiders", zh: "对外部观察者")
    static let againstEachParty = Phrase(en: "against each party", zh: "对每个参与方")
    static let bothSamples = Phrase(en: "outsiders, at a small δ", zh: "对外部观察者（小 δ 下）")

    static func jointNoiseMethod(_ method: String) -> Phrase {
        switch method {
        case "divisible":
            Phrase(
                en: "divisible: each party adds half of one sample; against whoever knows its own half the other half alone protects",
                zh: "可分噪声：双方各加一个样本的一半；对知道自己那一半的一方，只有另一半起保护作用")
        case "computed":
            Phrase(
                en: "computed: one sample for each cell, made on shares of random bits and known to neither party",
                zh: "计算生成：每个单元格一个样本，由秘密分享的随机比特在计算中生成，双方均不知道")
        default:
            Phrase(
                en: "each party: a full sample from each, so that either one's noise alone protects against the other party",
                zh: "各自加噪：双方各加一个完整样本，仅凭任一方的噪声即可防范另一方")
        }
    }

    static func guarantee(_ guarantee: JointNoiseStatement.Guarantee) -> String {
        "ε \(Numbers.significant(guarantee.epsilon))" + (guarantee.delta > 0 ? ", δ \(String(format: "%.2g", guarantee.delta))" : "")
    }

    static func jointNoiseNote(_ statement: JointNoiseStatement) -> Phrase {
        if let bits = statement.distanceBits {
            return Phrase(
                en: "Each computed sample is within statistical distance 2^-\(bits) of the discrete Laplace law; δ covers that for all cells.",
                zh: "每个计算生成的样本与离散拉普拉斯分布的统计距离不超过 2^-\(bits)；δ 已覆盖全部单元格。")
        }
        if statement.method == "divisible" {
            return Phrase(
                en: "The budget counts the guarantee against outsiders. A party learns more: the right-hand figure, exact for the law that is left.",
                zh: "预算按对外部观察者的保证计算。参与方能推断得更多：以右侧数值为准，由剩余噪声的精确分布算出。")
        }
        return Phrase(
            en: "An outsider faces the noise of both parties: never less, and at a small δ a smaller ε.",
            zh: "外部观察者面对双方噪声之和：保护不会更弱，在小 δ 下 ε 更小。")
    }
}
