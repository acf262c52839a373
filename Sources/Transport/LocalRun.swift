import SandboxCore

/// Runs both roles of a protocol in this process.
public enum LocalRun {
    /// Gives each body one end of a local channel and waits for both. When one fails, the other's channel ends too, so neither
    /// can hang; the error that started it is thrown.
    public static func both<A: Sendable, B: Sendable>(
        _ a: @escaping @Sendable (any Channel) async throws -> A, _ b: @escaping @Sendable (any Channel) async throws -> B
    ) async throws -> (A, B) {
        let (left, right) = LocalChannel.pair()
        return try await over(left, right, a, b)
    }

    /// The same over channels of any kind that are already connected to each other; both are closed at the end.
    public static func over<A: Sendable, B: Sendable>(
        _ left: any Channel, _ right: any Channel, _ a: @escaping @Sendable (any Channel) async throws -> A,
        _ b: @escaping @Sendable (any Channel) async throws -> B
    ) async throws -> (A, B) {
        async let first = finishing(left, a)
        async let second = finishing(right, b)
        switch await (first, second) {
        case (.success(let a), .success(let b)): return (a, b)
        case (.failure(let error), .success), (.success, .failure(let error)): throw error
        case (.failure(let one), .failure(let other)): throw isConsequence(one) && !isConsequence(other) ? other : one
        }
    }

    private static func finishing<R: Sendable>(
        _ channel: any Channel, _ body: @Sendable (any Channel) async throws -> R
    ) async -> Result<R, any Error> {
        do {
            let result = try await body(channel)
            await channel.close()
            return .success(result)
        } catch {
            await Session.stop(channel, telling: AbortReason(for: error))
            return .failure(error)
        }
    }

    /// Whether an error only reports that the other side stopped.
    private static func isConsequence(_ error: any Error) -> Bool {
        guard let error = error as? YinheError else { return false }
        return error.code == .peerAborted || error.code == .peerUnreachable
    }
}
