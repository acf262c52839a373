import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct DealerTests {
    static let kinds: [Correlation] =
        Ring.both.flatMap { ring -> [Correlation] in
            [
                .products(ring), .squares(ring), .bits(ring), .bitElementProducts(ring),
                .matrixProducts(ring, rows: 3, inner: 5, columns: 2), .privateMatrixProducts(ring, rows: 2, inner: 3, columns: 4),
                .permutation(ring, owner: 0, rows: 13, width: 3), .permutation(ring, owner: 1, rows: 7, width: 1),
            ]
        } + [.bitProducts, .bitProductPairs, .privateBitProducts, .privateBitBytes]

    @Test(arguments: kinds)
    func everyKindSatisfiesItsRelation(kind: Correlation) async throws {
        let outcome = try await DealerRun(2).run { _, source in
            [try await source.produce(kind, count: 1), try await source.produce(kind, count: 37)]
        }
        let parts = try outcome.parties.map { try $0.get() }
        for request in 0..<2 {
            let both = parts.map { $0[request] }
            #expect(both.map(\.party) == [0, 1] && both.map(\.count) == Array(repeating: [1, 37][request], count: 2))
            let isRight = CorrelationRelation.holds(both)
            #expect(isRight)
        }
        #expect(Array(parts[0][0].words(0)) != Array(parts[0][1].items(0..<1).words(0)), "both requests gave the same items")
        let report = try outcome.dealer[0].get()
        #expect(report.dealt.map(\.kind) == [kind.name] && report.dealt[0].items == 38 && report.dealt[0].requests == 2)
    }

    @Test(arguments: [3, 5, 8], Ring.both)
    func additiveKindsHoldForManyParties(parties: Int, ring: Ring) async throws {
        let kinds: [Correlation] = [.products(ring), .squares(ring), .matrixProducts(ring, rows: 2, inner: 6, columns: 3)]
        let outcome = try await DealerRun(parties).run { _, source in
            var batches: [CorrelationBatch] = []
            for kind in kinds { batches.append(try await source.produce(kind, count: 19)) }
            return batches
        }
        let parts = try outcome.parties.map { try $0.get() }
        for request in kinds.indices {
            let isRight = CorrelationRelation.holds(parts.map { $0[request] })
            #expect(isRight, "\(kinds[request].name)")
        }
        // All random sections differ between all parties.
        #expect(Set(parts.map { Array($0[0].words(0)) }).count == parties)
    }

    /// Several units, a cut last one, and items longer than a message.
    @Test(arguments: [
        (Correlation.products(.z64), 300_001), (.bits(.z128), 2500), (.permutation(.z64, owner: 0, rows: 200_000, width: 2), 2),
        (.matrixProducts(.z64, rows: 1, inner: 50_000, columns: 1), 30),
    ])
    func largeRequestsComeInUnits(kind: Correlation, count: Int) async throws {
        let outcome = try await DealerRun(2).run { _, source in try await source.produce(kind, count: count) }
        let isRight = CorrelationRelation.holds(try outcome.parties.map { try $0.get() })
        #expect(isRight)
    }

    @Test func unitsBoundTheDealersMemory() {
        for kind in Self.kinds + [.matrixProducts(.z64, rows: 1, inner: 1 << 19, columns: 1)] {
            let units = Dealer.Units(kind, count: 100_000_000)
            for party in 0..<2 {
                let words = kind.sections(count: units.items, party: party).reduce(0, +)
                #expect(words <= 2 * Dealer.unitWords, "\(kind.name)")
            }
            #expect(units.items >= 1)
        }
        #expect(Dealer.Units(.products(.z64), count: 100_000_000).items == 131_072)
    }

    /// Eight bytes a triple to one party, next to nothing to the other.
    @Test func onlyOnePartyReceivesTheDerivedSections() async throws {
        let outcome = try await DealerRun(2).run { _, source in
            _ = try await source.produce(.products(.z64), count: 1_000_000)
            return source.bytesOutsideSession
        }
        let bytes = try outcome.parties.map { try $0.get() }
        #expect(bytes[0] < 2000 && (8_000_000..<8_003_000).contains(bytes[1]))
    }

    @Test func nothingIsAskedForAnEmptyRequest() async throws {
        let outcome = try await DealerRun(2).run { party, source in
            if party == 0 { _ = try await source.produce(.squares(.z64), count: 0) }
            return try await source.produce(.bitProducts, count: 3)
        }
        let isRight = CorrelationRelation.holds(try outcome.parties.map { try $0.get() })
        #expect(isRight)
    }

    @Test(arguments: [2, 3])
    func overMutualTLS(parties: Int) async throws {
        var run = DealerRun(parties)
        run.overTLS = true
        let outcome = try await run.run { _, source in try await source.produce(.products(.z64), count: 200_000) }
        let isRight = CorrelationRelation.holds(try outcome.parties.map { try $0.get() })
        #expect(isRight)
    }

    @Test func jobsRunBesideEachOther() async throws {
        let service = DealerService()
        let parts = try await withThrowingTaskGroup(of: (Int, CorrelationBatch).self) { group in
            for job in 0..<3 {
                for party in 0..<2 {
                    let (near, far) = LocalChannel.pair()
                    group.addTask {
                        let source = try await DealerCorrelations(over: near, job: [UInt8(job)], party: party, names: ["a", "b"])
                        let batch = try await source.produce(.bitProducts, count: 100 + job)
                        await source.finish()
                        return (job, batch)
                    }
                    group.addTask {
                        try await service.serve(far)
                        return (-1, CorrelationBatch(zeroed: .bitProducts, count: 0, party: 0))
                    }
                }
            }
            return try await group.reduce(into: [Int: [CorrelationBatch]]()) { $0[$1.0, default: []].append($1.1) }
        }
        for job in 0..<3 {
            let batches = parts[job]!.sorted { $0.party < $1.party }
            let isRight = CorrelationRelation.holds(batches)
            #expect(isRight && batches[0].count == 100 + job)
        }
    }

    /// A two-party computation over a dealer's correlations gives the plain result.
    @Test func computationsRunOnIt() async throws {
        let dealer = DealerRun(2)
        let (left, right) = LocalChannel.pair()
        let outcome = try await dealer.run { party, source in
            let channel: any Channel = party == 0 ? left : right
            let session = try await Session.open(
                over: channel,
                SessionProposal(protocolName: "test-sharing", version: 1, role: "party-\(party)", peerRole: "party-\(1 - party)"))
            let computation = TwoPartyComputation(session: session, party: party, source: source, threads: 1)
            let bounds = try DeclaredBounds(-1000, 1000)
            let x: SharedVector<UInt64> = try computation.input(party == 0 ? [3, -7, 1000] : nil, from: 0, count: 3, bounds: bounds)
            let y: SharedVector<UInt64> = try computation.input(party == 1 ? [-5, 11, 1000] : nil, from: 1, count: 3, bounds: bounds)
            return try await computation.open(computation.multiply(x, y))
        }
        for party in outcome.parties { #expect(try party.get() == [-15, -77, 1_000_000]) }
    }
}
