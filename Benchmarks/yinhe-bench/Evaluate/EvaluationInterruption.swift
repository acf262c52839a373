import Dispatch
import Foundation
import SandboxCore
import Synchronization

/// Ctrl-C and SIGTERM during an evaluation: benches and their parties end, temporary files and namespaces go, nothing half-written
/// stays, and the exit status is 130.
final class EvaluationInterruption: Sendable {
    private let actions = Mutex<[@Sendable () -> Void]>([])
    /// Kept for their handlers; touched by `init` alone.
    nonisolated(unsafe) private var sources: [any DispatchSourceSignal] = []

    init() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler { self.stop() }
            source.resume()
            sources.append(source)
        }
    }

    /// Run on interruption, and by `finish`; idempotent actions.
    func cleanUp(_ action: @escaping @Sendable () -> Void) { actions.withLock { $0.append(action) } }

    func finish() {
        for action in actions.withLock({ $0.reversed() }) { action() }
    }

    private func stop() {
        BenchProcess.stop()
        // Parties hold sockets and temporary files for some milliseconds more.
        usleep(200_000)
        finish()
        AtomicFile.removeUnfinished()
        FileHandle.standardError.write(Data("\nyinhe-bench: stopped; nothing was written\n".utf8))
        _exit(YinheError.Code.cancelled.exitCode)
    }
}
