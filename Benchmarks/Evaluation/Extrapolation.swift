import Foundation
import SandboxCore

/// One operation of a document, chosen by name, with its cost model and that model's record.
package struct Extrapolation: Sendable {
    /// Farther from the measured sizes than this, a prediction carries a warning; ten times farther it is refused.
    package static let warnedFactor = 10.0
    package static let refusedFactor = 1000.0

    package let operation: String
    package let protocolName: String
    package let parameters: [String: String]
    package let threads: Int
    package let parties: Int
    package let points: [CostModel.Point]
    package let model: CostModel
    package let leaveOneOut: [CostModel.PredictionError]
    package let leaveLargestOut: [CostModel.PredictionError]
    package let isNoisy: Bool

    /// What identifies the work but for size and network.
    private struct Work: Hashable {
        var area: EvaluationDocument.Area
        var operation: String, protocolName: String
        var parameters: [String: String]
        var threads: Int, parties: Int

        var text: String {
            "\(area.rawValue)/\(operation) \(protocolName)"
                + parameters.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined() + " threads=\(threads) parties=\(parties)"
        }
    }

    /// `operation`: "psi", or with its area "psi/receiver"; `protocolName` and `threads`, when given, must match. Where several works are
    /// left, the one with the most measurements is taken. Throws `.usage` when there is none, `.badInput` when too few were measured.
    package init(
        _ document: EvaluationDocument, operation name: String, protocolName wanted: String? = nil, threads wantedThreads: Int? = nil
    ) throws {
        let groups = Dictionary(grouping: document.measurements) {
            Work(
                area: $0.area, operation: $0.operation, protocolName: $0.protocolName, parameters: $0.parameters, threads: $0.threads,
                parties: $0.parties)
        }
        let matching = groups.filter { work, _ in
            [work.operation, "\(work.area.rawValue)/\(work.operation)"].contains(name)
                && (wanted == nil || work.protocolName == wanted) && (wantedThreads == nil || work.threads == wantedThreads)
        }
        func points(_ measurements: [EvaluationDocument.Measurement]) -> Int {
            100 * Set(measurements.map(\.size)).count + measurements.count
        }
        let best = matching.max { (points($0.value), $1.key.text) < (points($1.value), $0.key.text) }
        guard let (work, measurements) = best else {
            let known = Set(groups.keys.map { "\($0.area.rawValue)/\($0.operation)" }).sorted()
            throw YinheError(
                .usage, "the document has no measurement of \(name)\(wanted.map { " by \($0)" } ?? "")",
                remedy: "choose one of \(known.joined(separator: ", "))")
        }
        let links = Dictionary(document.networkProfiles.map { ($0.name, $0.link) }) { first, _ in first }
        self.points = measurements.map {
            CostModel.Point(
                size: $0.size, link: links[$0.network]!, seconds: $0.seconds.median, bytes: Double($0.bytesSent),
                memory: Double($0.peakMemoryBytes), rounds: Double($0.rounds), parties: $0.parties)
        }
        self.operation = "\(work.area.rawValue)/\(work.operation)"
        protocolName = work.protocolName
        parameters = work.parameters
        threads = work.threads
        parties = work.parties
        model = try CostModel(self.points)
        leaveOneOut = CostModel.leaveOneOut(self.points)
        leaveLargestOut = CostModel.leaveLargestOut(self.points)
        isNoisy = measurements.contains(where: \.isNoisy)
    }

    package var measuredSizes: ClosedRange<Int> { points.map(\.size).min()!...points.map(\.size).max()! }

    /// How far outside of the measured sizes `size` lies; 1 inside.
    package func factor(_ size: Int) -> Double {
        max(1, Double(size) / Double(measuredSizes.upperBound), Double(measuredSizes.lowerBound) / Double(max(1, size)))
    }

    /// Throws `.range` for a size more than `refusedFactor` times outside of the measured ones.
    package func predict(size: Int, link: CostModel.Link) throws -> CostPrediction {
        guard size > 0 else { throw YinheError(.usage, "a size of \(size); 1 or more is possible") }
        guard factor(size) <= Self.refusedFactor else {
            throw YinheError(
                .range,
                "size \(size) is more than \(Int(Self.refusedFactor)) times outside of the measured \(measuredSizes.lowerBound) ... "
                    + "\(measuredSizes.upperBound): no prediction",
                remedy: "measure larger sizes: yinhe-bench evaluate --profile full")
        }
        return model.predict(size: size, link: link)
    }

    /// What the reader has to know beside a prediction, in English.
    package func warnings(size: Int, link: CostModel.Link) -> [String] {
        var out: [String] = []
        if factor(size) > Self.warnedFactor {
            out.append(
                "the size is \(CostPrediction.rounded(factor(size))) times outside of the measured \(measuredSizes.lowerBound) ... "
                    + "\(measuredSizes.upperBound): steps of the protocol's parameters and of the memory's speed are not in the formula")
        }
        let limited = link.bitsPerSecond != nil || link.roundTrip > 0
        if limited, !points.contains(where: { $0.link.bitsPerSecond != nil || $0.link.roundTrip > 0 }) {
            out.append("only loopback was measured: transfer and delays are not in the formula")
        }
        if isNoisy { out.append("the measurements were made on a noisy machine") }
        if leaveOneOut.isEmpty { out.append("too few measurements to say how good the formula is") }
        return out
    }
}

extension EvaluationDocument.NetworkProfile {
    package var link: CostModel.Link { CostModel.Link(bitsPerSecond: bitsPerSecond, roundTrip: roundTripMilliseconds / 1000) }
}
