import Arithmetic
import SandboxCore
import Transport

extension SilentVOLE {
    /// The sender's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `run`. When malicious, the receiver's `CheckRequest` comes with a later message;
    /// pass it to `answer` and send the result with or before the next message that lets the receiver use its values.
    package final class SenderEngine: @unchecked Sendable {
        package let firstMessage: BaseReceiverMessage

        /// Computes 128 base OT messages (milliseconds).
        package init(random: any RandomSource = SystemRandom.shared) throws { fatalError() }

        /// Flights 3 (in) and 4 (out). Throws `.peerMisbehaved` when the receiver deviated.
        package func run(in session: Session, parameters: Parameters, lane: Lane? = nil) async throws -> SenderOutput { fatalError() }

        /// Malicious only, once, after `run`. Throws `.peerMisbehaved` for a malformed request.
        package func answer(_ request: CheckRequest) throws -> CheckAnswer { fatalError() }
    }

    /// The receiver's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `run`. When malicious, send `checkRequest()` with a later message and `verify`
    /// the answer before any output depends on c: until then c may be wrong in a way that depends on this party's noise positions.
    /// `a` may be used, masked by it what is sent, right after `run`.
    package final class ReceiverEngine: @unchecked Sendable {
        package let firstMessage: BaseSenderMessage

        package init(random: any RandomSource = SystemRandom.shared) throws { fatalError() }

        /// `parameters` follow from the peer's announcements, so they come only here. `whileWaiting` is called once flight 3 has left.
        /// Flights 3 (out) and 4 (in). Throws `.peerMisbehaved` when the sender deviated detectably.
        package func run(in session: Session, parameters: Parameters, lane: Lane? = nil, whileWaiting: (@Sendable () -> Void)? = nil)
            async throws -> ReceiverOutput { fatalError() }

        /// Malicious only, after `run`.
        package func checkRequest() -> CheckRequest { fatalError() }

        /// Malicious only. Throws `.peerMisbehaved` when the sender's trees or corrections were not consistent.
        package func verify(_ answer: CheckAnswer) throws { fatalError() }
    }
}
