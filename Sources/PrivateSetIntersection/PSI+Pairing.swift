import SandboxCore
import Transport

extension PSI {
    /// What one party keeps of a run in which only the receiver has learned matches, so that the sender can be told later: the
    /// places of elements in the order in which the sender sent them, which is random and says nothing about either list.
    package enum Pairing: Sendable {
        /// The indices of the receiver's matched tokens, and for each the place of the sender's equal element.
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
            let found = try await exchange.run(reply: isSender ? .inOrder : .none, expectsReply: !isSender)
            try await exchange.complete(telling: nil, expecting: nil)
            return isSender
                ? .sender(order: exchange.order, peerSetSize: exchange.peerSetSize)
                : .receiver(
                    indices: found.matches.map { UInt32($0) }, places: found.places, peerSetSize: exchange.peerSetSize)
        }
    }
}
