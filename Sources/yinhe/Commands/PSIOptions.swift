import ArgumentParser
import PrivateJoin
import PrivateSetIntersection

/// What `yinhe psi` asks of the other party as well: both sides must give the same.
package struct PSIRequest: Sendable {
    package enum ProtocolName: String, CaseIterable, ExpressibleByArgument, Sendable, Codable {
        case auto, vole
        case voleLowCommunication = "vole-lowcomm"
        case dh
    }

    package enum Join: String, CaseIterable, ExpressibleByArgument, Sendable, Codable {
        case inner, left, right, full, difference
    }
    package enum Reveal: String, CaseIterable, ExpressibleByArgument, Sendable, Codable { case receiver, both, count }
    package enum Order: String, CaseIterable, ExpressibleByArgument, Sendable, Codable { case own, aligned }
    package enum Role: String, CaseIterable, ExpressibleByArgument, Sendable, Codable { case sender, receiver }

    package var protocolName = ProtocolName.auto
    package var malicious = false
    package var join = Join.inner
    package var reveal = Reveal.both
    package var order = Order.own
    package var role = Role.receiver
    package var minimum = 0
    package var writesOutput = true
    /// Whether --columns was given.
    package var choosesColumns = false

    package init() {}
}

/// Why a combination of options is refused, and what to do.
package struct PSIRefusal: Error, Equatable, Sendable {
    package let problem: Phrase
    package let remedy: Phrase
}

extension PSIRequest {
    /// Whether this side learns which of its rows belong to the result, and has something to write.
    package var hasRows: Bool {
        switch reveal {
        case .both: join != .difference || order == .aligned || role == .receiver
        case .receiver: role == .receiver
        case .count: false
        }
    }

    /// The first combination that cannot work, found before any file or connection is opened.
    package var refusal: PSIRefusal? { protocolRefusal ?? joinRefusal ?? outputRefusal }

    private var protocolRefusal: PSIRefusal? {
        if reveal == .count, malicious {
            return PSIRefusal(
                problem: Phrase(
                    en:
                        "--malicious is not possible with --reveal count: only the Diffie-Hellman protocol hides which keys "
                        + "match, and it is semi-honest",
                    zh: "--malicious 不能与 --reveal count 同用：只有 Diffie-Hellman 协议能隐藏哪些键匹配，而它是半诚实的"),
                remedy: Phrase(
                    en: "leave out --malicious, or take --reveal receiver", zh: "去掉 --malicious，或改用 --reveal receiver"))
        }
        if reveal == .count, protocolName == .vole || protocolName == .voleLowCommunication {
            return PSIRefusal(
                problem: Phrase(
                    en: "--reveal count is not possible with --protocol \(protocolName.rawValue): that protocol always tells the "
                        + "receiver which keys match",
                    zh: "--reveal count 不能与 --protocol \(protocolName.rawValue) 同用：该协议必然让接收方得知哪些键匹配"),
                remedy: Phrase(en: "take --protocol dh or auto", zh: "改用 --protocol dh 或 auto"))
        }
        if malicious, protocolName == .dh {
            return PSIRefusal(
                problem: Phrase(
                    en: "--malicious is not possible with --protocol dh, which is semi-honest",
                    zh: "--malicious 不能与 --protocol dh 同用，后者是半诚实协议"),
                remedy: Phrase(en: "take --protocol vole or auto", zh: "改用 --protocol vole 或 auto"))
        }
        return nil
    }

