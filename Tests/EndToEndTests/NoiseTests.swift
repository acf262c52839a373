import Foundation
import TestSupport
import Testing

@Suite struct NoiseTests {
    /// The rows of every table of known values go through the program; each comes back in order with its values.
    @Test func calcAnswersEveryRowOfEveryTable() async throws {
        let scratch = Scratch()
        let folder = repositoryRoot.appending(path: "Protocols/Vectors/differential-privacy")
        for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).filter({ $0.hasSuffix(".csv") }) {
            let table = String(file.dropLast(4))
            let lines = try String(contentsOf: folder.appending(path: file), encoding: .utf8).split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }
            let columns = lines[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let rows = lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(columns, $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init))) }
            let input = try rows.map { row -> String in
                let cells = row.filter { !$0.key.hasSuffix("_mp") }.merging(["table": table]) { $1 }
                return String(decoding: try JSONSerialization.data(withJSONObject: cells), as: UTF8.self)
            }
            let run = try await Program.run("noise", "calc", try scratch.write("\(table).jsonl", input.joined(separator: "\n")))
            #expect(run.status == 0, "\(table): \(run.errors)")
            let output = run.output.split(separator: "\n")
            #expect(output.count == rows.count)
            for (row, line) in zip(rows, output) {
                let found = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                for (column, text) in row where column.hasSuffix("_mp") && !text.isEmpty {
                    let value = try #require(found[column] as? NSNumber, "\(table) \(column)").doubleValue, expected = Double(text)!
                    #expect(abs(value - expected) <= max(1e-14 * abs(expected), table == "hockey_stick_discrete" ? 1e-18 : 1e-130), "\(table) \(row)")
                }
            }
        }
    }

    @Test func badLinesAreNamedAndTheOthersAnswered() async throws {
        let scratch = Scratch()
        let good = "{\"table\": \"pure_to_zcdp\", \"eps\": 0.5}"
        let file = try scratch.write("rows.jsonl", [good, "", "{\"table\": \"pure_to_zcdp\", \"eps\": -1}", "nonsense", good].joined(separator: "\n"))
        let run = try await Program.run("noise", "calc", file)
        #expect(run.status == 2)
        #expect(run.errors.contains("line 3") && run.errors.contains("line 4") && !run.errors.contains("line 5"))
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 4 && lines[0] == lines[3] && lines[1].contains("\"error\"") && lines[2].contains("\"error\""))
        let strict = try await Program.run("noise", "calc", file, "--strict")
        #expect(strict.status == 78 && strict.output.split(separator: "\n").count == 1)
        #expect(try await Program.run("noise", "calc", scratch.file("absent")).status == 65)
    }

    @Test func planGivesTheNoiseOfATargetAndTheReleasesLeft() async throws {
        struct Document: Decodable {
            struct Choice: Decodable {
                var scale: Double
                var halfWidth: Double
                var epsilonOfAll: Double
            }
            var choices: [Choice]
            var releases: Int
            var releasesLeft: Int?
        }
        let scratch = Scratch()
        let page = scratch.file("plan.html")
        let target = ["noise", "plan", "--query", "count", "--epsilon", "1", "--delta", "1e-9", "--json"]
        let run = try await Program.run(list: target + ["--releases", "12", "--rows", "20000", "--html", page])
        #expect(run.status == 0, "\(run.errors)")
        let plan = try run.json(Document.self)
        #expect(plan.choices.count == 2 && plan.choices.allSatisfy { $0.epsilonOfAll <= 1 && $0.epsilonOfAll > 0.999 })
        let html = try scratch.read("plan.html")
        #expect(html.contains("<svg") && html.contains("lang=\"zh\"") && !html.contains("<script") && !html.contains("http://") && !html.contains("https://"))
        let inverse = try await Program.run(list: target + ["--half-width", "\(plan.choices[0].halfWidth)", "--made", "3"]).json(Document.self)
        #expect(inverse.releases >= 12 && inverse.releasesLeft == inverse.releases - 3)
        for bad in [["--epsilon=-1"], ["--epsilon=0"], ["--epsilon=nan"], ["--epsilon=inf"], ["--epsilon=1e9"]] {
            let refused = try await Program.run(list: ["noise", "plan", "--query", "count"] + bad)
            #expect(refused.status == 78 && !refused.errors.isEmpty, "\(bad)")
        }
    }
}
