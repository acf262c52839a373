import Arithmetic
import ObliviousTransfer
import SandboxCore
import Transport

extension VOLEPSI {
    /// The party that contributes its set; it learns matches only under `.bothLearnMatches`.
    public struct Sender: Sendable {
        let input: Input

        /// `tokens`: distinct, possibly none (`run` throws `.badInput` when two are equal). Throws `.usage` for parameters out of
        /// range, `.badInput` for too many tokens.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            try parameters.validate()
            guard tokens.count <= maximumSenderSize else {
                throw YinheError(.badInput, "\(tokens.count) tokens; at most \(maximumSenderSize) are possible")
            }
            input = Input(tokens: tokens, parameters: parameters)
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        ///
        /// Under `.receiverLearnsMatches` without a minimum the sender returns when its last message has left: it learns nothing
        /// from the receiver after that, not even whether the receiver was content.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> PSI.Output {
            try await run(over: channel, binding: binding, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, binding: [UInt8], progress: ProgressMonitor?, random: any RandomSource,
            trace: Trace? = nil, pairing: (@Sendable (PSI.Pairing) -> Void)? = nil
        ) async throws -> PSI.Output {
            let proposal = try input.proposal(role: "sender", peerRole: "receiver", binding: binding)
            let opening = SilentVOLE.SenderOpening(random: random)
            let session = try await Session.open(over: channel, proposal, first: opening.message, progress: progress)
            return try await session.abortingOnError {
                trace?("session open")
                let peerSize = try input.peerSize(in: session, maximum: maximumReceiverSize)
                guard let plan = try input.plan(receiver: peerSize, sender: input.tokens.count) else {
                    let _: SilentVOLE.BaseSenderMessage = try await session.receive()
                    pairing?(.sender(order: Array(0..<UInt32(input.tokens.count)), peerSetSize: peerSize))
                    return outcome(Matched(), order: [], peerSize)
                }
                let parts = SenderRun(input: input, plan: plan, session: session, random: random, trace: trace)
                let engine = try SilentVOLE.SenderEngine(plan.vole(parts.threads), opening: opening, random: random)
                let (order, tokens) = try await parts.shuffle()
                let (delta, k) = try await parts.correlate(engine)
                let keys = try await parts.receiveVector(into: k, delta)
                try await parts.sendMasks(engine, tokens, k, delta, keys)
                pairing?(.sender(order: order, peerSetSize: peerSize))
                let matched = try await parts.receiveMatched()
                trace?("done")
                return outcome(matched, order: order, peerSize)
            }
        }

        private func outcome(_ matched: Matched, order: [UInt32], _ peerSize: Int) -> PSI.Output {
            guard input.parameters.policy == .bothLearnMatches else {
                return PSI.Output(matches: nil, cardinality: nil, peerSetSize: peerSize)
            }
            // Ranks count the matched masks in the order in which they were sent.
            var rank = [UInt32](repeating: .max, count: input.tokens.count)
            for (i, place) in matched.places.enumerated() { rank[Int(order[Int(place)])] = UInt32(i) }
            return PSI.Output(rankByToken: rank, peerSetSize: peerSize, tellsRanks: true)
        }
    }

    struct Matched: Sendable {
        var places: [UInt32] = []
    }

    /// The sender's steps after the handshake, in the order of Protocols/vole-psi.md.
    private struct SenderRun: Sendable {
        let input: Input
        let plan: Plan
        let session: Session
        let random: any RandomSource
        let trace: Trace?
        let lane = ComputeLane()
        var threads: Int { input.parameters.threads }

        /// While the receiver prepares its corrections: checks the tokens and puts them into the order in which their masks
        /// leave.
        func shuffle() async throws -> (order: [UInt32], tokens: HugeBuffer<JoinToken>) {
            let result = try await lane.run { [self] in
                try input.tokens.withUnsafeBufferPointer { tokens in
                    try MaskIndex.checkDistinct(tokens.baseAddress!, count: tokens.count, equal: equalTokens)
                    let order = RandomOrder.draw(tokens.count, random: random)
                    let shuffled = HugeBuffer<JoinToken>(count: tokens.count, wiped: true)
                    for (i, from) in order.enumerated() { shuffled.pointer[i] = tokens[Int(from)] }
                    return (order, shuffled)
                }
            }
            trace?("tokens shuffled")
            return result
        }

