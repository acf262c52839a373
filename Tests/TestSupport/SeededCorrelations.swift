import SandboxCore
import SecretSharing

/// Correlated randomness for tests only: both parties know everything, so it protects nothing. No product contains this type.
package struct SeededCorrelations: CorrelationSource {
    package let name = "test correlations"
    package let costsTransfers: Bool
    private let party: Int
    private let random: SeededRandom

    /// Both parties' sources must have the same seed.
    package init(party: Int, seed: UInt64, costsTransfers: Bool = false) {
        self.party = party
        self.costsTransfers = costsTransfers
        random = SeededRandom(seed)
    }

    package func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        let parts = (0..<2).map { Dealing.expand(kind, count: count, party: $0, seed: random.bytes(Dealing.seedBytes)) }
        Dealing.derive(parts[kind.correctionParty], from: parts[1 - kind.correctionParty])
        return parts[party]
    }
}
