import ArgumentParser
import Foundation
import SandboxCore
import Synchronization

/// Benches that `evaluate` starts, one at a time, each in a process of its own: peak memory and processor time are then its own.
enum BenchProcess {
    private struct State {
        var running: Process?
        var isStopped = false
    }
    private static let state = Mutex(State())

    /// Runs this program with `arguments` and returns its one result. Throws `ExitCode(2)` when the result differs from the plain
    /// computation.
    static func run(_ arguments: [String], environment: [String: String]) async throws -> BenchResult {
        let process = Process(), input = Pipe(), output = Pipe(), errors = Pipe()
        process.executableURL = URL(filePath: try Lifeline.ownExecutable())
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }.merging([Lifeline.key: "1"]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        let isStopped = try state.withLock { state in
            guard !state.isStopped else { return true }
            try process.run()
            state.running = process
            return false
        }
        guard !isStopped else { throw YinheError(.cancelled, "the evaluation was stopped") }
        let read: @Sendable (Pipe) async -> Data = { pipe in
            await withCheckedContinuation { continuation in
                Thread.detachNewThread { continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile()) }
            }
        }
        async let errorData = read(errors)
        let data = await read(output), text = String(decoding: await errorData, as: UTF8.self)
        process.waitUntilExit()
        state.withLock { $0.running = nil }
        // The lifeline, held until here.
        try? input.fileHandleForWriting.close()
        let command = "yinhe-bench " + arguments.joined(separator: " ")
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            if state.withLock({ $0.isStopped }) { throw YinheError(.cancelled, "the evaluation was stopped") }
            let last = text.split(separator: "\n").suffix(3).joined(separator: " ")
            if process.terminationStatus == 2 {
                FileHandle.standardError.write(Data("yinhe-bench: WRONG RESULT: \(command)\n".utf8))
                throw ExitCode(2)
            }
            throw YinheError(.system, "ended with status \(process.terminationStatus): \(last)", at: command)
        }
        do {
            let result = try JSONDecoder().decode(BenchResult.self, from: data)
            guard result.correct else { throw ExitCode(2) }
            return result
        } catch is DecodingError {
            throw YinheError(.system, "printed no result", at: command)
        }
    }

    /// Ends the running bench and its parties, for good.
    static func stop() {
        state.withLock { state in
            state.isStopped = true
            // Its parties see the end of their standard inputs.
            if let process = state.running { kill(process.processIdentifier, SIGKILL) }
        }
    }
}
