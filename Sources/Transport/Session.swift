import SandboxCore
import Synchronization

/// One run of one protocol over a channel: handshake, typed messages, aborts, transcript.
///
///     this side                                  peer
///     proposal  ------------------------------>
///               <------------------------------  proposal        both compare; a difference ends both sides here
///     announcements  ------------------------->
///               <------------------------------  announcements
///     messages of the protocol  <------------->
///
/// Sessions may follow one another on one channel. One task sends and one task receives at a time.
public final class Session: Sendable {
    public let channel: any Channel
    public let proposal: SessionProposal
    /// The peer's public numbers, such as its set size. Check their range before use.
    public let peerAnnouncements: [String: Int]
    public let progress: ProgressMonitor?

    /// Longest wait for one message to be sent or received; nil relies on the channel's own silence timeout.
    private let messageDeadline: Duration?
    private let sent: Mutex<DomainHash>
    private let received: Mutex<DomainHash>
    private let ownNonceFirst: Bool
    private let ended = Mutex<YinheError?>(nil)
    private let isReceiving = Atomic<Bool>(false)
    private let trafficAtStart: Traffic

    /// Exchanges proposals and opens the session.
    ///
    /// Throws `.peerMismatch`, on both sides and before any announcement leaves, when the proposals differ; the channel is closed
    /// then, as after every other error.
    public static func open(
        over channel: any Channel, _ proposal: SessionProposal, progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil
    ) async throws -> Session {
        try await open(
            over: channel, proposal, nonce: SystemRandom.shared.bytes(SessionProposal.nonceBytes), progress: progress,
            messageDeadline: messageDeadline)
    }

    /// Opens a session whose first message leaves together with the announcements, which saves one network delay. For a message
    /// that depends on nothing the peer says; the peer receives it as usual.
    package static func open<M: WireMessage>(
        over channel: any Channel, _ proposal: SessionProposal, first: M, progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil
    ) async throws -> Session {
        try await open(
            over: channel, proposal, nonce: SystemRandom.shared.bytes(SessionProposal.nonceBytes), first: frame(of: first),
            progress: progress, messageDeadline: messageDeadline)
    }

    package static func open(
        over channel: any Channel, _ proposal: SessionProposal, nonce: [UInt8], first: [UInt8]? = nil,
        progress: ProgressMonitor? = nil, messageDeadline: Duration? = nil
    ) async throws -> Session {
        let before = channel.traffic
        do {
            let handshake = try await withDeadline(messageDeadline, on: channel) {
                try await Handshake.run(over: channel, proposal, nonce: nonce, first: first)
            }
            return Session(channel, proposal, handshake, before, progress, messageDeadline)
        } catch {
            let placed = placing(error, at: channel.peerDescription)
            await stop(channel, telling: AbortReason(for: placed))
            throw placed
        }
    }

    private init(
        _ channel: any Channel, _ proposal: SessionProposal, _ handshake: consuming Handshake, _ before: Traffic,
        _ progress: ProgressMonitor?, _ messageDeadline: Duration?
    ) {
        self.channel = channel
        self.proposal = proposal
        self.progress = progress
        self.messageDeadline = messageDeadline
        peerAnnouncements = handshake.peerAnnouncements
        ownNonceFirst = handshake.ownNonceFirst
        trafficAtStart = before
        sent = Mutex(handshake.sent)
        received = Mutex(handshake.received)
    }

    /// What this session moved, handshake included.
    public var traffic: Traffic { channel.traffic.since(trafficAtStart) }

    /// The running hash of all transcribed frames of both directions, 32 bytes. Equal on both sides whenever both have sent and received the
    /// same frames, as at the end of a protocol.
    public var transcriptHash: [UInt8] {
        let mine = sent.withLock { $0.snapshot() }
        let theirs = received.withLock { $0.snapshot() }
        return Handshake.transcript(mine, theirs, ownNonceFirst: ownNonceFirst)
    }

    /// Sends one message; suspends while the channel's queue is full.
    public func send<M: WireMessage>(_ message: M) async throws {
        try checkOpen()
        let frame = Self.frame(of: message)
        do {
            try await Self.withDeadline(messageDeadline, on: channel) { [channel] in try await channel.send(frame) }
        } catch {
            throw end(with: await abortOrigin(of: error))
        }
        if M.isTranscribed { sent.withLock { $0.update(field: frame) } }
    }

