import Evaluation
import SandboxCore

/// One operation of an evaluation: which bench measures it, at which sizes, threads and networks, and what is to be said about it.
struct EvaluationTask: Sendable {
    typealias Area = EvaluationDocument.Area

    var area: Area
    var operation: String
    /// The bench and its options, but for size and threads.
    var command: [String]
    /// How the bench takes its size.
    var sizeOption = "--n"
    var unit: String
    var parameters: [String: String] = [:]
    var sizes: [Int]
    /// Sizes that are measured over the networks other than loopback.
    var networkSizes: [Int] = []
    var networks: [String] = []
    /// Numbers of threads beside 1 at which the largest size is measured.
    var moreThreads: [Int] = []
    /// Against what the bench compares its result.
    var checked: String
    /// Key of the result's details with the error, and the largest that passes; an exact comparison without it.
    var error: (key: String, tolerance: Double)?
    var security: EvaluationDocument.SecurityFloor
    /// Bytes by the specification's formula, for a size.
    var formula: (@Sendable (_ size: Int) async throws -> (bytes: Double, source: String)?)?

    /// One measurement to be made.
    struct Point: Sendable, Equatable {
        var size: Int
        var threads: Int
        var network: String
    }

    var points: [Point] {
        var points = sizes.map { Point(size: $0, threads: 1, network: "loopback") }
        points += moreThreads.map { Point(size: sizes.last!, threads: $0, network: "loopback") }
        for network in networks { points += networkSizes.map { Point(size: $0, threads: 1, network: network) } }
        return points
    }

    func arguments(_ point: Point, runs: Int, warmUps: Int) -> [String] {
        command + [
            sizeOption, "\(point.size)", "--threads", "\(point.threads)", "--runs", "\(runs)", "--warm-up", "\(warmUps)", "--json",
        ]
    }

    /// The measurement that a bench's result is.
    func measurement(_ result: BenchResult, _ point: Point, warmUps: Int) async throws -> EvaluationDocument.Measurement {
        guard let seconds = Spread(result.total_s.map { max($0, 1e-9) }) else {
            throw YinheError(.system, "a bench reported no run", at: operation)
        }
        let deviation = error.flatMap { result.details[$0.key] }.flatMap(Double.init)
        if error != nil, deviation == nil { throw YinheError(.system, "a bench reported no error of its result", at: operation) }
        let formula = try await formula?(point.size)
        return EvaluationDocument.Measurement(
            area: area, operation: operation, protocolName: result.protocol, parameters: parameters, size: point.size, unit: unit,
            threads: point.threads, parties: result.processes, network: point.network, runs: result.runs, warmUps: warmUps,
            seconds: seconds, cpuSeconds: result.cpu_s + (result.offline_cpu_s ?? 0),
            phases: result.phases.map { .init($0.name, seconds: $0.seconds) },
            bytesSent: result.bytes + (result.offline_bytes ?? 0), rounds: max(result.rounds, result.total_rounds),
            peakMemoryBytes: result.peak_rss_bytes, formulaBytes: formula?.bytes, formulaSource: formula?.source,
            accuracy: .init(checked: checked, error: deviation ?? 0, tolerance: error?.tolerance ?? 0, passed: result.correct),
            security: security)
    }
}
