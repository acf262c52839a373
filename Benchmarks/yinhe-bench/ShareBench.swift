import ArgumentParser
import SandboxCore
import SecretSharing
import Transport

struct ShareBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Additive secret sharing: the secure sum of a vector among three or more parties.",
        discussion: "Every party is a process of its own. per_s counts vector elements (one value of every party each).")

    enum Operation: String, ExpressibleByArgument, CaseIterable { case sum }

    @Option(help: "What to measure.") var op = Operation.sum
    @Option(help: "Elements of the vector.") var n = 1_000_000
    @Option(help: "Parties, 3 to 8.") var parties = 3
    @Flag(help: "All parties in one process over memory channels.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 1 << 28 else { throw ValidationError("--n must be 1 to \(1 << 28)") }
        guard SecureSum.partyRange.contains(parties) else { throw ValidationError("--parties must be 3 to 8") }
    }

    func run() async throws {
        let count = n, parties = parties
        let agreement = try SecureSum.Agreement(
            names: (0..<parties).map { "party-\($0)" }, count: count, bounds: DeclaredBounds(-1_000_000_000...1_000_000_000))
        // Party p's value at i, known to everybody here so that the total can be checked.
        @Sendable func value(_ p: Int, _ i: Int) -> Int64 { Int64(i % 1_000_003) * Int64(p + 1) - Int64(p) * 7 }
        let samples = try await options.repeated {
            try await Parties.run(parties, inProcess: inProcess) { index, channels in
                let party = try SecureSum.Party(index, agreement: agreement, vector: (0..<count).map { value(index, $0) })
                let output = try await party.run(over: channels)
                return {
                    guard let totals = output.totals, totals.count == count else { return false }
                    return totals.indices.allSatisfy { i in
                        totals[i] == Int128((0..<parties).reduce(Int64(0)) { $0 + value($1, i) })
                    }
                }
            }
        }
        try options.report(
            BenchResult(
                "share", op: op.rawValue, protocol: "secure-sum-\(agreement.ring.rawValue)", n: count, threads: options.threads,
                samples: samples, details: ["parties": String(parties), "adversary": "semi-honest"]))
    }
}
