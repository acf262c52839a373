import SandboxCore
import Synchronization
import Transport

extension PSI {
    /// What one party keeps of a run in which only the receiver has learned matches, so that the sender can be told later: the
    /// places of elements in the order in which the sender sent them, which is random and says nothing about either list.
    package enum Pairing: Sendable {
        /// The indices of the receiver's matched tokens, and for each the place of the sender's equal element, in the order of
        /// places.
        case receiver(indices: [UInt32], places: [UInt32], peerSetSize: Int)
        /// For each place the index of the sender's token.
        case sender(order: [UInt32], peerSetSize: Int)
    }
}

extension DHPSI {
    /// Runs one role under `.receiverLearnsMatches` in a session of its own.
    package static func pair(
        _ role: PSI.Role, tokens: [JoinToken], threads: Int, over channel: any Channel, binding: [UInt8],
        progress: ProgressMonitor? = nil
    ) async throws -> PSI.Pairing {
        let input = try Input(tokens: tokens, parameters: Parameters(policy: .receiverLearnsMatches, threads: threads))
        let isSender = role == .sender
        let proposal = try input.proposal(
            role: role.rawValue, peerRole: isSender ? "receiver" : "sender", binding: binding)
        return try await Session.run(over: channel, proposal, progress: progress) { session in
            let exchange = try Exchange(input, session, random: SystemRandom.shared)
            let (found, _) = try await exchange.run(reply: isSender ? .inOrder : .none, expectsReply: !isSender)
            try await exchange.complete(telling: nil, expecting: nil)
            return isSender
                ? .sender(order: exchange.order, peerSetSize: exchange.peerSetSize)
                : exchange.pairing(found)
        }
    }
}

extension DHPSI.Exchange {
    fileprivate func pairing(_ found: Found) -> PSI.Pairing {
        let pairs = found.pairs.sorted { $0.peer < $1.peer }
        return .receiver(
            indices: pairs.map { order[Int($0.own)] }, places: pairs.map(\.peer), peerSetSize: peerSetSize)
    }
}

extension VOLEPSI {
    /// Runs one role under `.receiverLearnsMatches` in a session of its own.
    package static func pair(
        _ role: PSI.Role, tokens: [JoinToken], parameters: Parameters, over channel: any Channel, binding: [UInt8],
        progress: ProgressMonitor? = nil
    ) async throws -> PSI.Pairing {
        precondition(parameters.policy == .receiverLearnsMatches)
        let kept = Mutex<PSI.Pairing?>(nil)
        let keep: @Sendable (PSI.Pairing) -> Void = { pairing in kept.withLock { $0 = pairing } }
        switch role {
        case .sender:
            _ = try await Sender(tokens: tokens, parameters: parameters).run(
                over: channel, binding: binding, progress: progress, random: SystemRandom.shared, pairing: keep)
        case .receiver:
            _ = try await Receiver(tokens: tokens, parameters: parameters).run(
                over: channel, binding: binding, progress: progress, random: SystemRandom.shared, pairing: keep)
        }
        return kept.withLock { $0! }
    }
}

extension VOLEPSI.Comparison {
    func pairing(peerSetSize: Int) -> PSI.Pairing {
        var indices = [UInt32](repeating: 0, count: matchedPlaces.count)
        for (index, rank) in rankByToken.enumerated() where rank != .max { indices[Int(rank)] = UInt32(index) }
        return .receiver(indices: indices, places: matchedPlaces, peerSetSize: peerSetSize)
    }
}
