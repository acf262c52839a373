import ArgumentParser
import Evaluation
import Foundation
import HTMLReport
import SandboxCore

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Writes the HTML report of an evaluation from its JSON.",
        discussion: """
            One file with both languages, no script and nothing fetched: open it in a browser, fill in the tester's fields, print it to PDF. \
            With --peers, results of Benchmarks/Peers scripts take the place of those in the document. The JSON is not changed.

            EXAMPLES
              yinhe-bench report evaluation.json
              yinhe-bench report evaluation.json --peers peers/psi.jsonl --peers peers/share.jsonl --out report.html --lang zh
            """)

    @Argument(help: "evaluation.json, as `yinhe-bench evaluate` wrote it.") var document: String
    @Option(help: "The page to write.") var out = "report.html"
    @Option(help: "Output of a script of Benchmarks/Peers with --json; may be repeated.") var peers: [String] = []
    @Option(help: "Language that the page opens in: en or zh; the reader can switch. Default: that of the environment.")
    var lang: Language?

    func run() throws {
        var evaluation = try EvaluationDocument.read(document)
        let others = try peers.flatMap { try EvaluationDocument.PeerResult.read($0) }
        if !others.isEmpty { evaluation.peers = others }
        try AtomicFile.write(EvaluationReport.page(evaluation, in: lang ?? .fromEnvironment()), to: out)
        print(out)
    }
}
