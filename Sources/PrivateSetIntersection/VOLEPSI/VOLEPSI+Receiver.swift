import Arithmetic
import ObliviousTransfer
import SandboxCore
import Transport

extension VOLEPSI {
    /// The party that always learns the matches.
    public struct Receiver: Sendable {
        let input: Input

        /// `tokens`: distinct, possibly none (`run` throws `.badInput` when two are equal). Throws `.usage` for parameters out of
        /// range, `.badInput` for too many tokens.
        public init(tokens: [JoinToken], parameters: Parameters) throws {
            try parameters.validate()
            guard tokens.count <= maximumReceiverSize else {
                throw YinheError(
                    .badInput, "\(tokens.count) tokens; at most \(maximumReceiverSize) are possible for the receiver",
                    remedy: "let the party with the smaller set be the receiver, or run it bucket by bucket")
            }
            input = Input(tokens: tokens, parameters: parameters)
        }

        /// Runs the protocol in a session of its own. `binding` (at most 256 bytes), such as a contract's hash, must be the same
        /// on both sides. When anything fails the peer is told and the channel is closed.
        public func run(
            over channel: any Channel, binding: [UInt8] = [], progress: ProgressMonitor? = nil
        ) async throws -> PSI.Output {
            try await run(over: channel, binding: binding, progress: progress, random: SystemRandom.shared)
        }

        package func run(
            over channel: any Channel, binding: [UInt8], progress: ProgressMonitor?, random: any RandomSource,
            trace: Trace? = nil, pairing: (@Sendable (PSI.Pairing) -> Void)? = nil
        ) async throws -> PSI.Output {
            let proposal = try input.proposal(role: "receiver", peerRole: "sender", binding: binding)
            let opening = SilentVOLE.ReceiverOpening(random: random)
            let session = try await Session.open(over: channel, proposal, first: opening.message, progress: progress)
            return try await session.abortingOnError {
                trace?("session open")
                let peerSize = try input.peerSize(in: session, maximum: maximumSenderSize)
                guard let plan = try input.plan(receiver: input.tokens.count, sender: peerSize) else {
                    let _: SilentVOLE.BaseReceiverMessage = try await session.receive()
                    pairing?(.receiver(indices: [], places: [], peerSetSize: peerSize))
                    return PSI.Output(
                        rankByToken: [], peerSetSize: peerSize, tellsRanks: input.parameters.policy == .bothLearnMatches)
                }
                let parts = ReceiverRun(input: input, plan: plan, session: session, random: random, trace: trace)
                let engine = try SilentVOLE.ReceiverEngine(plan.vole(parts.threads), opening: opening, random: random)
                let comparison = try await parts.run(engine)
                if let pairing { pairing(comparison.pairing(peerSetSize: peerSize)) }
                try await parts.tell(comparison.matchedPlaces)
                trace?("done")
                return PSI.Output(
                    rankByToken: comparison.rankByToken, peerSetSize: peerSize,
                    tellsRanks: input.parameters.policy == .bothLearnMatches)
            }
        }
    }

    /// The receiver's vector: P, later A = P + a.
    private enum Vector: Sendable {
        case bits64(HugeBuffer<UInt64>)
        case bits128(HugeBuffer<Block128>)
    }

    /// The receiver's steps after the handshake, in the order of Protocols/vole-psi.md.
    private struct ReceiverRun: Sendable {
        let input: Input
        let plan: Plan
        let session: Session
        let random: any RandomSource
        let trace: Trace?
        let lane = ComputeLane()
        var threads: Int { input.parameters.threads }
        private static let attempts = 3

        /// a needs nothing that the sender says after its base OT message, so A leaves before the tree sums are needed (malicious:
        /// before they are expanded), and the sender masks its tokens while this side computes c.
        func run(_ engine: SilentVOLE.ReceiverEngine) async throws -> Comparison {
            let compute: SilentVOLE.Lane = { try await lane.run($0) }
            let a = try await engine.begin(in: session, lane: compute)
            trace?("corrections sent")
            let (vector, seed, keys) = try await lane.run { [self] in
                let (vector, seed, keys) = try encode()
                add(a, to: vector, count: plan.columns)
                return (vector, seed, keys)
            }
            trace?("encoded")
            let malicious = plan.adversary == .malicious
            let early = malicious ? try await engine.receiveSums(in: session) : nil
            async let sent: Void = sendVector(vector, seed)
            // An abort of its own: the vector's way out may be blocked by the peer that is at fault.
            let comparison = try await session.abortingOnError {
                let sums: SilentVOLE.TreeSums
                if let early { sums = early } else { sums = try await engine.receiveSums(in: session) }
                let c = try await engine.finish(sums, lane: compute)
                trace?(
                    "correlation: "
                        + engine.phases.seconds.map { "\($0.phase) \(Int(1e3 * $0.seconds)) ms" }.joined(separator: ", "))
                return try await lane.run { [self] in try index(c, keys) }
            }
            trace?("own masks indexed")
            try await sent
            if malicious { try await session.send(engine.checkRequest()) }
            try await receiveMasks(comparison)
            // Nothing that depends on c has left this party, or will before this.
            if malicious { try engine.verify(try await session.receive()) }
            return comparison
        }

