import SandboxCore
import Synchronization

/// A source whose items are produced in the background, ahead of need, while the computation goes on.
///
/// `producer` works over a channel of its own (or with a dealer) through `plan` in order; what is not in the plan comes from
/// `fallback`. Both parties have the same plan, so both wait for, and use, the same items.
package final class BackgroundCorrelations: CorrelationSource {
    private let producer: any CorrelationSource
    private let fallback: any CorrelationSource
    private let shelf: Shelf
    private let task: Task<Void, Never>

    /// Between the background and the computation.
    private final class Shelf: Sendable {
        struct State {
            let stock = CorrelationStock()
            /// Items that the background will still produce.
            var coming: [Correlation: Int]
            var failure: (any Error)?
            var waiting: [CheckedContinuation<Void, Never>] = []
        }
        let state: Mutex<State>

        init(_ coming: [Correlation: Int]) { state = Mutex(State(coming: coming)) }

        func arrived(_ result: Result<CorrelationBatch, any Error>) {
            let waiting = state.withLock { state in
                switch result {
                case .success(let batch): state.stock.add(batch)
                case .failure(let error): state.failure = error
                }
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    package var name: String { "\(producer.name), in the background" }
    package var costsTransfers: Bool { producer.costsTransfers }
    package var bytesOutsideSession: Int { producer.bytesOutsideSession + fallback.bytesOutsideSession }

    /// Items made at a time: enough to amortise a message, few enough that a computation need not wait long for the first.
    private static let piece = 1 << 16

    package init(plan: ComputationCost, producer: any CorrelationSource, fallback: any CorrelationSource) {
        self.producer = producer
        self.fallback = fallback
        var coming: [Correlation: Int] = [:]
        for demand in plan.demands { coming[demand.kind, default: 0] += demand.count }
        let (shelf, demands) = (Shelf(coming), plan.demands)
        self.shelf = shelf
        task = Task { await Self.work(demands, producer, shelf) }
    }

    deinit { task.cancel() }

    private static func work(
        _ demands: [ComputationCost.Demand], _ producer: any CorrelationSource, _ shelf: Shelf
    ) async {
        for demand in demands {
            var left = demand.count
            while left > 0 {
                let n = demand.kind.isDivisible ? min(left, piece) : 1
                do {
                    try Task.checkCancellation()
                    shelf.arrived(.success(try await producer.produce(demand.kind, count: n)))
                } catch {
                    return shelf.arrived(.failure(error))
                }
                left -= n
            }
        }
    }

    package func produce(_ kind: Correlation, count: Int) async throws -> CorrelationBatch {
        var (batches, missing): ([CorrelationBatch], Int) = ([], count)
        while missing > 0 {
            let due = try shelf.state.withLock { state -> [CorrelationBatch] in
                let planned = min(missing, state.coming[kind, default: 0])
                guard planned > 0 else { return [] }
                let found = state.stock.take(kind, upTo: planned)
                let n = found.reduce(0) { $0 + $1.count }
                state.coming[kind]! -= n
                if n == 0, let failure = state.failure { throw failure }
                return found
            }
            let n = due.reduce(0) { $0 + $1.count }
            batches += due
            missing -= n
            if n > 0 { continue }
            if shelf.state.withLock({ $0.coming[kind, default: 0] == 0 }) {
                batches.append(try await fallback.produce(kind, count: missing))
                break
            }
            await withCheckedContinuation { continuation in
                let isReady = shelf.state.withLock { state in
                    // What arrived since the look above must not be slept through.
                    if state.failure != nil || state.stock.count(kind) > 0 { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
        return CorrelationBatch.joined(batches)
    }
}
