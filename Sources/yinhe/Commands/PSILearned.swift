/// What each party of `yinhe psi` learns under given options, and against whom the protocol protects.
package struct PSILearned: Sendable {
    package let receiver: [Phrase]
    package let sender: [Phrase]

    package init(_ request: PSIRequest) {
        receiver = Self.receiver(request)
        sender = Self.sender(request)
    }

    private static func receiver(_ request: PSIRequest) -> [Phrase] {
        var out = [size(of: Phrase(en: "the sender", zh: "发送方"))]
        guard request.reveal != .count else {
            out.append(
                Phrase(en: "exactly how many keys are common, and not which", zh: "共有键的确切数量，但不知道是哪些"))
            return out
        }
        out.append(matches)
        if request.reveal == .both { out.append(totals(of: Phrase(en: "the sender's", zh: "发送方"))) }
        if request.order == .aligned {
            out.append(multiplicity(of: Phrase(en: "the sender", zh: "发送方")))
            if request.join == .right || request.join == .full {
                out.append(unmatched(of: Phrase(en: "the sender's", zh: "发送方")))
            }
        }
        return out
    }

    private static func sender(_ request: PSIRequest) -> [Phrase] {
        var out = [size(of: Phrase(en: "the receiver", zh: "接收方"))]
        guard request.reveal == .both else {
            if request.minimum > 0 { out.append(minimum) }
            out.append(Phrase(en: "nothing about which keys are common, nor how many", zh: "对共有哪些键、有多少共有键一无所知"))
            return out
        }
        out.append(matches)
        out.append(totals(of: Phrase(en: "the receiver's", zh: "接收方")))
        if request.order == .aligned {
            out.append(multiplicity(of: Phrase(en: "the receiver", zh: "接收方")))
            if request.join == .left || request.join == .full || request.join == .difference {
                out.append(unmatched(of: Phrase(en: "the receiver's", zh: "接收方")))
            }
        }
        return out
    }

    private static func size(of party: Phrase) -> Phrase {
        Phrase(
            en: "how many rows with a key \(party.en) has, rounded up; how many different keys, when the job has one part",
            zh: "\(party.zh)有多少行带有键（向上取整）；任务只有一块时还有不同的键数")
    }
    private static let matches = Phrase(
        en: "which of its own rows have a key that the other side has too", zh: "己方哪些行的键对方也有")
    private static func totals(of party: Phrase) -> Phrase {
        Phrase(
            en: "how many of \(party.en) rows match", zh: "\(party.zh)有多少行匹配")
    }
    private static func multiplicity(of party: Phrase) -> Phrase {
        Phrase(en: "how many rows \(party.en) has for each common key", zh: "每个共有键在\(party.zh)有多少行")
    }
    private static func unmatched(of party: Phrase) -> Phrase {
        Phrase(
            en: "how many of \(party.en) rows have no match", zh: "\(party.zh)有多少行没有匹配")
    }
    private static let minimum = Phrase(
        en: "whether the number of common keys reaches the minimum", zh: "共有键的数量是否达到最小值")

    package static func adversary(malicious: Bool) -> Phrase {
        malicious
            ? Phrase(
                en: "a peer that breaks the protocol in any way (malicious); it can still lie about its own file",
                zh: "以任何方式违反协议的对方（恶意模型）；对方仍可谎报自己的文件")
            : Phrase(
                en: "a peer that follows the protocol and studies what it sees (semi-honest)",
                zh: "遵守协议、但会研究所见一切的对方（半诚实模型）")
    }
}
