import SandboxCore
import Synchronization
import Testing
import YinheCommand

@Suite struct RenderingTests {
    @Test func textFromOutsideCannotBecomeMarkup() {
        let hostile = "<script>alert('x')</script>&\"\u{1b}[2J"
        let page: HTML = "<p title=\"\(hostile)\">\(hostile)\(Phrase(en: "a<b", zh: "甲<乙"))</p>"
        #expect(!page.raw.contains("<script") && !page.raw.contains("\u{1b}"))
        #expect(page.raw.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"))
        #expect(page.raw.contains("<span lang=\"en\">a&lt;b</span><span lang=\"zh\">甲&lt;乙</span>"))
    }

    @Test func textFromOutsideCannotDriveTheTerminal() {
        #expect(TextWidth.printable("a\u{1b}[2Jb\u{9b}c\r") == "a\\u{1b}[2Jb\\u{9b}c\\u{d}")
    }

    @Test func columnsWithChineseStayAligned() {
        var table = TextTable([("名称", .left), ("n", .right)])
        table.add(["甲公司", "1"])
        table.add(["ab", "1000"])
        #expect(table.lines(indent: 0) == ["名称       n", "────────────", "甲公司     1", "ab      1000"])
    }

    @Test func numbersReadTheSameInBothLanguages() {
        #expect(Numbers.group("-1234567.50") == "-1,234,567.50" && Numbers.group("n/a") == "n/a")
        #expect(Numbers.bytes(999) == "999 B" && Numbers.bytes(1_234_567) == "1.23 MB" && Numbers.bytes(999_999) == "1.00 MB")
        #expect(Numbers.seconds(0.25) == "250 ms" && Numbers.seconds(125) == "2 min 5 s")
        #expect(Numbers.percent(0.1234) == "12.3 %" && Numbers.decimal(.nan, digits: 1) == "–")
    }

    @Test func theLocaleChoosesTheLanguageAsPOSIXOrdersIt() {
        #expect(Language.fromEnvironment(["LANG": "zh_CN.UTF-8"]) == .chinese)
        #expect(Language.fromEnvironment(["LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"]) == .english)
        #expect(Language.fromEnvironment(["LANG": "", "LC_ALL": ""]) == .english)
    }

    /// A board on a clock that the test moves.
    private final class Screen: Sendable {
        let text = Mutex("")
        let time = Mutex(0.0)
        func board(_ style: ProgressStyle) -> ProgressBoard {
            ProgressBoard(
                style: style, language: .english, emphasis: Style(enabled: false), unicode: true, columns: { 100 },
                now: { self.time.withLock { $0 } }, write: { text in self.text.withLock { $0 += text } })
        }
        func tick(_ seconds: Double) { time.withLock { $0 += seconds } }
        func take() -> String {
            text.withLock { text in
                defer { text = "" }
                return text
            }
        }
    }

    @Test func aBarNeverGoesBackAndEndsWithALine() {
        let screen = Screen()
        let board = screen.board(.bar)
        let monitor = board.monitor("bank")
        monitor(ProgressEvent(phase: "blind", completed: 50, total: 100))
        #expect(screen.take().contains("50 %"))
        screen.tick(1)
        monitor(ProgressEvent(phase: "blind", completed: 40, total: 100))
        #expect(screen.take().contains("50 %"))
        monitor(ProgressEvent(phase: "blind", completed: 100, total: 100))
        #expect(screen.take().contains("✓ bank: blind  100  1.0 s"))
        board.finish()
        #expect(screen.take().allSatisfy { !"█░%".contains($0) })
    }

    @Test func theBarTellsTheRateAndTheTimeLeftOfWhatThisRunDid() {
        let screen = Screen()
        let monitor = screen.board(.bar).monitor()
        // A resumed phase: the first 600 units were done in an earlier run.
        monitor(ProgressEvent(phase: "join", completed: 600, total: 1000))
        #expect(!screen.take().contains("left"))
        screen.tick(2)
        monitor(ProgressEvent(phase: "join", completed: 700, total: 1000))
        let line = screen.take()
        #expect(line.contains("6.0 s left  50/s"), "\(line)")
    }

    @Test func theRateFollowsTheLastSeconds() {
        let screen = Screen()
        let monitor = screen.board(.json).monitor()
        var completed = 0
        for second in 0..<60 {
            monitor(ProgressEvent(phase: "join", completed: completed, total: 10_000))
            completed += second < 30 ? 100 : 10
            screen.tick(1)
        }
        let last = screen.take().split(separator: "\n").last ?? ""
        #expect(last.contains("\"perSecond\":10,") && last.contains("\"secondsLeft\":671"), "\(last)")
    }

    @Test func withoutATerminalThereIsALineEveryFewSecondsOnly() {
        let screen = Screen()
        let monitor = screen.board(.plain).monitor()
        for completed in 1...50 {
            monitor(ProgressEvent(phase: "blind", completed: completed, total: 100))
            screen.tick(0.1)
        }
        // Five seconds: one line at the start and one after three seconds.
        #expect(screen.take().split(separator: "\n").count == 2)
    }

    @Test func quietIsSilent() {
        let screen = Screen()
        let monitor = screen.board(.none).monitor()
        for completed in 0...100 { monitor(ProgressEvent(phase: "blind", completed: completed, total: 100)) }
        #expect(screen.take().isEmpty)
    }
}
