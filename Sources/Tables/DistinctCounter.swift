import SandboxCore

/// How many distinct tokens there are and how often the most frequent one comes, in bounded memory.
///
/// Adaptive sampling (Flajolet, "On adaptive sampling", Computing 43, 1990): tokens whose lowest `depth` bits are zero are kept;
/// `depth` grows when the table is full. Exact while it is 0, up to equal halves of tokens: among n keys with probability below
/// n^2 / 2^65. Relative standard error of an estimate: about 1.2 / sqrt(limit).
struct DistinctCounter {
    private let limit: Int
    private var depth: UInt64 = 0
    private var counts: [UInt64: Int] = [:]

    init(limit: Int = 1 << 21) { self.limit = limit }

    var isExact: Bool { depth == 0 }
    var distinct: Int { counts.count << depth }
    /// Of the sampled tokens.
    var mostOfOne: Int { counts.values.max() ?? 0 }

    mutating func add(_ token: JoinToken) {
        guard isSampled(token.low) else { return }
        counts[token.low, default: 0] += 1
        while counts.count > limit {
            depth += 1
            counts = counts.filter { isSampled($0.key) }
        }
    }

    private func isSampled(_ token: UInt64) -> Bool { token & ((1 << depth) - 1) == 0 }
}
