import Arithmetic
import SandboxCore
import Transport

extension SilentVOLE.Parameters {
    var layout: SilentLayout {
        SilentLayout(
            code: code, outputs: count, noise: field == .bits64 ? .word : .block, malicious: security == .malicious)
    }
}

extension SilentVOLE {
    /// The sender's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `run`. When malicious, the receiver's `CheckRequest` comes with a later message;
    /// pass it to `answer` and send the result with or before the next message that lets the receiver use its values.
    package final class SenderEngine: Sendable {
        package let parameters: Parameters
        private let core: SilentSender

        package var firstMessage: BaseReceiverMessage { core.firstMessage }
        package var phases: PhaseTimes { core.phases }

        /// Computes 128 base OT messages (milliseconds) and allocates. Throws `.usage` for parameters out of range.
        /// `lane` runs the heavy work; nil: on a thread of its own.
        package init(
            _ parameters: Parameters, random: any RandomSource = SystemRandom.shared, lane: Lane? = nil
        ) throws {
            try parameters.validate()
            self.parameters = parameters
            core = SilentSender(parameters.layout, threads: parameters.threads, random: random, lane: lane)
        }

        /// Flights 3 (in) and 4 (out). Throws `.peerMisbehaved` when the receiver deviated.
        package func run(in session: Session) async throws -> SenderOutput {
            let b = try await core.run(in: session)
            return SenderOutput(delta: core.delta, b: b)
        }

        /// Malicious only, once, after `run`. Throws `.peerMisbehaved` for a malformed request.
        package func answer(_ request: CheckRequest) throws -> CheckAnswer { try core.answer(request) }
    }

    /// The receiver's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `run`. When malicious, send `checkRequest()` with a later message and `verify`
    /// the answer before any output depends on c: until then c may be wrong in a way that depends on this party's noise positions.
    /// `a` is this party's own choice, so a message that it masks may leave right after `run`.
    package final class ReceiverEngine: Sendable {
        package let parameters: Parameters
        private let core: SilentReceiver

        package var firstMessage: BaseSenderMessage { core.firstMessage }
        package var phases: PhaseTimes { core.phases }

        /// Draws the noise and allocates. Throws `.usage` for parameters out of range.
        /// `lane` runs the heavy work; nil: on a thread of its own.
        package init(
            _ parameters: Parameters, random: any RandomSource = SystemRandom.shared, lane: Lane? = nil
        ) throws {
            try parameters.validate()
            self.parameters = parameters
            core = SilentReceiver(parameters.layout, threads: parameters.threads, random: random, lane: lane)
        }

        /// Flights 3 (out) and 4 (in).
        package func run(in session: Session) async throws -> ReceiverOutput {
            let (plane, c) = try await core.run(in: session)
            switch plane {
            case .word(let a): return ReceiverOutput(a: .bits64(a), c: c)
            case .block(let a): return ReceiverOutput(a: .bits128(a), c: c)
            case .bit: preconditionFailure("a VOLE has values")
            }
        }

        /// Malicious only, after `run`.
        package func checkRequest() -> CheckRequest { core.checkRequest() }

        /// Malicious only. Throws `.peerMisbehaved` when the sender's trees or corrections were not consistent.
        package func verify(_ answer: CheckAnswer) throws { try core.verify(answer) }
    }
}
