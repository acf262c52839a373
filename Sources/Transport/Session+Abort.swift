import SandboxCore

extension Session {
    /// How long an abort frame may take to leave before the channel is cut.
    static let abortGrace = Duration.seconds(3)

    /// Opens a session, runs `body`, and when it throws tells the peer why, coarsely, and closes the channel.
    public static func run<R: Sendable>(
        over channel: any Channel, _ proposal: SessionProposal, progress: ProgressMonitor? = nil,
        messageDeadline: Duration? = nil, _ body: (Session) async throws -> R
    ) async throws -> R {
        let session = try await open(over: channel, proposal, progress: progress, messageDeadline: messageDeadline)
        return try await session.abortingOnError { try await body(session) }
    }

    /// Runs one part of a protocol; when it throws, the peer gets the fitting abort and the channel is closed.
    public func abortingOnError<R>(_ body: () async throws -> R) async throws -> R {
        do {
            return try await body()
        } catch {
            await Self.stop(channel, telling: AbortReason(for: error))
            throw error is CancellationError ? YinheError.cancelledByTask : error
        }
    }

    /// Sends an abort and closes the channel. Works in a cancelled task; takes at most a few seconds when the peer does not read.
    public func abort(_ reason: AbortReason) async {
        await Self.stop(channel, telling: reason)
    }

    /// Closes the channel, after an abort frame if there is a reason to tell.
    static func stop(_ channel: any Channel, telling reason: AbortReason?) async {
        // A task of its own: the caller may be cancelled already, and the peer should hear of it all the same.
        await Task {
            try? await withDeadline(abortGrace, on: channel) {
                if let reason { try await channel.send([SessionTag.abort, reason.rawValue]) }
                await channel.close()
            }
            await channel.close()
        }.value
    }

    /// The reason, if `frame` is an abort. A code that this version does not know reads as an internal error.
    static func abortReason(in frame: [UInt8]) -> AbortReason? {
        guard frame.first == SessionTag.abort else { return nil }
        return frame.count == 2 ? AbortReason(rawValue: frame[1]) ?? .internalError : .internalError
    }

    /// Runs `work`; when it takes longer than `limit`, cancels the channel, which makes `work` throw.
    static func withDeadline<R>(
        _ limit: Duration?, on channel: any Channel, _ work: () async throws -> sending R
    ) async throws -> sending R where R: ~Copyable {
        guard let limit else { return try await work() }
        let watch = Task {
            try await Task.sleep(for: limit)
            channel.cancel(
                YinheError(
                    .peerUnreachable, "the peer took longer than \(limit.text) for one message", at: channel.peerDescription,
                    remedy: "check that the peer is running, or allow more time"))
        }
        defer { watch.cancel() }
        return try await work()
    }

    /// `error` as a `YinheError` that says with whom it happened.
    static func placing(_ error: any Error, at place: String) -> YinheError {
        if error is CancellationError { return YinheError.cancelledByTask }
        guard var known = error as? YinheError else { return YinheError(.system, "\(error)", at: place) }
        if known.place.isEmpty { known.place = place }
        return known
    }
}

extension Session {
    /// Tells a peer that waits for a session to be opened why there will be none, and closes the channel.
    package static func refuse(_ channel: any Channel, because error: any Error) async {
        await stop(channel, telling: AbortReason(for: error))
    }
}
