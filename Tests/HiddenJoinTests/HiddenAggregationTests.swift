import HiddenJoin
import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

@Suite struct HiddenAggregationTests {
    struct Size: Sendable, CustomStringConvertible {
        let receiver: Int, sender: Int, common: Int
        var description: String { "\(receiver) x \(sender), \(common) common" }
    }

    static let sizes = [
        Size(receiver: 0, sender: 0, common: 0), Size(receiver: 0, sender: 3, common: 0), Size(receiver: 3, sender: 0, common: 0),
        Size(receiver: 1, sender: 1, common: 1), Size(receiver: 1, sender: 1, common: 0), Size(receiver: 2, sender: 2, common: 1),
        Size(receiver: 4, sender: 9, common: 4), Size(receiver: 100, sender: 70, common: 0), Size(receiver: 70, sender: 100, common: 70),
        Size(receiver: 4096, sender: 4096, common: 2000), Size(receiver: 1, sender: 1 << 14, common: 1),
        Size(receiver: 1 << 14, sender: 1, common: 1), Size(receiver: 1 << 14, sender: 1, common: 0),
    ]

    private func columns(_ sets: TestSets, _ random: SeededRandom) -> ([HiddenJoin.Column], [HiddenJoin.Column]) {
        let (r, s) = (sets.receiver.count, sets.sender.count)
        return (
            [
                column("one", 1...1, rows: r, random), column("age", -20...90, rows: r, random),
                column("balance", -1_000_000...1_000_000, rows: r, random), column("scale", -3 ... -3, rows: r, random),
            ],
            [column("one", 1...1, rows: s, random), column("amount", -500_000...2_000_000, rows: s, random), column("flag", 0...1, rows: s, random)]
        )
    }

