import Foundation
import SandboxCore
import Synchronization
import TestSupport
import Testing

/// A finished process.
struct Finished: Sendable {
    var status: Int32
    var output: String
    var errors: String

    func json<T: Decodable>(_ type: T.Type = T.self) throws -> T { try JSONDecoder().decode(T.self, from: Data(output.utf8)) }

    /// The error object that --json prints, last on standard error.
    var error: Failure.Body? {
        errors.split(separator: "\n").last.flatMap { try? JSONDecoder().decode(Failure.self, from: Data($0.utf8)) }?.error
    }

    struct Failure: Decodable {
        struct Body: Decodable {
            var code: String
            var exitCode: Int32
            var message: String
            var place: String
            var remedy: String
        }
        var error: Body
    }
}

/// A running process of one of the package's executables, or of any other program.
final class Running: Sendable {
    private let process: Mutex<Process>
    private let output = Collector()
    private let errors = Collector()
    let processID: pid_t

    init(_ executable: String, _ arguments: [String], environment: [String: String] = [:], folder: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        var all = ProcessInfo.processInfo.environment
        all["LC_ALL"] = "C.UTF-8"
        for (name, value) in environment { all[name] = value }
        process.environment = all
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        try process.run()
        processID = process.processIdentifier
        output.begin()
        errors.begin()
        self.process = Mutex(process)
    }

    func signal(_ number: Int32) { kill(processID, number) }

    /// Standard error so far.
    var errorText: String { errors.text }

    /// Waits until standard error contains `text`; nil when the process ends first, or after a minute.
    func line(containing text: String) async throws -> String? {
        for _ in 0..<3000 {
            if let line = errors.text.split(separator: "\n").first(where: { $0.contains(text) }) { return String(line) }
            if !process.withLock({ $0.isRunning }) { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        return errors.text.split(separator: "\n").first { $0.contains(text) }.map(String.init)
    }

    /// The port that a listening `--progress json` process announces.
    func port() async throws -> Int {
        guard let line = try await line(containing: "\"listening\"") else { throw NotListening(text: errors.text) }
        struct Event: Decodable { var port: Int }
        return try JSONDecoder().decode(Event.self, from: Data(line.utf8)).port
    }

    struct NotListening: Error { var text: String }

    func finish() async -> Finished {
        while process.withLock({ $0.isRunning }) { try? await Task.sleep(for: .milliseconds(10)) }
        let status = process.withLock { process in
            process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        }
        return Finished(status: status, output: await output.whole(), errors: await errors.whole())
    }
}

/// Reads a pipe on a thread of its own.
private final class Collector: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var ended = false
    }
    let pipe = Pipe()
    private let state = Mutex(State())

    func begin() {
        let descriptor = pipe.fileHandleForReading.fileDescriptor
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let n = read(descriptor, &buffer, buffer.count)
                if n < 0, errno == EINTR { continue }
                guard n > 0 else { break }
                state.withLock { $0.bytes += buffer[..<n] }
            }
            state.withLock { $0.ended = true }
        }
    }

    var text: String { state.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

    func whole() async -> String {
        while !state.withLock({ $0.ended }) { try? await Task.sleep(for: .milliseconds(5)) }
        return text
    }
}

/// The executables lie beside the test bundle.
enum Program {
    static let folder: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return URL(filePath: path).deletingLastPathComponent().path
    }()

    static var yinhe: String { folder + "/yinhe" }

    /// The C library, built when the tests were built alone.
    static func sharedLibrary() async throws -> String {
        let path = folder + "/libyinhe-c.so"
        if FileManager.default.fileExists(atPath: path) { return path }
        let built = try await Running(
            "/usr/bin/env", ["swift", "build", "--ignore-lock", "-c", "release", "--product", "yinhe-c"], folder: repositoryRoot.path
        ).finish()
        try #require(built.status == 0, "\(built.output.suffix(2000)) \(built.errors.suffix(2000))")
        return path
    }

    static func start(_ arguments: String..., environment: [String: String] = [:], folder: String? = nil) throws -> Running {
        try Running(yinhe, arguments, environment: environment, folder: folder)
    }

    static func run(_ arguments: String..., environment: [String: String] = [:], folder: String? = nil) async throws -> Finished {
        try await Running(yinhe, arguments, environment: environment, folder: folder).finish()
    }

    static func run(list arguments: [String], environment: [String: String] = [:], folder: String? = nil) async throws -> Finished
    {
        try await Running(yinhe, arguments, environment: environment, folder: folder).finish()
    }
}

/// A folder that goes away with the test.
final class Scratch: Sendable {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.path + "/yinhe-e2e-\(SystemRandom.shared.word())"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }

    @discardableResult
    func write(_ name: String, bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(filePath: file(name)))
        return file(name)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

    /// Names of files that an interrupted write would leave.
    var partialFiles: [String] {
        let all = FileManager.default.enumerator(atPath: path)?.allObjects.compactMap { $0 as? String } ?? []
        return all.filter { $0.hasSuffix(".partial") }
    }
}

/// Whether a process with this ID exists and is not a zombie.
func isAlive(_ processID: pid_t) -> Bool {
    guard let status = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
    return !status.contains(") Z ")
}

/// Processes whose command line contains `text`.
func processes(mentioning text: String) -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { id in
        guard id != getpid(), let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return false }
        return String(decoding: line, as: UTF8.self).contains(text) && isAlive(id)
    }
}
