import Evaluation
import Foundation
import SandboxCore
import TestSupport
import Testing

@Suite struct LeastSquaresTests {
    /// A x - b of the residual's gradient: at the optimum no unknown can grow or, if positive, shrink with profit.
    @Test func solutionFulfilsTheOptimalityConditions() throws {
        let seed = SystemRandom.shared.word(), random = SeededRandom(seed)
        func uniform() -> Double { Double(random.word() >> 11) / Double(1 << 53) * 2 - 1 }
        for _ in 0..<50 {
            let rows = (0..<7).map { _ in (0..<4).map { _ in uniform() } }, b = (0..<7).map { _ in uniform() }
            let x = try #require(LeastSquares.nonNegative(rows, b), "seed \(seed)")
            let residual = zip(rows, b).map { row, b in zip(row, x).reduce(-b) { $0 + $1.0 * $1.1 } }
            for j in 0..<4 {
                let gradient = (0..<7).reduce(0.0) { $0 + rows[$1][j] * residual[$1] }
                #expect(x[j] >= 0 && gradient > -1e-7, "seed \(seed)")
                if x[j] > 1e-9 { #expect(abs(gradient) < 1e-6, "seed \(seed)") }
            }
        }
    }

    @Test func dependentColumnsAreNoObstacle() throws {
        let x = try #require(LeastSquares.nonNegative([[1, 2], [2, 4], [3, 6]], [2, 4, 6]))
        #expect(abs(x[0] + 2 * x[1] - 2) < 1e-9)
    }
}

@Suite struct CostModelTests {
    private let loopback = CostModel.Link(bitsPerSecond: nil, roundTrip: 0)
    private let wan = CostModel.Link(bitsPerSecond: 1e8, roundTrip: 0.01)

    /// 5 ms, 2 us and 100 bytes an item, 1000 bytes, 3 rounds and one more each doubling; half of the transfer is hidden.
    private func point(_ size: Int, _ link: CostModel.Link, noise: Double = 1) -> CostModel.Point {
        let n = Double(size), bytes = 1000 + 100 * n, rounds = 3 + log2(n)
        let seconds = 0.005 + 2e-6 * n + (link.bitsPerSecond.map { 0.5 * 8 * bytes / $0 } ?? 0) + 0.8 * rounds * link.roundTrip
        return .init(size: size, link: link, seconds: seconds * noise, bytes: bytes, memory: 1e7 + 50 * n, rounds: rounds)
    }

    private var points: [CostModel.Point] {
        [1024, 8192, 65_536].flatMap { [point($0, loopback), point($0, wan)] }
    }

    @Test func exactMeasurementsGiveTheFormulaBack() throws {
        let model = try CostModel(points)
        #expect(model.growth == .linear)
        #expect(abs(model.fixedSeconds - 0.005) < 1e-6)
        #expect(abs(model.secondsPerItem - 2e-6) < 1e-10)
        #expect(abs(model.bytesFactor - 0.5) < 1e-4)
        #expect(abs(model.roundsFactor - 0.8) < 1e-3)
        #expect(abs(model.bytesPerItem - 100) < 1e-4)
        #expect(abs(model.fixedRounds - 3) < 1e-6)
    }

    /// One size on networks whose bandwidth and delay differ by the same factor: the two cannot be told apart, yet many bytes take time.
    @Test func bytesTakeTheirTimeAlsoWhereDelayWouldExplainIt() throws {
        let slow = CostModel.Link(bitsPerSecond: 2e7, roundTrip: 0.05)
        let model = try CostModel([point(1024, loopback), point(8192, loopback), point(1024, wan), point(1024, slow)])
        let size = 10_000_000, bytes = 1000 + 100 * Double(size)
        #expect(model.predict(size: size, link: wan).transferSeconds >= 0.499 * 8 * bytes / 1e8)
        #expect(model.bytesFactor >= CostModel.leastBytesFactor(parties: 2))
        #expect(CostModel.leastBytesFactor(parties: 2) == 0.5 && CostModel.leastBytesFactor(parties: 1) == 1)
    }

    @Test func predictionsHoldForSizesAndNetworksThatWereNotMeasured() throws {
        let model = try CostModel(points)
        let slow = CostModel.Link(bitsPerSecond: 2e7, roundTrip: 0.05)
        let expected = point(1_000_000, slow), got = model.predict(size: 1_000_000, link: slow)
        #expect(abs(got.seconds / expected.seconds - 1) < 1e-3)
        #expect(abs(got.bytes / expected.bytes - 1) < 1e-6)
        #expect(abs(got.memoryBytes / expected.memory - 1) < 1e-6)
        #expect(abs(got.computingSeconds + got.transferSeconds + got.delaySeconds - got.seconds) < 1e-9)
    }

