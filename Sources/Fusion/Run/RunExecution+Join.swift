import Foundation
import HiddenJoin
import IntersectionSum
import SandboxCore
import Tables

// The join of one run: whatever the mode, it ends with shares of one sum for each pass, group and slot.

extension RunExecution {
    func aggregate(_ table: KeyedTable) async throws -> SealedAggregate {
        var shares: [[[UInt128]]] = []
        switch contract.joinMode {
        case .intersectionSum:
            for (index, pass) in plan.passes.enumerated() {
                let name = plan.passes.count == 1 ? "intersection-sum" : "intersection-sum \(index + 1)"
                shares.append(try await stopwatch.measure(name) { try await intersectionSum(table, pass, index) })
            }
        case .hidden:
            shares.append(try await stopwatch.measure("hidden join") { try await sharedJoin(table, plan.passes[0], .hidden) })
        case .aligned:
            shares.append(try await stopwatch.measure("aligned join") { try await sharedJoin(table, plan.passes[0], .aligned) })
        }
        return SealedAggregate(run: runID, shares: shares)
    }

    private func intersectionSum(_ table: KeyedTable, _ pass: FusionPlan.Pass, _ index: Int) async throws -> [[UInt128]] {
        var parameters = IntersectionSum.Parameters(
            slots: pass.slots.map { .init(name: $0.canonicalText, upperBound: $0.upperBound) }, groupCount: pass.groupCount,
            minimumIntersection: contract.minimumIntersection, keyBits: run.keyBits, threads: run.threads,
            binding: RunBinding.pass(index, of: runBytes))
        if run.testKey != nil { parameters.testKeyBits = [run.keyBits] }
        if pass.groupParty == me {
            let groups = PassInputs.groups(table, pass)
            return try await IntersectionSum.GroupParty(groups: groups, parameters: parameters)
                .run(over: channel, progress: run.progress).shares
        }
        let values = try await Parallel.offload { PassInputs.values(table, pass) }
        return try await IntersectionSum.ValueParty(
            tokens: table.tokens, values: values, parameters: parameters, key: run.testKey
        )
        .run(over: channel, progress: run.progress).shares
    }

    /// The party with fewer subjects is the receiver, whose set sets the cost; the first dataset's when both have as many. Both know
    /// both numbers by now.
    private func sharedJoin(
        _ table: KeyedTable, _ pass: FusionPlan.Pass, _ mode: HiddenAggregation.Mode
    ) async throws -> [[UInt128]] {
        let bringsGroups = pass.groupParty == me
        let own = table.tokens.count
        let isReceiver = own == peerSubjects ? bringsGroups : own < peerSubjects
        let columns = try await Parallel.offload { PassInputs.columns(table, bringsGroups ? pass.groups : pass.slots) }
        let needed = plan.queries.flatMap(\.cells).map { cell in
            bringsGroups == isReceiver
                ? HiddenAggregation.Pair(receiver: cell.group!, sender: cell.slot) : .init(receiver: cell.slot, sender: cell.group!)
        }
        let output = try await HiddenAggregation.Party(
            role: isReceiver ? .receiver : .sender, tokens: table.tokens, columns: columns,
            peerColumns: PassInputs.shapes(bringsGroups ? pass.slots : pass.groups), pairs: Set(needed),
            parameters: .init(
                mode: mode, minimumIntersection: contract.minimumIntersection, threads: run.threads,
                binding: RunBinding.pass(0, of: runBytes), usesDealer: contract.dealer != nil)
        )
        .run(over: channel, dealer: dealer, progress: run.progress)
        guard output.peerSetSize == peerSubjects else {
            throw YinheError(
                .peerMisbehaved, "the peer announced \(peerSubjects) subjects and joined \(output.peerSetSize)",
                at: channel.peerDescription)
        }
        guard isReceiver != bringsGroups else { return output.shares }
        return pass.groups.indices.map { group in pass.slots.indices.map { output.shares[$0][group] } }
    }
}
