import Foundation
import SandboxCore
import Synchronization

/// Runs long synchronous work on a thread of its own; when the task is cancelled it throws at once and abandons the thread, which
/// ends with the process. For work that changes nothing outside, such as reading a table.
func interruptible<T: Sendable>(_ work: @escaping @Sendable () throws -> T) async throws -> T {
    let box = FirstResult<T>()
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            box.slot.withLock { $0 = continuation }
            if Task.isCancelled { box.finish(.failure(CancellationError())) }
            Thread.detachNewThread { box.finish(Result(catching: work)) }
        }
    } onCancel: {
        box.finish(.failure(CancellationError()))
    }
}

/// The same for asynchronous work that does not look at cancellation.
func interruptible<T: Sendable>(_ work: @escaping @Sendable () async throws -> T) async throws -> T {
    let box = FirstResult<T>()
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { continuation in
            box.slot.withLock { $0 = continuation }
            if Task.isCancelled { box.finish(.failure(CancellationError())) }
            Task.detached {
                do { box.finish(.success(try await work())) } catch { box.finish(.failure(error)) }
            }
        }
    } onCancel: {
        box.finish(.failure(CancellationError()))
    }
}

/// Resumes the continuation once, by whoever comes first.
private final class FirstResult<T: Sendable>: Sendable {
    let slot = Mutex<CheckedContinuation<T, any Error>?>(nil)

    func finish(_ result: Result<T, any Error>) {
        let continuation = slot.withLock { slot in
            defer { slot = nil }
            return slot
        }
        continuation?.resume(with: result)
    }
}
