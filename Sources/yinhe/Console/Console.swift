import Foundation
import SandboxCore

/// What a command says and where: results on standard output, everything else on standard error.
package final class Console: Sendable {
    package let language: Language
    /// Standard output carries exactly one JSON document (or JSON lines, where a command says so).
    package let json: Bool
    package let quiet: Bool
    package let progressStyle: ProgressStyle
    package let board: ProgressBoard
    /// Emphasis on standard output and on standard error.
    package let style: Style
    private let errorStyle: Style

    package init(language: Language, json: Bool, quiet: Bool, progress: ProgressStyle) {
        self.language = language
        self.json = json
        self.quiet = quiet
        let colour = Terminal.allowsColour()
        style = Style(enabled: colour && Terminal.isTerminal(STDOUT_FILENO))
        errorStyle = Style(enabled: colour && Terminal.isTerminal(STDERR_FILENO))
        var resolved = progress
        if resolved == .auto {
            if json || quiet { resolved = .none } else { resolved = Terminal.isTerminal(STDERR_FILENO) ? .bar : .plain }
        }
        progressStyle = resolved
        board = ProgressBoard(style: resolved, language: language, emphasis: errorStyle, unicode: Terminal.hasUnicode()) {
            Terminal.write($0, to: STDERR_FILENO)
        }
    }

    package func text(_ phrase: Phrase) -> String { phrase[language] }

    // MARK: Results

    /// A line of the human-readable result; nothing with --json.
    package func out(_ text: String = "") throws {
        if !json { try write(text + "\n") }
    }

    package func out(_ phrase: Phrase) throws { try out(phrase[language]) }

    package func heading(_ phrase: Phrase) throws { try out("\n" + style.bold(phrase[language])) }

    package func out(_ table: TextTable) throws {
        for line in table.lines() { try out(line) }
    }

    /// Label and value in two columns.
    package func fact(_ label: Phrase, _ value: String) throws {
        try out("  " + TextWidth.pad(label[language], to: 20) + "  " + TextWidth.printable(value))
    }

    /// The JSON result; nothing without --json.
    package func emit(_ value: some Encodable) throws {
        if json { try write(JSONText.document(value) + "\n") }
    }

    /// Writes to standard output in either mode: exported lines, templates.
    package func write(_ text: String) throws {
        guard Terminal.write(text, to: STDOUT_FILENO) else {
            // `yinhe … | head` closes early: that is the reader's choice, not an error.
            if errno == EPIPE { throw OutputClosed() }
            throw YinheError.system("cannot write to standard output", errno: errno)
        }
    }

    // MARK: Beside the result

    /// Something worth knowing while it runs; not with --quiet or --json.
    package func note(_ phrase: Phrase) {
        if !json && !quiet { board.print(TextWidth.printable(phrase[language])) }
    }

    package func warn(_ phrase: Phrase) {
        guard !quiet else { return }
        board.print(errorStyle.warning(Phrase.warning[language]) + TextWidth.printable(phrase[language]))
    }

    /// An event for a supervising program, only with --progress json.
    package func event(_ value: some Encodable) {
        if progressStyle == .json { board.print(JSONText.line(value)) }
    }

    /// The last words of a failed command.
    package func fail(_ error: YinheError) {
        board.finish()
        if json || progressStyle == .json {
            Terminal.write(JSONText.line(ErrorDocument(error)) + "\n", to: STDERR_FILENO)
            return
        }
        var text = errorStyle.bad(Phrase.error(error.code)[language])
        if !error.place.isEmpty { text += TextWidth.printable(error.place) + ": " }
        text += TextWidth.printable(error.message) + "\n"
        if !error.remedy.isEmpty { text += "  -> \(TextWidth.printable(error.remedy))\n" }
        Terminal.write(text, to: STDERR_FILENO)
    }
}

/// The reader of standard output went away.
struct OutputClosed: Error {}

/// The error object of --json.
package struct ErrorDocument: Codable, Sendable {
    package struct Body: Codable, Sendable {
        package var code: String
        package var exitCode: Int32
        package var message: String
        package var place: String
        package var remedy: String
    }
    package var error: Body

    package init(_ e: YinheError) {
        error = Body(code: e.code.name, exitCode: e.code.exitCode, message: e.message, place: e.place, remedy: e.remedy)
    }

    package var yinheError: YinheError {
        YinheError(
            YinheError.Code(name: error.code, exitCode: error.exitCode), error.message, at: error.place, remedy: error.remedy)
    }
}
