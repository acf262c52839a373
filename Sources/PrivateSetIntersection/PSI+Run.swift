import SandboxCore
import Transport

extension PSI {
    /// What both sides must agree on, but for `threads`.
    public struct Options: Sendable {
        public var protocolChoice: ProtocolChoice
        public var policy: ResultPolicy
        public var adversary: Adversary
        public var threads: Int
        /// Fewer common tokens than this end the run with `.belowMinimum` on both sides before anybody is told anything.
        public var minimumIntersection: Int

        /// `threads`: nil for all cores.
        public init(
            protocolChoice: ProtocolChoice = .auto, policy: ResultPolicy = .receiverLearnsMatches,
            adversary: Adversary = .semiHonest, threads: Int? = nil, minimumIntersection: Int = 0
        ) {
            self.protocolChoice = protocolChoice
            self.policy = policy
            self.adversary = adversary
            self.threads = threads ?? availableCores
            self.minimumIntersection = minimumIntersection
        }
    }

    /// What a run learned, and how.
    public struct Report: Sendable {
        public let output: Output
        /// Never `.auto`.
        public let protocolUsed: ProtocolChoice
        /// Why; nil when the caller had named the protocol.
        public let decision: CostModel.Decision?
    }

    public enum Role: String, Sendable, Codable { case sender, receiver }

    /// The party that contributes its set; it learns matches only under `.bothLearnMatches`.
    public struct Sender: Sendable {
        let tokens: [JoinToken]
        let options: Options

        /// `tokens`: distinct, possibly none. Throws `.usage` for options that do not fit together.
        public init(tokens: [JoinToken], options: Options) throws {
            try options.validate()
            self.tokens = tokens
            self.options = options
        }

        /// `keys`: distinct; both sides must write the same key in the same way.
        public init(keys: [String], options: Options) throws {
            try self.init(tokens: PSI.tokens(of: keys), options: options)
        }

        /// Agrees on the protocol and runs it. `binding` (at most 256 bytes), such as a contract's hash, must be the same on both
        /// sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> Report {
            try await PSI.run(.sender, tokens, options, over: channel, binding: binding, progress: progress)
        }
    }

    /// The party that always learns something: the matches, or how many there are.
    public struct Receiver: Sendable {
        let tokens: [JoinToken]
        let options: Options

        /// `tokens`: distinct, possibly none. Throws `.usage` for options that do not fit together.
        public init(tokens: [JoinToken], options: Options) throws {
            try options.validate()
            self.tokens = tokens
            self.options = options
        }

        /// `keys`: distinct; both sides must write the same key in the same way.
        public init(keys: [String], options: Options) throws {
            try self.init(tokens: PSI.tokens(of: keys), options: options)
        }

        /// Agrees on the protocol and runs it. `binding` (at most 256 bytes), such as a contract's hash, must be the same on both
        /// sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> Report {
            try await PSI.run(.receiver, tokens, options, over: channel, binding: binding, progress: progress)
        }
    }

    private static func tokens(of keys: [String]) -> [JoinToken] {
        var hasher = JoinTokenHasher()
        return keys.map { key in
            var key = key
            return key.withUTF8 { hasher.token(UnsafeRawBufferPointer($0)) }
        }
    }

    private static func run(
        _ role: Role, _ tokens: [JoinToken], _ options: Options, over channel: any Channel, binding: [UInt8],
        progress: ProgressMonitor?
    ) async throws -> Report {
        var choice = options.protocolChoice
        var decision: CostModel.Decision?
        if choice == .auto {
            let made = try await CostModel.negotiate(
                role, setSize: tokens.count, options: options, over: channel, binding: binding)
            decision = made
            choice = made.choice
        }
        let output: Output
        switch choice {
        case .dh:
            let parameters = DHPSI.Parameters(
                policy: options.policy, threads: options.threads, minimumIntersection: options.minimumIntersection)
            output =
                role == .sender
                ? try await DHPSI.Sender(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: binding, progress: progress)
                : try await DHPSI.Receiver(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: binding, progress: progress)
        case .auto, .vole, .voleLowCommunication:
            let parameters = VOLEPSI.Parameters(
                policy: options.policy, variant: choice == .vole ? .fast : .lowCommunication, adversary: options.adversary,
                threads: options.threads, minimumIntersection: options.minimumIntersection)
            output =
                role == .sender
                ? try await VOLEPSI.Sender(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: binding, progress: progress)
                : try await VOLEPSI.Receiver(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: binding, progress: progress)
        }
        return Report(output: output, protocolUsed: choice, decision: decision)
    }
}

extension PSI.Options {
    func validate() throws {
        guard threads >= 1 else { throw YinheError(.usage, "\(threads) threads; at least 1 is needed") }
        guard minimumIntersection >= 0 else {
            throw YinheError(.usage, "a minimum intersection of \(minimumIntersection); 0 or more is possible")
        }
        if adversary == .malicious, protocolChoice == .dh || policy == .cardinalityOnly {
            throw YinheError(
                .usage, "dh-psi, which alone can count without telling which, is for semi-honest parties",
                remedy: "use the vole protocol with another result policy, or the semi-honest model")
        }
        if policy == .cardinalityOnly, protocolChoice == .vole || protocolChoice == .voleLowCommunication {
            throw VOLEPSI.cannotCount
        }
    }
}
