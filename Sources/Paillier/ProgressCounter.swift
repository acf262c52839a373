import SandboxCore
import Synchronization

/// Adds up what several threads have done and reports it.
package final class ProgressCounter: Sendable {
    private let phase: String
    private let total: Int?
    private let monitor: ProgressMonitor?
    private let done = Atomic<Int>(0)

    package init(_ phase: String, total: Int?, _ monitor: ProgressMonitor?) {
        self.phase = phase
        self.total = total
        self.monitor = monitor
    }

    package func add(_ count: Int) {
        let completed = done.wrappingAdd(count, ordering: .relaxed).newValue
        monitor?(ProgressEvent(phase: phase, completed: completed, total: total))
    }
}
