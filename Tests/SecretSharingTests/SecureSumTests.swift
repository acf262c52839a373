import Foundation
import SandboxCore
import SecretSharing
import Synchronization
import TestSupport
import Testing
import Transport

@Suite struct SecureSumTests {
    static func names(_ n: Int) -> [String] { (0..<n).map { "bank-\(["a", "b", "c", "d", "e", "f", "g", "h"][$0])" } }

    private func agreement(
        _ n: Int, count: Int, bounds: DeclaredBounds? = nil, ring: Ring? = nil, receivers: [Int]? = nil, blockBytes: Int = 64
    ) throws -> SecureSum.Agreement {
        var agreement = try SecureSum.Agreement(
            names: Self.names(n), count: count, bounds: bounds ?? DeclaredBounds(-1_000_000, 1_000_000), ring: ring,
            receivers: receivers, binding: [1, 2, 3])
        agreement.blockBytes = blockBytes
        return agreement
    }

    /// Blocks of 64 bytes: vectors of one block, of a part of one, and of many.
    @Test(arguments: 3...8, Ring.both)
    func totalsMatchPlainSums(parties: Int, ring: Ring) async throws {
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for count in [1, 8, 9, 203] {
            let receivers = (0..<parties).filter { _ in random.word() & 1 == 0 } + [parties - 1]
            let agreement = try agreement(parties, count: count, ring: ring, receivers: receivers)
            let vectors = (0..<parties).map { _ in (0..<count).map { _ in Int64(random.uniform(below: 2_000_001)) - 1_000_000 } }
            let outputs = try await SecureSum.localRun(vectors, agreement: agreement)
            let expected = (0..<count).map { i in vectors.reduce(Int128(0)) { $0 + Int128($1[i]) } }
            for party in 0..<parties {
                let isRight = outputs[party].totals == (receivers.contains(party) ? expected : nil)
                #expect(isRight, "party \(party), \(count) elements, seed \(seed)")
            }
        }
    }

