import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

@Suite struct DealerFailureTests {
    @Test func differentRequestsNameStepAndBothSides() async throws {
        let outcome = try await DealerRun(2).run { party, source in
            _ = try await source.produce(.bitProducts, count: 5)
            return try await source.produce(.products(party == 0 ? .z64 : .z128), count: 7 + party)
        }
        for error in outcome.parties.map(errorOf) + outcome.dealer.map(errorOf) {
            #expect(error?.code == .peerMismatch)
            for word in ["step 1", "party 0 (party-a)", "7 items of products-z2^64", "party 1 (party-b)", "8 items of products-z2^128"] {
                #expect(error?.message.contains(word) == true, "\(error as Any) lacks \(word)")
            }
        }
    }

    @Test func aPartyThatNeedsLessIsADifference() async throws {
        let outcome = try await DealerRun(2).run { party, source in
            if party == 1 { _ = try await source.produce(.bitProducts, count: 5) }
        }
        #expect(codeOf(outcome.parties[1]) == .peerMismatch && codeOf(outcome.dealer[0]) == .peerMismatch)
        #expect(errorOf(outcome.parties[1])?.message.contains("nothing more") == true)
    }

    @Test(arguments: [(2, 1), (5, 3)])
    func aMissingPartyIsNamed(parties: Int, missing: Int) async throws {
        var run = DealerRun(parties)
        run.limits.gathering = .milliseconds(100)
        let outcome = try await run.run(present: (0..<parties).filter { $0 != missing }) { _, _ in }
        for error in outcome.parties.map(errorOf) + outcome.dealer.map(errorOf) {
            #expect(error?.code == .peerUnreachable)
            #expect(error?.place == "party \(missing) (\(run.names[missing]))" && error?.message.contains("did not come") == true)
        }
    }

    @Test func aPartyThatNeverAsksIsNamed() async throws {
        var run = DealerRun(3)
        run.limits.request = .milliseconds(100)
        let outcome = try await run.run { party, source in
            if party == 1 { try await Task.sleep(for: .seconds(1)) }
            _ = try await source.produce(.products(.z64), count: 5)
        }
        for party in [0, 2] {
            #expect(codeOf(outcome.parties[party]) == .peerUnreachable)
            #expect(errorOf(outcome.parties[party])?.place == "party 1 (party-b)")
        }
    }

    @Test func aLostPartyIsNamed() async throws {
        let outcome = try await DealerRun(3).connected([0, 1, 2]) { party, channel in
            let source = try await DealerCorrelations(over: channel, job: [1], party: party, names: ["a", "b", "c"])
            _ = try await source.produce(.products(.z64), count: 5)
            if party == 2 { channel.cancel(YinheError(.peerUnreachable, "the connection broke")) }
            _ = try await source.produce(.products(.z64), count: 5)
        }
        for error in outcome.parties.dropLast().map(errorOf) + outcome.dealer.map(errorOf) {
            #expect(error?.code == .peerUnreachable && error?.place == "party 2 (c)")
        }
    }

    @Test func aLostDealerSaysWhatToDo() async throws {
        let (near, far) = LocalChannel.pair()
        async let party: Void = {
            _ = try await DealerCorrelations(over: near, job: [1], party: 0, names: ["a", "b"]).produce(.bitProducts, count: 1)
        }()
        _ = try await fakeDealer(far)
        far.cancel(YinheError(.cancelled, "gone"))
        do {
            try await party
            Issue.record("a lost dealer went unnoticed")
        } catch let error as YinheError {
            #expect(error.code == .peerUnreachable && error.message.contains("the dealer was lost") && !error.remedy.isEmpty)
        }
    }

