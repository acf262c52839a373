import CMemcheck
import SandboxCore
import SecretSharing
import TestSupport
import Transport

/// Correlations whose words are secret to the checker.
private struct SecretCorrelations: CorrelationSource {
    let name = "secret correlations"
    let base: SeededCorrelations

    func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        let batch = try await base.produce(kind, count: count)
        for section in kind.sections(count: count, party: batch.party).indices {
            poison(UnsafeRawBufferPointer(batch.words(section)))
        }
        return batch
    }
}

extension Report {
    /// Every two-party operation on shares and correlations that are secret; masked shares become public as they leave. Nothing is
    /// opened: what a program opens is public by design.
    mutating func sharing() async throws {
        let (left, right) = LocalChannel.pair()
        try await check("two-party products, comparisons, conversions, shifts and divisions on secret shares") {
            _ = try await LocalRun.over(PublicChannel(left), PublicChannel(right)) {
                try await Self.operations(0, $0)
            } _: {
                try await Self.operations(1, $0)
            }
        }
    }

    private static func operations(_ party: Int, _ channel: any Channel) async throws {
        let proposal = SessionProposal(protocolName: "constant-time", version: 1, role: "\(party)", peerRole: "\(1 - party)")
        try await Session.run(over: channel, proposal) { session in
            let c = TwoPartyComputation(
                session: session, party: party, source: SecretCorrelations(base: SeededCorrelations(party: party, seed: 7)), threads: 1)
            func vector<E: RingElement>(_ bounds: ClosedRange<Int128>, _: E.Type) throws -> SharedVector<E> {
                var share = (0..<130).map { E(truncatingIfNeeded: $0 * 77) }
                share.poison()
                return try SharedVector(share: share, party: party, of: 2, bounds: DeclaredBounds(bounds.lowerBound, bounds.upperBound))
            }
            let x = try vector(-1000...1000, UInt64.self), y = try vector(1...1000, UInt64.self)
            _ = try await c.multiply(x, y)
            _ = try await c.square(x)
            _ = try await c.dot(x, y)
            let less = try await c.lessThan(x, y)
            _ = try await c.equal(x, y)
            _ = try await c.select(less, x, y)
            let _: SharedVector<UInt64> = try await c.arithmetic(c.and(less, ~less))
            _ = try await c.bits(of: y)
            _ = try await c.shiftedRight(x, by: 3)
            _ = try await c.divide(x, by: 7)
            _ = try await c.divide(y, by: y)
            _ = try await c.multiply(vector(-1000...1000, UInt128.self), vector(0...1, UInt128.self))
            _ = try await c.lessThan(vector(-1000...1000, UInt128.self), 5)
        }
    }
}