    private var joinRefusal: PSIRefusal? {
        if reveal == .count, join != .inner {
            return PSIRefusal(
                problem: Phrase(
                    en: "--join \(join.rawValue) asks for rows, and with --reveal count nobody learns which rows match",
                    zh: "--join \(join.rawValue) 需要输出行，而 --reveal count 时没有人得知哪些行匹配"),
                remedy: Phrase(en: "leave out --join, or take --reveal both", zh: "去掉 --join，或改用 --reveal both"))
        }
        if reveal == .receiver, join == .right || join == .full {
            return PSIRefusal(
                problem: Phrase(
                    en:
                        "--join \(join.rawValue) keeps rows of the sender, and with --reveal receiver only the receiver gets a "
                        + "result",
                    zh: "--join \(join.rawValue) 会保留发送方的行，而 --reveal receiver 时只有接收方得到结果"),
                remedy: Phrase(
                    en: "take --reveal both, or --join inner, left or difference",
                    zh: "改用 --reveal both，或 --join inner、left、difference"))
        }
        if order == .aligned, reveal != .both {
            return PSIRefusal(
                problem: Phrase(
                    en: "--order aligned lines up two output files, and with --reveal \(reveal.rawValue) there are not two",
                    zh: "--order aligned 用于让两份输出逐行对应，而 --reveal \(reveal.rawValue) 时并没有两份输出"),
                remedy: Phrase(en: "take --reveal both, or leave out --order", zh: "改用 --reveal both，或去掉 --order"))
        }
        return nil
    }

    private var outputRefusal: PSIRefusal? {
        if writesOutput, !hasRows { return nothingToWrite }
        if choosesColumns, !writesOutput {
            return PSIRefusal(
                problem: Phrase(
                    en: "--columns chooses what goes to --out, and there is no --out", zh: "--columns 用于选择写入 --out 的列，但没有给出 --out"
                ),
                remedy: Phrase(en: "give --out, or leave out --columns", zh: "给出 --out，或去掉 --columns"))
        }
        if minimum < 0 {
            return PSIRefusal(
                problem: Phrase(en: "--minimum is \(minimum)", zh: "--minimum 为 \(minimum)"),
                remedy: Phrase(en: "give 0 (no minimum) or more", zh: "请给出 0（不设最小值）或更大的数"))
        }
        return nil
    }
}

extension PSIRequest {
    private var nothingToWrite: PSIRefusal {
        switch reveal {
        case .count:
            PSIRefusal(
                problem: Phrase(
                    en: "with --reveal count nobody learns which rows match, so there is nothing to write to --out",
                    zh: "使用 --reveal count 时没有人得知哪些行匹配，--out 无内容可写"),
                remedy: Phrase(en: "leave out --out", zh: "去掉 --out"))
        case .receiver:
            PSIRefusal(
                problem: Phrase(
                    en: "with --reveal receiver the sender learns nothing, so there is nothing to write to --out",
                    zh: "使用 --reveal receiver 时 sender 不获知结果，--out 无内容可写"),
                remedy: Phrase(en: "leave out --out, or take --role receiver", zh: "去掉 --out，或改用 --role receiver"))
        case .both:
            PSIRefusal(
                problem: Phrase(
                    en: "--join difference holds rows of the receiver only, so the sender has nothing to write to --out",
                    zh: "--join difference 只含接收方的行，发送方的 --out 无内容可写"),
                remedy: Phrase(en: "leave out --out, or take --role receiver", zh: "去掉 --out，或改用 --role receiver"))
        }
    }
}

// The command's names and the library's are the same words; a switch keeps them apart on purpose, so that the library may add a
// case without the command line growing one unnoticed.

extension PSIRequest.ProtocolName {
    var value: PSI.ProtocolChoice {
        switch self {
        case .auto: .auto
        case .vole: .vole
        case .voleLowCommunication: .voleLowCommunication
        case .dh: .dh
        }
    }
}

extension PSIRequest.Join {
    var value: PrivateJoin.JoinType {
        switch self {
        case .inner: .inner
        case .left: .left
        case .right: .right
        case .full: .full
        case .difference: .difference
        }
    }
}

extension PSIRequest.Reveal {
    var value: PrivateJoin.Reveal {
        switch self {
        case .receiver: .receiver
        case .both: .both
        case .count: .count
        }
    }
}

extension PSIRequest.Order {
    var value: PrivateJoin.RowOrder {
        switch self {
        case .own: .own
        case .aligned: .aligned
        }
    }
}
