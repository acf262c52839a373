import CYinhe
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@_cdecl("yinhe_normalize_key")
public func normalizeKey(_ kind: CText?, _ key: CText?, _ canonical: CTextResult?, _ message: CTextResult?) -> Int32 {
    canonical?.pointee = nil
    return Call.run(message) {
        let out = try Call.required(canonical, "canonical")
        let normalizer = try JoinKeyNormalizer(named: try Call.text(kind, "kind"))
        switch normalizer.normalize(try Call.text(key, "key")) {
        case .valid(let text): out.pointee = strdup(text)
        case .empty: break
        case .malformed(let reason): throw YinheError(.badInput, "not a valid \(normalizer) key: \(reason)")
        }
    }
}

@_cdecl("yinhe_intersect")
public func intersect(
    _ channel: CHandle?, _ role: Int32, _ policy: Int32, _ kind: CText?, _ keys: UnsafePointer<CText?>?, _ keyCount: Int,
    _ minimum: UInt64, _ matches: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>?, _ matchCount: UnsafeMutablePointer<Int>?,
    _ peerSize: UnsafeMutablePointer<UInt64>?, _ message: CTextResult?
) -> Int32 {
    matches?.pointee = nil
    matchCount?.pointee = 0
    peerSize?.pointee = 0
    return Call.run(message) {
        let list = try KeyList(try Call.elements(keys, keyCount, "keys"), JoinKeyNormalizer(named: try Call.text(kind, "kind")))
        let open = try Call.object(channel, "channel", as: SocketChannel.self)
        let output = try intersection(open, role, policy, list, minimum)
        let rows = list.rows(of: output.matches ?? [])
        matches?.pointee = Call.copy(rows)
        matchCount?.pointee = rows.count
        peerSize?.pointee = UInt64(output.peerSetSize)
    }
}

/// The distinct canonical keys of a list, and the place of each list entry among them.
private struct KeyList {
    let normalizer: JoinKeyNormalizer
    private(set) var tokens: [JoinToken] = []
    private var tokenOfRow: [Int?] = []

    init(_ keys: UnsafeBufferPointer<CText?>, _ normalizer: JoinKeyNormalizer) throws {
        self.normalizer = normalizer
        var places: [JoinToken: Int] = [:]
        for key in keys {
            guard case .valid(let canonical) = normalizer.normalize(try Call.text(key, "keys")) else {
                tokenOfRow.append(nil)
                continue
            }
            let token = JoinToken(canonical)
            let place = places[token] ?? tokens.count
            if place == tokens.count {
                places[token] = place
                tokens.append(token)
            }
            tokenOfRow.append(place)
        }
    }

    func rows(of matches: [Int]) -> [UInt64] {
        let matched = Set(matches)
        return tokenOfRow.indices.filter { tokenOfRow[$0].map(matched.contains) ?? false }.map(UInt64.init)
    }
}

private func intersection(
    _ channel: SocketChannel, _ role: Int32, _ policy: Int32, _ list: KeyList, _ minimum: UInt64
) throws -> PSI.Output {
    guard role == YINHE_SENDER || role == YINHE_RECEIVER else {
        throw YinheError(.usage, "\(role) is neither YINHE_SENDER nor YINHE_RECEIVER")
    }
    guard policy == YINHE_RECEIVER_LEARNS || policy == YINHE_BOTH_LEARN else {
        throw YinheError(.usage, "\(policy) is neither YINHE_RECEIVER_LEARNS nor YINHE_BOTH_LEARN")
    }
    guard minimum <= UInt64(Int32.max) else { throw YinheError(.usage, "a minimum of \(minimum) keys is too large") }
    let isSender = role == YINHE_SENDER
    let options = PSI.Options(
        policy: policy == YINHE_BOTH_LEARN ? .bothLearnMatches : .receiverLearnsMatches, minimumIntersection: Int(minimum))
    // A session of its own names what differs in words; the intersection's own handshake follows.
    let proposal = SessionProposal(
        protocolName: "yinhe/c-intersection", version: 1, role: isSender ? "sender" : "receiver",
        peerRole: isSender ? "receiver" : "sender",
        parameters: [
            ("key normaliser", list.normalizer.description), ("result policy", options.policy.rawValue),
            ("minimum intersection", "\(minimum)"),
        ])
    let tokens = list.tokens
    return try Call.blocking {
        try await Session.run(over: channel, proposal) { _ in }
        return isSender
            ? try await PSI.Sender(tokens: tokens, options: options).run(over: channel).output
            : try await PSI.Receiver(tokens: tokens, options: options).run(over: channel).output
    }
}
