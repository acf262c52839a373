// What `yinhe psi` prints.

extension Phrase {
    static let psiProtocol = Phrase(en: "Protocol", zh: "协议")
    static let psiWhy = Phrase(en: "Why", zh: "选用理由")
    static let psiProtects = Phrase(en: "Protects against", zh: "防范")
    static let psiOwnRows = Phrase(en: "Own rows", zh: "己方行数")
    static func psiRowKinds(kept: String, empty: String, malformed: String, duplicates: String) -> Phrase {
        Phrase(
            en: "\(kept) used, \(empty) without a key, \(malformed) malformed; \(duplicates) repeat an earlier key",
            zh: "参与 \(kept)，空键 \(empty)，无效键 \(malformed)；重复键的行 \(duplicates)")
    }
    static let psiMatchedRows = Phrase(en: "Matched rows", zh: "匹配行数")
    static func psiHereThere(_ here: String, _ there: String?) -> Phrase {
        Phrase(
            en: "\(here) here" + (there.map { ", \($0) at the peer" } ?? ""), zh: "己方 \(here)" + (there.map { "，对方 \($0)" } ?? "")
        )
    }
    static let psiJoinedRows = Phrase(en: "Joined rows", zh: "连接行数")
    static let psiTime = Phrase(en: "Time", zh: "耗时")
    static func psiPhase(_ name: String) -> Phrase {
        switch name {
        case "read": Phrase(en: "read", zh: "读取")
        case "intersect": Phrase(en: "intersect", zh: "求交")
        case "disclose": Phrase(en: "disclose", zh: "告知结果")
        case "write": Phrase(en: "write", zh: "写出")
        default: Phrase(name)
        }
    }
    static let psiParts = Phrase(en: "Parts", zh: "分块")
    static func psiPartCount(_ count: String, resumed: String, spilled: String) -> Phrase {
        Phrase(
            en: "\(count), of which \(resumed) from an earlier run; \(spilled) on disk",
            zh: "\(count)，其中 \(resumed) 块来自先前的运行；磁盘 \(spilled)")
    }
    static let psiLearned = Phrase(en: "What each party learns", zh: "各方得知什么")
    static let psiReceiver = Phrase(en: "Receiver", zh: "接收方")
    static let psiSender = Phrase(en: "Sender", zh: "发送方")
    static let psiPeerNotFinished = Phrase(
        en:
            "the peer was lost before it said that it has finished; it may have to run again, and this side keeps its --resume "
            + "folder for that",
        zh: "对方在确认完成之前失去连接；对方可能需要重新运行，己方为此保留 --resume 目录")
}
