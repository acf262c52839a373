import SandboxCore
import Synchronization

/// Wall time of a role's steps, in the order in which they ended.
package final class PhaseClock: Sendable {
    private let state: Mutex<(last: ContinuousClock.Instant, phases: [HiddenJoin.Phase])>
    private let progress: ProgressMonitor?

    package init(progress: ProgressMonitor? = nil) {
        state = Mutex((ContinuousClock.now, []))
        self.progress = progress
    }

    package var phases: [HiddenJoin.Phase] { state.withLock { $0.phases } }

    /// The step `name` ends here. A name that comes again adds to its first time.
    package func mark(_ name: String) {
        let now = ContinuousClock.now
        state.withLock { state in
            let seconds = (now - state.last) / .seconds(1)
            state.last = now
            if let place = state.phases.firstIndex(where: { $0.name == name }) {
                state.phases[place].seconds += seconds
            } else {
                state.phases.append(HiddenJoin.Phase(name: name, seconds: seconds))
            }
        }
        progress?(ProgressEvent(phase: name, completed: 1, total: 1))
    }

    /// Part of a step that goes on.
    package func report(_ name: String, _ completed: Int, of total: Int) {
        progress?(ProgressEvent(phase: name, completed: completed, total: total))
    }
}

extension HiddenJoin {
    /// How long one step of a role took, waiting for the peer included.
    public struct Phase: Sendable, Hashable {
        public let name: String
        public internal(set) var seconds: Double

        package init(name: String, seconds: Double) {
            self.name = name
            self.seconds = seconds
        }
    }
}
