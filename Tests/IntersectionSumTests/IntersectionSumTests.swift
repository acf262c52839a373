import IntersectionSum
import Paillier
import SandboxCore
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct IntersectionSumTests {
    /// Runs both roles and checks everything that they learn.
    @discardableResult
    private func check(
        _ scenario: Scenario, _ note: String = ""
    ) async throws -> (IntersectionSum.GroupOutput, IntersectionSum.ValueOutput) {
        let (group, value) = try await IntersectionSum.localRun(scenario.groupParty(), scenario.valueParty())
        let plain = scenario.plain
        let sums = zip(group.shares, value.shares).map { zip($0, $1).map { $0 &+ $1 } }
        #expect(sums == plain.sums, "\(note)")
        #expect(group.groupCounts == plain.counts, "\(note)")
        #expect(value.groupSizes == scenario.groups.map(\.count), "\(note)")
        #expect(group.peerSetSize == scenario.tokens.count && value.peerSetSize == scenario.groups.joined().count, "\(note)")
        #expect(group.transcriptHash == value.transcriptHash, "\(note)")
        return (group, value)
    }

    @Test func sharesAddUpToThePlainSumsOnRandomInput() async throws {
        let seed = freshSeed(), random = SeededRandom(seed)
        let shapes: [(groups: Int, groupSize: Int, rows: Int, bounds: [UInt64])] = [
            (1, 40, 40, [1]), (5, 30, 100, [5_000_000_00, 3650, 1]), (3, 10, 60, [.max, 0, 7, 1 << 40, 255, .max, 12, 99]),
            (20, 3, 30, [1000]), (2, 60, 5, []), (7, 0, 20, [9]), (4, 25, 0, [9, 9]),
        ]
        for shape in shapes {
            let scenario = Scenario.random(
                random, groups: shape.groups, groupSize: shape.groupSize, rows: shape.rows, bounds: shape.bounds)
            try await check(scenario, "seed \(seed), \(shape)")
        }
    }

    @Test func emptyAndSingleElementSetsWork() async throws {
        let a = JoinToken("a"), b = JoinToken("b")
        let cases: [(groups: [[JoinToken]], tokens: [JoinToken])] = [
            ([], []), ([[]], []), ([[a]], []), ([[]], [a]), ([[a]], [a]), ([[a]], [b]), ([[], [a], []], [a]), ([[a], [b]], [b]),
        ]
        for (groups, tokens) in cases {
            try await check(Scenario(groups: groups, tokens: tokens, values: tokens.map { _ in 7 }, bounds: [7]), "\(groups)")
        }
    }

    @Test func sumsAtTheSlotBoundsDoNotDisturbTheirNeighbours() async throws {
        let tokens = (0..<33).map { JoinToken("\($0)") }
        let bounds: [UInt64] = [.max, 0, 1, .max, 255, 1 << 32]
        for full in [[0, 2, 4], [1, 3, 5], [0, 1, 2, 3, 4, 5]] {
            let row = bounds.indices.map { full.contains($0) ? bounds[$0] : 0 }
            try await check(
                Scenario(groups: [tokens, []], tokens: tokens, values: tokens.flatMap { _ in row }, bounds: bounds), "\(full)")
        }
    }

    @Test func setsOfSeveralMessagesKeepTheirOrder() async throws {
        let random = SeededRandom(3)
        var scenario = Scenario.random(random, groups: 3, groupSize: 3500, rows: 9000, bounds: [1000, 5])
        // Make sure that every round really takes several messages.
        let extra = (0..<5000).map { JoinToken("extra \($0)") }
        scenario.groups[1] += extra
        scenario.tokens += extra.prefix(4500)
        scenario.values += (0..<9000).map { UInt64($0 % 6) }
        try await check(scenario)
    }

    @Test func aFreshKeyOfTheRealSizeWorks() async throws {
        let tokens = (0..<10).map { JoinToken("\($0)") }
        let parameters = IntersectionSum.Parameters(
            slots: [.init(name: "amount", upperBound: 1 << 30)], groupCount: 2, minimumIntersection: 5)
        let (group, value) = try await IntersectionSum.localRun(
            .init(groups: [Array(tokens[0..<4]), Array(tokens[4..<8])], parameters: parameters),
            .init(tokens: Array(tokens[2...]), values: [1, 2, 4, 8, 16, 32, 64, 128], parameters: parameters))
        #expect(zip(group.shares, value.shares).map { $0[0] &+ $1[0] } == [3, 60])
        #expect(group.groupCounts == [2, 4])
    }

    @Test func neitherShareShowsTheSum() async throws {
        let tokens = (0..<5).map { JoinToken("\($0)") }
        let scenario = Scenario(groups: [tokens], tokens: tokens, values: [1, 2, 3, 4, 5], bounds: [100])
        // sumBits = 9, so masks have 49 bits: a mask below 2^9 has probability 2^-40, two equal ones in 8 less than 2^-43.
        var seen = Set<UInt128>()
        for _ in 0..<8 {
            let (group, value) = try await check(scenario)
            #expect(value.shares[0][0] != 15 && group.shares[0][0] != 15 && value.shares[0][0] >> 9 != 0)
            #expect(value.shares[0][0] < 1 << 50)
            seen.insert(value.shares[0][0])
        }
        #expect(seen.count == 8)
    }

    @Test func masksFillTheirWholeWidth() throws {
        var parameters = IntersectionSum.Parameters(
            slots: [.init(name: "a", upperBound: 255)], groupCount: 4000, minimumIntersection: 0, keyBits: 512)
        parameters.testKeyBits = [512]
        let layout = try IntersectionSum.Layout(
            parameters: parameters, groupSizes: .init(repeating: 1, count: 4000), valueSetSize: 1)
        let masks = IntersectionSum.Steps.drawMasks(layout, random: SystemRandom.shared).map { $0[0] }
        #expect(masks.allSatisfy { $0 < 1 << 48 })
        // Each bit is set 2000 +- 32 times: 6 standard deviations on 48 bits, a false alarm in 1e7 runs.
        for bit in 0..<48 {
            let ones = masks.count { $0 >> UInt128(bit) & 1 == 1 }
            #expect(abs(ones - 2000) < 190, "bit \(bit)")
        }
    }

    @Test func tooSmallAnIntersectionStopsBothSides() async throws {
        let tokens = (0..<9).map { JoinToken("\($0)") }
        var scenario = Scenario(
            groups: [Array(tokens[0..<3]), Array(tokens[3..<6])], tokens: Array(tokens[2...]), values: .init(repeating: 1, count: 7),
            bounds: [1])
        scenario.minimum = 4
        try await check(scenario)
        scenario.minimum = 5
        let (left, right) = LocalChannel.pair()
        let codes = await errorCodes(try scenario.groupParty(), left, try scenario.valueParty(), right)
        #expect(codes.group == .belowMinimum && codes.value == .belowMinimum)
    }

    @Test func parametersThatDifferStopBothSidesBeforeAnyData() async throws {
        let scenario = Scenario(groups: [[JoinToken("a")]], tokens: [JoinToken("a")], values: [1], bounds: [1])
        let changes: [@Sendable (inout IntersectionSum.Parameters) -> Void] = [
            { $0.binding = [9] }, { $0.slots[0] = .init(name: "slot 0", upperBound: 2) }, { $0.minimumIntersection = 1 },
            { $0.slots[0] = .init(name: "other", upperBound: 1) },
        ]
        for change in changes {
            var parameters = scenario.parameters
            change(&parameters)
            let valueParty = try IntersectionSum.ValueParty(
                tokens: scenario.tokens, values: scenario.values, parameters: parameters, key: testKey)
            let (left, right) = LocalChannel.pair()
            let codes = await errorCodes(try scenario.groupParty(), left, valueParty, right)
            #expect(codes.group == .peerMismatch && codes.value == .peerMismatch)
            #expect(left.traffic.framesSent <= 2 && right.traffic.framesSent <= 2)
        }
    }

    /// What each side throws, nil for success.
    private func errorCodes(
        _ group: IntersectionSum.GroupParty, _ left: any Channel, _ value: IntersectionSum.ValueParty, _ right: any Channel
    ) async -> (group: YinheError.Code?, value: YinheError.Code?) {
        func code<R>(_ body: () async throws -> R) async -> YinheError.Code? {
            do {
                _ = try await body()
                return nil
            } catch { return (error as? YinheError)?.code }
        }
        async let first = code { try await group.run(over: left) }
        async let second = code { try await value.run(over: right) }
        return await (first, second)
    }

    @Test func badInputIsRefusedBeforeAnyoneIsCalled() throws {
        let a = JoinToken("a"), b = JoinToken("b")
        let base = Scenario(groups: [[a], [b]], tokens: [a, b], values: [1, 1], bounds: [1])
        func expect(_ wanted: YinheError.Code, _ change: (inout Scenario) -> Void) {
            var scenario = base
            change(&scenario)
            #expect {
                _ = try scenario.groupParty()
                _ = try scenario.valueParty()
            } throws: { code(wanted)($0) }
        }
        expect(.badInput) { $0.groups = [[a, a], [b]] }
        expect(.badInput) { $0.groups = [[a], [a]] }
        expect(.badInput) { $0.tokens = [a, a] }
        expect(.badInput) { $0.values = [1] }
        expect(.badInput) { $0.minimum = -1 }
        expect(.badInput) { $0.threads = 0 }
        expect(.range) { $0.values = [1, 2] }
        #expect {
            _ = try IntersectionSum.GroupParty(groups: [[a]], parameters: base.parameters)
        } throws: { code(.badInput)($0) }
        var other = base.parameters
        other.keyBits = 2048
        #expect {
            _ = try IntersectionSum.ValueParty(tokens: [a], values: [1], parameters: other, key: testKey)
        } throws: { code(.badInput)($0) }
        other.keyBits = 1024
        #expect { _ = try IntersectionSum.GroupParty(groups: [[a], [b]], parameters: other) } throws: { code(.badInput)($0) }
    }

    @Test func boundsThatLeaveNoRoomAreRefused() {
        var parameters = IntersectionSum.Parameters(
            slots: [.init(name: "a", upperBound: .max)], groupCount: 1, minimumIntersection: 0)
        parameters.testKeyBits = [64]
        #expect {
            _ = try IntersectionSum.Layout(parameters: parameters, groupSizes: [1 << 24], valueSetSize: 1 << 24)
        } throws: { code(.range)($0) }
    }
}