    @Test func sortingWorkIsSeenToGrowFasterThanItsSize() throws {
        let points = [1000, 10_000, 100_000, 1_000_000].map { n in
            CostModel.Point(
                size: n, link: loopback, seconds: 1e-8 * Double(n) * log2(Double(n)), bytes: Double(n) * log2(Double(n)), memory: 1e6,
                rounds: 10)
        }
        let model = try CostModel(points)
        #expect(model.growth == .linearithmic)
        let n = 1e7
        #expect(abs(model.predict(size: 10_000_000, link: loopback).seconds / (1e-8 * n * log2(n)) - 1) < 1e-6)
    }

    @Test func errorsOfLeftOutMeasurementsAreThoseOfTheNoise() throws {
        #expect(CostModel.leaveOneOut(points).allSatisfy { abs($0.ratio - 1) < 1e-3 })
        let noisy = zip(points, [1.2, 0.9, 0.85, 1.1, 1.0, 0.8]).map { point($0.size, $0.link, noise: $1) }
        let errors = CostModel.leaveOneOut(noisy)
        #expect(errors.count == noisy.count)
        #expect(errors.contains { abs($0.ratio - 1) > 0.05 })
        let largest = CostModel.leaveLargestOut(points)
        #expect(largest.count == 2 && largest.allSatisfy { $0.size == 65_536 && abs($0.ratio - 1) < 1e-3 })
    }

    @Test func tooFewMeasurementsDetermineNothing() {
        #expect(throws: YinheError.self) { try CostModel([point(1, loopback), point(2, loopback)]) }
        #expect(throws: YinheError.self) { try CostModel((0..<5).map { _ in point(64, loopback) }) }
    }
}

@Suite struct ExtrapolationTests {
    private func document(sizes: [Int] = [1000, 10_000, 100_000]) -> EvaluationDocument {
        Samples.document(
            sizes.flatMap { n in
                ["loopback", "wan"].map { network in
                    Samples.measurement(
                        size: n, network: network,
                        seconds: 0.01 + 1e-6 * Double(n) + (network == "wan" ? 8e-6 * Double(n) + 0.04 : 0), bytes: 100 * n)
                }
            })
    }

    private let link = CostModel.Link(bitsPerSecond: nil, roundTrip: 0)

    @Test func operationsAreFoundByNameAndArea() throws {
        #expect(try Extrapolation(document(), operation: "mul").operation == "arithmetic/mul")
        #expect(try Extrapolation(document(), operation: "arithmetic/mul", protocolName: "ot-fast").points.count == 6)
        for (name, wanted) in [("divide", nil), ("mul", "dealer")] as [(String, String?)] {
            let error = try #require(throws: YinheError.self) {
                try Extrapolation(document(), operation: name, protocolName: wanted)
            }
            #expect(error.code == .usage && error.remedy.contains("arithmetic/mul"))
        }
    }

    @Test func distantSizesAreWarnedOfAndVeryDistantOnesRefused() throws {
        let extrapolation = try Extrapolation(document(), operation: "mul")
        #expect(extrapolation.warnings(size: 500_000, link: link).isEmpty)
        #expect(extrapolation.warnings(size: 2_000_000, link: link).contains { $0.contains("20 times outside") })
        #expect(extrapolation.warnings(size: 10, link: link).contains { $0.contains("100 times outside") })
        #expect(try extrapolation.predict(size: 100_000_000, link: link).seconds > 50)
        let error = try #require(throws: YinheError.self) { try extrapolation.predict(size: 100_000_001, link: link) }
        #expect(error.code == .range)
        #expect(throws: YinheError.self) { try extrapolation.predict(size: 0, link: link) }
    }

    @Test func aNetworkThatWasNotMeasuredIsWarnedOf() throws {
        var document = document()
        document.measurements.removeAll { $0.network == "wan" }
        let extrapolation = try Extrapolation(document, operation: "mul")
        let wan = CostModel.Link(bitsPerSecond: 1e8, roundTrip: 0.01)
        #expect(extrapolation.warnings(size: 1000, link: wan).contains { $0.contains("only loopback") })
        #expect(!extrapolation.warnings(size: 1000, link: link).contains { $0.contains("only loopback") })
    }

    @Test func recordHoldsWhatTheNewDocumentMeasuredAndTheOldDidNot() throws {
        let record = PredictionRecord.check(base: document(), new: document(sizes: [1000, 1_000_000]))
        #expect(record.entries.map(\.size) == [1_000_000, 1_000_000])
        #expect(record.entries.allSatisfy { abs($0.ratio - 1) < 0.01 && $0.factor == 10 }, "\(record)")
        let path = FileManager.default.temporaryDirectory.path + "/yinhe-record-\(SystemRandom.shared.word()).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try PredictionRecord(path: path).entries.isEmpty)
        try record.write(path)
        #expect(try PredictionRecord(path: path) == record)
        try AtomicFile.write("{\"entries\": 1}", to: path)
        #expect(throws: YinheError.self) { try PredictionRecord(path: path) }
    }

    @Test func errorsCountTheSameInBothDirections() throws {
        let summary = try #require(PredictionRecord.summary([0.5, 2, 1]))
        #expect(abs(summary.median - 1) < 1e-12 && abs(summary.largest - 1) < 1e-12)
        #expect(PredictionRecord.summary([]) == nil)
    }
}
