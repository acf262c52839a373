import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import SecretSharing

extension HiddenAggregation {
    /// What a run will send, from public numbers alone; both directions together, without framing and handshakes.
    public struct Estimate: Sendable, Hashable {
        /// The join or the set intersection.
        public let joinBytes: Int
        /// The computation on shares.
        public let computationBytes: Int
        /// What makes its correlations: transfers between the parties, or what the dealer sends to both.
        public let correlationBytes: Int
        /// Flights and exchanges one after the other, without those that make correlations.
        public let rounds: Int
        /// All that goes between the two parties.
        public let bytesBetweenParties: Int
    }

    /// The cost of a run for sets of these sizes; for `.aligned` with everything in common, the most that it can be. Transfers of
    /// `.compact` are counted with 1.6 bits each, as measured from 2^20 tokens on.
    ///
    /// Throws what a run would throw for its sizes, columns and parameters.
    public static func estimate(
        receiverSize: Int, senderSize: Int, receiverColumns: [ColumnShape], senderColumns: [ColumnShape], pairs: Set<Pair>? = nil,
        parameters: Parameters
    ) async throws -> Estimate {
        try parameters.validate()
        try HiddenJoin.requireSize(receiverSize, isReceiver: true)
        try HiddenJoin.requireSize(senderSize, isReceiver: false)
        guard receiverSize > 0, senderSize > 0 else {
            return Estimate(joinBytes: 0, computationBytes: 0, correlationBytes: 0, rounds: 2, bytesBetweenParties: 0)
        }
        var costs: [ComputationCost.Part] = []
        let join: (bytes: Int, rounds: Int)
        let parties = try [Role.receiver, .sender].map { role in
            try Party(
                role: role, tokens: [],
                columns: (role == .receiver ? receiverColumns : senderColumns)
                    .map { Column(name: $0.name, values: [], bounds: $0.bounds) },
                peerColumns: role == .receiver ? senderColumns : receiverColumns, pairs: pairs, parameters: parameters)
        }
        let layout = parties[0].layout
        switch parameters.mode {
        case .hidden:
            let bins = HiddenJoin.bins(items: receiverSize)
            let ring = try layout.ring(rows: bins)
            let plan = try HiddenJoin.Plan(
                receiverSize: receiverSize, senderSize: senderSize, payloadWords: layout.senderVarying.count * ring.words)
            let vole = plan.vole(threads: 1).messageBytes
            join = (
                vole.toSender + vole.toReceiver + 32 + 8 * plan.query.columns
                    + plan.program.columns * (16 * plan.pairs + (plan.hasSingle ? 8 : 0)), 5
            )
            let chunk = HiddenJoin.chunkBins
            for (size, count) in [(chunk, bins / chunk), (bins % chunk, 1)] where size > 0 && count > 0 {
                let step = try await plans(parties, parameters) { try await $0.planChunk(ring, plan, bins: size, $1) }
                costs.append(.init(step, count))
            }
            let smaller = min(receiverSize, senderSize)
            costs.append(.init(try await plans(parties, parameters) { try await $0.planEnd(ring, size: smaller, $1) }, 1))
        case .aligned:
            let rows = min(receiverSize, senderSize)
            let ring = try layout.ring(rows: rows)
            let bytes = try VOLEPSI.bytes(
                receiverSize: receiverSize, senderSize: senderSize, variant: .fast, adversary: .semiHonest, policy: .bothLearnMatches)
            join = (bytes.toSender + bytes.toReceiver, 7)
            costs.append(.init(try await plans(parties, parameters) { try await $0.planAligned(ring, rows: rows, $1) }, 1))
        }
        let computation = costs.reduce(0) { $0 + $1.bytes }
        let correlations = costs.reduce(0) { sum, part in
            sum + part.count * part.plans[0].demands.reduce(0) { $0 + bytes(of: $1, parameters) }
        }
        return Estimate(
            joinBytes: join.bytes, computationBytes: computation, correlationBytes: correlations,
            rounds: join.rounds + costs.reduce(0) { $0 + $1.count * $1.plans[0].rounds },
            bytesBetweenParties: join.bytes + computation + (parameters.usesDealer ? 0 : correlations))
    }

