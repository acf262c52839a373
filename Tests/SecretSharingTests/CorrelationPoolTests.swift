import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

struct CorrelationPoolTests {
    private static func folder() -> String { NSTemporaryDirectory() + "yinhe-pool-\(UUID().uuidString)" }

    private static let kinds: [Correlation] = [
        .products(.z64), .products(.z128), .bitProductPairs, .bits(.z64), .permutation(.z64, owner: 1, rows: 9, width: 2),
    ]

    private static func batch(_ kind: Correlation, _ count: Int, party: Int = 0) async throws -> CorrelationBatch {
        try await SeededCorrelations(party: party, seed: 5).produce(kind, count: count)
    }

    private static func words(_ batches: [CorrelationBatch]) -> [[UInt64]] {
        batches.map { batch in
            batch.kind.sections(count: batch.count, party: batch.party).indices.flatMap { Array(batch.words($0)) }
        }
    }

    @Test(arguments: kinds) func whatWasStoredIsTakenOnceAndInOrder(kind: Correlation) async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let count = kind.isDivisible ? 100 : 1
        let stored = try await Self.batch(kind, count)
        do {
            let pool = try CorrelationPool(path: path, party: 0)
            try pool.add(stored, id: Array(0..<16))
        }
        let pool = try CorrelationPool(path: path, party: 0)
        #expect(pool.count(kind) == count)
        var taken = try pool.take(kind, upTo: kind.isDivisible ? 30 : 1)
        if kind.isDivisible { taken += try pool.take(kind, upTo: 1000) }
        #expect(Self.words([CorrelationBatch.joined(taken)]) == Self.words([stored]))
        #expect(try pool.take(kind, upTo: 1).isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path).allSatisfy { !$0.hasSuffix(".part") })
    }

    @Test func aCrashNeverGivesAnItemTwice() async throws {
        let path = Self.folder(), copy = path + "-crashed"
        defer { for p in [path, copy] { try? FileManager.default.removeItem(atPath: p) } }
        let pool = try CorrelationPool(path: path, party: 0)
        let stored = try await Self.batch(.products(.z64), 1000)
        try pool.add(stored, id: [UInt8](repeating: 7, count: 16))
        let first = try pool.take(.products(.z64), upTo: 400)
        // The disk as a crash right after the hand-over leaves it.
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let reopened = try CorrelationPool(path: copy, party: 0)
        let rest = try reopened.take(.products(.z64), upTo: 1000)
        #expect(rest.reduce(0) { $0 + $1.count } == 600)
        #expect(Self.words([CorrelationBatch.joined(first + rest)]) == Self.words([stored]))
    }

    @Test func aJournalRecordThatACrashCutIsIgnoredAndADamagedOneIsNot() async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let pool = try CorrelationPool(path: path, party: 0)
            try pool.add(try await Self.batch(.squares(.z64), 100), id: [UInt8](repeating: 1, count: 16))
            _ = try pool.take(.squares(.z64), upTo: 10)
            _ = try pool.take(.squares(.z64), upTo: 10)
        }
        let journal = path + "/journal"
        let whole = try Data(contentsOf: URL(filePath: journal))
        try (whole + Data([1, 2, 3])).write(to: URL(filePath: journal))
        #expect(try CorrelationPool(path: path, party: 0).count(.squares(.z64)) == 80)
        var damaged = whole
        damaged[3] ^= 1
        try damaged.write(to: URL(filePath: journal))
        #expect(throws: YinheError.self) { try CorrelationPool(path: path, party: 0) }
    }

    @Test(arguments: [0, 20, 60, 95, 96, 500]) func aDamagedFileIsNamed(place: Int) async throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            let pool = try CorrelationPool(path: path, party: 0)
            try pool.add(try await Self.batch(.products(.z64), 100), id: [UInt8](repeating: 1, count: 16))
        }
        let file = path + "/" + [UInt8](repeating: 1, count: 16).hex + ".part"
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[place] ^= 4
        try bytes.write(to: URL(filePath: file))
        let error = #expect(throws: YinheError.self) { try CorrelationPool(path: path, party: 0) }
        #expect(error?.place == file)
        try bytes.prefix(place).write(to: URL(filePath: file))
        #expect(throws: YinheError.self) { try CorrelationPool(path: path, party: 0) }
    }

    @Test func twoProcessesCannotShareAPool() throws {
        let path = Self.folder()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let pool = try CorrelationPool(path: path, party: 0)
        #expect(throws: YinheError.self) { try CorrelationPool(path: path, party: 0) }
        withExtendedLifetime(pool) {}
    }

    /// Runs both parties over their pools; `program` gets the source.
    private static func withPools<R: Sendable>(
        _ paths: [String], seed: UInt64, _ program: @escaping @Sendable (PooledCorrelations, Int) async throws -> R
    ) async throws -> (R, R) {
        @Sendable func end(_ party: Int, _ channel: any Channel) async throws -> R {
            try await Session.run(
                over: channel,
                SessionProposal(protocolName: "test-pool", version: 1, role: "\(party)", peerRole: "\(1 - party)", parameters: [])
            ) { session in
                let pool = try CorrelationPool(path: paths[party], party: party)
                return try await program(
                    PooledCorrelations(base: SeededCorrelations(party: party, seed: seed), pool: pool, session: session), party)
            }
        }
        return try await LocalRun.both({ try await end(0, $0) }, { try await end(1, $0) })
    }

    /// Whether two parts fit together: a b = c.
    private static func isRight(_ a: CorrelationBatch, _ b: CorrelationBatch) -> Bool {
        func value(_ section: Int, _ i: Int) -> UInt64 { a.words(section)[i] &+ b.words(section)[i] }
        return a.count == b.count && (0..<a.count).allSatisfy { value(0, $0) &* value(1, $0) == value(2, $0) }
    }

    @Test func bothSidesAgreeOnWhatIsLeftAfterOneOfThemCrashed() async throws {
        let paths = [Self.folder(), Self.folder()]
        defer { for p in paths { try? FileManager.default.removeItem(atPath: p) } }
        let kind = Correlation.products(.z64)
        _ = try await Self.withPools(paths, seed: 1) { source, _ in
            try await source.store(kind, count: 100)
            try await source.store(kind, count: 100)
        }
        // Party 1 alone loses a batch and uses some items of the other, as when it fell behind or ahead in a crash.
        do {
            let pool = try CorrelationPool(path: paths[1], party: 1)
            try pool.discard(pool.inventory[0].id, upTo: 100)
            _ = try pool.take(kind, upTo: 30)
        }
        let (a, b) = try await Self.withPools(paths, seed: 2) { source, _ in try await source.produce(kind, count: 90) }
        // 70 from the pool, 20 afresh.
        #expect(Self.isRight(a, b))
        for (party, path) in paths.enumerated() { #expect(try CorrelationPool(path: path, party: party).inventory.isEmpty) }
    }

    @Test func backgroundProductionHandsOutThePlanThenTheRest() async throws {
        let seed = freshSeed()
        let plan = try await TwoPartyComputation.plan { c in
            let x: SharedVector<UInt64> = try c.input(nil, from: 0, count: 100_000, bounds: DeclaredBounds(0, 9))
            _ = try await c.multiply(x, x)
        }
        let parts = try await withThrowingTaskGroup(of: (Int, [CorrelationBatch]).self) { group in
            for party in 0..<2 {
                group.addTask {
                    let source = BackgroundCorrelations(
                        plan: plan, producer: SeededCorrelations(party: party, seed: seed),
                        fallback: SeededCorrelations(party: party, seed: seed + 1))
                    var out: [CorrelationBatch] = []
                    for n in [1, 70_000, 29_000, 1000, 5] { out.append(try await source.produce(.products(.z64), count: n)) }
                    return (party, out)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (a, b) in zip(parts[0]!, parts[1]!) { #expect(Self.isRight(a, b), "seed \(seed)") }
    }

    @Test func aFailureInTheBackgroundReachesTheComputation() async throws {
        struct Broken: CorrelationSource {
            let name = "broken"
            func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
                throw YinheError(.peerUnreachable, "the dealer was lost")
            }
        }
        let plan = try await TwoPartyComputation.plan { c in
            let x: SharedVector<UInt64> = try c.input(nil, from: 0, count: 10, bounds: DeclaredBounds(0, 9))
            _ = try await c.multiply(x, x)
        }
        let source = BackgroundCorrelations(plan: plan, producer: Broken(), fallback: Broken())
        let error = await #expect(throws: YinheError.self) { try await source.produce(.products(.z64), count: 10) }
        #expect(error?.code == .peerUnreachable)
    }
}
