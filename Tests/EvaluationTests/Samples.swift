import Evaluation
import Foundation

/// Documents for tests, with figures that are easy to follow.
enum Samples {
    static func spread(_ median: Double, _ part: Double = 0.02) -> Spread { Spread([median * (1 - part / 2), median, median * (1 + part / 2)])! }

    static func measurement(
        _ operation: String = "mul", size: Int = 1000, network: String = "loopback", seconds: Double = 1, spread: Double = 0.02,
        bytes: Int = 1_000_000, rounds: Int = 4, memory: Int = 30 << 20, passed: Bool = true, parameters: [String: String] = ["bits": "31"]
    ) -> EvaluationDocument.Measurement {
        .init(
            area: .arithmetic, operation: operation, protocolName: "ot-fast", parameters: parameters, size: size, unit: "elements",
            threads: 1, parties: 2, network: network, runs: 3, warmUps: 1, seconds: Samples.spread(seconds, spread), cpuSeconds: seconds,
            phases: [.init("correlations", seconds: seconds * 0.9, bytes: bytes), .init("online", seconds: seconds * 0.1)],
            bytesSent: bytes, rounds: rounds, peakMemoryBytes: memory, formulaBytes: Double(bytes), formulaSource: "a, \"quoted\" source",
            accuracy: .init(checked: "every element, exactly", error: 0, tolerance: 0, passed: passed),
            security: .init(computational: 128, statistical: nil, adversary: "semi-honest"))
    }

    static func document(_ measurements: [EvaluationDocument.Measurement] = [measurement()], cpu: String = "Example CPU")
        -> EvaluationDocument
    {
        .init(
            toolVersion: "0.1.0", gitRevision: nil, profile: "quick", started: "2026-01-31T08:15:00Z", ended: "2026-01-31T08:17:00Z",
            environment: .init(
                cpu: cpu, features: ["avx2"], cores: 2, memoryBytes: 8 << 30, operatingSystem: "an operating system",
                kernel: "Linux 6.1 x86_64", swiftVersion: "6.3", cCompiler: "Clang", load: .init(averageBefore: 0.1, otherCoresBefore: 0),
                noise: .init(calibration: spread(0.012), largestDrift: 0.01, spreadLimit: 0.25, driftLimit: 0.1)),
            networkProfiles: [
                .init(name: "loopback", bitsPerSecond: nil, roundTripMilliseconds: 0, how: .loopback),
                .init(name: "wan", bitsPerSecond: 1e8, roundTripMilliseconds: 10, how: .shaped),
            ],
            measurements: measurements, notes: [.init(.note, about: "networks", "shaped")])
    }
}
