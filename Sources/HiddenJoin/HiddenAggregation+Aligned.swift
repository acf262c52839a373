import Arithmetic
import PrivateSetIntersection
import SandboxCore
import SecretSharing
import Transport

extension HiddenAggregation.Party {
    /// `.aligned`: PSI that shows both parties the matches, then products of the matched rows.
    func runAligned(
        over channel: any Channel, source: HiddenJoin.SourceMaker, progress: ProgressMonitor?, random: any RandomSource
    ) async throws -> Result {
        let isReceiver = role == .receiver
        let clock = PhaseClock(progress: progress)
        let proposal = HiddenJoin.Opening(isReceiver: isReceiver, size: tokens.count, random: random)
        let session = try await Session.open(
            over: channel, proposal.proposal("hidden-aggregation", parameters.join, statements), progress: progress)
        return try await session.abortingOnError {
            let peerSize = try proposal.peerSize(in: session)
            let seed = try proposal.hashSeed(in: session)
            try checkMinimum(peerSize)
            let ring = try layout.ring(rows: min(tokens.count, peerSize))
            clock.mark("session")
            // A session of its own, which binds this one's parameters by both sides' random seed.
            let psi = VOLEPSI.Parameters(
                policy: .bothLearnMatches, threads: parameters.threads, minimumIntersection: parameters.minimumIntersection)
            let found = isReceiver
                ? try await VOLEPSI.Receiver(tokens: tokens, parameters: psi).run(over: channel, binding: seed, progress: progress)
                : try await VOLEPSI.Sender(tokens: tokens, parameters: psi).run(over: channel, binding: seed, progress: progress)
            clock.mark("set intersection")
            guard let matches = found.matches, let ranks = found.ranks else { preconditionFailure("both learn the matches") }
            var rowOfRank = [Int](repeating: 0, count: matches.count)
            for (match, rank) in zip(matches, ranks) { rowOfRank[rank] = match }
            let (made, finish) = try await source(session, isReceiver ? 0 : 1, HiddenJoin.jobName(seed, parameters.join))
            let computation = TwoPartyComputation(
                session: session, party: isReceiver ? 0 : 1, source: made, threads: parameters.threads)
            let shares: [[UInt128]]
            switch ring {
            case .z64: shares = try await sums(UInt64.self, rows: matches.count, own: matched(rowOfRank), computation)
            case .z128: shares = try await sums(UInt128.self, rows: matches.count, own: matched(rowOfRank), computation)
            }
            await finish()
            clock.mark("sums")
            return Result(shares: shares, peerSize: peerSize, matches: matches, cost: computation.cost, phases: clock.phases)
        }
    }

    /// This party's varying columns in the order of ranks.
    private func matched(_ rowOfRank: [Int]) -> [[Int64]] {
        (role == .receiver ? layout.receiverVarying : layout.senderVarying).map { column in
            rowOfRank.map { columns[column].values[$0] }
        }
    }

    /// Sums of one party's own columns are that party's share; products of both are private matrix products. `own`: nil in
    /// planning.
    func sums<E: RingElement>(
        _: E.Type, rows n: Int, own values: [[Int64]]?, _ computation: TwoPartyComputation
    ) async throws -> [[UInt128]] {
        let isReceiver = role == .receiver, own = values ?? []
        var totals = Totals<E>(layout)
        func plainSum(_ values: [Int64]) -> E { values.reduce(0) { $0 &+ E(truncatingIfNeeded: $1) } }
        if isReceiver { totals.count = E(n) }
        if values != nil {
            if isReceiver { totals.receiverSums = own.map(plainSum) } else { totals.senderSums = own.map(plainSum) }
        }
        if n > 0 {
            func signed(_ value: Int64) -> E.Signed { E.Signed(truncatingIfNeeded: value) }
            for block in layout.blocks {
                let first = try TwoPartyComputation.PrivateMatrix<E>(
                    isReceiver && values != nil ? block.rows.flatMap { own[$0].map(signed) } : nil, rows: block.rows.count, columns: n,
                    bounds: layout.receiverBounds(block))
                let second = try TwoPartyComputation.PrivateMatrix<E>(
                    isReceiver || values == nil ? nil : (0..<n).flatMap { i in block.columns.map { signed(own[$0][i]) } }, rows: n,
                    columns: block.columns.count, bounds: layout.senderBounds(block))
                let products = try await computation.privateProduct(first, second).share
                for (i, row) in block.rows.enumerated() {
                    for (j, column) in block.columns.enumerated() { totals[row, column] = products[i * block.columns.count + j] }
                }
            }
        }
        return try await widened(layout.assemble(totals), computation)
    }
}
