import DifferentialPrivacy
import SandboxCore

/// One party's shares of a run's sums. It has no accessor and no description.
///
/// It opens in two ways: `noised`, which takes the receipt of a charge that is on the disk, and `declassify`, which writes its
/// reason to the ledger first. Both open one party's half only: the sums appear when the peer opens its half too.
package final class SealedAggregate: @unchecked Sendable, CustomReflectable {
    private let run: String
    /// [pass][group][slot], modulo 2^128.
    private var shares: [[[UInt128]]]

    package init(run: String, shares: [[[UInt128]]]) {
        self.run = run
        self.shares = shares
    }

    deinit {
        for pass in shares.indices { for group in shares[pass].indices { ConstantTime.wipe(&shares[pass][group]) } }
    }

    package var customMirror: Mirror { Mirror(self, children: []) }

    /// For each query of the plan and each of its cells: this party's share plus its part of the noise. `computed`: its shares of the noise
    /// of computed queries, by query and cell. Traps when the receipt is not for this run, or shares are missing.
    package func noised(_ plan: FusionPlan, receipt: ChargeReceipt, computed: [[UInt128]] = []) throws -> [[UInt128]] {
        precondition(receipt.charge.run == run, "the receipt of another run")
        return try plan.queries.enumerated().map { index, query in
            var noise = try query.ownNoise()?.map { UInt128(truncatingIfNeeded: $0) } ?? computed[index]
            precondition(noise.count == query.cells.count)
            defer { ConstantTime.wipe(&noise) }
            return zip(query.cells, noise).map { cell, noise in share(of: cell, in: query.pass) &+ noise }
        }
    }

    /// This party's shares without noise. The reason is in the ledger before anything opens.
    package func declassify(_ plan: FusionPlan, reason: String, in ledger: any RunLedger) throws -> [[UInt128]] {
        try ledger.append(.declassification(.init(run: run, reason: reason)))
        return plan.queries.map { query in query.cells.map { share(of: $0, in: query.pass) } }
    }

    private func share(of cell: FusionPlan.Cell, in pass: Int) -> UInt128 {
        let groups = cell.group.map { $0..<$0 + 1 } ?? shares[pass].indices
        return groups.reduce(UInt128(0)) { sum, group in
            var term = shares[pass][group][cell.slot]
            if let fix = cell.correction {
                term = term &+ UInt128(truncatingIfNeeded: fix.factor) &* shares[pass][group][fix.slot]
            }
            return sum &+ term
        }
    }
}
