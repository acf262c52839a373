import ArgumentParser
import Evaluation
import Foundation
import SandboxCore

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare", abstract: "Shows what became slower or faster, larger or smaller, from one evaluation to another.",
        discussion: """
            Ratios are new over base. A measurement is a regression when its median is more than the threshold slower and the ranges of \
            both runs do not touch, when it sends more than 2 % more bytes, or when its memory grew by more than 20 % and the threshold. \
            Exit status: 0 no regression, 1 some, 65 documents that cannot be compared (another processor, networks made in another way, \
            other schema versions).
            """)

    @Argument(help: "evaluation.json to compare with.") var base: String
    @Argument(help: "evaluation.json that is judged.") var new: String
    @Option(help: "Part by which a median may be slower.") var threshold = 0.10
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard threshold > 0, threshold <= 100 else { throw ValidationError("--threshold must be more than 0 and at most 100") }
    }

    func run() throws {
        let comparison = try EvaluationComparison(
            base: EvaluationDocument.read(base), new: EvaluationDocument.read(new), threshold: threshold)
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(comparison), as: UTF8.self))
        } else {
            show(comparison)
        }
        if !comparison.regressions.isEmpty { throw ExitCode(1) }
    }

    private func show(_ c: EvaluationComparison) {
        func ratio(_ x: Double?) -> String { x.map { String(format: "%6.2f", $0) } ?? "   new" }
        print("  time  bytes memory")
        for line in c.lines {
            var words = line.isRegression ? ["REGRESSION"] : line.verdict == .faster ? ["faster"] : []
            if line.verdict == .slower { words.append("slower") }
            if line.sendsMore { words.append("sends more") }
            if line.needsMoreMemory { words.append("needs more memory") }
            if line.isNoisy { words.append("noisy machine") }
            let remark = words.isEmpty ? "" : "  " + words.joined(separator: ", ")
            print("\(ratio(line.secondsRatio)) \(ratio(line.bytesRatio)) \(ratio(line.memoryRatio))  \(line.measurement)\(remark)")
        }
        for name in c.onlyInBase { print("  only in the base: \(name)") }
        for name in c.onlyInNew { print("  only in the new one: \(name)") }
        print(
            "\(c.lines.count) measurements compared, \(c.regressions.count) regression(s); the processor itself took "
                + "\(String(format: "%.2f", c.calibrationRatio)) of the base's time for a fixed loop")
    }
}
