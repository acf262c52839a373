import SandboxCore
import Synchronization
import Transport

/// A channel that notices the peer's last word, "I stop because of party k", wherever in the session it arrives.
final class WatchedChannel: Channel {
    /// First byte of the notice; the second is the roster index. The session layer never sees it.
    static let noticeTag: UInt8 = 0xe8
    private let base: any Channel
    /// The session's abort for a message that is not allowed: the peer's word that this side is at fault.
    private static let accusation: [UInt8] = [0xff, AbortReason.badMessage.rawValue]
    private let blamedParty = Mutex<Int?>(nil)
    private let accused = Mutex(false)

    init(_ base: any Channel) { self.base = base }

    var blamed: Int? { blamedParty.withLock { $0 } }
    var accusesThisSide: Bool { accused.withLock { $0 } }

    func receive() async throws -> [UInt8] {
        let frame = try await base.receive()
        if frame == Self.accusation { accused.withLock { $0 = true } }
        guard frame.first == Self.noticeTag, frame.count == 2 else { return frame }
        blamedParty.withLock { $0 = Int(frame[1]) }
        throw YinheError(.peerAborted, "the peer stopped because it lost another party", at: peerDescription)
    }

    func send(_ frame: [UInt8]) async throws { try await base.send(frame) }
    func close() async { await base.close() }
    func cancel(_ error: YinheError) { base.cancel(error) }
    var traffic: Traffic { base.traffic }
    var peerDescription: String { base.peerDescription }
}

/// An error on the way to one party.
struct LinkFailure: Error {
    let peer: Int
    let error: any Error
}

/// All channels of one party to the others of a roster, and what happens on all of them when one fails.
final class PartyLinks: Sendable {
    let names: [String]
    let me: Int
    /// What the parties do together, for messages: "secure sum".
    private let task: String
    /// What this party proposes to another one.
    private let proposal: @Sendable (Int) -> SessionProposal
    let channels: [Int: WatchedChannel]
    private let sessions = Mutex<[Int: Session]>([:])
    /// How long a peer that does not read can hold up the notice.
    private static let grace = Duration.seconds(2)

    init(
        _ channels: [Int: any Channel], names: [String], me: Int, task: String, proposal: @escaping @Sendable (Int) -> SessionProposal
    ) {
        self.names = names
        self.me = me
        self.task = task
        self.proposal = proposal
        self.channels = channels.mapValues(WatchedChannel.init)
    }

    var peers: [Int] { names.indices.filter { $0 != me } }
    func session(_ peer: Int) -> Session { sessions.withLock { $0[peer]! } }

    var traffic: Traffic {
        channels.values.reduce(into: Traffic()) { total, channel in
            let traffic = channel.traffic
            total.bytesSent += traffic.bytesSent
            total.bytesReceived += traffic.bytesReceived
            total.framesSent += traffic.framesSent
            total.framesReceived += traffic.framesReceived
            total.rounds = max(total.rounds, traffic.rounds)
        }
    }

    /// Opens the sessions of all pairs at once.
    func open(messageDeadline: Duration?) async throws {
        let failure: LinkFailure? = await withTaskGroup(of: LinkFailure?.self) { group in
            for peer in peers {
                group.addTask { [self] in
                    do {
                        let session = try await open(peer, messageDeadline)
                        sessions.withLock { $0[peer] = session }
                        return nil
                    } catch { return LinkFailure(peer: peer, error: error) }
                }
            }
            for await case let failure? in group {
                // Peers whose session is not open yet must hear the name before their channel goes.
                if !Task.isCancelled { await notify(of: failure) }
                group.cancelAll()
                await group.waitForAll()
                return failure
            }
            return nil
        }
        if let failure { throw failure }
    }

    private func open(_ peer: Int, _ messageDeadline: Duration?) async throws -> Session {
        guard let channel = channels[peer] else {
            throw YinheError(.peerUnreachable, "there is no channel to the party", remedy: "start every party of the roster")
        }
        return try await Session.open(over: channel, proposal(peer), messageDeadline: messageDeadline)
    }

