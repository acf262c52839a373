import SandboxCore
import Synchronization
import Transport

/// Splits a party's run into what it does before its inputs are known and the computation on them.
///
/// A body calls `begin` when its inputs are made and `beginOnline` when the correlations are ready; a bench whose bodies call neither
/// has one phase. Both parties must be in step at `beginOnline`, so that neither waits for the other's preparation online.
final class PhaseMeter: Sendable {
    /// What one phase took of one party.
    struct Phase: Codable, Sendable {
        var wall: Double
        var cpu: Double
        /// Sent by this party.
        var bytes: Int
    }

    /// A named part of a run, as the later party saw it.
    struct Part: Codable, Sendable {
        var name: String
        var seconds: Double
        /// Sent by this party; nil where parts overlap on the wire.
        var bytes: Int?
    }

    private struct Mark: Sendable {
        var time = ContinuousClock.now
        var cpu = ResourceUsage.current().cpuSeconds
        var bytes = 0
        var rounds = 0

        func since(_ earlier: Mark) -> Phase {
            Phase(wall: (time - earlier.time).seconds, cpu: cpu - earlier.cpu, bytes: bytes - earlier.bytes)
        }
    }

    private struct State {
        var start = Mark()
        var online: Mark?
        var end: Mark?
        var isHelper = false
        var rounds: Int?
        var peakResidentBytes = 0
        var details: [String: String] = [:]
        var parts: [Part] = []
    }

    private let state = Mutex(State())
    private let channels: [Int: any Channel]

    init(_ channels: [Int: any Channel]) { self.channels = channels }

    private func mark() -> Mark {
        var mark = Mark()
        let traffic = channels.values.map(\.traffic)
        mark.bytes = traffic.reduce(0) { $0 + $1.bytesSent }
        mark.rounds = traffic.map(\.rounds).max() ?? 0
        return mark
    }

    /// The clock starts here, and not when the body did.
    func begin() {
        let now = mark()
        state.withLock { $0.start = now }
    }

    func beginOnline() {
        let now = mark()
        state.withLock { $0.online = now }
    }

    /// The clock stops here, and not when the body returns. A body that goes on to check its result calls this before; it returns
    /// when the last messages of the measured part have left, so that their bytes count and those of the check do not.
    func end() async throws {
        guard state.withLock({ $0.end == nil }) else { return }
        var end = mark()
        end.bytes = try await settledBytes()
        state.withLock { [end] in
            $0.end = end
            $0.peakResidentBytes = ResourceUsage.current().peakResidentBytes
        }
    }

    /// Bytes sent, once nothing has left for a quarter of a second, or as long as a frame takes on a slow link.
    private func settledBytes() async throws -> Int {
        var (last, still) = (-1, 0)
        let patience = 25 + Int(100 * (SimulatedLink.fromEnvironment?.largestFrameSeconds ?? 0))
        while still < patience {
            let now = mark().bytes
            (last, still) = (now, now == last ? still + 1 : 0)
            try await Task.sleep(for: .milliseconds(10))
        }
        return last
    }

    /// All that this party does, it does for the others' preparation: its time and its
    /// turns are theirs, its processor time and bytes are its own.
    func isHelper() { state.withLock { $0.isHelper = true } }

    /// Rounds of the online phase as the protocol counts them, instead of the channel's turns of the whole run.
    func setRounds(_ rounds: Int) { state.withLock { $0.rounds = rounds } }

    /// A number or name that only this bench has.
    func setDetail(_ name: String, _ value: String) { state.withLock { $0.details[name] = value } }

    /// The next named part of the run begins: from the start, or the part before, until now it was `name`.
    func mark(_ name: String) {
        let now = mark()
        state.withLock { state in
            let before = state.parts.reduce(0.0) { $0 + $1.seconds }
            state.parts.append(Part(name: name, seconds: max(0, (now.time - state.start.time).seconds - before)))
        }
    }

    /// Parts that the protocol timed itself.
    func setParts(_ parts: [(name: String, seconds: Double)]) {
        state.withLock { $0.parts = parts.map { Part(name: $0.name, seconds: $0.seconds) } }
    }

    /// Of the whole run, after `end`.
    func sample(rounds: Int, correct: Bool) -> Sample {
        let state = state.withLock { $0 }
        guard let end = state.end else { preconditionFailure("the body has not ended") }
        var sample = Sample(
            wall: 0, cpu: 0, rounds: state.rounds ?? rounds, peakResidentBytes: state.peakResidentBytes, correct: correct,
            details: state.details, totalRounds: end.rounds - state.start.rounds)
        if state.isHelper {
            sample.offline = end.since(state.start)
            sample.offline?.wall = 0
            sample.rounds = 0
        } else {
            let phase = end.since(state.online ?? state.start)
            (sample.wall, sample.cpu, sample.bytes) = (phase.wall, phase.cpu, phase.bytes)
            sample.offline = state.online?.since(state.start)
            sample.parts = parts(state, end)
        }
        return sample
    }

    private func parts(_ state: State, _ end: Mark) -> [Part] {
        var parts = state.parts
        if let online = state.online, parts.isEmpty {
            let before = online.since(state.start), after = end.since(online)
            parts = [
                Part(name: "correlations", seconds: before.wall, bytes: before.bytes),
                Part(name: "online", seconds: after.wall, bytes: after.bytes),
            ]
        }
        // What no part claims: planning, connecting, or the whole of a run without parts.
        let rest = end.since(state.start).wall - parts.reduce(0) { $0 + $1.seconds }
        if !parts.isEmpty, rest > 1e-6 { parts.append(Part(name: "other", seconds: rest)) }
        return parts
    }
}
