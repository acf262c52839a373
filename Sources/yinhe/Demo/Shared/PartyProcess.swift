import Foundation
import SandboxCore
import Synchronization

/// One party of a demonstration: this program again, in a process of its own, speaking JSON lines.
final class PartyProcess: Sendable {
    let name: String
    private let child: ChildProcess
    private let events: Events

    /// `arguments`: of a command that knows `--json`; its progress goes to `monitor`.
    init(_ name: String, _ arguments: [String], monitor: @escaping ProgressMonitor) throws {
        let events = Events()
        self.name = name
        self.events = events
        child = try ChildProcess(Self.executable(), arguments + ["--json", "--progress", "json", "--stop-with-parent"]) { line in
            events.take(line, monitor)
        }
    }

    /// This program's own file, also when it was started through a link or a relative path.
    static func executable() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard count > 0 else { throw YinheError.system("cannot find this program's own file", errno: errno) }
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The port that it listens on.
    func port() async throws -> Int {
        let ended = Task {
            _ = await child.wait()
            events.end()
        }
        defer { ended.cancel() }
        if let port = await events.port() { return port }
        _ = try await output()
        throw YinheError(.system, "\(name) ended without listening")
    }

    /// Its JSON result once it has ended; throws the error that it reported, with its name. `findingProblems`: it may also end with the
    /// status of a check that found some.
    func output(findingProblems: Bool = false) async throws -> Data {
        let status = await child.wait()
        let output = Data(await child.output())
        guard status != 0, !(findingProblems && status == Outcome.problemsFound.rawValue) else { return output }
        var error = events.error() ?? YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "ended with status \(status)")
        error.place = error.place.isEmpty ? name : "\(name): \(error.place)"
        throw error
    }

    /// How long the others get to notice that a party has failed, before they are stopped.
    private static let graceSeconds = 3.0

    /// Waits for all of `parties`. When several fail, throws the error that started it: a lost or aborting peer, or having been
    /// stopped, is a consequence.
    static func outputs(of parties: [PartyProcess]) async throws -> [Data] {
        let waiting = parties.map { party in
            Task {
                do {
                    return try await party.output()
                } catch {
                    try? await Task.sleep(for: .seconds(graceSeconds))
                    // Those that have ended are not signalled.
                    for other in parties { other.child.terminate() }
                    throw error
                }
            }
        }
        var outputs: [Data] = []
        var failures: [YinheError] = []
        for task in waiting {
            do { outputs.append(try await task.value) } catch let error as YinheError { failures.append(error) }
        }
        let consequences: [YinheError.Code] = [.cancelled, .peerAborted, .peerUnreachable]
        if let cause = failures.first(where: { !consequences.contains($0.code) }) ?? failures.first { throw cause }
        return outputs
    }
}

/// What came on a party's standard error.
private final class Events: Sendable {
    private struct Line: Decodable {
        var event: String?
        var phase: String?
        var completed: Int?
        var total: Int?
        var port: Int?
        var error: ErrorDocument.Body?
    }

    private struct State {
        var port: Int?
        var ended = false
        var error: YinheError?
        var waiting: [CheckedContinuation<Int?, Never>] = []
    }
    private let state = Mutex(State())

    func take(_ line: String, _ monitor: ProgressMonitor) {
        guard let event = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)) else { return }
        if let phase = event.phase, let completed = event.completed {
            monitor(ProgressEvent(phase: phase, completed: completed, total: event.total))
        }
        if let port = event.port { resume { $0.port = port } }
        if let body = event.error {
            let error = YinheError(
                YinheError.Code(name: body.code, exitCode: body.exitCode), body.message, at: body.place, remedy: body.remedy)
            state.withLock { $0.error = error }
        }
    }

    func end() { resume { $0.ended = true } }

    private func resume(_ change: (inout State) -> Void) {
        let (waiting, port) = state.withLock { state in
            change(&state)
            defer { state.waiting = [] }
            return (state.waiting, state.port)
        }
        for continuation in waiting { continuation.resume(returning: port) }
    }

    func port() async -> Int? {
        await withCheckedContinuation { continuation in
            let (known, port) = state.withLock { state in
                if state.port != nil || state.ended { return (true, state.port) }
                state.waiting.append(continuation)
                return (false, nil)
            }
            if known { continuation.resume(returning: port) }
        }
    }

    func error() -> YinheError? { state.withLock { $0.error } }
}
