import Foundation
import SandboxCore

/// One measurement, as `--json` prints it. Times in seconds, sizes in bytes.
struct BenchResult: Codable, Sendable {
    var bench: String
    var op: String
    var `protocol`: String
    /// Work items: rows per party, operations, vector elements or samples.
    var n: Int
    var threads: Int
    /// Elapsed time of the later party; the median of the runs.
    var wall_s: Double
    /// User and system time of all parties; of the median run.
    var cpu_s: Double
    /// n / wall_s.
    var per_s: Double
    /// Both directions, framing included.
    var bytes: Int
    var rounds: Int
    /// Largest resident set of any party.
    var peak_rss_bytes: Int
    /// Whether the result equals the plain computation.
    var correct: Bool
    /// Numbers and names that only this bench has (bits, scale, bytes per row, round-trip time).
    var details: [String: String] = [:]
    var runs: Int = 1
    var wall_min_s: Double
    var wall_max_s: Double
    var processes: Int = 1
    /// Of benches with a phase before the inputs are known: its elapsed time, the processor time and the bytes of all who take part in
    /// it. wall_s, cpu_s and bytes are then those of the other phase alone. Absent from other benches.
    var offline_s: Double?
    var offline_cpu_s: Double?
    var offline_bytes: Int?
    /// Of each run, in order, everything counted: the preparation too.
    var total_s: [Double]
    /// Turns of the whole run, preparation included; `rounds` may be those of the online part.
    var total_rounds: Int
    /// Named parts of the median run, in order of time; with a preparation first where the bench has one.
    var phases: [PhaseMeter.Part]
    var machine: Machine = .current

    enum CodingKeys: String, CodingKey {
        case bench, op, `protocol`, n, threads, wall_s, cpu_s, per_s, bytes, rounds, peak_rss_bytes, correct, details, runs
        case wall_min_s, wall_max_s, processes, offline_s, offline_cpu_s, offline_bytes
        case total_s, total_rounds, phases, machine
    }

    init(_ bench: String, op: String, protocol name: String, n: Int, threads: Int, samples: [Sample], details: [String: String] = [:]) {
        precondition(!samples.isEmpty)
        let sorted = samples.sorted { $0.wall < $1.wall }
        let median = sorted[sorted.count / 2]
        self.bench = bench
        self.op = op
        self.protocol = name
        self.n = n
        self.threads = threads
        wall_s = median.wall
        cpu_s = median.cpu
        per_s = median.wall > 0 ? Double(n) / median.wall : 0
        bytes = median.bytes
        rounds = median.rounds
        peak_rss_bytes = samples.map(\.peakResidentBytes).max()!
        correct = samples.allSatisfy(\.correct)
        self.details = details.merging(median.details) { given, _ in given }
        runs = samples.count
        wall_min_s = sorted.first!.wall
        wall_max_s = sorted.last!.wall
        processes = median.processes
        offline_s = median.offline?.wall
        offline_cpu_s = median.offline?.cpu
        offline_bytes = median.offline?.bytes
        total_s = samples.map { $0.wall + ($0.offline?.wall ?? 0) }
        total_rounds = median.totalRounds
        phases = median.parts
    }
}

/// One run of a bench.
struct Sample: Codable, Sendable {
    var wall: Double
    var cpu: Double
    /// Bytes that this party sent; of a combined sample, all of them.
    var bytes: Int = 0
    var rounds: Int = 0
    var peakResidentBytes: Int
    var correct: Bool
    var processes: Int = 1
    /// What came before the inputs were known, if the bench tells it apart.
    var offline: PhaseMeter.Phase?
    var details: [String: String] = [:]
    /// Turns of the whole run, where `rounds` are those of a part of it.
    var totalRounds = 0
    /// Named parts of the run, whose times add up to all of it.
    var parts: [PhaseMeter.Part] = []

    /// For a bench where everything counts.
    var asOnePhase: Sample {
        guard let offline else { return self }
        var sample = self
        sample.wall += offline.wall
        sample.cpu += offline.cpu
        sample.bytes += offline.bytes
        sample.offline = nil
        return sample
    }

    /// Of parties that ran side by side: the latest time, the sums of CPU and of bytes sent, the largest memory.
    static func combined(_ parties: [Sample]) -> Sample {
        let offline = parties.compactMap(\.offline)
        // Who was last tells where the time went.
        let last = parties.max { $0.wall + ($0.offline?.wall ?? 0) < $1.wall + ($1.offline?.wall ?? 0) }
        return Sample(
            wall: parties.map(\.wall).max() ?? 0, cpu: parties.reduce(0) { $0 + $1.cpu }, bytes: parties.reduce(0) { $0 + $1.bytes },
            rounds: parties.map(\.rounds).max() ?? 0, peakResidentBytes: parties.map(\.peakResidentBytes).max() ?? 0,
            correct: parties.allSatisfy(\.correct), processes: parties.count,
            offline: offline.isEmpty
                ? nil
                : PhaseMeter.Phase(
                    wall: offline.map(\.wall).max()!, cpu: offline.reduce(0) { $0 + $1.cpu }, bytes: offline.reduce(0) { $0 + $1.bytes }),
            details: parties.reduce(into: [:]) { $0.merge($1.details) { first, _ in first } },
            totalRounds: parties.map(\.totalRounds).max() ?? 0, parts: last?.parts ?? [])
    }
}

/// Times `work` in this process; the closure returns whether its result was right (checked outside the timed part by `check`).
func measure<R>(_ work: () async throws -> R, check: (R) async throws -> Bool) async rethrows -> Sample {
    let cpu = ResourceUsage.current().cpuSeconds
    let clock = ContinuousClock()
    let start = clock.now
    let result = try await work()
    let wall = (clock.now - start).seconds
    let usage = ResourceUsage.current()
    return Sample(wall: wall, cpu: usage.cpuSeconds - cpu, peakResidentBytes: usage.peakResidentBytes, correct: try await check(result))
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
