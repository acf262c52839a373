import SandboxCore
import SecretSharing

/// Bytes that the specifications' formulas give for an operation on shares.
enum ShareFormula {
    /// Of both parties, and of the dealer if there is one, without framing and set-up; nil when a kind of correlation has no formula per
    /// item. Plans the program without a peer: exact counts of payload and of correlations (Protocols/two-party-sharing.md).
    static func bytes<E: RingElement>(
        _ op: ShareBench.Operation, n: Int, groups: Int, source: ShareSource, ring: E.Type
    ) async throws -> Double? {
        let shape = ShareProgram<E>.Shape(
            n: n, bits: ShareProgram<E>.defaultBits(op), columns: 10, groups: groups, algorithm: .automatic)
        let program = try ShareProgram<E>(op, shape)
        var total = 0.0
        for party in 0..<2 {
            let compute = try program.prepare(party)
            let cost = try await TwoPartyComputation.plan(party: party, costsTransfers: source == .ot) { _ = try await compute($0) }
            total += Double(cost.bytesSent)
            guard party == 0 else { continue }
            for demand in cost.demands {
                guard let bytes = source == .dealer ? dealt(demand) : transferred(demand) else { return nil }
                total += bytes
            }
        }
        return total
    }

    /// Protocols/dealer.md: the derived sections of one party.
    private static func dealt(_ demand: ComputationCost.Demand) -> Double {
        let kind = demand.kind
        return Double(8 * kind.sections(count: demand.count, party: kind.correctionParty).suffix(kind.derivedSections).reduce(0, +))
    }

    /// Protocols/ot-correlations.md, "Cost", with the correction rows of `fast` transfers.
    private static func transferred(_ demand: ComputationCost.Demand) -> Double? {
        let n = Double(demand.count)
        switch demand.kind {
        case .products(let ring): return n * (ring == .z64 ? 1000 : 3024)
        case .squares(let ring): return n * (ring == .z64 ? 500 : 1512)
        case .bitProducts, .bitProductPairs: return n * 496
        case .privateBitProducts: return n * 248
        case .privateBitBytes: return n * 312
        case .bits(let ring): return n * (ring == .z64 ? 760 : 1272)
        case .bitElementProducts(let ring): return n * (ring == .z64 ? 1008 : 1520)
        case .matrixProducts, .privateMatrixProducts, .permutation: return nil
        }
    }

    static let source = "Protocols/ot-correlations.md and dealer.md, Cost"
}
