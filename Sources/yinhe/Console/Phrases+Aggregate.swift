import SandboxCore
import SecureAggregation

// What `yinhe aggregate` prints.

extension Phrase {
    static let aggregateContributor = Phrase(en: "Contributor", zh: "贡献方")
    static let aggregateWeight = Phrase(en: "Weight", zh: "权重")
    static let aggregateDigest = Phrase(en: "Digest", zh: "摘要")
    static let aggregateKey = Phrase(en: "Paillier key", zh: "Paillier 密钥")
    static let aggregateKeyFingerprint = Phrase(en: "Key fingerprint", zh: "密钥指纹")
    static let aggregateSharing = Phrase(en: "Sharing", zh: "共享指纹")
    static let aggregatePublicFile = Phrase(en: "For everybody", zh: "公开文件")
    static let aggregateSecretFile = Phrase(en: "Keep secret", zh: "保密文件")
    static let aggregateSubmission = Phrase(en: "Submission", zh: "提交文件")
    static let aggregateSize = Phrase(en: "Size", zh: "规模")
    static let aggregateFile = Phrase(en: "Aggregate", zh: "汇总文件")
    static let aggregateCollected = Phrase(en: "Collected", zh: "已收集")
    static let aggregateMissing = Phrase(en: "Missing", zh: "尚缺")
    static let aggregateHolder = Phrase(en: "Opened by", zh: "解开者")
    static let aggregateShare = Phrase(en: "Decryption share", zh: "解密份额")
    static let aggregateResult = Phrase(en: "Result", zh: "结果")
    static let aggregateReleased = Phrase(en: "Released", zh: "发布内容")

    static func aggregateCells(_ cells: Int, _ ciphertexts: Int) -> Phrase {
        let (a, b) = (Numbers.grouped(cells), Numbers.grouped(ciphertexts))
        return Phrase(en: "\(a) values in \(b) ciphertexts", zh: "\(a) 个数值，\(b) 个密文")
    }
    static func aggregateReleasedCells(_ rows: Int, _ columns: [String]) -> Phrase {
        let names = columns.joined(separator: ", ")
        return Phrase(
            en: "exact sums of \(names), \(Numbers.grouped(rows)) rows", zh: "\(names) 的精确合计，共 \(Numbers.grouped(rows)) 行")
    }
    static func aggregateIgnored(_ columns: [String]) -> Phrase {
        let names = columns.joined(separator: ", ")
        return Phrase(en: "Not in the contract, left out: \(names)", zh: "合同未列、已忽略的列：\(names)")
    }
    static func aggregateNoKeyProof(_ path: String) -> Phrase {
        Phrase(
            en: "nothing shows that the key is well formed: \(path) is not there; ask the key holder for it",
            zh: "缺少密钥构造正确的证明：\(path) 不存在，请向密钥持有方索取")
    }
    static func aggregateAccepted(_ path: String, _ accepted: SubmissionCollection.Accepted) -> Phrase {
        switch accepted.outcome {
        case .accepted: Phrase(en: "\(path): accepted from \(accepted.contributor)", zh: "\(path)：已接受 \(accepted.contributor) 的提交")
        case .alreadyThere: Phrase(en: "\(path): was there already", zh: "\(path)：此前已接受")
        case .replaced:
            Phrase(
                en: "\(path): replaces the earlier one of \(accepted.contributor)", zh: "\(path)：已替换 \(accepted.contributor) 较早的提交")
        }
    }
    static func aggregateRefused(_ path: String, _ error: YinheError) -> Phrase {
        let reason = error.remedy.isEmpty ? error.message : "\(error.message) -> \(error.remedy)"
        return Phrase(en: "\(path) refused: \(reason)", zh: "\(path) 被拒绝：\(reason)")
    }
    static let aggregateSumUnchecked = Phrase(
        en: "That the aggregate is the sum of the submissions was not checked: give all of them with --submission.",
        zh: "未核对汇总确为各份提交之和：请用 --submission 给出全部提交。")

    static func aggregateCheck(_ name: String) -> Phrase {
        switch name {
        case "submission": Phrase(en: "submission", zh: "提交")
        case "aggregate": Phrase(en: "aggregate", zh: "汇总")
        case "inclusion": Phrase(en: "included", zh: "已包含")
        case "sum": Phrase(en: "sum of all submissions", zh: "确为全部提交之和")
        case "opening": Phrase(en: "opening and result", zh: "解密证明与结果")
        case "joint-opening": Phrase(en: "decryption shares and result", zh: "解密份额与结果")
        default: Phrase(name)
        }
    }
}
