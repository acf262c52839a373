import Arithmetic
import SandboxCore
import Tables
import Transport

// A question that both parties have answered before on the same inputs: they show the same numbers again.

extension RunExecution {
    /// The release that both sides remember; nil when this run has to compute. Each side looks at its own file only: a run's id stands for
    /// the inputs of both.
    func remember(_ session: Session, _ own: Prepared) async throws -> RememberedRelease? {
        let mine = own.remembered.flatMap { [UInt8](hex: $0.release.run) } ?? [UInt8](repeating: 0, count: 32)
        try await session.send(FusionMessage.Memory(run: mine))
        let theirs = try await session.receive(FusionMessage.Memory.self).run
        return theirs == mine ? own.remembered : nil
    }

    /// Checks the stored numbers against the ledger and the peer's, writes that they are shown again, and reports them.
    func showAgain(_ session: Session, _ table: KeyedTable, _ remembered: RememberedRelease) async throws -> RunReport {
        let release = remembered.release
        let values = ReleasedValues(plan: plan, opened: remembered.opened)
        let shapes = zip(plan.queries, remembered.opened).allSatisfy { query, opened in opened.map { $0.count == query.cells.count } ?? true }
        guard shapes, plan.queries.count == remembered.opened.count, values.digest(recipients: nil).hex == release.result,
            values.digest(recipients: contract.parties.map(\.name)).hex == release.sharedResult
        else {
            throw YinheError(
                .ledger, "the stored numbers of run \(release.run.prefix(12)) are not those that the ledger's entry names",
                remedy: "restore the ledger from a backup")
        }
        try await session.send(FusionMessage.ResultDigest(digest: [UInt8](hex: release.sharedResult) ?? []))
        guard try await session.receive(FusionMessage.ResultDigest.self).digest.hex == release.sharedResult else {
            throw YinheError(.peerMisbehaved, "the two sides remember different results of one run", at: peer)
        }
        try run.ledger.append(
            .reRelease(
                .init(
                    run: runID, contract: run.signed.hashText, release: release.run, outputs: release.outputs,
                    sharedResult: release.sharedResult, result: release.result)))
        var report = try report(table, values, remembered)
        try await exchangeHeads(session, &report)
        return try finish(report)
    }

    private func report(_ table: KeyedTable, _ values: ReleasedValues, _ remembered: RememberedRelease) throws -> RunReport {
        let account = try run.ledger.account(of: run.signed)
        var report = try report(
            table, values,
            .init(
                unit: contract.privacy.unit, total: contract.privacy.epsilon.description, spentBefore: account.spent.description,
                charged: "0", remaining: account.remaining.description,
                datasetSpent: run.ledger.spent(onDataset: table.report.sha256).description, runs: account.runs,
                maximumRuns: contract.maximumRuns),
            deltaCharged: .zero, deltaSpent: account.deltaSpent ?? .zero)
        report.memoised = .init(run: remembered.release.run, releasedAt: remembered.time)
        return report
    }
}