    @Test func fullRangeOfTheWideRingIsExact() async throws {
        let bounds = try DeclaredBounds(Int128.min / 3, Int128.max / 3)
        let agreement = try SecureSum.Agreement(names: Self.names(3), count: 2, bounds: bounds)
        #expect(agreement.ring == .z128)
        let extremes = [bounds.lower, bounds.upper]
        let parties = try (0..<3).map { try SecureSum.Party($0, agreement: agreement, vector: extremes) }
        let outputs = await Network(3).run(parties)
        for output in outputs { #expect(try output.get().totals == extremes.map { $0 * 3 }) }
    }

    // MARK: Agreement

    @Test func plansThatCouldOverflowAreRefused() throws {
        #expect(code { try agreement(4, count: 1, bounds: DeclaredBounds(0, 1 << 61), ring: .z64) } == .range)
        #expect(try agreement(4, count: 1, bounds: DeclaredBounds(0, (1 << 61) - 1), ring: .z64).ring == .z64)
        #expect(try agreement(4, count: 1, bounds: DeclaredBounds(0, 1 << 61)).ring == .z128)
        #expect(code { try agreement(3, count: 1, bounds: DeclaredBounds(0, 1 << 126)) } == .range)
    }

    @Test func badRostersAndInputsAreRefused() throws {
        let bounds = try DeclaredBounds(0, 9)
        func agreement(_ names: [String], count: Int = 1, receivers: [Int]? = nil) throws -> SecureSum.Agreement {
            try SecureSum.Agreement(names: names, count: count, bounds: bounds, receivers: receivers)
        }
        for names in [[], ["a", "b"], ["a", "b", "a"], ["a", "b", ""], (0..<9).map { "p\($0)" }] {
            #expect(code { try agreement(names) } == .usage, "\(names)")
        }
        #expect(code { try agreement(["a", "b", "c"], count: 0) } == .usage)
        #expect(code { try agreement(["a", "b", "c"], receivers: []) } == .usage)
        #expect(code { try agreement(["a", "b", "c"], receivers: [3]) } == .usage)
        let good = try agreement(["a", "b", "c"], count: 2)
        #expect(code { try SecureSum.Party(3, agreement: good, vector: [1, 2] as [Int64]) } == .usage)
        #expect(code { try SecureSum.Party(0, agreement: good, vector: [1] as [Int64]) } == .badInput)
        #expect(code { try SecureSum.Party(0, agreement: good, vector: [1, 10] as [Int64]) } == .badInput)
        #expect(code { try SecureSum.Party(0, agreement: good, vector: [-1, 1] as [Int128]) } == .badInput)
    }

    @Test func differingAgreementsStopEverybodyBeforeAnyShare() async throws {
        let good = try agreement(3, count: 10)
        let bounds = good.bounds
        let other: [(String, SecureSum.Agreement)] = try [
            ("length", agreement(3, count: 11)),
            ("bounds", agreement(3, count: 10, bounds: DeclaredBounds(-1_000_000, 999_999))),
            ("ring", agreement(3, count: 10, ring: .z128)),
            ("receivers", agreement(3, count: 10, receivers: [0])),
            ("name", SecureSum.Agreement(names: ["bank-a", "bank-b", "bank-x"], count: 10, bounds: bounds, binding: [1, 2, 3])),
            ("binding", SecureSum.Agreement(names: Self.names(3), count: 10, bounds: bounds, binding: [9])),
        ]
        for (field, different) in other {
            let parties = try [good, good, different].enumerated().map {
                try SecureSum.Party($0.offset, agreement: $0.element, vector: Array(repeating: Int64(0), count: $0.element.count))
            }
            let network = Network(3)
            for (party, result) in await network.run(parties).enumerated() {
                guard case .failure(let error as YinheError) = result else {
                    Issue.record("party \(party) went on with a different \(field)")
                    continue
                }
                #expect([.peerMismatch, .peerAborted].contains(error.code), "\(field): \(error)")
            }
            #expect(!network.sentTags.contains { $0 == 1 || $0 == 2 }, "a share left with a different \(field)")
        }
    }

    // MARK: Failures

    @Test func aMissingPartyIsNamedOnAllOthers() async throws {
        for missing in 0..<4 {
            let parties = try parties(4)
            let network = Network(4)
            network.disconnect(missing)
            let results = await network.run(parties.filter { $0.index != missing })
            for result in results { expectFailure(result, naming: missing) }
        }
    }

    /// The failing party goes away after some messages, at every stage of the run; those who had finished may have succeeded only
    /// when everybody had all that they needed.
    @Test(arguments: [3, 5])
    func aPartyThatFailsMidwayIsNamedOnAllOthers(count: Int) async throws {
        for failing in 0..<count {
            for frames in [0, 2, 3, 6, 11] {
                let parties = try parties(count)
                let network = Network(count)
                network.cut(failing, afterFrames: frames)
                let results = await network.run(parties)
                for (party, result) in results.enumerated() where party != failing { expectFailure(result, naming: failing) }
            }
        }
    }

    @Test func totalsAndFailuresAreTheSameOverTCP() async throws {
        let parties = try parties(3)
        for result in await (try Network.overTCP(3)).run(parties) {
            let totals = try result.get().totals
            #expect(totals == (0..<50).map { Int128($0 * 3) })
        }
        for frames in [0, 2, 5, 9] {
            let network = try await Network.overTCP(3)
            network.cut(1, afterFrames: frames)
            let results = await network.run(parties)
            for party in [0, 2] { expectFailure(results[party], naming: 1) }
        }
    }

    @Test func aPartyThatSendsGarbageIsNamedOnAllOthers() async throws {
        for frame: [UInt8] in [[], [7], [2, 0, 0, 0, 0], [1, 2, 3], [2] + Array(repeating: 255, count: 40), [0xe8, 200]] {
            let network = Network(3)
            network.replace(party: 1, frame: 3, with: frame)
            let results = await network.run(try parties(3))
            for party in [0, 2] { expectFailure(results[party], naming: 1) }
        }
    }

    @Test func cancellingOnePartyStopsAllAndNamesIt() async throws {
        let parties = try parties(3)
        let network = Network(3)
        network.stall(0)
        let task = Task { await network.run(parties, cancelling: 0) }
        let results = await task.value
        #expect(code { try results[0].get() } == .cancelled)
        for party in [1, 2] { expectFailure(results[party], naming: 0) }
    }

    private func parties(_ n: Int) throws -> [SecureSum.Party] {
        let agreement = try agreement(n, count: 50)
        return try (0..<n).map { party in
            try SecureSum.Party(party, agreement: agreement, vector: (0..<50).map { Int64($0 * party) })
        }
    }

    private func expectFailure(
        _ result: Result<SecureSum.Output, any Error>, naming party: Int, _ location: SourceLocation = #_sourceLocation
    ) {
        guard case .failure(let error as YinheError) = result else {
            Issue.record("succeeded without party \(party)", sourceLocation: location)
            return
        }
        let isNamed = error.place.hasPrefix("party \(party) (\(Self.names(8)[party]))")
        #expect(isNamed, "\(error)", sourceLocation: location)
    }

    // MARK: Known answers and views

    struct Vectors: Decodable {
        struct Run: Decodable {
            struct Link: Decodable {
                let from: Int
                let to: Int
                let frames: [String]
            }
            let ring: Ring
            let blockBytes: Int
            let receivers: [Int]
            let randomSeeds: [UInt64]
            let vectors: [[String]]
            let totals: [String]
            let links: [Link]
        }
        let runs: [Run]
    }

    @Test func everyMessageEqualsTheIndependentImplementation() async throws {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/secure-sum.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
        #expect(vectors.runs.count == 2)
        for known in vectors.runs {
            let n = known.vectors.count
            var agreement = try SecureSum.Agreement(
                names: Self.names(n), count: known.totals.count,
                bounds: DeclaredBounds(-(1 << 120), 1 << 120).clamped(to: known.ring, n), ring: known.ring,
                receivers: known.receivers)
            agreement.blockBytes = known.blockBytes
            let parties = try (0..<n).map {
                try SecureSum.Party($0, agreement: agreement, vector: known.vectors[$0].map { Int128($0)! })
            }
            let network = Network(n)
            let results = await network.run(parties, seeds: known.randomSeeds)
            for (party, result) in results.enumerated() {
                let totals = try result.get().totals
                #expect(totals == (known.receivers.contains(party) ? known.totals.map { Int128($0)! } : nil))
            }
            for link in known.links {
                // The session's own frames have tags above 0xef.
                let frames = network.frames(from: link.from, to: link.to).filter { $0[0] < 0xf0 }
                #expect(frames.map(\.hex) == link.frames, "\(link.from) to \(link.to)")
            }
        }
    }

    /// What leaves a party must change completely from run to run, whatever its vector: a constant would be a leak.
    @Test func messagesAreFreshlyMaskedInEveryRun() async throws {
        var seen: Set<[UInt8]> = []
        for _ in 0..<2 {
            let network = Network(3)
            for result in await network.run(try parties(3)) { _ = try result.get() }
            for from in 0..<3 {
                for to in 0..<3 where from != to {
                    for frame in network.frames(from: from, to: to) where frame[0] == 1 || frame[0] == 2 {
                        // Index and lengths aside, 8-byte words; blocks for several receivers repeat inside a run.
                        let isNew = seen.insert([UInt8(from), UInt8(to)] + frame).inserted
                        #expect(isNew)
                    }
                }
            }
        }
    }
}

extension DeclaredBounds {
    fileprivate func clamped(to ring: Ring, _ parties: Int) throws -> DeclaredBounds {
        try DeclaredBounds(max(lower, ring.range.lower / Int128(parties)), min(upper, ring.range.upper / Int128(parties)))
    }
}
