import HiddenJoin
import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct HiddenJoinTests {
    private struct Opened<E: RingElement>: Sendable {
        var membership: [Bool] = []
        var columns: [[E.Signed]] = []
        var rowOfBin: [Int?]?
    }

    private func join<E: RingElement>(
        _ sets: TestSets, _ columns: [HiddenJoin.Column], _: E.Type
    ) async throws -> (receiver: Opened<E>, sender: Opened<E>) {
        let parameters = HiddenJoin.Parameters(threads: 2)
        let receiver = try HiddenJoin.Receiver(
            tokens: sets.receiver, senderColumns: columns.map(\.shape), parameters: parameters)
        let sender = try HiddenJoin.Sender(tokens: sets.sender, columns: columns, parameters: parameters)
        let open: @Sendable (TwoPartyComputation, HiddenJoin.SharedRows<E>) async throws -> Opened<E> = { computation, rows in
            var out = Opened<E>(rowOfBin: rows.rowOfBin)
            out.membership = try await computation.open(rows.membership)
            for column in rows.columns { out.columns.append(try await computation.open(column)!) }
            return out
        }
        let results = try await LocalRun.both(
            { try await receiver.run(over: $0, ring: E.self, progress: nil, source: seeded(2), random: SystemRandom.shared, open) },
            { try await sender.run(over: $0, ring: E.self, progress: nil, source: seeded(2), random: SystemRandom.shared, open) })
        return (results.0, results.1)
    }

    private func check<E: RingElement>(_ sets: TestSets, _ columns: [HiddenJoin.Column], _: E.Type) async throws {
        let (receiver, sender) = try await join(sets, columns, E.self)
        let senderRow = Dictionary(uniqueKeysWithValues: sets.matches.map { ($0.receiver, $0.sender) })
        let rowOfBin = try #require(receiver.rowOfBin)
        #expect(sender.rowOfBin == nil)
        #expect(Set(rowOfBin.compactMap { $0 }) == Set(sets.receiver.indices))
        #expect(receiver.membership == rowOfBin.map { $0.map { senderRow[$0] != nil } ?? false })
        #expect(sender.membership == receiver.membership)
        for (j, column) in columns.enumerated() {
            #expect(receiver.columns[j] == rowOfBin.map { row in
                row.flatMap { senderRow[$0] }.map { E.Signed(truncatingIfNeeded: column.values[$0]) } ?? 0
            })
        }
    }

    /// 0 to 4 columns: targets alone, pairs of words, and a single word behind pairs.
    @Test(arguments: 0..<5) func eachBinHoldsItsMatchAndTheSendersRow(_ count: Int) async throws {
        let random = SeededRandom(UInt64(count))
        let sets = TestSets(receiver: 700, sender: 900, common: 400, random)
        let columns = (0..<count).map { column("c\($0)", -(1 << 40)...1 << 40, rows: 900, random) }
        try await check(sets, columns, UInt64.self)
        try await check(sets, columns, UInt128.self)
    }

    @Test func tokensThatDifferInAFewBitsOnlyStayApart() async throws {
        // Keys of bins are made from tokens by XOR; structured tokens must not meet.
        let receiver = (0..<256).map { JoinToken(low: UInt64($0), high: 0) }
        let sender = (0..<256).map { JoinToken(low: UInt64($0), high: UInt64($0 & 1)) }
        let sets = TestSets(receiver: receiver, sender: sender)
        try await check(sets, [column("c", 0...100, rows: 256, SeededRandom(1))], UInt64.self)
    }

    @Test func emptySetsGiveEmptyResults() async throws {
        for (r, s) in [(0, 0), (0, 4), (4, 0)] {
            let sets = TestSets(receiver: r, sender: s, common: 0, SeededRandom(1))
            let (receiver, sender) = try await join(sets, [column("c", 0...9, rows: s, SeededRandom(1))], UInt64.self)
            #expect(receiver.membership.isEmpty && sender.membership.isEmpty && receiver.columns == [[]] && receiver.rowOfBin == [])
        }
    }

    // MARK: Leakage

    /// The lengths of all frames, in the order in which each side sent them.
    private func lengths(_ sets: TestSets, _ columns: [HiddenJoin.Column], seed: UInt64) async throws -> [[Int]] {
        let (left, right) = LocalChannel.pair()
        let seen = Mutex<[[Int]]>([[], []])
        let first = WatchedChannel(left) { frame in seen.withLock { $0[0].append(frame.count) } }
        let second = WatchedChannel(right) { frame in seen.withLock { $0[1].append(frame.count) } }
        let parameters = HiddenAggregation.Parameters(minimumIntersection: 0, threads: 1)
        let own = [column("r", -9...9, rows: sets.receiver.count, SeededRandom(seed))]
        let receiver = try HiddenAggregation.Party(
            role: .receiver, tokens: sets.receiver, columns: own, peerColumns: columns.map(\.shape), parameters: parameters)
        let sender = try HiddenAggregation.Party(
            role: .sender, tokens: sets.sender, columns: columns, peerColumns: own.map(\.shape), parameters: parameters)
        _ = try await LocalRun.over(
            first, second, { try await receiver.run(over: $0, source: seeded(seed), random: SystemRandom.shared) },
            { try await sender.run(over: $0, source: seeded(seed), random: SystemRandom.shared) })
        return seen.withLock { $0 }
    }

    @Test func lengthsOfMessagesDependOnPublicSizesAlone() async throws {
        var all: [[[Int]]] = []
        for common in [0, 1, 250, 500] {
            let random = SeededRandom(UInt64(common) + 1)
            let sets = TestSets(receiver: 500, sender: 800, common: common, random)
            all.append(try await lengths(sets, [column("c", -1000...1000, rows: 800, random)], seed: UInt64(common)))
        }
        for other in all.dropFirst() { #expect(other == all[0]) }
    }

    /// A single share says nothing: with and without a match its bits are balanced.
    @Test func sharesOfOneSideAreBalanced() async throws {
        let sets = TestSets(receiver: 3000, sender: 3000, common: 3000, SeededRandom(3))
        let parameters = HiddenJoin.Parameters(threads: 2)
        let receiver = try HiddenJoin.Receiver(tokens: sets.receiver, senderColumns: [], parameters: parameters)
        let sender = try HiddenJoin.Sender(tokens: sets.sender, columns: [], parameters: parameters)
        let ones: @Sendable (TwoPartyComputation, HiddenJoin.SharedRows<UInt64>) async throws -> [Int] = { _, rows in
            (0..<rows.bins).map { Int(rows.membership[$0]) }
        }
        let results = try await LocalRun.both(
            { try await receiver.run(over: $0, ring: UInt64.self, progress: nil, source: seeded(5), random: SystemRandom.shared, ones) },
            { try await sender.run(over: $0, ring: UInt64.self, progress: nil, source: seeded(5), random: SystemRandom.shared, ones) })
        for share in [results.0, results.1] {
            // Six standard deviations: a false alarm has probability below 1e-8.
            let n = Double(share.count)
            #expect(abs(Double(share.reduce(0, +)) - n / 2) < 6 * (n / 4).squareRoot())
        }
    }
}

extension TestSets {
    init(receiver: [JoinToken], sender: [JoinToken]) {
        self.receiver = receiver
        self.sender = sender
    }
}

/// Passes frames on and shows what is sent.
final class WatchedChannel: Channel {
    private let inner: any Channel
    private let watch: @Sendable ([UInt8]) -> Void

    init(_ inner: any Channel, _ watch: @escaping @Sendable ([UInt8]) -> Void) {
        self.inner = inner
        self.watch = watch
    }

    func send(_ frame: [UInt8]) async throws {
        watch(frame)
        try await inner.send(frame)
    }
    func receive() async throws -> [UInt8] { try await inner.receive() }
    func close() async { await inner.close() }
    func cancel(_ error: YinheError) { inner.cancel(error) }
    var traffic: Traffic { inner.traffic }
    var peerDescription: String { inner.peerDescription }
}
