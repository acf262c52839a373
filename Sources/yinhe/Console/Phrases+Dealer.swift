import SandboxCore

// What `yinhe dealer` prints.

extension Phrase {
    static let dealerLearns = Phrase(
        en:
            "The dealer learns who computes with whom, when, and which kinds and numbers of correlations they ask for; no input, "
                + "no share, no result.",
        zh: "派发方得知谁与谁在何时计算、请求的关联随机数的种类与数量；不接触任何输入、份额和结果。")
    static func dealerJoined(_ job: String, _ party: Int, _ name: String, _ peer: String) -> Phrase {
        Phrase(
            en: "Job \(job.prefix(16)): party \(party) (\(name)) has come from \(peer).",
            zh: "任务 \(job.prefix(16))：参与方 \(party)（\(name)）已连接，来自 \(peer)。")
    }
    static func dealerEnded(_ job: String) -> Phrase {
        Phrase(en: "Job \(job.prefix(16)) is over.", zh: "任务 \(job.prefix(16)) 已完成。")
    }
    static func dealerFailed(_ job: String, _ error: YinheError) -> Phrase {
        let what = error.place.isEmpty ? error.message : "\(error.place): \(error.message)"
        return Phrase(en: "job \(job.prefix(16)) failed: \(what)", zh: "任务 \(job.prefix(16)) 失败：\(what)")
    }
    static func dealerJob(_ job: String, _ names: [String]) -> Phrase {
        Phrase(
            en: "Job \(job.prefix(16)): \(names.joined(separator: ", "))", zh: "任务 \(job.prefix(16))：\(names.joined(separator: "、"))")
    }
    static let dealerKind = Phrase(en: "Correlations", zh: "关联随机数")
    static let dealerItems = Phrase(en: "Items", zh: "数量")
}
