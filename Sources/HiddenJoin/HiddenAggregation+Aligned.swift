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
            case .z64: shares = try await sums(UInt64.self, rowOfRank, computation)
            case .z128: shares = try await sums(UInt128.self, rowOfRank, computation)
            }
            await finish()
            clock.mark("sums")
            return Result(shares: shares, peerSize: peerSize, matches: matches, cost: computation.cost, phases: clock.phases)
        }
    }

    /// Sums of one party's own columns are that party's share; products of both are private matrix products.
    private func sums<E: RingElement>(
        _: E.Type, _ rowOfRank: [Int], _ computation: TwoPartyComputation
    ) async throws -> [[UInt128]] {
        let isReceiver = role == .receiver, n = rowOfRank.count
        var totals = Totals<E>(layout)
        let varying = isReceiver ? layout.receiverVarying : layout.senderVarying
        let own = varying.map { column in rowOfRank.map { columns[column].values[$0] } }
        func plainSum(_ values: [Int64]) -> E { values.reduce(0) { $0 &+ E(truncatingIfNeeded: $1) } }
        if isReceiver {
            totals.count = E(n)
            totals.receiverSums = own.map(plainSum)
        } else {
            totals.senderSums = own.map(plainSum)
        }
        let (rows, width) = (layout.receiverVarying.count, layout.senderVarying.count)
        if rows > 0, width > 0, n > 0 {
            let left = try layout.receiverVarying.map { layout.receiver[$0].declared }.reduce(DeclaredBounds(0, 0)) { $0.union($1) }
            let right = try layout.senderVarying.map { layout.sender[$0].declared }.reduce(DeclaredBounds(0, 0)) { $0.union($1) }
            func signed(_ value: Int64) -> E.Signed { E.Signed(truncatingIfNeeded: value) }
            let first = try TwoPartyComputation.PrivateMatrix<E>(
                isReceiver ? own.flatMap { $0.map(signed) } : nil, rows: rows, columns: n, bounds: left)
            let second = try TwoPartyComputation.PrivateMatrix<E>(
                isReceiver ? nil : (0..<n).flatMap { i in own.map { signed($0[i]) } }, rows: n, columns: width, bounds: right)
            totals.products = try await computation.privateProduct(first, second).share
        }
        return try await widened(layout.assemble(totals), computation)
    }
}
