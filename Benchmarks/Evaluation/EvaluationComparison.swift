import SandboxCore

/// What changed from one evaluation to another on the same kind of machine.
package struct EvaluationComparison: Codable, Sendable, Equatable {
    package enum Verdict: String, Codable, Sendable {
        /// Slower, and no run of the new document was as fast as the slowest of the base.
        case slower
        /// Likewise the other way.
        case faster
        /// Within the threshold, or within the noise of either.
        case same
    }

    package struct Line: Codable, Sendable, Equatable {
        package var measurement: String
        package var baseSeconds: Double
        package var newSeconds: Double
        /// new / base of the medians.
        package var secondsRatio: Double
        package var verdict: Verdict
        /// new / base; nil when the base is 0 (1 when both are).
        package var bytesRatio: Double?
        package var memoryRatio: Double?
        package var sendsMore: Bool
        package var needsMoreMemory: Bool
        package var isNoisy: Bool

        package var isRegression: Bool { verdict == .slower || sendsMore || needsMoreMemory }
    }

    package var threshold: Double
    package var lines: [Line]
    /// Measurements of one document alone.
    package var onlyInBase: [String]
    package var onlyInNew: [String]
    /// The calibration loop's median in the new document over that in the base: how much slower the processor itself was.
    package var calibrationRatio: Double

    package var regressions: [Line] { lines.filter(\.isRegression) }

    /// Figures that are not exact, as of a process's memory, may differ by this part and more without a regression.
    package static let memoryThreshold = 0.20
    /// Bytes are the same from run to run, but for compressed or encrypted channels and lists whose length depends on chance.
    package static let bytesThreshold = 0.02

    /// Throws `.badInput` for documents whose times cannot be compared: other processor, cores or instruction sets, networks made in
    /// another way, or no common measurement.
    package init(base: EvaluationDocument, new: EvaluationDocument, threshold: Double = 0.10) throws {
        guard threshold > 0, threshold.isFinite else { throw YinheError(.usage, "a threshold of \(threshold); more than 0 is possible") }
        try Self.requireSameMachine(base, new)
        let before = Dictionary(base.measurements.map { ($0.key, $0) }) { first, _ in first }
        let after = Dictionary(new.measurements.map { ($0.key, $0) }) { first, _ in first }
        self.threshold = threshold
        lines = new.measurements.compactMap { new in before[new.key].map { Self.line($0, new, threshold) } }
        onlyInBase = base.measurements.map(\.key).filter { after[$0] == nil }.map(\.description)
        onlyInNew = new.measurements.map(\.key).filter { before[$0] == nil }.map(\.description)
        calibrationRatio = new.environment.noise.calibration.median / base.environment.noise.calibration.median
        guard !lines.isEmpty else {
            throw YinheError(
                .badInput, "the documents have no measurement in common",
                remedy: "measure both with the same profile and areas")
        }
    }

    private static func requireSameMachine(_ base: EvaluationDocument, _ new: EvaluationDocument) throws {
        func refuse(_ what: String, _ a: String, _ b: String) -> YinheError {
            YinheError(
                .badInput, "the documents cannot be compared: \(what) \"\(a)\" in the base and \"\(b)\" in the new one",
                remedy: "measure a base on this machine: yinhe-bench evaluate --out DIR")
        }
        let a = base.environment, b = new.environment
        if a.cpu != b.cpu { throw refuse("processor", a.cpu, b.cpu) }
        if a.cores != b.cores { throw refuse("cores", "\(a.cores)", "\(b.cores)") }
        if a.features != b.features {
            throw refuse("instruction sets", a.features.joined(separator: " "), b.features.joined(separator: " "))
        }
        for network in base.networkProfiles {
            guard let other = new.networkProfiles.first(where: { $0.name == network.name }) else { continue }
            let same = network.bitsPerSecond == other.bitsPerSecond && network.how == other.how
                && network.roundTripMilliseconds == other.roundTripMilliseconds
            if !same { throw refuse("network \(network.name)", network.text, other.text) }
        }
    }

    private static func line(
        _ a: EvaluationDocument.Measurement, _ b: EvaluationDocument.Measurement, _ threshold: Double
    ) -> Line {
        func ratio(_ x: Int, _ y: Int) -> Double? { x == 0 ? (y == 0 ? 1 : nil) : Double(y) / Double(x) }
        let seconds = b.seconds.median / a.seconds.median
        // Beyond noise: the ranges of the runs do not touch.
        let verdict: Verdict =
            seconds > 1 + threshold && b.seconds.min > a.seconds.max
            ? .slower : seconds < 1 / (1 + threshold) && b.seconds.max < a.seconds.min ? .faster : .same
        let bytes = ratio(a.bytesSent, b.bytesSent), memory = ratio(a.peakMemoryBytes, b.peakMemoryBytes)
        return Line(
            measurement: b.key.description, baseSeconds: a.seconds.median, newSeconds: b.seconds.median, secondsRatio: seconds,
            verdict: verdict, bytesRatio: bytes, memoryRatio: memory, sendsMore: bytes ?? .infinity > 1 + bytesThreshold,
            needsMoreMemory: memory ?? .infinity > 1 + max(threshold, memoryThreshold), isNoisy: a.isNoisy || b.isNoisy)
    }
}

extension EvaluationDocument.NetworkProfile {
    /// For messages: "100 Mb/s, 10 ms, shaped".
    package var text: String {
        let rate = bitsPerSecond.map { "\(CostPrediction.rounded($0 / 1e6)) Mb/s" } ?? "no limit"
        return "\(rate), \(CostPrediction.rounded(roundTripMilliseconds)) ms, \(how.rawValue)"
    }
}
