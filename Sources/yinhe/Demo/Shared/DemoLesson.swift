import Foundation
import SandboxCore

/// What the reader of a demonstration should take home, on the terminal and in the report.
struct DemoLesson: Sendable {
    let points: [Phrase]
    /// Where the data come from, in the report's banner.
    var dataNote = Phrase.reportDemo
    private static let title = Phrase(en: "What to take home", zh: "本例要点")

    func show(_ console: Console) throws {
        try console.heading(Self.title)
        for point in points { try console.out("  - " + console.text(point)) }
    }

    var section: HTML {
        HTML.section("lesson", Self.title, "<ul>\(points.map { "<li>\($0)</li>\n" as HTML })</ul>\n")
    }
}

extension ContractDemo {
    /// Runs the contract of the example in `folder` and says everything: results beside the truth, the lesson, cost, ledgers.
    func run(lesson: DemoLesson, scenario: String, of folder: String, since started: TimeInterval) async throws {
        let contract = try Self.fill(template: stage.examples.file(folder, "contract.yaml"), parties: parties)
        var results = try await run(contract: contract, appendix: lesson.section)
        results.document.demoNote = lesson.dataNote
        try AtomicFile.write(results.document.html(), to: results.report)
        let seconds = ProcessInfo.processInfo.systemUptime - started
        try console.emit(json(results, scenario: scenario, seconds: seconds))
        try show(results)
        try lesson.show(console)
        try close(results, seconds: seconds)
    }
}
