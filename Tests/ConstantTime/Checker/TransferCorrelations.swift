import SandboxCore
import SecretSharing
import Transport

extension Report {
    /// Every kind of correlation that two parties make by transfers, with secret randomness. Permutations are left out: their owner
    /// routes a network, and draws, in time that depends on them.
    mutating func transferCorrelations() async throws {
        let (left, right) = LocalChannel.pair()
        try await check("correlations from soft-spoken transfers, both parties") {
            _ = try await LocalRun.over(PublicChannel(left), PublicChannel(right)) {
                try await Self.produce(0, $0)
            } _: {
                try await Self.produce(1, $0)
            }
        }
    }

    private static func produce(_ party: Int, _ channel: any Channel) async throws {
        let proposal = SessionProposal(protocolName: "constant-time", version: 1, role: "\(party)", peerRole: "\(1 - party)")
        try await Session.run(over: channel, proposal) { session in
            let source = TransferCorrelations(session: session, party: party, threads: 1, random: SecretRandom())
            for ring in Ring.allCases {
                for kind in [.products(ring), .squares(ring), .bits(ring), .bitElementProducts(ring)] as [Correlation] {
                    _ = try await source.produce(kind, count: 3)
                }
                _ = try await source.produce(.matrixProducts(ring, rows: 2, inner: 3, columns: 4), count: 1)
                _ = try await source.produce(.privateMatrixProducts(ring, rows: 4, inner: 3, columns: 2), count: 1)
            }
            for kind in [.bitProducts, .bitProductPairs, .privateBitProducts, .privateBitBytes] as [Correlation] {
                _ = try await source.produce(kind, count: 3)
            }
            // More than what comes from stock.
            _ = try await source.produce(.products(.z64), count: 70)
        }
    }
}
