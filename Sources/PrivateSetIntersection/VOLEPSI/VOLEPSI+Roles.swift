import Arithmetic
import SandboxCore
import Transport

extension VOLEPSI {
    /// The party that contributes its set; it learns matches only under `.bothLearnMatches`.
    public struct Sender: Sendable {
        let tokens: [JoinToken]
        let parameters: Parameters

        /// `tokens`: distinct, possibly none (`run` throws `.badInput` when two are equal). Throws `.usage` for parameters out of
        /// range, `.badInput` for too many tokens.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            try parameters.validate()
            self.tokens = tokens
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> PSI.Output {
            fatalError("sender")
        }
    }

    /// The party that always learns the matches.
    public struct Receiver: Sendable {
        let tokens: [JoinToken]
        let parameters: Parameters

        /// `tokens`: distinct, possibly none (`run` throws `.badInput` when two are equal). Throws `.usage` for parameters out of
        /// range, `.badInput` for too many tokens.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            try parameters.validate()
            self.tokens = tokens
            self.parameters = parameters
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> PSI.Output {
            fatalError("receiver")
        }
    }
}