    /// The party that an error is about: the one whom a stopping peer named, else the peer itself.
    func culprit(of failure: LinkFailure) -> Int {
        guard let blamed = channels[failure.peer]?.blamed, blamed != me, names.indices.contains(blamed) else {
            return failure.peer
        }
        return blamed
    }

    /// Tells every party but the culprit whose fault it is. A party that is accused itself does not name the accuser: it only
    /// goes, so that all others name it.
    private func notify(of failure: LinkFailure) async {
        if channels[failure.peer]?.accusesThisSide == true { return }
        let culprit = culprit(of: failure)
        await forEachChannel { peer, channel in
            if peer != culprit { try? await channel.send([WatchedChannel.noticeTag, UInt8(culprit)]) }
        }
    }

    /// Stops everything after `error`, and returns the error to show.
    func stop(because error: any Error, cancelled: Bool) async -> any Error {
        guard !cancelled, let failure = error as? LinkFailure else {
            let own = cancelled ? YinheError(.cancelled, "the \(task) was cancelled") : error
            let reason = AbortReason(for: own) ?? .internalError
            let sessions = sessions.withLock { $0 }
            await forEachChannel { peer, channel in
                await sessions[peer]?.abort(reason)
                await channel.close()
            }
            return own
        }
        await notify(of: failure)
        let isAccused = channels[failure.peer]?.accusesThisSide == true
        let reason = AbortReason(for: failure.error)
        let sessions = sessions.withLock { $0 }
        await forEachChannel { peer, channel in
            if peer != failure.peer {
                if isAccused { await sessions[peer]?.abort(.internalError) }
            } else if let reason {
                await sessions[peer]?.abort(reason)
            }
            await channel.close()
        }
        return describe(failure)
    }

    private func describe(_ failure: LinkFailure) -> YinheError {
        let culprit = culprit(of: failure)
        let place = "party \(culprit) (\(names[culprit]))"
        if culprit != failure.peer {
            return YinheError(
                .peerAborted, "party \(failure.peer) (\(names[failure.peer])) stopped because it lost this party",
                at: place, remedy: "look at the messages of \(names[culprit]), then run again")
        }
        var shown = failure.error as? YinheError ?? YinheError(.system, "\(failure.error)")
        shown.place = shown.place.isEmpty ? place : "\(place), \(shown.place)"
        return shown
    }

    /// In tasks of their own, so that it happens in a cancelled task too; a peer that does not read is cut off.
    private func forEachChannel(_ body: @escaping @Sendable (Int, WatchedChannel) async -> Void) async {
        let tasks = channels.map { peer, channel in
            Task {
                let watch = Task {
                    try await Task.sleep(for: Self.grace)
                    channel.cancel(YinheError(.peerUnreachable, "the peer does not read", at: channel.peerDescription))
                }
                await body(peer, channel)
                watch.cancel()
            }
        }
        for task in tasks { await task.value }
    }
}

extension PartyLinks {
    /// Sends `messages` to the peers that they are for, while receiving one message from each of `senders`.
    func exchange<Sent: WireMessage, Received: WireMessage>(
        sending messages: [Int: Sent], receiving: Received.Type, from senders: [Int]
    ) async throws -> [Int: Received] {
        if messages.isEmpty && senders.isEmpty { return [:] }
        let received = ByParty<Received>()
        var work: [@Sendable () async throws -> Void] = []
        for (peer, message) in messages { work.append { [self] in try await onLink(peer) { try await $0.send(message) } } }
        for peer in senders {
            work.append { [self] in
                let message = try await onLink(peer) { try await $0.receive(Received.self) }
                received.values.withLock { $0[peer] = message }
            }
        }
        try await Self.all(work)
        return received.values.withLock { $0 }
    }

    /// Runs everything at once; the first error cancels the rest and is thrown.
    static func all(_ work: [@Sendable () async throws -> Void]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for item in work { group.addTask(operation: item) }
            try await group.waitForAll()
        }
    }

    func onLink<R>(_ peer: Int, _ body: (Session) async throws -> R) async throws -> R {
        do { return try await body(session(peer)) } catch { throw LinkFailure(peer: peer, error: error) }
    }
}

/// What tasks of several parties hand over.
final class ByParty<Value: Sendable>: Sendable {
    let values = Mutex<[Int: Value]>([:])
}
