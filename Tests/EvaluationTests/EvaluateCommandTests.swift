import Evaluation
import Foundation
import SandboxCore
import Testing

@Suite(.serialized) struct EvaluateCommandTests {
    @Test func smallEvaluationMeasuresChecksAndWritesAllFiles() throws {
        let folder = try TestFolder()
        let out = folder.file("results")
        // Machines that run tests are not steady: the marks are part of what is tested.
        let run = try BenchProgram.run(
            "evaluate", "--areas", "noise,arithmetic", "--sizes", "small", "--force", "--lang", "zh", "--out", out, in: folder)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.isEmpty)
        #expect(run.errors.contains("基础运算"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: out).sorted() == ["evaluation.csv", "evaluation.json", "report.html"])

        let document = try EvaluationDocument.read(out + "/evaluation.json")
        #expect(document.profile == "small")
        #expect(Set(document.measurements.map(\.area)) == [.noise, .arithmetic])
        #expect(document.environment.cores == availableCores)
        #expect(document.environment.noise.calibration.median > 0)
        let forced = document.notes.filter { $0.kind == .forced }
        #expect(document.measurements.contains(where: \.isNoisy) == !forced.isEmpty)
        for m in document.measurements {
            #expect(m.runs == 2 && m.accuracy.passed && m.cpuSeconds >= 0 && m.peakMemoryBytes > 1 << 20, "\(m.key)")
            if m.area == .noise { #expect(m.accuracy.error > 0 && m.accuracy.error <= m.accuracy.tolerance && m.parties == 1) }
        }
        // Correlations count, and are most of what a product costs.
        let product = try #require(document.measurements.first { $0.operation == "mul" && $0.protocolName == "ot-fast" })
        #expect(product.parties == 2 && product.rounds >= 2)
        #expect(product.phases.map(\.name).prefix(2) == ["correlations", "online"])
        #expect(product.phases.reduce(0) { $0 + $1.seconds } <= product.seconds.max * 1.01)
        let formula = try #require(product.formulaBytes)
        #expect(Double(product.bytesSent) >= formula && Double(product.bytesSent) < 1.05 * formula)
        let dealt = try #require(document.measurements.first { $0.operation == "mul" && $0.protocolName == "dealer" })
        #expect(dealt.parties == 3 && dealt.bytesSent < product.bytesSent)

        let lines = try String(contentsOfFile: out + "/evaluation.csv", encoding: .utf8).split(separator: "\n")
        #expect(lines.count == document.measurements.count + 1)
        #expect(try BenchProgram.run("compare", out + "/evaluation.json", out + "/evaluation.json", in: folder).status == 0)
    }

    @Test func anInterruptedEvaluationLeavesNothing() async throws {
        let folder = try TestFolder()
        let mark = "YINHE_TEST_MARK=\(SystemRandom.shared.word())", out = folder.file("results")
        for number in [SIGINT, SIGTERM] {
            // Long enough to be in the middle of something with two parties.
            let run = try BenchProgram.Running(
                ["evaluate", "--areas", "arithmetic", "--force", "--lang", "en", "--out", out], in: folder,
                environment: ["YINHE_TEST_MARK": String(mark.split(separator: "=")[1]), "TMPDIR": folder.path])
            for _ in 0..<1000 where !run.errorText.contains("[2/") { try await Task.sleep(for: .milliseconds(20)) }
            try await Task.sleep(for: .milliseconds(300))
            #expect(BenchProgram.processes(with: mark).count >= 2)
            kill(run.process.processIdentifier, number)
            let finished = run.finish()
            #expect(finished.status == YinheError.Code.cancelled.exitCode, "\(finished.errors)")
            for _ in 0..<100 where !BenchProgram.processes(with: mark).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
            #expect(BenchProgram.processes(with: mark).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: out))
            #expect(folder.names.allSatisfy { $0.hasPrefix("process-") }, "\(folder.names)")
        }
    }

    @Test func aKilledEvaluationLeavesNoProcesses() async throws {
        let folder = try TestFolder()
        let value = String(SystemRandom.shared.word()), mark = "YINHE_TEST_MARK=\(value)"
        let run = try BenchProgram.Running(
            ["evaluate", "--areas", "arithmetic", "--force", "--out", folder.file("results")], in: folder,
            environment: ["YINHE_TEST_MARK": value, "TMPDIR": folder.path])
        for _ in 0..<1000 where !run.errorText.contains("[2/") { try await Task.sleep(for: .milliseconds(20)) }
        kill(run.process.processIdentifier, SIGKILL)
        _ = run.finish()
        for _ in 0..<250 where !BenchProgram.processes(with: mark).isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        #expect(BenchProgram.processes(with: mark).isEmpty)
    }