    private static func frame<M: WireMessage>(of message: M) -> [UInt8] {
        precondition(M.tag >= 1 && M.tag <= SessionTag.highestMessage)
        var writer = ByteWriter()
        writer.write(M.tag)
        message.encode(into: &writer)
        let frame = writer.bytes
        precondition(frame.count - 1 <= M.maximumBytes, "\(M.name) exceeds its own limit")
        return frame
    }

    /// Receives the next message, which must be an `M`.
    ///
    /// Anything else is answered with an abort and thrown as `.peerMisbehaved`. A received abort is thrown as `.peerAborted`
    /// (`.belowMinimum` for that reason).
    public func receive<M: WireMessage>(_ type: M.Type = M.self) async throws -> M {
        try checkOpen()
        let frame: [UInt8]
        do {
            try await claimReceiving()
            defer { isReceiving.store(false, ordering: .releasing) }
            frame = try await Self.withDeadline(messageDeadline, on: channel) { [channel] in try await channel.receive() }
        } catch {
            throw end(with: error)
        }
        do {
            let message = try decode(frame, as: type)
            if M.isTranscribed { received.withLock { $0.update(field: frame) } }
            return message
        } catch {
            let placed = Self.placing(error, at: channel.peerDescription)
            if let reason = AbortReason(for: placed) { await abort(reason) }
            throw end(with: placed)
        }
    }

    private func decode<M: WireMessage>(_ frame: [UInt8], as type: M.Type) throws -> M {
        if let abort = Self.abortReason(in: frame) { throw abort.error(from: channel.peerDescription) }
        guard let tag = frame.first else { throw YinheError(.peerMisbehaved, "an empty frame where \(M.name) was due") }
        guard tag == M.tag else {
            throw YinheError(
                .peerMisbehaved, "a message of kind \(tag) where \(M.name) (\(M.tag)) was due in \(proposal.protocolName)")
        }
        guard frame.count - 1 <= M.maximumBytes else {
            throw YinheError(.peerMisbehaved, "\(M.name) of \(frame.count - 1) bytes, at most \(M.maximumBytes) allowed")
        }
        var reader = ByteReader(frame, what: M.name)
        _ = try reader.read(UInt8.self)
        let message = try M(from: &reader)
        try reader.finish()
        return message
    }

    /// One reader at a time: a caller's `receive`, or the search for the peer's abort after a failed send. Waits for the other;
    /// throws what ended the session meanwhile.
    private func claimReceiving(within limit: Duration = .seconds(5)) async throws {
        let patience = ContinuousClock.now + limit
        while isReceiving.exchange(true, ordering: .acquiring) {
            try checkOpen()
            guard ContinuousClock.now < patience else {
                throw YinheError(.peerUnreachable, "the peer was lost", at: channel.peerDescription)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        do { try checkOpen() } catch {
            isReceiving.store(false, ordering: .releasing)
            throw error
        }
    }

    private func checkOpen() throws {
        if let error = ended.withLock({ $0 }) { throw error }
    }

    /// Records why the session is over; the first reason stays.
    private func end(with error: any Error) -> YinheError {
        let placed = Self.placing(error, at: channel.peerDescription)
        return ended.withLock {
            if $0 == nil { $0 = placed }
            return placed
        }
    }

    /// What made a send fail: often the peer's abort seen from behind.
    private func abortOrigin(of error: any Error) async -> any Error {
        guard (error as? YinheError)?.code == .peerUnreachable else { return error }
        // A receive under way meets the abort itself; taking its frames would make a stop look like a missing message.
        do { try await claimReceiving(within: .seconds(2)) } catch let known { return known }
        // Never given back: the session is over, and a later receive is to tell why.
        return await Self.lastWord(on: channel, insteadOf: error)
    }

    /// The peer's abort, if it arrived before the channel broke; else `error`, the failure of a send.
    static func lastWord(on channel: any Channel, insteadOf error: any Error) async -> any Error {
        guard (error as? YinheError)?.code == .peerUnreachable else { return error }
        let reason = try? await withDeadline(.seconds(2), on: channel) {
            while true {
                let frame = try await channel.receive()
                if let reason = abortReason(in: frame) { return reason }
            }
        }
        return reason?.error(from: channel.peerDescription) ?? error
    }
}
