import Evaluation

extension Samples {
    /// One of everything that the report draws: sizes, networks, threads, phases, formulas, peers.
    static func full(security: EvaluationDocument.SecurityEvidence? = nil) -> EvaluationDocument {
        var all: [EvaluationDocument.Measurement] = []
        for (operation, factor) in [("mul", 1.0), ("less", 3.0)] {
            for size in [1000, 10_000, 100_000] {
                all.append(measurement(operation, size: size, seconds: factor * Double(size) / 1e5, bytes: 1000 * size))
                all.append(measurement(operation, size: size, network: "wan", seconds: factor * Double(size) / 2e4, bytes: 1000 * size))
            }
            var threads = measurement(operation, size: 100_000, seconds: factor * 0.6, bytes: 100_000_000)
            threads.threads = 2
            all.append(threads)
        }
        var noise = measurement("laplace", size: 5_000_000, bytes: 0, parameters: ["scale": "100"])
        noise.area = .noise
        noise.protocolName = "discrete-laplace-cks20"
        noise.phases = []
        noise.formulaBytes = nil
        noise.accuracy = .init(checked: "mean and variance", error: 0.5, tolerance: 5, passed: true)
        all.append(noise)
        var document = document(all)
        document.security = security
        document.peers = [
            peer("spu-semi2k", "spu 0.9.5", 1.12, 32_000_000, beside: "yinhe-dealer"), peer("yinhe-dealer", "yinhe 0.1.0", 0.56, 40_000_000),
            peer("yinhe-ot", "yinhe 0.1.0", 2.8, 100_000_000),
        ]
        return document
    }

    static func peer(_ system: String, _ version: String, _ seconds: Double, _ bytes: Int?, beside: String? = nil)
        -> EvaluationDocument.PeerResult
    {
        .init(
            bench: "peers-share", op: "mul", system: system, version: version, n: 1_000_000, unit: "elements",
            parameters: ["bits": "31", "ring": "64"], seconds: seconds, secondsMin: seconds * 0.9, secondsMax: seconds * 1.2, clock: .elapsed,
            runs: 3, bytes: bytes, peakMemoryBytes: 200_000_000, threads: 1, correct: true, beside: beside)
    }
}
