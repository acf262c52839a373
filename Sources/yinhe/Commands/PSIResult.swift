import PrivateJoin
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

/// The result of `yinhe psi`, as JSON and as text.
struct PSIResult {
    let request: PSIRequest
    let out: String?
    let report: PrivateJoin.Report

    /// What --json prints. A count that this party does not learn is absent.
    struct Document: Codable {
        struct Choice: Codable {
            var requested: PSIRequest.ProtocolName
            var used: PSI.ProtocolChoice
            var adversary: PSI.Adversary
            /// Why; absent when the protocol was named.
            var why: String?
            var link: PSI.CostModel.Link?
            /// Predictions for every protocol; absent when the protocol was named.
            var predictions: [Prediction]?
        }
        struct Prediction: Codable {
            var `protocol`: PSI.ProtocolChoice
            /// Absent where the protocol cannot do what was asked; `obstacle` says why.
            var seconds: Double?
            var bytes: Int
            var obstacle: String?
        }
        struct Learned: Codable {
            var receiver: [String]
            var sender: [String]
        }

        var role: PSIRequest.Role
        var join: PSIRequest.Join
        var reveal: PSIRequest.Reveal
        var order: PSIRequest.Order
        var minimum: Int
        var `protocol`: Choice
        var protectsAgainst: String
        var learned: Learned
        var input: InputReport
        var peerSetSize: Int
        /// Distinct common keys.
        var intersection: Int?
        /// Rows with a match, of this party and of the other.
        var matchedRows: Int?
        var peerMatchedRows: Int?
        /// Rows of the SQL inner join; with `--order own` absent unless the matched keys of one side do not repeat.
        var joinedRows: Int?
        var out: String?
        var outRows: Int?
        var outSHA256: String?
        var parts: Int
        var resumedParts: Int
        var spilledBytes: Int
        var traffic: Traffic
        /// Wall seconds by phase.
        var seconds: [String: Double]
        /// False when the peer was lost after this side had its result; the resume folder is then kept.
        var peerFinished: Bool
    }

    private var isReceiver: Bool { request.role == .receiver }
    private var matchedHere: Int? {
        request.reveal == .count ? nil : isReceiver ? report.matchedRowsLeft : report.matchedRowsRight
    }
    private var matchedThere: Int? { isReceiver ? report.matchedRowsRight : report.matchedRowsLeft }
    private var learned: PSILearned { PSILearned(request) }

    private func document(_ console: Console) -> Document {
        let predictions = report.decision?.estimates.map {
            Document.Prediction(
                protocol: $0.choice, seconds: $0.seconds, bytes: $0.bytesToSender + $0.bytesToReceiver,
                obstacle: $0.obstacle?.rawValue)
        }
        return Document(
            role: request.role, join: request.join, reveal: request.reveal, order: request.order, minimum: request.minimum,
            protocol: .init(
                requested: request.protocolName, used: report.protocolUsed,
                adversary: request.malicious ? .malicious : .semiHonest,
                why: report.explanation.isEmpty ? nil : report.explanation, link: report.decision?.link,
                predictions: predictions),
            protectsAgainst: console.text(PSILearned.adversary(malicious: request.malicious)),
            learned: .init(receiver: learned.receiver.map(console.text), sender: learned.sender.map(console.text)),
            input: report.input, peerSetSize: report.peerSize, intersection: report.matchedKeys, matchedRows: matchedHere,
            peerMatchedRows: matchedThere, joinedRows: report.joinedRows, out: out, outRows: report.outputRows,
            outSHA256: report.outputSHA256, parts: report.buckets, resumedParts: report.resumedBuckets,
            spilledBytes: report.spilledBytes, traffic: report.traffic, seconds: report.seconds,
            peerFinished: report.peerFinished)
    }

    func show(_ console: Console) throws {
        try console.emit(document(console))
        try showProtocol(console)
        try showInput(console)
        try showCounts(console)
        try showCost(console)
        try showLearned(console)
        if !report.peerFinished { console.warn(.psiPeerNotFinished) }
    }

    private func showProtocol(_ console: Console) throws {
        let asked = request.protocolName == .auto ? " (auto)" : ""
        try console.fact(.psiProtocol, report.protocolUsed.rawValue + asked)
        for (i, line) in reasons.enumerated() { try console.fact(i == 0 ? .psiWhy : Phrase(""), console.text(line)) }
        try console.fact(.psiProtects, console.text(PSILearned.adversary(malicious: request.malicious)))
    }

    /// Why the protocol was chosen; nothing when it was named.
    private var reasons: [Phrase] {
        if let decision = report.decision { return PSIChoiceText(decision).lines }
        if request.protocolName == .auto, request.reveal == .count {
            return [
                Phrase(en: "only dh can count without telling which keys are common", zh: "只有 dh 能只计数而不透露共有哪些键")
            ]
        }
        return report.explanation.split(separator: "\n").map { Phrase(String($0)) }
    }