    @Test func aStoppedDealerTellsItsParties() async throws {
        let service = DealerService()
        let ends = (0..<2).map { _ in LocalChannel.pair() }
        let serving = ends.map { end in Task { try await service.serve(end.1) } }
        let parties = ends.enumerated().map { party, end in
            Task {
                let source = try await DealerCorrelations(over: end.0, job: [1], party: party, names: ["a", "b"])
                _ = try await source.produce(.bitProducts, count: 1)
                if party == 0 { serving[0].cancel() }
                _ = try await source.produce(.bitProducts, count: party == 0 ? 0 : 1)
                if party == 0 { try await Task.sleep(for: .seconds(20)) }
            }
        }
        #expect(codeOf(await parties[1].result) == .peerAborted)
        parties[0].cancel()
        for task in serving { #expect(codeOf(await task.result) == .cancelled) }
    }

    @Test func otherNamesAndTakenPlacesAreRefused() async throws {
        var run = DealerRun(2)
        run.limits.gathering = .milliseconds(300)
        let renamed = try await run.connected([0, 1]) { party, channel in
            _ = try await DealerCorrelations(over: channel, job: [1], party: party, names: ["a", party == 0 ? "b" : "c"])
        }
        for result in renamed.parties { #expect(codeOf(result) == .peerMismatch) }
        let twice = try await run.connected([0, 0]) { party, channel in
            _ = try await DealerCorrelations(over: channel, job: [1], party: party, names: ["a", "b"])
        }
        // The first is told whom it lacks, the second that its place is taken.
        #expect(Set(twice.parties.map(codeOf)) == [.peerMismatch, .peerUnreachable])
    }

    @Test func tooManyJobsAreRefused() async throws {
        var run = DealerRun(2)
        run.limits.jobs = 1
        run.limits.gathering = .milliseconds(300)
        let outcome = try await run.connected([0, 1]) { party, channel in
            _ = try await DealerCorrelations(over: channel, job: [UInt8(party)], party: 0, names: ["a", "b"])
        }
        #expect(outcome.parties.contains { errorOf($0)?.message.contains("as many jobs") == true })
    }

    // MARK: A dealer that misbehaves

    /// The dealer's handshake, for one party; then the test speaks.
    private func fakeDealer(_ channel: any Channel) async throws -> Session {
        let session = try await Session.open(over: channel, Dealer.proposal(asDealer: true))
        _ = try await session.receive(Dealer.Hello.self)
        try await session.send(Dealer.Ready())
        return session
    }

    private func against(
        kind: Correlation, count: Int, _ dealer: @escaping @Sendable (Session) async throws -> Void
    ) async -> YinheError? {
        let (near, far) = LocalChannel.pair()
        let fake = Task {
            let session = try await fakeDealer(far)
            try await dealer(session)
            // Whatever the party says next is not answered.
            _ = try? await far.receive()
        }
        defer { fake.cancel() }
        let result = await Task {
            let source = try await DealerCorrelations(over: near, job: [1], party: 1, names: ["a", "b"])
            for _ in 0..<2 { _ = try await source.produce(kind, count: count) }
        }.result
        return errorOf(result)
    }

    @Test func aSeedThatComesAgainIsNoticed() async throws {
        struct Stuck: RandomSource {
            func fill(_ buffer: UnsafeMutableRawBufferPointer) { for i in buffer.indices { buffer[i] = 7 } }
        }
        var run = DealerRun(2)
        run.random = Stuck()
        let outcome = try await run.run { _, source in
            _ = try await source.produce(.products(.z64), count: 5)
            _ = try await source.produce(.squares(.z64), count: 5)
        }
        #expect(outcome.parties.contains { codeOf($0) == .peerMisbehaved && errorOf($0)!.message.contains("a seed twice") })
    }

    @Test func aUnitThatComesAgainIsNoticed() async throws {
        let error = await against(kind: .products(.z64), count: 1) { session in
            for step in 0..<2 {
                _ = try await session.receive(Dealer.Request.self)
                try await session.send(Dealer.UnitSeed(unit: 1, seed: [UInt8](repeating: UInt8(step), count: 16)))
                try await session.send(Dealer.Derived(bytes: [UInt8](repeating: 0, count: 8)))
            }
        }
        #expect(error?.code == .peerMisbehaved && error?.message.contains("unit 1 again") == true)
    }

    @Test(arguments: [0, 7, 16])
    func wrongLengthsAreRefused(bytes: Int) async throws {
        let error = await against(kind: .products(.z64), count: 1) { session in
            _ = try await session.receive(Dealer.Request.self)
            try await session.send(Dealer.UnitSeed(unit: 1, seed: [UInt8](repeating: 1, count: 16)))
            try await session.send(Dealer.Derived(bytes: [UInt8](repeating: 0, count: bytes)))
        }
        #expect(error?.code == .peerMisbehaved && error?.message.contains("8 were due") == true)
    }

    // MARK: A party that misbehaves

    private func against(party misbehaves: @escaping @Sendable (Session) async throws -> Void) async throws -> DealerRun.Outcome<Void> {
        try await DealerRun(2).connected([0, 1]) { party, channel in
            if party == 0 {
                let source = try await DealerCorrelations(over: channel, job: [1], party: 0, names: ["a", "b"])
                _ = try await source.produce(.products(.z64), count: 5)
            } else {
                let session = try await Session.open(over: channel, Dealer.proposal(asDealer: false))
                try await session.send(Dealer.Hello(roster: try Dealer.Roster(job: [1], names: ["a", "b"]), party: 1))
                _ = try await session.receive(Dealer.Ready.self)
                try await misbehaves(session)
                _ = try await session.receive(Dealer.UnitSeed.self)
            }
        }
    }

    @Test func unknownKindsEndTheJobAndNameTheParty() async throws {
        let outcome = try await against { session in
            try await session.channel.send([Dealer.Request.tag] + [UInt8](repeating: 0, count: 8) + [5, 0, 0, 0, 0, 0, 0, 0, 99] + [UInt8](repeating: 0, count: 15))
        }
        #expect(codeOf(outcome.dealer[0]) == .peerMisbehaved)
        #expect(errorOf(outcome.parties[0])?.place == "party 1 (b)" && codeOf(outcome.parties[0]) == .peerMisbehaved)
    }

    @Test func absurdCountsAreRefusedBeforeAnythingIsAllocated() async throws {
        let absurd: [(Correlation, Int)] = [
            (.products(.z64), .max), (.products(.z64), 1 << 40), (.products(.z64), 0), (.products(.z64), -1),
            (.matrixProducts(.z128, rows: 1 << 28, inner: 1 << 28, columns: 1 << 28), 1), (.squares(.z64), 1 << 60),
            (.permutation(.z64, owner: 0, rows: 1 << 27, width: 2), 1), (.matrixProducts(.z64, rows: 0, inner: 3, columns: 3), 1),
        ]
        for (kind, count) in absurd { #expect(code { try kind.requireDealable(count: count, among: 2) } == .range) }
        #expect(code { try Correlation.bits(.z64).requireDealable(count: 1, among: 3) } == .range)
        #expect(code { try Correlation.products(.z64).requireDealable(count: 1_000_000_000, among: 2) } == nil)
        // Both parties ask a dealer for what their own libraries would refuse.
        let request = Dealer.Request(step: 0, wanted: .init(kind: .products(.z64), count: .max))
        let outcome = try await DealerRun(2).connected([0, 1]) { party, channel in
            let session = try await Session.open(over: channel, Dealer.proposal(asDealer: false))
            try await session.send(Dealer.Hello(roster: try Dealer.Roster(job: [1], names: ["a", "b"]), party: party))
            _ = try await session.receive(Dealer.Ready.self)
            try await session.send(request)
            _ = try await session.receive(Dealer.UnitSeed.self)
        }
        for call in outcome.dealer { #expect(codeOf(call) == .range) }
    }

    @Test func badRostersAreRefused() {
        #expect(code { try Dealer.Roster(job: [], names: ["a", "b"]) } == .usage)
        #expect(code { try Dealer.Roster(job: [1], names: ["a"]) } == .usage)
        #expect(code { try Dealer.Roster(job: [1], names: ["a", "a"]) } == .usage)
        #expect(code { try Dealer.Roster(job: [1], names: (0..<9).map { "\($0)" }) } == .usage)
        #expect(code { try Dealer.Roster(job: [UInt8](repeating: 0, count: 65), names: ["a", "b"]) } == .usage)
    }
}
