import Arithmetic
import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import SecretSharing
import Transport

extension HiddenJoin {
    /// The sender's columns as the exchange carries them.
    struct Payload: Sendable {
        /// Elements in a row, and words of one.
        let columns: Int
        let ring: Ring
        /// Row by row; nothing at the receiver.
        let words: HugeBuffer<UInt64>

        /// `values`: column by column, nil at the receiver.
        init(_ values: [[Int64]]?, columns: Int, rows: Int, ring: Ring) {
            self.columns = columns
            self.ring = ring
            words = values.map { HiddenJoin.payload($0, rows: rows, elementWords: ring.words) } ?? HugeBuffer(count: 0, wiped: false)
        }
    }

    /// Makes a party's source of correlations in an open session. `job`: what both parties know and no other run has.
    package typealias SourceMaker = @Sendable (
        _ session: Session, _ party: Int, _ job: [UInt8]
    ) async throws -> (source: any CorrelationSource, finish: @Sendable () async -> Void)

    /// Transfers with the peer, or a dealer at the other end of `dealer`.
    static func source(_ parameters: Parameters, dealer: (any Channel)?) throws -> SourceMaker {
        guard parameters.usesDealer else {
            return { session, party, _ in
                (
                    TransferCorrelations(
                        session: session, party: party, threads: parameters.threads, method: parameters.transfers.method), {}
                )
            }
        }
        guard let dealer else {
            throw YinheError(.usage, "no channel to the trusted dealer", remedy: "connect to the dealer, or do without one")
        }
        return { _, party, job in
            let source = try await DealerCorrelations(over: dealer, job: job, party: party, names: ["receiver", "sender"])
            return (source, { await source.finish() })
        }
    }

    /// Runs `body`; when it fails the dealer's channel is closed, so that the dealer waits for nobody.
    static func closing<R>(_ dealer: (any Channel)?, _ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            await dealer?.close()
            throw error
        }
    }

    /// What the body of a run gets.
    struct Context: Sendable {
        let session: Session
        let computation: TwoPartyComputation
        /// Nil when one of the sets is empty.
        let bins: ProgrammedBins?
        let peerSize: Int
        let clock: PhaseClock
        let ring: Ring
    }

    /// Opens the session, programs the bins, and runs `body`. `payload` is made when the peer's set size is known, and before
    /// anything leaves that depends on data: what it throws ends both sides.
    static func run<R>(
        isReceiver: Bool, _ tokens: [JoinToken], named name: String, stating more: [(name: String, value: String)],
        _ parameters: Parameters, over channel: any Channel, source: SourceMaker, progress: ProgressMonitor?,
        random: any RandomSource, payload: (_ peerSize: Int) throws -> Payload, _ body: (Context) async throws -> R
    ) async throws -> R {
        let opening = Opening(isReceiver: isReceiver, size: tokens.count, random: random)
        let proposal = opening.proposal(name, parameters, more)
        let clock = PhaseClock(progress: progress)
        let session: Session
        let vole: VOLEOpening
        if isReceiver {
            let own = SilentVOLE.ReceiverOpening(random: random)
            vole = .receiver(own)
            session = try await Session.open(over: channel, proposal, first: own.message, progress: progress)
        } else {
            let own = SilentVOLE.SenderOpening(random: random)
            vole = .sender(own)
            session = try await Session.open(over: channel, proposal, first: own.message, progress: progress)
        }
        return try await session.abortingOnError {
            let peerSize = try opening.peerSize(in: session)
            let seed = try opening.hashSeed(in: session)
            let payload = try payload(peerSize)
            try await Parallel.offload { try PSI.requireDistinct(tokens) }
            clock.mark("session")
            let (source, finish) = try await source(session, isReceiver ? 0 : 1, jobName(seed, parameters))
            let bins = try await program(tokens, payload, vole, peerSize, seed, parameters, session, random, clock)
            let computation = TwoPartyComputation(
                session: session, party: isReceiver ? 0 : 1, source: source, threads: parameters.threads)
            let result = try await body(
                Context(session: session, computation: computation, bins: bins, peerSize: peerSize, clock: clock, ring: payload.ring))
            await finish()
            return result
        }
    }

    private enum VOLEOpening: Sendable {
        case receiver(SilentVOLE.ReceiverOpening)
        case sender(SilentVOLE.SenderOpening)
    }

    static func jobName(_ seed: [UInt8], _ parameters: Parameters) -> [UInt8] {
        var hash = DomainHash(domain: "yinhe/hidden-join/job/v1")
        hash.update(field: seed)
        hash.update(field: parameters.binding)
        return hash.finalize()
    }

    private static func program(
        _ tokens: [JoinToken], _ payload: Payload, _ vole: VOLEOpening, _ peerSize: Int, _ seed: [UInt8], _ parameters: Parameters,
        _ session: Session, _ random: any RandomSource, _ clock: PhaseClock
    ) async throws -> ProgrammedBins? {
        guard !tokens.isEmpty, peerSize > 0 else {
            // Nothing to compare; the peer's first message is still due.
            switch vole {
            case .receiver: let _: SilentVOLE.BaseReceiverMessage = try await session.receive()
            case .sender: let _: SilentVOLE.BaseSenderMessage = try await session.receive()
            }
            return nil
        }
        let words = payload.columns * payload.ring.words
        switch vole {
        case .receiver(let opening):
            let plan = try Plan(receiverSize: tokens.count, senderSize: peerSize, payloadWords: words)
            let engine = try SilentVOLE.ReceiverEngine(plan.vole(threads: parameters.threads), opening: opening, random: random)
            return try await ReceiverExchange(
                tokens: tokens, plan: plan, hashSeed: seed, session: session, random: random, threads: parameters.threads,
                clock: clock
            ).run(engine)
        case .sender(let opening):
            let plan = try Plan(receiverSize: peerSize, senderSize: tokens.count, payloadWords: words)
            let engine = try SilentVOLE.SenderEngine(plan.vole(threads: parameters.threads), opening: opening, random: random)
            return try await SenderExchange(
                tokens: tokens, payload: payload.words, elementWords: payload.ring.words, plan: plan, hashSeed: seed,
                session: session,
                random: random, threads: parameters.threads, clock: clock
            ).run(engine)
        }
    }
}
