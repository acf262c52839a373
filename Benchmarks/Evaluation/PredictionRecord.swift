import Foundation
import SandboxCore

/// Predictions that were checked by measuring later, kept beside the baselines: what a prediction is worth.
package struct PredictionRecord: Codable, Sendable, Equatable {
    package struct Entry: Codable, Sendable, Equatable {
        /// UTC, when the measurement that checks the prediction began.
        package var measured: String
        package var toolVersion: String
        package var operation: String
        package var protocolName: String
        package var size: Int
        package var threads: Int
        package var network: String
        /// How far outside of the sizes behind the prediction.
        package var factor: Double
        package var predictedSeconds: Double
        package var measuredSeconds: Double
        package var predictedBytes: Double
        package var measuredBytes: Double

        package var ratio: Double { predictedSeconds / measuredSeconds }
    }

    package var entries: [Entry]

    package init(entries: [Entry] = []) { self.entries = entries }

    /// An absent file is an empty record.
    package init(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            entries = []
            return
        }
        guard let data = FileManager.default.contents(atPath: path), data.count <= EvaluationDocument.maximumFileBytes,
            let record = try? JSONDecoder().decode(Self.self, from: data),
            record.entries.allSatisfy({ $0.measuredSeconds > 0 && $0.predictedSeconds >= 0 && $0.factor >= 1 })
        else { throw YinheError(.badInput, "not a record of predictions", at: path, remedy: "remove the file, or restore it") }
        self = record
    }

    package func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try AtomicFile.write(Array(try encoder.encode(self)) + [UInt8(ascii: "\n")], to: path)
    }

    /// Predicts every measurement of `new` whose size `base` does not have, where `base` determines a model.
    package static func check(base: EvaluationDocument, new: EvaluationDocument) -> PredictionRecord {
        var out = PredictionRecord()
        let known = Set(base.measurements.map(\.key))
        for m in new.measurements where !known.contains(m.key) {
            guard let link = new.networkProfiles.first(where: { $0.name == m.network })?.link,
                let extrapolation = try? Extrapolation(
                    base, operation: "\(m.area.rawValue)/\(m.operation)", protocolName: m.protocolName, threads: m.threads),
                extrapolation.parameters == m.parameters, extrapolation.parties == m.parties,
                let prediction = try? extrapolation.predict(size: m.size, link: link)
            else { continue }
            out.entries.append(
                Entry(
                    measured: new.started, toolVersion: new.toolVersion, operation: "\(m.area.rawValue)/\(m.operation)",
                    protocolName: m.protocolName, size: m.size, threads: m.threads, network: m.network,
                    factor: extrapolation.factor(m.size), predictedSeconds: prediction.seconds, measuredSeconds: m.seconds.median,
                    predictedBytes: prediction.bytes, measuredBytes: Double(m.bytesSent)))
        }
        return out
    }

    /// Median and largest of predicted / measured or its inverse, less 1; nil of no entry.
    package static func summary(_ ratios: [Double]) -> (median: Double, largest: Double)? {
        Spread(ratios.map { max($0, 1 / max($0, 1e-9)) - 1 }).map { ($0.median, $0.max) }
    }
}
