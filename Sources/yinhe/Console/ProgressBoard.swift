import Foundation
import SandboxCore
import Synchronization

/// How progress is shown on standard error.
package enum ProgressStyle: String, CaseIterable, Sendable {
    /// Bars on a terminal, plain lines elsewhere.
    case auto
    case bar
    case plain
    /// One JSON object per line, for a supervising program.
    case json
    case none
}

/// Shows how far one or several parties are. Updates may come from any thread, often; drawing is throttled.
package final class ProgressBoard: Sendable {
    private struct Phase {
        var event: ProgressEvent
        var started: Double
        var reportedDone = false
        var isDone: Bool { event.total.map { event.completed >= $0 } ?? false }
    }

    private struct Row {
        var label: String
        var phases: [Phase] = []
        var current: Phase? { phases.last { !$0.isDone && !$0.reportedDone } ?? phases.last }
    }

    private struct State {
        var rows: [Row] = []
        var drawnLines = 0
        var lastDraw = -Double.infinity
        var lastPlain = -Double.infinity
    }

    private let style: ProgressStyle
    private let language: Language
    private let emphasis: Style
    private let unicode: Bool
    private let columns: @Sendable () -> Int
    private let now: @Sendable () -> Double
    private let write: @Sendable (String) -> Void
    private let state = Mutex(State())
    private static let redrawSeconds = 0.1
    private static let plainSeconds = 3.0

    /// `style` must be resolved (not `.auto`). `now` and `write` are arguments so that a test can drive the board.
    package init(
        style: ProgressStyle, language: Language, emphasis: Style, unicode: Bool,
        columns: @escaping @Sendable () -> Int = { Terminal.columns },
        now: @escaping @Sendable () -> Double = { ProcessInfo.processInfo.systemUptime },
        write: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.language = language
        self.emphasis = emphasis
        self.unicode = unicode
        self.columns = columns
        self.now = now
        self.write = write
    }

    /// A row for one party (or "" for the only one), and the monitor that feeds it.
    package func monitor(_ label: String = "") -> ProgressMonitor {
        let index = state.withLock { state in
            state.rows.append(Row(label: label))
            return state.rows.count - 1
        }
        return { [self] event in update(index, event) }
    }

    private func update(_ index: Int, _ event: ProgressEvent) {
        guard style != .none else { return }
        let time = now()
        state.withLock { state in
            var row = state.rows[index]
            let isNew: Bool
            // A phase of unknown length that was taken for finished may still report; it does not come back.
            if let i = row.phases.lastIndex(where: { $0.event.phase == event.phase && !($0.reportedDone && $0.isDone) }) {
                isNew = false
                // Threads may report out of order; a bar never goes back.
                let completed = max(event.completed, row.phases[i].event.completed)
                row.phases[i].event = ProgressEvent(phase: event.phase, completed: completed, total: event.total)
            } else {
                isNew = true
                row.phases.append(Phase(event: event, started: time))
            }
            var finished: [Phase] = []
            for i in row.phases.indices where !row.phases[i].reportedDone {
                // Nobody says when a phase of unknown length ends; the next one's beginning does.
                let followed = row.phases[i].event.total == nil && i < row.phases.count - 1
                guard row.phases[i].isDone || followed else { continue }
                row.phases[i].reportedDone = true
                finished.append(row.phases[i])
            }
            state.rows[index] = row
            show(&state, row: row, finished: finished, isNew: isNew, time: time)
        }
    }

    private func show(_ state: inout State, row: Row, finished: [Phase], isNew: Bool, time: Double) {
        switch style {
        case .bar:
            guard isNew || !finished.isEmpty || time - state.lastDraw >= Self.redrawSeconds else { return }
            let lines = finished.map { doneLine(row.label, $0, time) }
            redraw(&state, above: lines, time: time)
        case .plain:
            for phase in finished { write(doneLine(row.label, phase, time) + "\n") }
            guard finished.isEmpty, time - state.lastPlain >= Self.plainSeconds else { return }
            state.lastPlain = time
            for row in state.rows where row.current.map({ !$0.isDone && !$0.reportedDone }) ?? false {
                write(plainLine(row) + "\n")
            }
        case .json:
            guard isNew || !finished.isEmpty || time - state.lastDraw >= Self.redrawSeconds else { return }
            state.lastDraw = time
            for phase in finished { write(jsonLine(row.label, phase.event)) }
            if let phase = row.current, !phase.isDone, !phase.reportedDone { write(jsonLine(row.label, phase.event)) }
        case .auto, .none: break
        }
    }

    /// Prints `text` above the bars.
    package func print(_ text: String) {
        state.withLock { state in
            if style == .bar {
                redraw(&state, above: [text], time: now())
            } else {
                write(text + "\n")
            }
        }
    }

    /// Removes the bars and forgets all rows, before results are printed.
    package func finish() {
        state.withLock { state in
            state.rows = []
            if style == .bar { redraw(&state, above: [], time: now()) }
        }
    }

    private func redraw(_ state: inout State, above: [String], time: Double) {
        state.lastDraw = time
        var out = state.drawnLines > 0 ? "\u{1b}[\(state.drawnLines)A\r\u{1b}[J" : ""
        for line in above { out += line + "\n" }
        let width = columns() - 1
        let bars = state.rows.compactMap { row in
            row.current.flatMap {
                $0.isDone || $0.reportedDone ? nil : TextWidth.clip(barLine(row, $0, time, labelWidth(state)), to: width)
            }
        }
        for bar in bars { out += bar + "\n" }
        state.drawnLines = bars.count
        if !out.isEmpty { write(out) }
    }

    private func labelWidth(_ state: State) -> Int { state.rows.map { TextWidth.of($0.label) }.max() ?? 0 }

    private func barLine(_ row: Row, _ phase: Phase, _ time: Double, _ labelWidth: Int) -> String {
        let label = labelWidth > 0 ? TextWidth.pad(row.label, to: labelWidth) + "  " : ""
        let name = TextWidth.pad(Phrase.phase(phase.event.phase)[language], to: 24)
        let elapsed = Numbers.seconds(time - phase.started)
        guard let total = phase.event.total, total > 0 else {
            let count = phase.event.completed > 0 ? amount(phase.event, phase.event.completed) : ""
            return "  \(label)\(name) \(count)  \(elapsed)"
        }
        let cells = 24
        let filled = min(cells, phase.event.completed * cells / total)
        let (on, off) = unicode ? ("█", "░") : ("#", "-")
        let bar = String(repeating: on, count: filled) + String(repeating: off, count: cells - filled)
        let percent = TextWidth.pad("\(min(100, phase.event.completed * 100 / total)) %", to: 5, right: true)
        let counts = "\(amount(phase.event, phase.event.completed)) / \(amount(phase.event, total))"
        return "  \(label)\(name) \(bar) \(percent)  \(counts)  \(elapsed)"
    }

    private func doneLine(_ label: String, _ phase: Phase, _ time: Double) -> String {
        let mark = emphasis.good(unicode ? "✓" : "done")
        let who = label.isEmpty ? "" : "\(label): "
        let name = Phrase.phase(phase.event.phase)[language]
        // A phase that was over at its first event was not timed.
        let elapsed = time > phase.started ? "  \(Numbers.seconds(time - phase.started))" : ""
        let count = phase.event.total == nil ? "" : "  " + amount(phase.event, phase.event.completed)
        return "  \(mark) \(who)\(name)\(count)\(elapsed)"
    }

    private func amount(_ event: ProgressEvent, _ count: Int) -> String {
        bytePhases.contains(event.phase) ? Numbers.bytes(count) : Numbers.grouped(count)
    }

    private func plainLine(_ row: Row) -> String {
        guard let phase = row.current else { return row.label }
        let who = row.label.isEmpty ? "" : "\(row.label): "
        let of = phase.event.total.map { " / \(amount(phase.event, $0))" } ?? ""
        return "  \(who)\(Phrase.phase(phase.event.phase)[language])  \(amount(phase.event, phase.event.completed))\(of)"
    }

    private func jsonLine(_ label: String, _ event: ProgressEvent) -> String {
        struct Line: Encodable {
            var event = "progress"
            var party: String?
            var phase: String
            var completed: Int
            var total: Int?
        }
        let line = Line(party: label.isEmpty ? nil : label, phase: event.phase, completed: event.completed, total: event.total)
        return JSONText.line(line) + "\n"
    }
}
