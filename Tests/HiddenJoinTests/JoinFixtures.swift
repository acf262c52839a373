import HiddenJoin
import SandboxCore
import SecretSharing
import TestSupport
import Transport

/// Two sets with a common part, at random places in both.
struct TestSets: Sendable {
    let receiver: [JoinToken]
    let sender: [JoinToken]

    init(receiver r: Int, sender s: Int, common: Int, _ random: SeededRandom) {
        func token(_ kind: String, _ i: Int) -> JoinToken { JoinToken("\(kind) \(i)") }
        func shuffled(_ tokens: [JoinToken]) -> [JoinToken] { random.permutation(tokens.count).map { tokens[$0] } }
        let both = (0..<common).map { token("both", $0) }
        receiver = shuffled(both + (0..<r - common).map { token("receiver", $0) })
        sender = shuffled(both + (0..<s - common).map { token("sender", $0) })
    }

    /// Pairs of rows with equal tokens.
    var matches: [(receiver: Int, sender: Int)] {
        let place = Dictionary(uniqueKeysWithValues: sender.enumerated().map { ($1, $0) })
        return receiver.enumerated().compactMap { row, token in place[token].map { (row, $0) } }
    }
}

func column(_ name: String, _ bounds: ClosedRange<Int64>, rows: Int, _ random: SeededRandom) -> HiddenJoin.Column {
    let width = UInt64(bitPattern: bounds.upperBound &- bounds.lowerBound)
    let values = (0..<rows).map { _ in
        width == .max ? Int64(bitPattern: random.word()) : bounds.lowerBound &+ Int64(bitPattern: random.uniform(below: width + 1))
    }
    return HiddenJoin.Column(name: name, values: values, bounds: bounds)
}

/// Correlations that a test's two parties draw from one seed.
func seeded(_ seed: UInt64, costsTransfers: Bool = false) -> HiddenJoin.SourceMaker {
    { _, party, _ in (SeededCorrelations(party: party, seed: seed, costsTransfers: costsTransfers), {}) }
}

/// The plain sums that a run must give.
func plainSums(_ sets: TestSets, _ receiver: [HiddenJoin.Column], _ sender: [HiddenJoin.Column]) -> [[Int128]] {
    let matches = sets.matches
    return receiver.map { r in
        sender.map { s in matches.reduce(0) { $0 + Int128(r.values[$1.receiver]) * Int128(s.values[$1.sender]) } }
    }
}

typealias BothOutputs = (receiver: HiddenAggregation.Output, sender: HiddenAggregation.Output)

/// Runs both parties in this process. `source`: nil for the real one, of transfers.
func aggregate(
    _ sets: TestSets, _ receiver: [HiddenJoin.Column], _ sender: [HiddenJoin.Column], pairs: Set<HiddenAggregation.Pair>? = nil,
    _ parameters: HiddenAggregation.Parameters, source: HiddenJoin.SourceMaker?
) async throws -> BothOutputs {
    let first = try HiddenAggregation.Party(
        role: .receiver, tokens: sets.receiver, columns: receiver, peerColumns: sender.map(\.shape), pairs: pairs,
        parameters: parameters)
    let second = try HiddenAggregation.Party(
        role: .sender, tokens: sets.sender, columns: sender, peerColumns: receiver.map(\.shape), pairs: pairs,
        parameters: parameters)
    let outputs = try await LocalRun.both(
        { channel in
            if let source { return try await first.run(over: channel, source: source, random: SystemRandom.shared) }
            return try await first.run(over: channel)
        },
        { channel in
            if let source { return try await second.run(over: channel, source: source, random: SystemRandom.shared) }
            return try await second.run(over: channel)
        })
    return (outputs.0, outputs.1)
}

func opened(_ outputs: BothOutputs) -> [[Int128]] {
    zip(outputs.receiver.shares, outputs.sender.shares).map { zip($0, $1).map { Int128(truncatingIfNeeded: $0 &+ $1) } }
}
