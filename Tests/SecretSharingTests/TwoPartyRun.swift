import SandboxCore
import SecretSharing
import TestSupport
import Transport

/// Runs one program at both ends of a computation in this process, over correlations that tests alone may use.
func bothParties<R: Sendable>(
    seed: UInt64 = freshSeed(), costsTransfers: Bool = false, _ program: @escaping @Sendable (TwoPartyComputation) async throws -> R
) async throws -> (R, R) {
    @Sendable func end(_ party: Int, _ channel: any Channel) async throws -> R {
        try await Session.run(
            over: channel,
            SessionProposal(protocolName: "test-sharing", version: 1, role: "party-\(party)", peerRole: "party-\(1 - party)", parameters: [])
        ) { session in
            try await program(
                TwoPartyComputation(
                    session: session, party: party, source: SeededCorrelations(party: party, seed: seed, costsTransfers: costsTransfers),
                    threads: 1))
        }
    }
    return try await LocalRun.both({ try await end(0, $0) }, { try await end(1, $0) })
}

/// Runs a program whose result both parties open; checks that both saw the same.
func opened<R: Sendable & Equatable>(
    seed: UInt64 = freshSeed(), costsTransfers: Bool = false, _ program: @escaping @Sendable (TwoPartyComputation) async throws -> R
) async throws -> R {
    let (a, b) = try await bothParties(seed: seed, costsTransfers: costsTransfers, program)
    guard a == b else { throw YinheError(.peerMisbehaved, "the two parties opened different values") }
    return a
}

extension TwoPartyComputation {
    /// A random sharing of public values, both shares uniform, as a computation's intermediate results are.
    func shared<E: RingElement>(_ values: [E.Signed], _ bounds: ClosedRange<Int128>, as: E.Type = E.self, seed: UInt64) throws -> SharedVector<E> {
        var random = SplitMix(seed)
        let masks = values.map { _ in E(truncatingIfNeeded: UInt128(random.next()) << 64 | UInt128(random.next())) }
        let share = party == 0 ? masks : zip(values, masks).map { E(bitPattern: $0) &- $1 }
        return try SharedVector(share: share, party: party, of: 2, bounds: DeclaredBounds(bounds.lowerBound, bounds.upperBound))
    }

    func sharedBits(_ values: [Bool], seed: UInt64) throws -> SharedBits {
        var random = SplitMix(seed)
        var words = [UInt64](repeating: 0, count: (values.count + 63) / 64)
        for i in words.indices { words[i] = random.next() }
        if party == 1 {
            for (i, value) in values.enumerated() where value { words[i / 64] ^= 1 << UInt64(i % 64) }
        }
        return try SharedBits(words: words, count: values.count, party: party)
    }
}

/// Repeatable numbers for choosing test values (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