        private func index(_ c: HugeBuffer<Block128>, _ keys: Keys) throws -> Comparison {
            try input.tokens.withUnsafeBufferPointer { tokens in
                let masks = try receiverMasks(
                    tokens.baseAddress!, count: tokens.count, c: c.pointer, keys: keys, plan: plan, threads: threads)
                return try Comparison(masks, count: tokens.count, plan: plan)
            }
        }

        private func encode() throws -> (Vector, [UInt8], Keys) {
            try input.tokens.withUnsafeBufferPointer { tokens in
                let tokens = tokens.baseAddress!, count = plan.receiverSize
                var attempt = 0
                while true {
                    let seed = random.bytes(Keys.seedBytes)
                    let keys = Keys(seed: seed)
                    let store = OKVS(parameters: plan.okvs, seed: keys.okvsSeed)
                    do {
                        switch plan.field {
                        case .bits64:
                            let values = HugeBuffer<UInt64>(count: count, wiped: true)
                            let vector = HugeBuffer<UInt64>(count: plan.columns, wiped: true)
                            keys.itemValues(tokens, count: count, into: values.pointer)
                            try store.encode(
                                keys: tokens, values: values.pointer, count: count, into: vector.pointer, threads: threads)
                            return (.bits64(vector), seed, keys)
                        case .bits128:
                            let values = HugeBuffer<Block128>(count: count, wiped: true)
                            let vector = HugeBuffer<Block128>(count: plan.columns, wiped: true)
                            keys.itemValues(tokens, count: count, adversary: plan.adversary, into: values.pointer)
                            try store.encode(
                                keys: tokens, values: values.pointer, count: count, into: vector.pointer, threads: threads)
                            return (.bits128(vector), seed, keys)
                        }
                    } catch {
                        // Equal tokens have no encoding; for others a fresh seed helps.
                        try MaskIndex.checkDistinct(tokens, count: count, equal: equalTokens)
                        attempt += 1
                        if attempt == Self.attempts { throw error }
                    }
                }
            }
        }

        private func sendVector(_ vector: Vector, _ seed: [UInt8]) async throws {
            try await session.send(Seed(bytes: seed))
            for first in stride(from: 0, to: plan.columns, by: plan.vectorRows) {
                let range = first..<min(first + plan.vectorRows, plan.columns)
                let bytes =
                    switch vector {
                    case .bits64(let p): [UInt8](UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: p.buffer[range])))
                    case .bits128(let p): [UInt8](UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: p.buffer[range])))
                    }
                try await session.send(MaskedVector(first: UInt32(first), bytes: bytes))
            }
            trace?("vector sent")
        }

        private func receiveMasks(_ comparison: Comparison) async throws {
            var received = 0
            while received < plan.senderSize {
                let rows = min(plan.maskRows, plan.senderSize - received)
                let chunk: Masks = try await session.receive()
                try chunk.check(due: received, rows: rows, bytesPerRow: plan.maskBytes, total: plan.senderSize)
                let first = received
                if first == 0 { trace?("first masks") }
                try await lane.run { try comparison.compare(chunk.bytes, first: first, rows: rows) }
                received += rows
                session.progress?(ProgressEvent(phase: "masks compared", completed: received, total: plan.senderSize))
            }
            trace?("masks compared")
        }

        /// The minimum first: below it nobody is told anything.
        func tell(_ places: [UInt32]) async throws {
            guard places.count >= input.parameters.minimumIntersection else {
                throw belowMinimum(input.parameters.minimumIntersection)
            }
            guard input.parameters.policy == .bothLearnMatches else {
                if input.parameters.minimumIntersection > 0 { try await session.send(Completion()) }
                return
            }
            var rest = places[...]
            for first in stride(from: 0, to: plan.senderSize, by: MatchedPlaces.rowsPerMessage) {
                let rows = min(MatchedPlaces.rowsPerMessage, plan.senderSize - first)
                let these = rest.prefix { Int($0) < first + rows }
                rest = rest.dropFirst(these.count)
                try await session.send(MatchedPlaces(first: first, rows: rows, places: these))
            }
        }
    }

    private static func add(_ a: SilentVOLE.ReceiverOutput.Scalars, to vector: Vector, count: Int) {
        switch (vector, a) {
        case (.bits64(let p), .bits64(let a)): for i in 0..<count { p.pointer[i] ^= a.pointer[i] }
        case (.bits128(let p), .bits128(let a)): for i in 0..<count { p.pointer[i] ^= a.pointer[i] }
        default: preconditionFailure("the correlation is in another field")
        }
    }
}
