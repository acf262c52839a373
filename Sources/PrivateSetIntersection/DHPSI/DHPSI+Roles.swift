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
                let both = input.parameters.policy == .bothLearnMatches, minimum = input.parameters.minimumIntersection
                let counts = input.parameters.policy == .cardinalityOnly
                // Rounds 1 to 4 of Protocols/dh-psi.md.
                var (found, incoming) = try await exchange.run(
                    reply: counts || minimum > 0 ? .shuffled : .inOrder, expectsReply: both && minimum == 0)
                if minimum > 0, !counts { found = try await exchange.openOrder(incoming, both: both) }
                try await exchange.complete(telling: both ? found.count : nil, expecting: both ? found.count : nil)
                guard both else { return Output(matches: nil, cardinality: nil, peerSetSize: exchange.peerSetSize) }
                return exchange.output(found, rank: \.own)
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
                let both = input.parameters.policy == .bothLearnMatches, minimum = input.parameters.minimumIntersection
                let counts = input.parameters.policy == .cardinalityOnly
                // Rounds 1 to 4 of Protocols/dh-psi.md.
                var (found, incoming) = try await exchange.run(reply: both && minimum == 0 ? .inOrder : .none, expectsReply: true)
                try exchange.checkMinimum(found)
                if minimum > 0, !counts { found = try await exchange.demandOrder(found, incoming, both: both) }
                try await exchange.complete(telling: both ? found.count : nil, expecting: both ? found.count : nil)
                if counts { return Output(matches: nil, cardinality: found.count, peerSetSize: exchange.peerSetSize) }
                return exchange.output(found, rank: both ? \.peer : nil)
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
                ] + (parameters.minimumIntersection > 0 ? [("minimum intersection", "\(parameters.minimumIntersection)")] : []),
                announcements: [Announcement.setSize: tokens.count, Announcement.chunk: parameters.chunk])
        }
    }

    enum Announcement {
        static let setSize = "set size"
        static let chunk = "rows per message"
    }
}