    private static func plans(
        _ parties: [Party], _ parameters: Parameters, _ program: (Party, TwoPartyComputation) async throws -> Void
    ) async throws -> [ComputationCost] {
        var out: [ComputationCost] = []
        for (index, party) in parties.enumerated() {
            out.append(
                try await TwoPartyComputation.plan(party: index, costsTransfers: !parameters.usesDealer) {
                    try await program(party, $0)
                })
        }
        return out
    }

    /// Bytes that make the correlations of a demand. Protocols/ot-correlations.md and dealer.md, "Cost".
    private static func bytes(of demand: ComputationCost.Demand, _ parameters: Parameters) -> Int {
        let (kind, n) = (demand.kind, demand.count)
        if parameters.usesDealer {
            return 8 * kind.sections(count: n, party: kind.correctionParty).suffix(kind.derivedSections).reduce(0, +) + 48
        }
        // Correction rows of 64 transfers.
        let rows = parameters.transfers == .fast ? 248 : 13
        switch kind {
        case .bitProducts, .bitProductPairs: return n * 2 * rows
        case .privateBitProducts: return n * rows
        case .privateBitBytes: return n * (rows + 64)
        case .bits(let ring): return n * (rows + 64 * ring.bytes)
        case .bitElementProducts(let ring): return n * (2 * rows + 64 * ring.bytes)
        case .privateMatrixProducts(let ring, let m, let inner, let columns):
            let e = inner * min(m, columns), f = max(m, columns)
            // A string of 16 bytes serves some columns; each column's message is an element a transfer, the ring's own width
            // shorter.
            let strings = (f * ring.bytes + 1023) / 1024
            return n * e * ring.words * (rows * strings + (ring == .z64 ? 260 : 516) * f)
        default: preconditionFailure("no step of an aggregation needs \(kind.name)")
        }
    }
}

extension ComputationCost {
    /// Both parties' plans of a step that a run does `count` times.
    fileprivate struct Part {
        let plans: [ComputationCost]
        let count: Int
        init(_ plans: [ComputationCost], _ count: Int) {
            self.plans = plans
            self.count = count
        }
        var bytes: Int { count * plans.reduce(0) { $0 + $1.bytesSent } }
    }
}

extension HiddenAggregation.Party {
    /// The steps of one chunk, on shares that are all zero.
    fileprivate func planChunk(
        _ ring: Ring, _ plan: HiddenJoin.Plan, bins: Int, _ computation: TwoPartyComputation
    ) async throws {
        let zeros = ProgrammedBins(plan: plan, words: HugeBuffer(count: bins * plan.words, wiped: false), rowOfBin: nil)
        let matched = try await zeros.membership(0..<bins, in: computation)
        switch ring {
        case .z64:
            var totals = Totals<UInt64>(layout)
            try await add(0..<bins, of: zeros, matched, to: &totals, in: computation)
        case .z128:
            var totals = Totals<UInt128>(layout)
            try await add(0..<bins, of: zeros, matched, to: &totals, in: computation)
        }
    }

    fileprivate func planEnd(_ ring: Ring, size: Int, _ computation: TwoPartyComputation) async throws {
        switch ring {
        case .z64:
            if layout.minimum > 0 { _ = try await isBelowMinimum(UInt64(0), size: size, computation) }
            _ = try await widened(layout.assemble(Totals<UInt64>(layout)), computation)
        case .z128:
            if layout.minimum > 0 { _ = try await isBelowMinimum(UInt128(0), size: size, computation) }
        }
    }

    fileprivate func planAligned(_ ring: Ring, rows: Int, _ computation: TwoPartyComputation) async throws {
        switch ring {
        case .z64: _ = try await sums(UInt64.self, rows: rows, own: nil, computation)
        case .z128: _ = try await sums(UInt128.self, rows: rows, own: nil, computation)
        }
    }
}
