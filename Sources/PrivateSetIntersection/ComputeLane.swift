import Dispatch

/// Runs heavy work of one role one piece at a time, first come first served, off the cooperative threads. Pieces spread
/// themselves over the role's threads, so two directions of a protocol share them without exceeding their number.
final class ComputeLane: Sendable {
    private let queue = DispatchQueue(label: "yinhe.psi.compute", qos: .userInitiated)

    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: work)) }
        }
    }
}
