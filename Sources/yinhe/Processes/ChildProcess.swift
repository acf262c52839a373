import Foundation
import SandboxCore
import Synchronization

/// A child of this program that cannot outlive it.
///
/// Its standard input is a pipe whose other end only this process holds: when this process goes, even by kill -9, the child sees
/// the end of its input (`Interruption.watchParent`). It has a process group of its own, so Ctrl-C reaches it through us.
package final class ChildProcess: Sendable {
    package let processID: pid_t
    private let lifeline: Int32
    private let state = Mutex(State())
    private static let spawning = NSLock()
    private static let running = Mutex<[pid_t: ChildProcess]>([:])

    private struct State {
        var status: Int32?
        var waiters: [CheckedContinuation<Int32, Never>] = []
        var output: [UInt8]?
        var outputWaiters: [CheckedContinuation<[UInt8], Never>] = []
    }

    /// Starts `executable`; `onErrorLine` gets each line of its standard error, on a thread of its own.
    /// Standard output is collected for `output()`.
    package init(
        _ executable: String, _ arguments: [String], onErrorLine: @escaping @Sendable (String) -> Void
    ) throws {
        Self.spawning.lock()
        defer { Self.spawning.unlock() }
        let input = try Self.pipe()
        let output = try Self.pipe()
        let errors = try Self.pipe()
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.write, STDERR_FILENO)
        posix_spawnattr_setpgroup(&attributes, 0)
        // Ignored signals would stay ignored in the child.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))

        var argv: [UnsafeMutablePointer<CChar>?] = ([executable] + arguments).map { strdup($0) }
        argv.append(nil)
        defer { for pointer in argv { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, executable, &actions, &attributes, argv, environ)
        for descriptor in [input.read, output.write, errors.write] { close(descriptor) }
        guard code == 0 else {
            for descriptor in [input.write, output.read, errors.read] { close(descriptor) }
            throw YinheError.system("cannot start a process", errno: code, at: executable)
        }
        processID = child
        lifeline = input.write
        Self.running.withLock { $0[child] = self }

        Thread.detachNewThread { [self] in
            let all = Self.readAll(output.read)
            let waiters = state.withLock { state in
                state.output = all
                defer { state.outputWaiters = [] }
                return state.outputWaiters
            }
            for waiter in waiters { waiter.resume(returning: all) }
        }
        Thread.detachNewThread { [self] in
            Self.forEachLine(errors.read, onErrorLine)
            reap()
        }
    }

    /// The exit status as a shell reports it: the code, or 128 + the signal.
    package func wait() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known: Int32? = state.withLock { state in
                if let status = state.status { return status }
                state.waiters.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Everything it wrote on standard output; returns when it closed it.
    package func output() async -> [UInt8] {
        await withCheckedContinuation { continuation in
            let known: [UInt8]? = state.withLock { state in
                if let output = state.output { return output }
                state.outputWaiters.append(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Asks it to stop; it has `Interruption.graceSeconds` of its own.
    package func terminate() { send(SIGTERM) }

    package func send(_ signal: Int32) {
        // Under the lock, so that a reaped process ID is never signalled.
        Self.running.withLock { running in
            if running[processID] != nil { kill(processID, signal) }
        }
    }

    /// Asks every child to stop.
    package static func terminateAll() {
        for child in running.withLock({ Array($0.values) }) { child.terminate() }
    }

    /// SIGTERM to all, a short wait so that they can remove their unfinished files, then SIGKILL; returns when none is left.
    package static func killAll() {
        terminateAll()
        for attempt in 0..<40 where running.withLock({ !$0.isEmpty }) {
            if attempt == 20 { for child in running.withLock({ Array($0.values) }) { child.send(SIGKILL) } }
            usleep(50_000)
        }
    }

    private func reap() {
        var raw: Int32 = 0
        while waitpid(processID, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7f
        let status = signal == 0 ? (raw >> 8) & 0xff : 128 + signal
        _ = Self.running.withLock { $0.removeValue(forKey: processID) }
        close(lifeline)
        let waiters = state.withLock { state in
            state.status = status
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    /// Both ends are closed in every child; spawning is serialised, so no child starts between the two calls.
    static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw YinheError.system("cannot make a pipe", errno: errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func readSome(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
        while true {
            let n = read(descriptor, &buffer, buffer.count)
            if n >= 0 || errno != EINTR { return n }
        }
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        defer { close(descriptor) }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let n = readSome(descriptor, &buffer), n > 0 { all.append(contentsOf: buffer[..<n]) }
        return all
    }

    private static func forEachLine(_ descriptor: Int32, _ body: (String) -> Void) {
        defer { close(descriptor) }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while case let n = readSome(descriptor, &buffer), n > 0 {
            for byte in buffer[..<n] {
                if byte == UInt8(ascii: "\n") {
                    body(String(decoding: line, as: UTF8.self))
                    line.removeAll(keepingCapacity: true)
                } else {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { body(String(decoding: line, as: UTF8.self)) }
    }
}
