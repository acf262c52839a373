import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

/// What every party hears when one of them is missing, stops, differs or cheats.
@Suite struct MultiPartyFailureTests {
    /// Runs one program for each party of `present`, with channels of which some can be cut.
    private func run(
        _ n: Int, present: [Int]? = nil, overTCP: Bool = false,
        agreement: @escaping @Sendable (Int) throws -> MultiPartyComputation.Agreement = {
            _ in try MultiPartyComputation.Agreement(names: ["north", "east", "south", "west", "center"], binding: [3])
        },
        limits: DealerService.Limits = DealerService.Limits(),
        _ program: @escaping @Sendable (MultiPartyComputation, [any Channel]) async throws -> Void
    ) async throws -> [Int: Result<Void, any Error>] {
        let present = present ?? Array(0..<n)
        var channels: [[Int: any Channel]] = (0..<n).map { _ in [:] }
        for i in 0..<n { for j in 0..<i { (channels[i][j], channels[j][i]) = try await pair(overTCP) } }
        for absent in 0..<n where !present.contains(absent) {
            for channel in channels[absent].values { channel.cancel(YinheError(.peerUnreachable, "never started")) }
        }
        let service = DealerService(limits: limits)
        var tasks: [Int: Task<Void, any Error>] = [:]
        var serving: [Task<Void, Never>] = []
        for party in present {
            let (mine, (near, far)) = (channels[party], try await pair(overTCP))
            serving.append(Task { _ = try? await service.serve(far) })
            tasks[party] = Task {
                let computation = try await MultiPartyComputation.open(
                    party: party, agreement: agreement(party), channels: mine, dealer: near)
                try await program(computation, Array(mine.values) + [near])
                try await computation.finish()
            }
        }
        var results: [Int: Result<Void, any Error>] = [:]
        for (party, task) in tasks { results[party] = await task.result }
        for task in serving { task.cancel() }
        return results
    }

    private func pair(_ overTCP: Bool) async throws -> (any Channel, any Channel) {
        guard overTCP else { return LocalChannel.pair() }
        let listener = try SocketListener(Endpoint(host: "127.0.0.1", port: 0), security: .insecurePlaintext)
        defer { listener.close() }
        async let one = listener.accept()
        async let other = SocketChannel.connect(
            to: Endpoint(host: "127.0.0.1", port: listener.boundPort), security: .insecurePlaintext)
        return (try await one, try await other)
    }

    private static func input(_ computation: MultiPartyComputation) async throws -> SharedVector<UInt64> {
        try await computation.share(
            computation.party == 0 ? [1, 2, 3] : nil, from: 0, count: 3, bounds: -10...10)
    }

    private func five(_ results: [Int: Result<Void, any Error>], but culprit: Int, name: String, _ codes: Set<YinheError.Code>) {
        for (party, result) in results where party != culprit {
            let error = errorOf(result)
            #expect(error?.place.contains("party \(culprit) (\(name))") == true, "party \(party): \(result)")
            #expect(error.map { codes.contains($0.code) } == true, "party \(party): \(result)")
        }
    }

    @Test func aMissingPartyIsNamed() async throws {
        let results = try await run(5, present: [0, 1, 2, 4]) { _, _ in }
        #expect(results.count == 4)
        five(results, but: 3, name: "west", [.peerUnreachable, .peerAborted])
    }

    @Test(arguments: [false, true])
    func aCutConnectionIsNamedByEverybody(overTCP: Bool) async throws {
        let results = try await run(5, overTCP: overTCP) { computation, channels in
            let x = try await Self.input(computation)
            _ = try await computation.open(x)
            if computation.party == 1 {
                for channel in channels { channel.cancel(YinheError(.peerUnreachable, "the connection broke", at: "test")) }
            }
            for _ in 0..<3 { _ = try await computation.open(computation.multiply(x, x)) }
        }
        five(results, but: 1, name: "east", [.peerUnreachable, .peerAborted])
    }

    @Test func aPartyThatStopsIsNamed() async throws {
        let results = try await run(5) { computation, _ in
            let x = try await Self.input(computation)
            if computation.party == 4 { return await computation.cancel() }
            for _ in 0..<3 { _ = try await computation.open(computation.multiply(x, x)) }
        }
        five(results, but: 4, name: "center", [.peerAborted, .peerUnreachable])
    }

    @Test func differentProgramsStopEverybody() async throws {
        let results = try await run(5) { computation, _ in
            let x = try await Self.input(computation)
            if computation.party == 2 {
                _ = try await computation.open(x[0..<2])
            } else {
                _ = try await computation.open(x)
            }
        }
        // Nobody can tell who is right; those who saw the difference say where it is.
        #expect(results.values.allSatisfy { errorOf($0) != nil })
        let differences = results.values.compactMap(errorOf).filter { $0.code == .peerMismatch }
        #expect(!differences.isEmpty)
        for error in differences { #expect(error.message.contains("of 2 elements") && error.message.contains("of 3 elements")) }
    }

    @Test func differentRequestsToTheDealerStopEverybody() async throws {
        let results = try await run(3, agreement: { _ in try .init(names: ["a", "b", "c"], binding: [1]) }) { computation, _ in
            let x = try await Self.input(computation)
            _ = try await computation.multiply(x, x)
            _ = computation.party == 1 ? try await computation.square(x) : try await computation.multiply(x, x)
        }
        #expect(results.values.allSatisfy { errorOf($0) != nil })
        #expect(results.values.contains { codeOf($0) == .peerMismatch && errorOf($0)!.message.contains("squares-z2^64") })
    }

    @Test func differentRostersStopTheHandshake() async throws {
        let results = try await run(
            3, agreement: { try .init(names: ["a", "b", $0 == 2 ? "x" : "c"], binding: [1]) }) { _, _ in }
        #expect(results.values.contains { codeOf($0) == .peerMismatch })
        #expect(results.values.allSatisfy { errorOf($0) != nil })
    }

    /// A share that is damaged beyond the bounds is noticed by all who learn the value; who did it cannot be said.
    @Test func openedValuesOutsideTheirBoundsAreRefused() async throws {
        let results = try await run(3, agreement: { _ in try .init(names: ["a", "b", "c"], binding: [1]) }) { computation, _ in
            var x = try await Self.input(computation)
            if computation.party == 1 {
                x = try SharedVector(share: x.share.map { $0 &+ 1000 }, party: 1, of: 3, bounds: x.bounds)
            }
            _ = try await computation.open(x)
        }
        let codes = Set(results.values.map { codeOf($0) })
        #expect(codes.contains(.peerMisbehaved) && codes.isSubset(of: [.peerMisbehaved, .peerAborted, .peerUnreachable]))
    }

    @Test func afterAFailureNothingIsComputed() async throws {
        let results = try await run(3, agreement: { _ in try .init(names: ["a", "b", "c"], binding: [1]) }) { computation, _ in
            let x = try await Self.input(computation)
            if computation.party == 2 { return await computation.cancel() }
            await #expect(throws: YinheError.self) { try await computation.multiply(x, x) }
            await #expect(throws: YinheError.self) { try await computation.open(x) }
        }
        #expect(results.values.allSatisfy { errorOf($0) != nil })
    }
}