    private func showInput(_ console: Console) throws {
        let input = report.input
        try console.fact(.psiOwnRows, Numbers.grouped(input.rows) + "  " + input.encoding)
        try console.fact(
            Phrase(""),
            console.text(
                .psiRowKinds(
                    kept: Numbers.grouped(input.keptRows), empty: Numbers.grouped(input.emptyKeys),
                    malformed: Numbers.grouped(input.malformedKeys), duplicates: Numbers.grouped(input.duplicateRows))))
        try console.fact(Phrase(en: "Own keys", zh: "己方键数"), Numbers.grouped(input.distinctKeys))
    }

    private func showCounts(_ console: Console) throws {
        try console.fact(Phrase(en: "Peer's keys", zh: "对方键数"), Numbers.grouped(report.peerSize))
        if let count = report.matchedKeys {
            try console.fact(Phrase(en: "In common", zh: "共有"), Numbers.grouped(count))
        } else {
            try console.fact(
                Phrase(en: "In common", zh: "共有"), console.text(Phrase(en: "only the receiver learns it", zh: "只有接收方获知")))
        }
        if let here = matchedHere {
            try console.fact(
                .psiMatchedRows, console.text(.psiHereThere(Numbers.grouped(here), matchedThere.map { Numbers.grouped($0) })))
        }
        if let joined = report.joinedRows { try console.fact(.psiJoinedRows, Numbers.grouped(joined)) }
        if let out {
            try console.fact(
                Phrase(en: "Written", zh: "已写出"), out + (report.outputRows.map { " (\(Numbers.grouped($0)))" } ?? ""))
        }
    }

    private func showCost(_ console: Console) throws {
        let bytes = report.traffic.bytesSent + report.traffic.bytesReceived
        try console.fact(.traffic, "\(Numbers.bytes(bytes)), \(console.text(.rounds(report.traffic.rounds)))")
        let order = ["read", "intersect", "disclose", "write"]
        let phases = report.seconds.sorted { a, b in
            let (i, j) = (order.firstIndex(of: a.key) ?? order.count, order.firstIndex(of: b.key) ?? order.count)
            return i == j ? a.key < b.key : i < j
        }
        try console.fact(
            .psiTime, phases.map { "\(console.text(.psiPhase($0.key))) \(Numbers.seconds($0.value))" }.joined(separator: ", "))
        if report.buckets > 1 || report.resumedBuckets > 0 {
            try console.fact(
                .psiParts,
                console.text(
                    .psiPartCount(
                        Numbers.grouped(report.buckets), resumed: Numbers.grouped(report.resumedBuckets),
                        spilled: Numbers.bytes(report.spilledBytes))))
        }
    }

    private func showLearned(_ console: Console) throws {
        try console.heading(.psiLearned)
        for (party, lines) in [(Phrase.psiReceiver, learned.receiver), (Phrase.psiSender, learned.sender)] {
            let isHere = isReceiver == (party == .psiReceiver)
            let name = isHere ? Phrase(en: "\(party.en) (here)", zh: "\(party.zh)（己方）") : party
            for (i, line) in lines.enumerated() { try console.fact(i == 0 ? name : Phrase(""), console.text(line)) }
        }
    }
}

/// Why `auto` took its choice, in both languages.
struct PSIChoiceText {
    let lines: [Phrase]

    init(_ decision: PSI.CostModel.Decision) {
        let link = decision.link
        func rate(_ bytesPerSecond: Double) -> String { Numbers.significant(bytesPerSecond * 8 / 1e6) + " Mb/s" }
        let delay = Numbers.significant(link.roundTrip * 1000) + " ms"
        let (up, down) = (rate(link.toSender), rate(link.toReceiver))
        var lines = [
            Phrase(
                en: "measured link: round trip \(delay), \(up) to the sender, \(down) to the receiver",
                zh: "实测链路：往返 \(delay)，至发送方 \(up)，至接收方 \(down)")
        ]
        for estimate in decision.estimates {
            let name = estimate.choice.rawValue
            guard let seconds = estimate.seconds else {
                lines.append(
                    Phrase(en: "\(name): \(estimate.obstacle?.rawValue ?? "")", zh: "\(name)：" + Self.obstacle(estimate)))
                continue
            }
            let bytes = Numbers.bytes(estimate.bytesToSender + estimate.bytesToReceiver)
            let chosen = estimate.choice == decision.choice
            lines.append(
                Phrase(
                    en: "\(name): \(Numbers.seconds(seconds)) predicted, \(bytes)" + (chosen ? ", chosen" : ""),
                    zh: "\(name)：预计 \(Numbers.seconds(seconds))，\(bytes)" + (chosen ? "，选用" : "")))
        }
        self.lines = lines
    }

    private static func obstacle(_ estimate: PSI.CostModel.Estimate) -> String {
        switch estimate.obstacle {
        case .cannotCount: "无法只计数而不透露是哪些"
        case .semiHonestOnly: "只适用于半诚实的对方"
        case .tooManyTokens: "一次运行容不下这么多令牌"
        case nil: "不可用"
        }
    }
}
