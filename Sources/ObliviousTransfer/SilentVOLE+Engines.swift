import Arithmetic
import SandboxCore
import Transport

extension SilentVOLE.Parameters {
    var layout: SilentLayout {
        SilentLayout(
            code: code, outputs: count, noise: field == .bits64 ? .word : .block, malicious: security == .malicious)
    }
}

extension SilentVOLE.Parameters {
    /// Bytes of all messages of one run, without framing.
    package var messageBytes: (toSender: Int, toReceiver: Int) {
        let layout = layout, malicious = security == .malicious
        return (
            BaseOT.senderMessageBytes + layout.correctionBytes + (malicious ? layout.correlationProofBytes + 16 : 0),
            CorrelationRows.count * BaseOT.receiverBytesPerTransfer + layout.sumBytes + (malicious ? 32 : 0)
        )
    }
}

extension SilentVOLE {
    /// What the sender's first message needs, for protocols that learn their sizes while it travels. For one engine.
    package struct SenderOpening: Sendable {
        package let message: BaseReceiverMessage
        fileprivate let core: SilentSenderOpening

        /// Computes 128 base OT messages (milliseconds).
        package init(random: any RandomSource = SystemRandom.shared) {
            core = SilentSenderOpening(delta: Block128(low: random.word(), high: random.word()), random: random)
            message = core.message
        }
    }

    /// What the receiver's first message needs. For one engine.
    package struct ReceiverOpening: Sendable {
        package let message: BaseSenderMessage
        fileprivate let core: SilentReceiverOpening

        package init(random: any RandomSource = SystemRandom.shared) {
            core = SilentReceiverOpening(random: random)
            message = core.message
        }
    }

    /// The sender's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `run`. When malicious, the receiver's `CheckRequest` comes with a later
    /// message; pass it to `answer` and send the result before the receiver must use its values.
    package final class SenderEngine: Sendable {
        package let parameters: Parameters
        private let core: SilentSender

        package var firstMessage: BaseReceiverMessage { core.firstMessage }
        package var phases: PhaseTimes { core.phases }

        /// Computes 128 base OT messages (milliseconds), unless `opening` has them, and allocates. Throws `.usage` for parameters out
        /// of range.
        package init(
            _ parameters: Parameters, opening: SenderOpening? = nil, random: any RandomSource = SystemRandom.shared
        ) throws {
            try parameters.validate()
            self.parameters = parameters
            core = SilentSender(parameters.layout, threads: parameters.threads, opening: opening?.core, random: random)
        }

        /// Flights 3 (in) and 4 (out). `lane` runs the heavy work; nil: a thread of its own. Throws `.peerMisbehaved` when the
        /// receiver deviated.
        package func run(in session: Session, lane: Lane? = nil) async throws -> SenderOutput {
            let b = try await core.run(in: session, lane: lane ?? SilentVOLE.offload)
            return SenderOutput(delta: core.delta, b: b)
        }

        /// Malicious only, once, after `run`. Throws `.peerMisbehaved` for a malformed request.
        package func answer(_ request: CheckRequest) throws -> CheckAnswer { try core.answer(request) }
    }

    /// The receiver's part, for use inside another protocol's session. One task at a time.
    ///
    /// Open the session with `first: firstMessage`, then `begin`, `receiveSums` and `finish`. When malicious, send `checkRequest()` with a later
    /// message and `verify` the answer before any output depends on c: until then c may be wrong in a way that depends on this
    /// party's noise positions.
    package final class ReceiverEngine: Sendable {
        package let parameters: Parameters
        private let core: SilentReceiver

        package var firstMessage: BaseSenderMessage { core.firstMessage }
        package var phases: PhaseTimes { core.phases }

        /// Draws the noise and allocates. Throws `.usage` for parameters out of range.
        package init(
            _ parameters: Parameters, opening: ReceiverOpening? = nil, random: any RandomSource = SystemRandom.shared
        ) throws {
            try parameters.validate()
            self.parameters = parameters
            core = SilentReceiver(parameters.layout, threads: parameters.threads, opening: opening?.core, random: random)
        }

        /// Flight 3: the corrections leave, and a is complete. `lane` runs the heavy work; nil: a thread of its own.
        package func begin(in session: Session, lane: Lane? = nil) async throws -> ReceiverOutput.Scalars {
            switch try await core.begin(in: session, lane: lane ?? SilentVOLE.offload) {
            case .word(let a): .bits64(a)
            case .block(let a): .bits128(a)
            case .bit: preconditionFailure("a VOLE has values")
            }
        }

        /// Flight 4 (in). A message that `a` masks may leave before; in the malicious form it must not, so that what a deviating
        /// sender's trees test of the noise is settled before it sees anything that depends on a.
        package func receiveSums(in session: Session) async throws -> TreeSums { try await core.receiveSums(in: session) }

        /// c.
        package func finish(_ sums: TreeSums, lane: Lane? = nil) async throws -> HugeBuffer<Block128> {
            try await core.finish(sums, lane: lane ?? SilentVOLE.offload)
        }

        /// All steps.
        package func run(in session: Session, lane: Lane? = nil) async throws -> ReceiverOutput {
            let a = try await begin(in: session, lane: lane)
            return ReceiverOutput(a: a, c: try await finish(receiveSums(in: session), lane: lane))
        }

        /// Malicious only, after `finish`.
        package func checkRequest() -> CheckRequest { core.checkRequest() }

        /// Malicious only. Throws `.peerMisbehaved` when the sender's trees or corrections were not consistent.
        package func verify(_ answer: CheckAnswer) throws { try core.verify(answer) }
    }
}
