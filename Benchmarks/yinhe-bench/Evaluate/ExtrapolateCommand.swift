import ArgumentParser
import Evaluation
import Foundation
import SandboxCore

struct ExtrapolateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extrapolate", abstract: "Predicts time, bytes and memory for a size and a network from measured cost formulas.",
        discussion: """
            Fits seconds = fixed + per item + bytes / bandwidth + rounds x round trip to the measurements of one operation and one number of \
            threads, and says how well the same formula predicts measurements that it did not see. More than 10 times outside of the \
            measured sizes there is a warning, more than 1000 times no prediction.

            --check NEW.json predicts what NEW measured and --from did not, and adds predictions and measurements to --record, which \
            later predictions show as their record.

            EXAMPLES
              yinhe-bench extrapolate --operation psi --protocol vole --size 10000000 --network wan
              yinhe-bench extrapolate --operation mul --size 5000000 --bandwidth 50e6 --rtt 20
              yinhe-bench extrapolate --from quick.json --check standard.json --record Benchmarks/Baselines/predictions.json
            """)

    @Option(help: "Operation, or area/operation.") var operation: String?
    @Option(help: "Items of each party.") var size: Int?
    @Option(name: .customLong("protocol"), help: "Protocol, where an operation was measured with several.") var protocolName: String?
    @Option(help: "Threads of each party.") var threads = 1
    @Option(help: "A network profile: loopback, lan, wan or slow.") var network: String?
    @Option(help: "Bits a second of each direction, instead of --network.") var bandwidth: Double?
    @Option(help: "Milliseconds of the round trip, instead of --network.") var rtt: Double?
    @Option(help: "Evaluation to learn from.") var from = "Benchmarks/Baselines/quick-x86_64-2core.json"
    @Option(help: "Evaluation whose measurements check the predictions.") var check: String?
    @Option(help: "Record of past predictions.") var record = "Benchmarks/Baselines/predictions.json"
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard check != nil || operation != nil && size != nil else { throw ValidationError("give --operation and --size, or --check") }
        guard check == nil || operation == nil && size == nil else { throw ValidationError("--check goes without --operation and --size") }
        guard size ?? 1 > 0, size ?? 1 <= 1 << 40 else { throw ValidationError("--size must be 1 to \(1 << 40)") }
        guard network == nil || bandwidth == nil && rtt == nil else { throw ValidationError("give --network, or --bandwidth and --rtt") }
        guard bandwidth ?? 1 > 0, bandwidth ?? 1 <= 1e12 else { throw ValidationError("--bandwidth must be 1 to 1e12 bits a second") }
        guard rtt ?? 0 >= 0, rtt ?? 0 <= 60_000 else { throw ValidationError("--rtt must be 0 to 60000 milliseconds") }
        guard threads > 0 else { throw ValidationError("--threads must be 1 or more") }
    }

    func run() throws {
        let document = try EvaluationDocument.read(from)
        if let check { return try checkPredictions(document, try EvaluationDocument.read(check)) }
        let link: CostModel.Link
        if bandwidth != nil || rtt != nil {
            link = CostModel.Link(bitsPerSecond: bandwidth, roundTrip: (rtt ?? 0) / 1000)
        } else if let profile = EvaluationProfile.links.first(where: { $0.name == network ?? "loopback" }) {
            link = CostModel.Link(bitsPerSecond: profile.bitsPerSecond, roundTrip: profile.roundTripMilliseconds / 1000)
        } else {
            throw YinheError(
                .usage, "no network is called \(network!)",
                remedy: "choose one of \(EvaluationProfile.links.map(\.name).joined(separator: ", "))")
        }
        let extrapolation = try Extrapolation(document, operation: operation!, protocolName: protocolName, threads: threads)
        let answer = Answer(
            extrapolation, size: size!, link: link, prediction: try extrapolation.predict(size: size!, link: link),
            record: try PredictionRecord(path: record))
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(answer), as: UTF8.self))
        } else {
            answer.show()
        }
    }

    private func checkPredictions(_ base: EvaluationDocument, _ new: EvaluationDocument) throws {
        guard base.environment.cpu == new.environment.cpu, base.environment.cores == new.environment.cores else {
            throw YinheError(.badInput, "the evaluations were measured on different processors", remedy: "measure both on one machine")
        }
        let found = PredictionRecord.check(base: base, new: new)
        guard let summary = PredictionRecord.summary(found.entries.map(\.ratio)) else {
            throw YinheError(.badInput, "the new evaluation has no size that can be predicted from the old one")
        }
        var record = try PredictionRecord(path: record)
        record.entries += found.entries.filter { !record.entries.contains($0) }
        try record.write(self.record)
        for entry in found.entries {
            print(
                "\(entry.operation) \(entry.protocolName) n=\(entry.size) \(entry.network): predicted "
                    + "\(CostPrediction.rounded(entry.predictedSeconds)) s, measured \(CostPrediction.rounded(entry.measuredSeconds)) s")
        }
        print("\(found.entries.count) predictions: off by \(percent(summary.median)) in the median, \(percent(summary.largest)) at most")
    }

    /// What is printed.
    private struct Answer: Encodable {
        var operation: String
        var protocolName: String
        var parameters: [String: String]
        var threads: Int
        var parties: Int
        var size: Int
        var measuredSizes: [Int]
        var bitsPerSecond: Double?
        var roundTripMilliseconds: Double
        var prediction: CostPrediction
        var model: CostModel
        var warnings: [String]
        /// Medians and maxima of how far predictions were off: 0.1 for a tenth, in either direction. Nil when none could be checked.
        var leaveOneOut: Error?
        var largestSizeFromSmaller: Error?
        var pastPredictions: Error?

        struct Error: Encodable {
            var predictions: Int
            var median: Double
            var largest: Double

            init?(_ ratios: [Double]) {
                guard let summary = PredictionRecord.summary(ratios) else { return nil }
                (predictions, median, largest) = (ratios.count, summary.median, summary.largest)
            }
        }

        init(_ e: Extrapolation, size: Int, link: CostModel.Link, prediction: CostPrediction, record: PredictionRecord) {
            operation = e.operation
            protocolName = e.protocolName
            parameters = e.parameters
            threads = e.threads
            parties = e.parties
            self.size = size
            measuredSizes = Set(e.points.map(\.size)).sorted()
            bitsPerSecond = link.bitsPerSecond
            roundTripMilliseconds = 1000 * link.roundTrip
            self.prediction = prediction
            model = e.model
            warnings = e.warnings(size: size, link: link)
            leaveOneOut = Error(e.leaveOneOut.map(\.ratio))
            largestSizeFromSmaller = Error(e.leaveLargestOut.map(\.ratio))
            pastPredictions = Error(
                record.entries.filter { $0.operation == e.operation && $0.protocolName == e.protocolName }.map(\.ratio))
        }

        func show() {
            let r = CostPrediction.rounded, p = prediction
            let parameters = self.parameters.sorted { $0.key < $1.key }.map { ", \($0.key) \($0.value)" }.joined()
            print("\(operation), \(protocolName)\(parameters): \(size) items, \(threads) thread(s), \(parties) process(es)")
            print("time    \(r(p.seconds)) s (computing \(r(p.computingSeconds)), transfer \(r(p.transferSeconds)), delays \(r(p.delaySeconds)))")
            print("bytes   \(r(p.bytes)) sent by all parties, \(Int(p.rounds.rounded())) rounds")
            print("memory  \(r(p.memoryBytes)) bytes of the largest party")
            func state(_ error: Error?, _ what: String) {
                guard let error else { return print("error   \(what): none could be checked") }
                print("error   \(what): off by \(percent(error.median)) in the median, \(percent(error.largest)) at most, of \(error.predictions)")
            }
            state(leaveOneOut, "each measurement from the others")
            state(largestSizeFromSmaller, "the largest size from smaller ones")
            state(pastPredictions, "recorded predictions of this operation")
            for warning in warnings { print("warning \(warning)") }
        }
    }
}

private func percent(_ x: Double) -> String { "\(Int((100 * x).rounded())) %" }
