import ArgumentParser
import Foundation
import SandboxCore

let yinheVersion = "0.1.0"

/// The options that every bench has.
struct BenchOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads of each party.", valueName: "threads"))
    var threads = availableCores

    @Option(help: "Runs; the median is reported, with the fastest and the slowest.")
    var runs = 1

    @Option(help: "Runs before those, checked and not counted.")
    var warmUp = 0

    @Flag(help: "Print one JSON object per line and nothing else on standard output.")
    var json = false

    func validate() throws {
        guard threads > 0, threads <= 1024 else { throw ValidationError("--threads must be 1 to 1024") }
        guard runs > 0, runs <= 1000 else { throw ValidationError("--runs must be 1 to 1000") }
        guard warmUp >= 0, warmUp <= 1000 else { throw ValidationError("--warm-up must be 0 to 1000") }
    }

    /// Repeats a measurement `runs` times, after `warmUp` runs that only have to be correct.
    func repeated(_ run: () async throws -> Sample) async throws -> [Sample] {
        // A party's process does one run; which of them it is, only the parent knows.
        for _ in 0..<(Parties.childIndex == nil ? warmUp : 0) {
            guard try await run().correct else { throw YinheError(.badInput, "a warm-up run differs from the plain computation") }
        }
        var samples: [Sample] = []
        for _ in 0..<runs { samples.append(try await run()) }
        return samples
    }

    /// Prints a result; a wrong one ends the program with status 2, after its line.
    func report(_ result: BenchResult) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(result), as: UTF8.self))
        } else {
            printTable(result)
        }
        guard result.correct else { throw ExitCode(2) }
    }

    private func printTable(_ r: BenchResult) {
        let m = r.machine
        func number(_ x: Double) -> String { x >= 100 ? String(format: "%.0f", x) : String(format: "%.4g", x) }
        let memory = String(format: "%.1f", Double(r.peak_rss_bytes) / 1_048_576)
        var lines = [
            ("bench", "\(r.bench) \(r.op), \(r.protocol)"),
            ("size", "n = \(r.n), \(r.threads) thread(s) a party, \(r.processes) process(es)"),
            ("time", "\(number(r.wall_s)) s elapsed (\(r.runs) run(s), \(number(r.wall_min_s)) to \(number(r.wall_max_s))), \(number(r.cpu_s)) s CPU"),
            ("rate", "\(number(r.per_s)) per second, \(number(r.cpu_s > 0 ? Double(r.n) / r.cpu_s : 0)) per second of CPU"),
        ]
        if r.bytes > 0 {
            let each = String(format: "%.2f", Double(r.bytes) / Double(max(r.n, 1)))
            lines.append(("network", "\(r.bytes) bytes both ways (\(each) per item), \(r.rounds) rounds"))
        }
        if let time = r.offline_s {
            lines.append(("before it", "\(number(time)) s elapsed, \(number(r.offline_cpu_s ?? 0)) s CPU, \(r.offline_bytes ?? 0) bytes both ways"))
        }
        lines.append(("memory", "\(memory) MiB peak of the largest party"))
        for (key, value) in r.details.sorted(by: { $0.key < $1.key }) { lines.append((key, value)) }
        lines.append(("machine", "\(m.cpu), \(m.cores) core(s), \(m.features.joined(separator: " "))"))
        lines.append(("result", r.correct ? "equals the plain computation" : "WRONG: differs from the plain computation"))
        let width = (lines.map(\.0.count).max() ?? 0) + 2
        for (key, value) in lines { print(key.padding(toLength: width, withPad: " ", startingAt: 0) + value) }
        print("")
    }
}