    @Test(arguments: HiddenAggregation.Mode.allCases, sizes) func sumsAreThoseOfThePlainJoin(
        _ mode: HiddenAggregation.Mode, _ size: Size
    ) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let sets = TestSets(receiver: size.receiver, sender: size.sender, common: size.common, random)
        let (receiver, sender) = columns(sets, random)
        let parameters = HiddenAggregation.Parameters(mode: mode, threads: 2)
        let outputs = try await aggregate(sets, receiver, sender, parameters, source: seeded(seed))
        #expect(opened(outputs) == plainSums(sets, receiver, sender), "seed \(seed)")
        #expect(outputs.receiver.peerSetSize == size.sender && outputs.sender.peerSetSize == size.receiver)
        switch mode {
        case .hidden: #expect(outputs.receiver.matches == nil && outputs.sender.matches == nil)
        case .aligned: #expect(outputs.receiver.matches == sets.matches.map(\.receiver).sorted())
        }
    }

    /// Sums beyond 64 bits are computed modulo 2^128, with columns of two words.
    @Test(arguments: HiddenAggregation.Mode.allCases) func sumsBeyond64BitsAreExact(_ mode: HiddenAggregation.Mode) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let sets = TestSets(receiver: 90, sender: 120, common: 60, random)
        let wide: ClosedRange<Int64> = -(1 << 58)...1 << 58
        let receiver = [column("one", 1...1, rows: 90, random), column("wide", wide, rows: 90, random)]
        let sender = [
            column("wide", wide, rows: 120, random), column("two", 2...2, rows: 120, random), column("small", -5...5, rows: 120, random),
        ]
        let outputs = try await aggregate(sets, receiver, sender, .init(mode: mode, threads: 1), source: seeded(seed))
        #expect(opened(outputs) == plainSums(sets, receiver, sender), "seed \(seed)")
    }

    /// Narrow columns of the receiver are multiplied bit by bit, wide ones as ring elements; with several columns on each side.
    @Test(arguments: [0...1, -3...4, -1000...1000, 0 ... 1 << 19, -(1 << 30)...0] as [ClosedRange<Int64>])
    func productsAreExactForColumnsOfAnyWidth(_ bounds: ClosedRange<Int64>) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        let sets = TestSets(receiver: 130, sender: 150, common: 90, random)
        for (rows, columns) in [(1, 1), (2, 1), (1, 2), (3, 2)] {
            let receiver = (0..<rows).map { column("r\($0)", bounds, rows: 130, random) }
            let sender = (0..<columns).map { column("s\($0)", -(1 << 20)...1 << 20, rows: 150, random) }
            let outputs = try await aggregate(sets, receiver, sender, .init(threads: 1), source: seeded(seed))
            #expect(opened(outputs) == plainSums(sets, receiver, sender), "seed \(seed)")
        }
    }

    /// Random pairs are wanted, of columns so wide that all pairs together would be refused.
    @Test(arguments: HiddenAggregation.Mode.allCases) func onlyTheWantedPairsAreComputed(_ mode: HiddenAggregation.Mode) async throws {
        for _ in 0..<4 {
            let seed = freshSeed()
            let random = SeededRandom(seed)
            let sets = TestSets(receiver: 130, sender: 150, common: 90, random)
            let bounds: [ClosedRange<Int64>] = [1...1, 0...1, -7...9, -(1 << 30)...1 << 30, 0...1]
            let receiver = bounds.enumerated().map { column("r\($0)", $1, rows: 130, random) }
                + [column("wide", -(1 << 60)...1 << 60, rows: 130, random)]
            let sender = bounds.enumerated().map { column("s\($0)", $1, rows: 150, random) }
                + [column("wide", -(1 << 60)...1 << 60, rows: 150, random)]
            var pairs: Set<HiddenAggregation.Pair> = [.init(receiver: 5, sender: 0), .init(receiver: 0, sender: 5)]
            for r in 0..<5 { for s in 0..<5 where random.uniform(below: 2) == 0 { pairs.insert(.init(receiver: r, sender: s)) } }
            let outputs = try await aggregate(sets, receiver, sender, pairs: pairs, .init(mode: mode, threads: 1), source: seeded(seed))
            let (sums, plain) = (opened(outputs), plainSums(sets, receiver, sender))
            for pair in pairs { #expect(sums[pair.receiver][pair.sender] == plain[pair.receiver][pair.sender], "seed \(seed), \(pair)") }
            #expect(sums[5][5] == 0)
        }
    }

    @Test(arguments: HiddenAggregation.Mode.allCases, TwoPartyComputation.TransferMethod.allCases)
    func correlationsFromTransfersGiveTheSameSums(
        _ mode: HiddenAggregation.Mode, _ transfers: TwoPartyComputation.TransferMethod
    ) async throws {
        let random = SeededRandom(5)
        let sets = TestSets(receiver: 300, sender: 200, common: 120, random)
        let (receiver, sender) = columns(sets, random)
        let outputs = try await aggregate(
            sets, receiver, sender, .init(mode: mode, minimumIntersection: 100, threads: 1, transfers: transfers), source: nil)
        #expect(opened(outputs) == plainSums(sets, receiver, sender))
    }

    @Test(arguments: HiddenAggregation.Mode.allCases) func aDealerGivesTheSameSums(_ mode: HiddenAggregation.Mode) async throws {
        let random = SeededRandom(6)
        let sets = TestSets(receiver: 150, sender: 200, common: 120, random)
        let (own, peers) = columns(sets, random)
        let parameters = HiddenAggregation.Parameters(mode: mode, minimumIntersection: 100, threads: 1, usesDealer: true)
        let first = try HiddenAggregation.Party(
            role: .receiver, tokens: sets.receiver, columns: own, peerColumns: peers.map(\.shape), parameters: parameters)
        let second = try HiddenAggregation.Party(
            role: .sender, tokens: sets.sender, columns: peers, peerColumns: own.map(\.shape), parameters: parameters)
        let service = DealerService()
        let (a, dealerA) = LocalChannel.pair(), (b, dealerB) = LocalChannel.pair()
        async let servedA = try? await service.serve(dealerA)
        async let servedB = try? await service.serve(dealerB)
        let outputs = try await LocalRun.both(
            { try await first.run(over: $0, dealer: a) }, { try await second.run(over: $0, dealer: b) })
        _ = await (servedA, servedB)
        #expect(opened((outputs.0, outputs.1)) == plainSums(sets, own, peers))
        #expect(outputs.0.dealerBytes > 0)
    }

    @Test(arguments: HiddenAggregation.Mode.allCases) func aRunThatFailsLetsGoOfTheDealer(_ mode: HiddenAggregation.Mode) async throws {
        let sets = TestSets(receiver: 30, sender: 30, common: 10, SeededRandom(6))
        let service = DealerService()
        let (a, dealerA) = LocalChannel.pair(), (b, dealerB) = LocalChannel.pair()
        async let servedA = try? await service.serve(dealerA)
        async let servedB = try? await service.serve(dealerB)
        func party(_ role: HiddenAggregation.Role, minimum: Int) throws -> HiddenAggregation.Party {
            try HiddenAggregation.Party(
                role: role, tokens: role == .receiver ? sets.receiver : sets.sender, columns: [], peerColumns: [],
                parameters: .init(mode: mode, minimumIntersection: minimum, threads: 1, usesDealer: true))
        }
        let first = try party(.receiver, minimum: 11), second = try party(.sender, minimum: 11)
        await #expect(throws: YinheError.self) {
            try await LocalRun.both({ try await first.run(over: $0, dealer: a) }, { try await second.run(over: $0, dealer: b) })
        }
        // Ends at once, not after the dealer's patience.
        _ = await (servedA, servedB)
    }

    /// The tree of ANDs and the distance of words are two programs for one answer.
    @Test func bothWaysToCompareTargetsAgree() async throws {
        let random = SeededRandom(8)
        let sets = TestSets(receiver: 500, sender: 400, common: 333, random)
        let (receiver, sender) = columns(sets, random)
        for costsTransfers in [false, true] {
            let outputs = try await aggregate(
                sets, receiver, sender, .init(threads: 1), source: seeded(3, costsTransfers: costsTransfers))
            #expect(opened(outputs) == plainSums(sets, receiver, sender))
        }
    }

    @Test(arguments: HiddenAggregation.Mode.allCases, [9, 10, 11]) func theMinimumIsKeptOnBothSides(
        _ mode: HiddenAggregation.Mode, _ minimum: Int
    ) async throws {
        let random = SeededRandom(9)
        let sets = TestSets(receiver: 40, sender: 50, common: 10, random)
        let (receiver, sender) = columns(sets, random)
        let parameters = HiddenAggregation.Parameters(mode: mode, minimumIntersection: minimum, threads: 1)
        let codes = await codes(sets, receiver, sender, parameters, parameters)
        #expect(codes.receiver == (minimum > 10 ? .belowMinimum : nil))
        #expect(codes.sender == (minimum > 10 ? .belowMinimum : nil))
    }

    @Test(arguments: HiddenAggregation.Mode.allCases) func aMinimumAboveTheSmallerSetEndsBeforeAnyData(
        _ mode: HiddenAggregation.Mode
    ) async throws {
        let sets = TestSets(receiver: 3, sender: 50, common: 3, SeededRandom(9))
        let parameters = HiddenAggregation.Parameters(mode: mode, minimumIntersection: 4, threads: 1)
        let codes = await codes(sets, [], [], parameters, parameters)
        #expect(codes.receiver == .belowMinimum && codes.sender == .belowMinimum)
    }

    @Test func sidesThatDeclareDifferentThingsPartBeforeData() async throws {
        let sets = TestSets(receiver: 3, sender: 5, common: 3, SeededRandom(9))
        let own = column("x", 0...9, rows: 3, SeededRandom(1))
        for (mine, theirs) in [
            (HiddenAggregation.Parameters(), HiddenAggregation.Parameters(minimumIntersection: 1)),
            (HiddenAggregation.Parameters(), HiddenAggregation.Parameters(binding: [1])),
            (HiddenAggregation.Parameters(), HiddenAggregation.Parameters(mode: .aligned)),
        ] {
            let codes = await codes(sets, [own], [], mine, theirs)
            #expect(codes.receiver == .peerMismatch && codes.sender == .peerMismatch)
        }
        let other = HiddenJoin.ColumnShape(name: "x", bounds: 0...10)
        let codes = await codes(sets, [own], [], .init(), .init(), receiverShapes: [other])
        #expect(codes.receiver == .peerMismatch && codes.sender == .peerMismatch)
    }

    @Test func sumsThatCouldLeaveTheirRangeAreRefused() async throws {
        let sets = TestSets(receiver: 40, sender: 50, common: 10, SeededRandom(9))
        let widest: ClosedRange<Int64> = .min ... .max
        let receiver = [column("r", widest, rows: 40, SeededRandom(1))], sender = [column("s", widest, rows: 50, SeededRandom(2))]
        let parameters = HiddenAggregation.Parameters(threads: 1)
        #expect(throws: YinheError.self) {
            try HiddenAggregation.Party(
                role: .receiver, tokens: sets.receiver, columns: receiver, peerColumns: sender.map(\.shape), parameters: parameters)
        }
        // One row fits and forty do not: refused when the sizes are known.
        let half: ClosedRange<Int64> = -(1 << 62)...1 << 62
        let r = [column("r", half, rows: 40, SeededRandom(1))], s = [column("s", half, rows: 50, SeededRandom(2))]
        for mode in HiddenAggregation.Mode.allCases {
            let codes = await codes(sets, r, s, .init(mode: mode, threads: 1), .init(mode: mode, threads: 1))
            #expect(codes.receiver == .range || codes.receiver == .peerAborted)
            #expect(codes.sender == .range || codes.sender == .peerAborted)
            #expect(codes.receiver == .range || codes.sender == .range)
        }
    }

    @Test(arguments: HiddenAggregation.Mode.allCases) func equalTokensAreRefused(_ mode: HiddenAggregation.Mode) async throws {
        let twice = [JoinToken("a"), JoinToken("b"), JoinToken("a")]
        let sets = TestSets(receiver: 3, sender: 3, common: 1, SeededRandom(9))
        let parameters = HiddenAggregation.Parameters(mode: mode, threads: 1)
        let first = try HiddenAggregation.Party(role: .receiver, tokens: twice, columns: [], peerColumns: [], parameters: parameters)
        let second = try HiddenAggregation.Party(role: .sender, tokens: sets.sender, columns: [], peerColumns: [], parameters: parameters)
        await #expect(throws: YinheError.self) {
            try await LocalRun.both({ try await first.run(over: $0) }, { try await second.run(over: $0) })
        }
    }

    private func codes(
        _ sets: TestSets, _ receiver: [HiddenJoin.Column], _ sender: [HiddenJoin.Column], _ mine: HiddenAggregation.Parameters,
        _ theirs: HiddenAggregation.Parameters, receiverShapes: [HiddenJoin.ColumnShape]? = nil
    ) async -> (receiver: YinheError.Code?, sender: YinheError.Code?) {
        let (left, right) = LocalChannel.pair()
        let shapes = receiverShapes ?? receiver.map(\.shape)
        async let a = code {
            try await HiddenAggregation.Party(
                role: .receiver, tokens: sets.receiver, columns: receiver, peerColumns: sender.map(\.shape), parameters: mine
            ).run(over: left, source: seeded(4), random: SystemRandom.shared)
        }
        async let b = code {
            try await HiddenAggregation.Party(
                role: .sender, tokens: sets.sender, columns: sender, peerColumns: shapes, parameters: theirs
            ).run(over: right, source: seeded(4), random: SystemRandom.shared)
        }
        return await (a, b)
    }

    private func code<R>(_ body: () async throws -> R) async -> YinheError.Code? {
        do { _ = try await body() } catch { return (error as? YinheError)?.code }
        return nil
    }

    /// The estimate knows sizes, columns and parameters only; frames and handshakes are not in it.
    @Test(arguments: HiddenAggregation.Mode.allCases, [false, true]) func estimatesAreThoseOfARun(
        _ mode: HiddenAggregation.Mode, _ usesWideColumns: Bool
    ) async throws {
        let random = SeededRandom(13)
        let sets = TestSets(receiver: 6000, sender: 5000, common: 5000, random)
        let wide: ClosedRange<Int64> = usesWideColumns ? -(1 << 45)...1 << 45 : 0...3
        let receiver = [column("one", 1...1, rows: 6000, random), column("r", wide, rows: 6000, random)]
        let sender = [column("one", 1...1, rows: 5000, random), column("s", -(1 << 30)...1 << 30, rows: 5000, random)]
        let parameters = HiddenAggregation.Parameters(mode: mode, minimumIntersection: 10, threads: 1)
        let estimate = try await HiddenAggregation.estimate(
            receiverSize: 6000, senderSize: 5000, receiverColumns: receiver.map(\.shape), senderColumns: sender.map(\.shape),
            parameters: parameters)
        let outputs = try await aggregate(sets, receiver, sender, parameters, source: nil)
        #expect(estimate.computationBytes == outputs.receiver.computation.bytesSent + outputs.sender.computation.bytesSent)
        let ratio = Double(outputs.receiver.bytes) / Double(estimate.bytesBetweenParties)
        #expect((0.97...1.10).contains(ratio), "\(outputs.receiver.bytes) bytes, estimated \(estimate)")
    }

    @Test func sharesModulo2To64Widen() async throws {
        let values: [Int64] = [0, 1, -1, 1 << 62 - 1, -(1 << 62), 12345, -98765]
        let random = SeededRandom(12)
        let masks = values.map { _ in random.word() }
        let proposal: @Sendable (Int) -> SessionProposal = { party in
            SessionProposal(protocolName: "test", version: 1, role: "party \(party)", peerRole: "party \(1 - party)")
        }
        @Sendable func run(_ party: Int, _ channel: any Channel) async throws -> [UInt128] {
            try await Session.run(over: channel, proposal(party)) { session in
                let own = zip(values, masks).map { party == 0 ? $1 : UInt64(bitPattern: $0) &- $1 }
                return try await TwoPartyComputation(
                    session: session, party: party, source: SeededCorrelations(party: party, seed: 1)
                ).widened(own)
            }
        }
        let (a, b) = try await LocalRun.both({ try await run(0, $0) }, { try await run(1, $0) })
        #expect(zip(a, b).map { Int128(truncatingIfNeeded: $0 &+ $1) } == values.map { Int128($0) })
    }
}
