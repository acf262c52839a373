import SandboxCore

/// Where a two-party computation gets its correlated randomness: from oblivious transfers between the two parties, or from a
/// dealer that both trust. Both parties must ask for the same kinds and counts in the same order.
package protocol CorrelationSource: Sendable {
    /// For reports, such as "oblivious transfer".
    var name: String { get }
    /// `count` fresh items of this party's part. Never returns an item twice.
    func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch
    /// Everything that the source sent and received so far beside the computation's own session.
    var bytesOutsideSession: Int { get }
    /// Whether items cost oblivious transfers: where a program has a choice, it then saves those rather than bytes of corrections.
    var costsTransfers: Bool { get }
}

extension CorrelationSource {
    package var bytesOutsideSession: Int { 0 }
    package var costsTransfers: Bool { false }
}
