import SandboxCore
import Transport

extension MultiPartyComputation {
    /// All parties and the dealer in this process, over local channels; results by party. For tests, demonstrations and benches.
    /// Throws the first party's error when several fail.
    public static func localRun<R: Sendable>(
        names: [String], binding: [UInt8] = [], _ program: @escaping @Sendable (MultiPartyComputation) async throws -> R
    ) async throws -> [R] {
        let agreement = try Agreement(names: names, binding: binding)
        let service = DealerService()
        var channels: [[Int: any Channel]] = names.map { _ in [:] }
        for i in names.indices {
            for j in 0..<i { (channels[i][j], channels[j][i]) = LocalChannel.pair() as (any Channel, any Channel) }
        }
        let wired = channels
        let results = ByParty<R>()
        var work: [@Sendable () async throws -> Void] = []
        for party in names.indices {
            let (near, far) = LocalChannel.pair()
            // The parties' calls report what ends the dealer's.
            work.append { _ = try? await service.serve(far) }
            work.append {
                let computation = try await open(party: party, agreement: agreement, channels: wired[party], dealer: near)
                do {
                    let result = try await program(computation)
                    try await computation.finish()
                    results.values.withLock { $0[party] = result }
                } catch {
                    await computation.cancel()
                    throw error
                }
            }
        }
        try await PartyLinks.all(work)
        return results.values.withLock { all in names.indices.map { all[$0]! } }
    }

    /// Stops the computation from this side: every other party throws an error that names this one. Idempotent.
    public func cancel() async {
        if state.withLock({ $0.failure != nil }) { return }
        let error = YinheError(.cancelled, "the computation was stopped on this side")
        state.withLock { $0.failure = $0.failure ?? error }
        _ = await links.stop(because: error, cancelled: true)
        await source.leave(blaming: nil)
    }
}
