import Foundation
import PrivateJoin
import SandboxCore
import Synchronization

/// Ctrl-C, SIGTERM, SIGHUP, and the end of a supervising parent.
///
/// The first one cancels the command's task, which lets a protocol tell its peer; if the command has not ended after
/// `graceSeconds`, or on a second signal, the process stops at once. Either way children are reaped and unfinished files removed.
enum Interruption {
    static let graceSeconds = 5.0

    private struct State {
        var count = 0
        var cancel: (@Sendable () -> Void)?
        var lastWords = ""
    }
    private static let state = Mutex(State())

    /// Written by the signal handler, which may do nothing but `write`.
    nonisolated(unsafe) private static var pipeEnds: (read: Int32, write: Int32) = (-1, -1)

    /// Installs the handlers; call once, first thing.
    static func install() {
        signal(SIGPIPE, SIG_IGN)
        // Beyond RLIMIT_FSIZE `write` then fails with EFBIG, which becomes a readable error.
        signal(SIGXFSZ, SIG_IGN)
        guard let ends = try? ChildProcess.pipe() else { return }
        pipeEnds = ends
        for number in [SIGINT, SIGTERM, SIGHUP] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let saved = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = Glibc.write(Interruption.pipeEnds.write, &byte, 1)
                errno = saved
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
        let descriptor = pipeEnds.read
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let n = read(descriptor, &byte, 1)
                if n == 1 { arrive() } else if n == 0 || errno != EINTR { return }
            }
        }
    }

    /// What the first signal does. A signal that came before is delivered now.
    static func onCancel(_ body: @escaping @Sendable () -> Void) {
        let late = state.withLock { state in
            state.cancel = body
            return state.count > 0
        }
        if late { body() }
    }

    /// What to say when the process has to stop before its command could.
    static func lastWords(_ text: String) { state.withLock { $0.lastWords = text } }

    /// Treats the end of standard input as SIGTERM: the parent holds the other end and says nothing, so the end comes when the
    /// parent dies, however it dies.
    static func watchParent() {
        Thread.detachNewThread {
            var byte: UInt8 = 0
            while true {
                let n = read(STDIN_FILENO, &byte, 1)
                if n == 0 || (n < 0 && errno != EINTR) { break }
            }
            arrive()
        }
    }

    private static func arrive() {
        let (first, cancel) = state.withLock { state in
            state.count += 1
            return (state.count == 1, state.cancel)
        }
        guard first else { exitNow() }
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: graceSeconds)
            exitNow()
        }
        cancel?()
    }

    static var arrived: Bool { state.withLock { $0.count > 0 } }

    /// Kills and reaps children, removes unfinished files, leaves.
    static func exitNow() -> Never {
        ChildProcess.killAll()
        AtomicFile.removeUnfinished()
        PrivateJoin.removeUnfinished()
        let words = state.withLock { $0.lastWords }
        if !words.isEmpty { Terminal.write("  -> \(words)\n", to: STDERR_FILENO) }
        _exit(YinheError.Code.cancelled.exitCode)
    }
}
