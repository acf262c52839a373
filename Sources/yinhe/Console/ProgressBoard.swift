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
        var pace: Pace
        var isDone: Bool { event.total.map { event.completed >= $0 } ?? false }

        init(event: ProgressEvent, started: Double) {
            self.event = event
            self.started = started
            pace = Pace(event.completed, at: started)
        }
    }

    /// Units per second over the last ten to twenty seconds. What a resumed phase begins with was not done in this run.
    private struct Pace {
        private var mark: (time: Double, completed: Int)
        private var next: (time: Double, completed: Int)
        private static let window = 10.0

        init(_ completed: Int, at time: Double) {
            mark = (time, completed)
            next = mark
        }

        mutating func note(_ completed: Int, at time: Double) {
            guard time - next.time >= Self.window else { return }
            (mark, next) = (next, (time, completed))
        }

        /// Nil while too little has happened to tell.
        func perSecond(_ completed: Int, at time: Double) -> Double? {
            guard time - mark.time >= 0.5, completed > mark.completed else { return nil }
            return Double(completed - mark.completed) / (time - mark.time)
        }
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
                row.phases[i].pace.note(completed, at: time)
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
                write(plainLine(row, time) + "\n")
            }
        case .json:
            guard isNew || !finished.isEmpty || time - state.lastDraw >= Self.redrawSeconds else { return }
            state.lastDraw = time
            for phase in finished { write(jsonLine(row.label, phase, time)) }
            if let phase = row.current, !phase.isDone, !phase.reportedDone { write(jsonLine(row.label, phase, time)) }
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
        let cells = columns() < 100 ? 12 : 24
        let filled = min(cells, phase.event.completed * cells / total)
        let (on, off) = unicode ? ("█", "░") : ("#", "-")
        let bar = String(repeating: on, count: filled) + String(repeating: off, count: cells - filled)
        let percent = TextWidth.pad("\(min(100, phase.event.completed * 100 / total)) %", to: 5, right: true)
        let counts = "\(amount(phase.event, phase.event.completed)) / \(amount(phase.event, total))"
        // The end of the line is clipped on a narrow terminal: what matters most comes first.
        return "  \(label)\(name) \(bar) \(percent)\(pace(phase, time))  \(counts)  \(elapsed)"
    }

    /// Time left and rate, when they can be told: "  12.0 s left  1,200/s".
    private func pace(_ phase: Phase, _ time: Double) -> String {
        guard let rate = phase.pace.perSecond(phase.event.completed, at: time) else { return "" }
        let shown = rate < 10 ? Numbers.significant(rate, figures: 2) : amount(phase.event, Int(rate.rounded()))
        guard let total = phase.event.total, total > phase.event.completed else { return "  \(shown)/s" }
        let left = Numbers.seconds(Double(total - phase.event.completed) / rate)
        return "  \(Phrase.timeLeft(left)[language])  \(shown)/s"
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

    private func plainLine(_ row: Row, _ time: Double) -> String {
        guard let phase = row.current else { return row.label }
        let who = row.label.isEmpty ? "" : "\(row.label): "
        let of = phase.event.total.map { " / \(amount(phase.event, $0))" } ?? ""
        let name = Phrase.phase(phase.event.phase)[language]
        return "  \(who)\(name)  \(amount(phase.event, phase.event.completed))\(of)" + pace(phase, time)
    }

    private func jsonLine(_ label: String, _ phase: Phase, _ time: Double) -> String {
        struct Line: Encodable {
            var event = "progress"
            var party: String?
            var phase: String
            var completed: Int
            var total: Int?
            var perSecond: Double?
            var secondsLeft: Double?
        }
        let event = phase.event
        let rate = phase.pace.perSecond(event.completed, at: time).map { ($0 * 10).rounded() / 10 }
        let left = event.total.flatMap { total in
            rate.flatMap { $0 > 0 ? (Double(max(0, total - event.completed)) / $0 * 10).rounded() / 10 : nil }
        }
        let line = Line(
            party: label.isEmpty ? nil : label, phase: event.phase, completed: event.completed, total: event.total,
            perSecond: rate, secondsLeft: left)
        return JSONText.line(line) + "\n"
    }
}