    @Test func wrongUsageIsRefusedBeforeAnythingRuns() throws {
        let folder = try TestFolder()
        #expect(try BenchProgram.run("evaluate", "--areas", "magic", in: folder).status == 64)
        let file = folder.file("file")
        try AtomicFile.write("x", to: file)
        let blocked = try BenchProgram.run("evaluate", "--out", file, in: folder)
        #expect(blocked.status == 74 && blocked.errors.contains("not a folder"), "\(blocked)")
        let peers = try BenchProgram.run("evaluate", "--peers", file, "--out", folder.file("new"), in: folder)
        #expect(peers.status == 65, "\(peers)")
        #expect(!FileManager.default.fileExists(atPath: folder.file("new")))
    }
}

@Suite struct CompareAndExtrapolateCommandTests {
    private func write(_ document: EvaluationDocument, _ name: String, _ folder: TestFolder) throws -> String {
        try AtomicFile.write(document.json(), to: folder.file(name))
        return folder.file(name)
    }

    @Test func compareTellsRegressionsByItsExitStatus() throws {
        let folder = try TestFolder()
        let base = try write(Samples.document(), "base.json", folder)
        let slower = try write(Samples.document([Samples.measurement(seconds: 1.5)]), "slower.json", folder)
        let other = try write(Samples.document(cpu: "Other CPU"), "other.json", folder)
        let regressed = try BenchProgram.run("compare", base, slower, in: folder)
        #expect(regressed.status == 1 && regressed.output.contains("REGRESSION"), "\(regressed)")
        #expect(try BenchProgram.run("compare", slower, base, in: folder).status == 0)
        #expect(try BenchProgram.run("compare", base, slower, "--threshold", "0.6", in: folder).status == 0)
        let refused = try BenchProgram.run("compare", base, other, in: folder)
        #expect(refused.status == 65 && refused.errors.contains("Other CPU"), "\(refused)")
        #expect(try BenchProgram.run("compare", base, "/nonexistent", in: folder).status == 65)
        let json = try BenchProgram.run("compare", base, slower, "--json", in: folder)
        let comparison = try JSONDecoder().decode(EvaluationComparison.self, from: Data(json.output.utf8))
        #expect(comparison.regressions.count == 1)
    }

    @Test func extrapolatePredictsFromADocumentAndKeepsItsRecord() throws {
        let folder = try TestFolder()
        func document(_ sizes: [Int]) -> EvaluationDocument {
            Samples.document(
                sizes.flatMap { n in
                    ["loopback", "wan"].map {
                        Samples.measurement(
                            size: n, network: $0, seconds: 0.01 + 1e-6 * Double(n) + ($0 == "wan" ? 8e-6 * Double(n) + 0.04 : 0),
                            bytes: 100 * n)
                    }
                })
        }
        let from = try write(document([1000, 10_000, 100_000]), "from.json", folder)
        let new = try write(document([300_000]), "new.json", folder), record = folder.file("record.json")
        let checked = try BenchProgram.run("extrapolate", "--from", from, "--check", new, "--record", record, in: folder)
        #expect(checked.status == 0 && checked.output.contains("2 predictions"), "\(checked)")
        let answer = try BenchProgram.run(
            "extrapolate", "--from", from, "--record", record, "--operation", "mul", "--size", "5000000", "--bandwidth", "1e8", "--rtt",
            "10", "--json", in: folder)
        #expect(answer.status == 0, "\(answer)")
        struct Answer: Decodable {
            struct Prediction: Decodable { var seconds: Double, bytes: Double }
            struct Error: Decodable { var predictions: Int, largest: Double }
            var prediction: Prediction, warnings: [String], pastPredictions: Error?, leaveOneOut: Error?
        }
        let decoded = try JSONDecoder().decode(Answer.self, from: Data(answer.output.utf8))
        #expect(abs(decoded.prediction.seconds / (0.05 + 9e-6 * 5e6) - 1) < 0.02)
        #expect(abs(decoded.prediction.bytes / 5e8 - 1) < 1e-6)
        #expect(decoded.warnings.count == 1)
        #expect(decoded.pastPredictions?.predictions == 2 && decoded.leaveOneOut?.predictions == 6)
        let far = try BenchProgram.run("extrapolate", "--from", from, "--operation", "mul", "--size", "1000000000", in: folder)
        #expect(far.status == 78, "\(far)")
        let unknown = try BenchProgram.run(
            "extrapolate", "--from", from, "--operation", "mul", "--size", "1000", "--network", "moon", in: folder)
        #expect(unknown.status == 64 && unknown.errors.contains("loopback, lan, wan, slow"), "\(unknown)")
    }
}
