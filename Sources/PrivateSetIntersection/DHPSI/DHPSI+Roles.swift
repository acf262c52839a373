import SandboxCore
import Transport

extension DHPSI {
    /// The party that contributes its set; it learns matches only under `.bothLearnMatches`.
    public struct Sender: Sendable {
        let input: Input

        /// `tokens` may be empty. Throws `.badInput` when two are equal, `.usage` for parameters out of range.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            input = try Input(tokens: tokens, parameters: parameters)
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> Output {
            try await run(over: channel, binding: binding, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, binding: [UInt8], progress: ProgressMonitor?, random: some RandomSource
        ) async throws -> Output {
            let proposal = try input.proposal(role: "sender", peerRole: "receiver", binding: binding)
            return try await Session.run(over: channel, proposal, progress: progress) { session in
                let exchange = try Exchange(input, session, random: random)
                let both = input.parameters.policy == .bothLearnMatches
                // Rounds 1 to 4 of Protocols/dh-psi.md.
                let found = try await exchange.run(
                    reply: input.parameters.policy == .cardinalityOnly ? .shuffled : .inOrder, expectsReply: both)
                let matches = both ? found.matches : nil
                try await exchange.complete(telling: matches?.count, expecting: matches?.count)
                return Output(matches: matches, cardinality: matches?.count, peerSetSize: exchange.peerSetSize)
            }
        }
    }

    /// The party that always learns something: the matches, or how many there are.
    public struct Receiver: Sendable {
        let input: Input

        /// `tokens` may be empty. Throws `.badInput` when two are equal, `.usage` for parameters out of range.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            input = try Input(tokens: tokens, parameters: parameters)
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> Output {
            try await run(over: channel, binding: binding, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, binding: [UInt8], progress: ProgressMonitor?, random: some RandomSource
        ) async throws -> Output {
            let proposal = try input.proposal(role: "receiver", peerRole: "sender", binding: binding)
            return try await Session.run(over: channel, proposal, progress: progress) { session in
                let exchange = try Exchange(input, session, random: random)
                let both = input.parameters.policy == .bothLearnMatches
                // Rounds 1 to 4 of Protocols/dh-psi.md.
                let found = try await exchange.run(reply: both ? .inOrder : .none, expectsReply: true)
                try await exchange.complete(telling: both ? found.count : nil, expecting: both ? found.count : nil)
                return Output(
                    matches: input.parameters.policy == .cardinalityOnly ? nil : found.matches, cardinality: found.count,
                    peerSetSize: exchange.peerSetSize)
            }
        }
    }

    /// One party's checked set.
    struct Input: Sendable {
        let tokens: [JoinToken]
        let parameters: Parameters

        init(tokens: [JoinToken], parameters: Parameters) throws {
            try parameters.validate()
            guard tokens.count <= DHPSI.maximumSetSize else {
                throw YinheError(.badInput, "\(tokens.count) tokens; at most \(DHPSI.maximumSetSize) are possible")
            }
            if let (first, second) = tokens.withUnsafeBytes({ DigestIndex.firstDuplicate(in: $0) }) {
                throw YinheError(
                    .badInput, "tokens \(first) and \(second) are equal",
                    remedy: "a set holds each key once; remove the duplicates")
            }
            self.tokens = tokens
            self.parameters = parameters
        }

        func proposal(role: String, peerRole: String, binding: [UInt8]) throws -> SessionProposal {
            guard binding.count <= DHPSI.maximumBindingBytes else {
                throw YinheError(.usage, "a binding of \(binding.count) bytes; at most \(DHPSI.maximumBindingBytes) are possible")
            }
            return SessionProposal(
                protocolName: "dh-psi", version: UInt32(DHPSI.version), role: role, peerRole: peerRole,
                parameters: [
                    ("suite", "P256_XMD:SHA-256_SSWU_RO_"), ("result policy", parameters.policy.rawValue),
                    ("binding", binding.hex),
                ],
                announcements: [Announcement.setSize: tokens.count, Announcement.chunk: parameters.chunk])
        }
    }

    enum Announcement {
        static let setSize = "set size"
        static let chunk = "rows per message"
    }
}
