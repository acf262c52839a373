import SandboxCore
import Synchronization

/// Correlations that were produced ahead of need, in memory. Both parties fill and empty theirs in the same order.
final class CorrelationStock: Sendable {
    private let batches = Mutex<[Correlation: [CorrelationBatch]]>([:])

    func add(_ batch: CorrelationBatch) { batches.withLock { $0[batch.kind, default: []].append(batch) } }

    /// Items in stock.
    func count(_ kind: Correlation) -> Int { batches.withLock { $0[kind, default: []].reduce(0) { $0 + $1.count } } }

    /// Removes and returns up to `count` items, oldest first.
    func take(_ kind: Correlation, upTo count: Int) -> [CorrelationBatch] {
        batches.withLock { all in
            var stock = all[kind, default: []]
            var out: [CorrelationBatch] = []
            var missing = count
            while missing > 0, let first = stock.first {
                if first.count <= missing {
                    out.append(first)
                    stock.removeFirst()
                    missing -= first.count
                } else if kind.isDivisible {
                    out.append(first.slice(0..<missing))
                    stock[0] = first.slice(missing..<first.count)
                    missing = 0
                } else {
                    break
                }
            }
            all[kind] = stock
            return out
        }
    }
}
