import Evaluation
import SandboxCore
import Testing

@Suite struct ComparisonTests {
    private func compare(
        _ base: EvaluationDocument.Measurement, _ new: EvaluationDocument.Measurement, threshold: Double = 0.1
    ) throws -> EvaluationComparison.Line {
        try EvaluationComparison(base: Samples.document([base]), new: Samples.document([new]), threshold: threshold).lines[0]
    }

    @Test func aSlowerMedianBeyondTheNoiseIsARegression() throws {
        let line = try compare(Samples.measurement(seconds: 1), Samples.measurement(seconds: 1.3))
        #expect(abs(line.secondsRatio - 1.3) < 1e-12)
        #expect(line.verdict == .slower)
        #expect(line.isRegression)
    }

    @Test func aSlowerMedianWithinTheNoiseIsNone() throws {
        let line = try compare(Samples.measurement(seconds: 1, spread: 0.6), Samples.measurement(seconds: 1.3, spread: 0.02))
        #expect(line.verdict == .same)
        #expect(!line.isRegression)
    }

    @Test func aSlowerMedianWithinTheThresholdIsNone() throws {
        #expect(try compare(Samples.measurement(seconds: 1), Samples.measurement(seconds: 1.08)).verdict == .same)
        #expect(try compare(Samples.measurement(seconds: 1), Samples.measurement(seconds: 1.08), threshold: 0.05).verdict == .slower)
    }

    @Test func gettingFasterIsNoRegression() throws {
        let line = try compare(Samples.measurement(seconds: 1), Samples.measurement(seconds: 0.5))
        #expect(line.verdict == .faster)
        #expect(!line.isRegression)
    }

    @Test func moreBytesAndMoreMemoryAreRegressions() throws {
        #expect(try compare(Samples.measurement(bytes: 1000), Samples.measurement(bytes: 1030)).sendsMore)
        #expect(try !compare(Samples.measurement(bytes: 1000), Samples.measurement(bytes: 1010)).sendsMore)
        #expect(try compare(Samples.measurement(bytes: 0), Samples.measurement(bytes: 1)).sendsMore)
        #expect(try !compare(Samples.measurement(bytes: 0), Samples.measurement(bytes: 0)).sendsMore)
        #expect(try compare(Samples.measurement(memory: 100), Samples.measurement(memory: 130)).needsMoreMemory)
        #expect(try !compare(Samples.measurement(memory: 100), Samples.measurement(memory: 115)).needsMoreMemory)
    }

    @Test func onlyEqualWorkIsCompared() throws {
        let comparison = try EvaluationComparison(
            base: Samples.document([Samples.measurement(), Samples.measurement("less")]),
            new: Samples.document([Samples.measurement(), Samples.measurement(parameters: ["bits": "20"])]))
        #expect(comparison.lines.count == 1)
        #expect(comparison.onlyInBase.count == 1 && comparison.onlyInBase[0].contains("less"))
        #expect(comparison.onlyInNew.count == 1 && comparison.onlyInNew[0].contains("bits=20"))
    }

    @Test func incompatibleDocumentsAreRefusedWithTheReason() throws {
        func refused(_ base: EvaluationDocument, _ new: EvaluationDocument, _ word: String) throws {
            let error = try #require(throws: YinheError.self, "\(word)") { try EvaluationComparison(base: base, new: new) }
            #expect(error.code == .badInput)
            #expect(error.message.contains(word), "\(error)")
        }
        let base = Samples.document()
        try refused(base, Samples.document(cpu: "Other CPU"), "Other CPU")
        var cores = base
        cores.environment.cores = 64
        try refused(base, cores, "cores")
        var kernel = base
        kernel.networkProfiles[1].how = .netem
        try refused(base, kernel, "network wan")
        try refused(base, Samples.document([Samples.measurement("less")]), "in common")
    }
}
