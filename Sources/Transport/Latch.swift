import SandboxCore
import Synchronization

/// A door that opens once.
final class Latch: Sendable {
    private let state = Mutex<(open: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiting = state.withLock { s in
            s.open = true
            defer { s.waiting = [] }
            return s.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    var isOpen: Bool { state.withLock { $0.open } }

    /// Waits until it is open, in a cancelled task too; calls `late` when that takes longer than `limit`.
    func wait(atMost limit: Duration, _ late: @escaping @Sendable () -> Void) async {
        if isOpen { return }
        let watch = Task {
            try await Task.sleep(for: limit)
            late()
        }
        await withCheckedContinuation { continuation in
            let open = state.withLock { s in
                if !s.open { s.waiting.append(continuation) }
                return s.open
            }
            if open { continuation.resume() }
        }
        watch.cancel()
    }
}
