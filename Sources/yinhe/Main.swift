import ArgumentParser
import Foundation
import PrivateJoin
import SandboxCore

/// What `yinhe --version` prints.
let programVersion = "0.1.0"

/// How a command ended when nothing threw.
enum Outcome: Int32 {
    case success = 0
    /// The command did its work, and what it checked has problems.
    case problemsFound = 2
}

/// A command with the options that all of them share.
protocol PartyCommand: AsyncParsableCommand {
    var common: CommonOptions { get }
    /// What a person can do after Ctrl-C, such as how to go on; empty when there is nothing to say.
    var interruptionRemedy: String { get }
    func execute(_ console: Console) async throws -> Outcome
}

extension PartyCommand {
    var interruptionRemedy: String { "" }

    /// Commands run through `Main`, which owns signals, errors and exit codes.
    func run() async throws { preconditionFailure("commands run through Main") }
}

@main
enum Main {
    static func main() async {
        Interruption.install()
        exit(await status(of: Array(CommandLine.arguments.dropFirst())))
    }

    private static func status(of arguments: [String]) async -> Int32 {
        let command: any ParsableCommand
        do {
            command = try Yinhe.parseAsRoot(arguments)
        } catch {
            return explain(error, arguments)
        }
        guard let command = command as? any PartyCommand else {
            // Help, and a command that only has subcommands.
            do {
                var command = command
                try command.run()
                return 0
            } catch {
                return explain(error, arguments)
            }
        }
        let common = command.common
        let console = Console(language: common.language, json: common.json, quiet: common.quiet, progress: common.progress)
        if common.stopWithParent { Interruption.watchParent() }
        let remedy = command.interruptionRemedy
        Interruption.lastWords(common.json ? "" : remedy)
        let task = Task { try await command.execute(console) }
        Interruption.onCancel {
            task.cancel()
            ChildProcess.terminateAll()
        }
        do {
            let outcome = try await task.value
            console.board.finish()
            return outcome.rawValue
        } catch is OutputClosed {
            return 0
        } catch {
            let known = readable(error, remedy)
            console.fail(known)
            ChildProcess.killAll()
            AtomicFile.removeUnfinished()
            PrivateJoin.removeUnfinished()
            return known.code.exitCode
        }
    }

    private static func readable(_ error: any Error, _ remedy: String) -> YinheError {
        // After Ctrl-C many things fail at once; the cause is the signal.
        if Interruption.arrived || error is CancellationError {
            return YinheError(.cancelled, "the command was interrupted; no half-written file was left", remedy: remedy)
        }
        if let error = error as? YinheError { return error }
        if let error = error as? ValidationError { return YinheError(.usage, error.message) }
        return YinheError(YinheError.Code(name: "unexpected", exitCode: 1), "\(error)")
    }

    /// Help and version on standard output; wrong usage on standard error, as an error object with --json.
    private static func explain(_ error: any Error, _ arguments: [String]) -> Int32 {
        let text = Yinhe.fullMessage(for: error)
        guard Yinhe.exitCode(for: error) != .success else {
            Terminal.write(text + "\n", to: STDOUT_FILENO)
            return 0
        }
        if arguments.contains("--json") {
            let failure = YinheError(.usage, Yinhe.message(for: error), remedy: "see `yinhe --help`")
            Terminal.write(JSONText.line(ErrorDocument(failure)) + "\n", to: STDERR_FILENO)
        } else {
            Terminal.write(text + "\n", to: STDERR_FILENO)
        }
        return YinheError.Code.usage.exitCode
    }
}
