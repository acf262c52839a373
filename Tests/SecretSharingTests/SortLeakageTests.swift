import Foundation
import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

/// What sorting opens must not depend on the keys.
struct SortLeakageTests {
    /// All of a party's openings, as sent: frames of masked shares that name operation 1.
    final class OpeningsSpy: Channel {
        private let inner: any Channel
        let openings = Mutex<[[UInt8]]>([])

        init(_ inner: any Channel) { self.inner = inner }

        var traffic: Traffic { inner.traffic }
        var peerDescription: String { inner.peerDescription }
        func send(_ frame: [UInt8]) async throws {
            if frame.first == MaskedShares.tag, frame[5] == 1 { openings.withLock { $0.append(Array(frame[9...])) } }
            try await inner.send(frame)
        }
        func receive() async throws -> [UInt8] { try await inner.receive() }
        func close() async { await inner.close() }
        func cancel(_ error: YinheError) { inner.cancel(error) }
    }

    /// Both parties' words of every opening in `runs` sorts of the same keys.
    static func openings(
        of keys: [Int64], by algorithm: SortAlgorithm, runs: Int, seed: UInt64
    ) async throws -> [(first: [UInt8], second: [UInt8])] {
        let (left, right) = LocalChannel.pair()
        let spies = [OpeningsSpy(left), OpeningsSpy(right)]
        @Sendable func end(_ party: Int, _ channel: any Channel) async throws -> Int {
            try await Session.run(
                over: channel,
                SessionProposal(protocolName: "test-sharing", version: 1, role: "party-\(party)", peerRole: "party-\(1 - party)", parameters: [])
            ) { session in
                let c = TwoPartyComputation(session: session, party: party, source: SeededCorrelations(party: party, seed: seed), threads: 1)
                for run in 0..<runs {
                    let x: SharedVector<UInt64> = try c.shared(keys, 0...7, seed: seed &+ UInt64(run))
                    _ = try await c.sortingOrder(x, by: algorithm)
                }
                return 0
            }
        }
        _ = try await LocalRun.over(spies[0], spies[1], { try await end(0, $0) }, { try await end(1, $0) })
        let sent = spies.map { $0.openings.withLock { $0 } }
        return zip(sent[0], sent[1]).map { ($0, $1) }
    }

    /// Chi-square of 24 equally likely outcomes; above 73.4 with probability below 1e-6 when they are.
    static func statistic(_ outcomes: [[UInt8]]) -> Double {
        let counts = Dictionary(outcomes.map { ($0, 1) }, uniquingKeysWith: +)
        let expected = Double(outcomes.count) / 24
        return counts.values.reduce(Double(24 - counts.count) * expected) { $0 + pow(Double($1) - expected, 2) / expected }
    }

    static let keys: [[Int64]] = [[5, 5, 5, 5], [0, 1, 2, 3], [7, 6, 2, 0], [1, 0, 1, 0]]

    @Test(arguments: keys) func placesOpenedByARadixSortAreUniform(keys: [Int64]) async throws {
        let seed = freshSeed()
        let runs = 2400
        let openings = try await Self.openings(of: keys, by: .radix, runs: runs, seed: seed)
        #expect(openings.count == runs)
        // Four places of two bits, a byte each, and nothing else in the word.
        let outcomes = openings.map { pair in zip(pair.first, pair.second).map { ($0 &+ $1) & 3 } }
        #expect(openings.allSatisfy { $0.first.count == 8 && $0.first[4...].allSatisfy { $0 == 0 } && $0.first.allSatisfy { $0 < 4 } })
        let places = outcomes.map { Array($0[0..<4]) }
        #expect(places.allSatisfy { Set($0) == [0, 1, 2, 3] }, "seed \(seed)")
        #expect(Self.statistic(places) < 73.4, "seed \(seed)")
    }

    @Test(arguments: keys) func comparisonsOpenedByQuicksortAreThoseOfAUniformOrder(keys: [Int64]) async throws {
        let seed = freshSeed()
        let runs = 2400
        let openings = try await Self.openings(of: keys, by: .quick, runs: runs, seed: seed)
        #expect(openings.count == runs)
        // Six pairs of four rows: one of 24 orders.
        let outcomes = openings.map { [($0.first[0] ^ $0.second[0]) & 63] }
        #expect(openings.allSatisfy { $0.first.count == 8 && $0.first[0] < 64 && $0.first[1...].allSatisfy { $0 == 0 } })
        #expect(Set(outcomes).count == 24, "seed \(seed)")
        #expect(Self.statistic(outcomes) < 73.4, "seed \(seed)")
    }
}
