import Foundation
import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

/// The public entry point, over both sources of correlations and a pool.
struct TwoPartyRunTests {
    private static let program: @Sendable (TwoPartyComputation) async throws -> [Int64] = { c in
        let bounds = try DeclaredBounds(-1000, 1000)
        let x: SharedVector<UInt64> = try c.input(c.party == 0 ? [5, -7, 1000] : nil, from: 0, count: 3, bounds: bounds)
        let y: SharedVector<UInt64> = try c.input(c.party == 1 ? [4, -7, -1000] : nil, from: 1, count: 3, bounds: bounds)
        let smaller = try await c.minimum(x, y), product = try await c.multiply(x, y)
        let equal: SharedVector<UInt64> = try await c.arithmetic(c.equal(x, y))
        return try await c.open(.joined([smaller, product, equal, c.dot(x, y)]))!
    }
    private static let expected: [Int64] = [4, -7, -1000, 20, 49, -1_000_000, 0, 1, 0, -999_931]

    @Test(arguments: TwoPartyComputation.TransferMethod.allCases)
    func aProgramRunsOnTransfersAlone(method: TwoPartyComputation.TransferMethod) async throws {
        let options = TwoPartyComputation.Options(randomness: .transfers(method), threads: 1)
        let (a, b) = try await LocalRun.both(
            { try await TwoPartyComputation.run(over: $0, party: 0, options: options, Self.program) },
            { try await TwoPartyComputation.run(over: $0, party: 1, options: options, Self.program) })
        #expect(a == Self.expected && b == Self.expected)
    }

    @Test func aProgramRunsWithADealer() async throws {
        let service = DealerService()
        let (left, right) = (LocalChannel.pair(), LocalChannel.pair())
        async let first = service.serve(left.1)
        async let second = service.serve(right.1)
        let (a, b) = try await LocalRun.both(
            { try await TwoPartyComputation.run(over: $0, party: 0, options: .init(randomness: .dealer(left.0)), Self.program) },
            { try await TwoPartyComputation.run(over: $0, party: 1, options: .init(randomness: .dealer(right.0)), Self.program) })
        let reports = try await [first, second]
        #expect(reports[0].job == reports[1].job)
        #expect(a == Self.expected && b == Self.expected)
    }

    @Test func whatWasPreparedIntoPoolsServesOneRun() async throws {
        let paths = (0..<2).map { _ in NSTemporaryDirectory() + "yinhe-pool-\(UUID().uuidString)" }
        defer { for path in paths { try? FileManager.default.removeItem(atPath: path) } }
        @Sendable func options(_ party: Int) -> TwoPartyComputation.Options { .init(threads: 1, pool: paths[party]) }
        _ = try await LocalRun.both(
            { try await TwoPartyComputation.prepare(over: $0, party: 0, options: options(0), for: Self.program) },
            { try await TwoPartyComputation.prepare(over: $0, party: 1, options: options(1), for: Self.program) })
        #expect(try !CorrelationPool(path: paths[0], party: 0).inventory.isEmpty)
        for _ in 0..<2 {
            let (a, b) = try await LocalRun.both(
                { try await TwoPartyComputation.run(over: $0, party: 0, options: options(0), Self.program) },
                { try await TwoPartyComputation.run(over: $0, party: 1, options: options(1), Self.program) })
            #expect(a == Self.expected && b == Self.expected)
            #expect(try CorrelationPool(path: paths[0], party: 0).inventory.isEmpty)
        }
    }

    @Test func partiesThatChooseDifferentlyAreToldBeforeAnythingElse() async throws {
        let error = await #expect(throws: YinheError.self) {
            _ = try await LocalRun.both(
                { try await TwoPartyComputation.run(over: $0, party: 0, options: .init(randomness: .transfers(.fast)), Self.program) },
                { try await TwoPartyComputation.run(over: $0, party: 1, options: .init(randomness: .transfers(.compact)), Self.program) })
        }
        #expect(error?.code == .peerMismatch)
    }
}