        func correlate(_ engine: SilentVOLE.SenderEngine) async throws -> (Block128, HugeBuffer<Block128>) {
            let out = try await engine.run(in: session, lane: { try await lane.run($0) })
            trace?(
                "correlation: " + engine.phases.seconds.map { "\($0.phase) \(Int(1e3 * $0.seconds)) ms" }.joined(separator: ", "))
            return (out.delta, out.b)
        }

        /// k = b + A Delta as A arrives.
        func receiveVector(into k: HugeBuffer<Block128>, _ delta: Block128) async throws -> Keys {
            let seed: Seed = try await session.receive()
            trace?("seed received")
            var received = 0
            while received < plan.columns {
                let rows = min(plan.vectorRows, plan.columns - received)
                let chunk: MaskedVector = try await session.receive()
                try chunk.check(due: received, rows: rows, bytesPerRow: plan.elementBytes, total: plan.columns)
                let first = received, plan = plan
                try await lane.run {
                    chunk.bytes.withUnsafeBytes { bytes in
                        switch plan.field {
                        case .bits64:
                            GF128.addProducts(
                                into: k.pointer + first, bytes.assumingMemoryBound(to: UInt64.self).baseAddress!, delta,
                                count: rows)
                        case .bits128:
                            GF128.addProducts(
                                into: k.pointer + first, bytes.assumingMemoryBound(to: Block128.self).baseAddress!, delta,
                                count: rows)
                        }
                    }
                }
                received += rows
                session.progress?(ProgressEvent(phase: "vector received", completed: received, total: plan.columns))
            }
            trace?("vector received")
            return Keys(seed: seed.bytes)
        }

        func sendMasks(
            _ engine: SilentVOLE.SenderEngine, _ tokens: HugeBuffer<JoinToken>, _ k: HugeBuffer<Block128>, _ delta: Block128,
            _ keys: Keys
        ) async throws {
            let scratch = HugeBuffer<Block128>(count: min(plan.maskRows, plan.senderSize), wiped: true)
            for first in stride(from: 0, to: plan.senderSize, by: plan.maskRows) {
                let rows = min(plan.maskRows, plan.senderSize - first)
                let (plan, threads) = (plan, threads)
                let masks = try await lane.run {
                    try senderMasks(
                        tokens.pointer + first, count: rows, k: k.pointer, delta: delta, keys: keys, plan: plan, threads: threads,
                        scratch: scratch)
                }
                try await session.send(Masks(first: UInt32(first), bytes: masks))
                session.progress?(ProgressEvent(phase: "masks sent", completed: first + rows, total: plan.senderSize))
            }
            trace?("masks sent")
            if plan.adversary == .malicious {
                let request: SilentVOLE.CheckRequest = try await session.receive()
                try await session.send(try engine.answer(request))
            }
        }

        /// What the policy lets the sender know; waits for the receiver only when there is something to know.
        func receiveMatched() async throws -> Matched {
            var matched = Matched()
            switch input.parameters.policy {
            case .bothLearnMatches:
                for first in stride(from: 0, to: plan.senderSize, by: MatchedPlaces.rowsPerMessage) {
                    let message: MatchedPlaces = try await session.receive()
                    matched.places += try message.places(
                        first: first, rows: min(MatchedPlaces.rowsPerMessage, plan.senderSize - first))
                }
                guard matched.places.count <= plan.receiverSize else {
                    throw YinheError(
                        .peerMisbehaved, "the peer says that \(matched.places.count) of its \(plan.receiverSize) tokens match")
                }
                guard matched.places.count >= input.parameters.minimumIntersection else {
                    throw belowMinimum(input.parameters.minimumIntersection)
                }
            default:
                if input.parameters.minimumIntersection > 0 { let _: Completion = try await session.receive() }
            }
            return matched
        }
    }
}
