import HTMLReport

/// A protocol's row of the security chapter and the sentences of its specification that the row says in other words. A test looks for each
/// sentence in the chapter "Security model and leakage" of Protocols/NAME.md, so that neither can change without the other.
package struct SpecifiedProtocol: Sendable {
    package var model: EvaluationDocument.SecurityEvidence.ProtocolModel
    package var quotes: [String]

    init(
        _ name: String, _ title: Phrase, adversary: Phrase, assumptions: Phrase,
        leakage: [EvaluationDocument.SecurityEvidence.ProtocolModel.Leak], quotes: [String]
    ) {
        model = .init(name: name, title: title, adversary: adversary, assumptions: assumptions, leakage: leakage)
        self.quotes = quotes
    }

    /// All specifications that have such a chapter.
    package static let all = intersections + runs + sharing + transfers + encryption + noise + foundations

    static func leak(_ party: Phrase, _ en: String, _ zh: String) -> EvaluationDocument.SecurityEvidence.ProtocolModel.Leak {
        .init(party: party, learns: Phrase(en: en, zh: zh))
    }

    // Parties and models that several rows name.
    static let both = Phrase(en: "both", zh: "双方")
    static let everybody = Phrase(en: "everybody", zh: "各方")
    static let receiver = Phrase(en: "receiver", zh: "接收方")
    static let sender = Phrase(en: "sender", zh: "发送方")
    static let dealer = Phrase(en: "dealer", zh: "分发方")
    static let owner = Phrase(en: "key's owner", zh: "私钥持有方")
    static let observer = Phrase(en: "observer of the network", zh: "网络观察者")
    static let nobody = Phrase(en: "nobody", zh: "无")
    static let semiHonest = Phrase(en: "semi-honest", zh: "半诚实")
    static let either = Phrase(en: "semi-honest or malicious, as chosen", zh: "半诚实或恶意，按选择")
    static let local = Phrase(en: "one party, no peer", zh: "单方，无对方参与")
}
