import ArgumentParser
import Foundation
import SandboxCore
import SecretSharing
import Transport

struct ShareBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "Computation on secret shares: operations of two parties, or the secure sum of three or more.",
        discussion: """
            Every party is a process of its own; with --source dealer a third process is the dealer. n counts elements or rows.

            wall_s, cpu_s, bytes and rounds are those of the computation on shares that both parties hold already, with prepared \
            correlations, and its result is shared again; offline_s, offline_cpu_s and offline_bytes are those of the \
            planning and the making of the correlations. For triples and hidden-join everything counts. Opening the result and \
            comparing it with the plain computation is outside of both.
            """)

    enum Operation: String, ExpressibleByArgument, CaseIterable {
        case sum, add, mul, square, dot, matmul, less, equal, b2a, truncate, divide, shuffle, sort, mean, variance, median
        case groupBy = "group-by"
        case jointNoise = "joint-noise"
        case triples
        case hiddenJoin = "hidden-join"
    }
    enum RingBits: Int, ExpressibleByArgument, CaseIterable { case z64 = 64, z128 = 128 }

    @Option(help: "What to measure.") var op = Operation.sum
    @Option(help: "Where the correlations come from.") var source = ShareSource.ot
    @Option(help: "How oblivious transfers are made: fast (SoftSpoken) or compact (silent).")
    var transfers = TwoPartyComputation.TransferMethod.fast
    @Option(help: "Elements of the vectors, or rows.") var n = 1_000_000
    @Option(help: "Parties of sum, 3 to 8.") var parties = 3
    @Option(help: "Bits of the declared bounds of the operands, sign included; default by operation.") var bits: Int?
    @Option(help: "The ring of the shares.") var ring = RingBits.z64
    @Option(help: "Columns of the matrices of matmul.") var columns = 10
    @Option(help: "Secret groups of group-by.") var groups = 1000
    @Option(help: "How sort and group-by sort.") var sort = SortAlgorithm.automatic
    @Option(help: "joint-noise: scale b of the discrete Laplace law, a decimal or a fraction.") var scale = "100"
    @Option(help: "joint-noise: each sample is within statistical distance 2^-this of the law, 40 to 100.") var distanceBits = 64
    @Option(help: "The kind of correlation that triples makes.") var correlation = ShareCorrelation.products
    @Option(help: "Milliseconds that every frame takes from one party to another: half of a round trip.") var delayMs = 0.0
    @Option(help: "Megabits a second that each party can send to each other; 0 for no limit.") var megabits = 0.0
    @Flag(help: "All parties in one process over memory channels.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 1 << 28 else { throw ValidationError("--n must be 1 to \(1 << 28)") }
        guard SecureSum.partyRange.contains(parties) else { throw ValidationError("--parties must be 3 to 8") }
        guard (1..<ring.rawValue).contains(bits ?? 1) else { throw ValidationError("--bits must be 1 to \(ring.rawValue - 1)") }
        guard (1...1000).contains(columns), (1...1 << 20).contains(groups) else {
            throw ValidationError("--columns must be 1 to 1000, --groups 1 to \(1 << 20)")
        }
        guard delayMs >= 0, delayMs <= 10_000, megabits >= 0 else {
            throw ValidationError("--delay-ms must be 0 to 10000, --megabits not negative")
        }
    }

    func run() async throws {
        switch op {
        case .sum: try await runSum()
        case .triples: try await runCorrelations()
        case .hiddenJoin: try await runHiddenJoin()
        default:
            switch ring {
            case .z64: try await runProgram(UInt64.self)
            case .z128: try await runProgram(UInt128.self)
            }
        }
    }

    /// The channel as `--delay-ms` and `--megabits` want it.
    var network: @Sendable (any Channel) -> any Channel {
        let delay = Duration.microseconds(Int64(delayMs * 1000)), rate = megabits > 0 ? megabits * 125_000 : nil
        return { delay == .zero && rate == nil ? $0 : DelayedChannel($0, delay: delay, bytesPerSecond: rate) }
    }

    func report(_ name: String, _ samples: [Sample], _ details: [String: String]) throws {
        var details = details.merging(["adversary": "semi-honest"]) { $1 }
        if delayMs > 0 { details["delay_ms"] = String(format: "%g", delayMs) }
        if megabits > 0 { details["megabits"] = String(format: "%g", megabits) }
        try options.report(
            BenchResult("share", op: op.rawValue, protocol: name, n: n, threads: options.threads, samples: samples, details: details))
    }
}

// MARK: Secure sum

extension ShareBench {
    private func runSum() async throws {
        let count = n, parties = parties
        let agreement = try SecureSum.Agreement(
            names: (0..<parties).map { "party-\($0)" }, count: count, bounds: DeclaredBounds(-1_000_000_000...1_000_000_000))
        // Party p's value at i, known to everybody here so that the total can be checked.
        @Sendable func value(_ p: Int, _ i: Int) -> Int64 { Int64(i % 1_000_003) * Int64(p + 1) - Int64(p) * 7 }
        let samples = try await options.repeated {
            try await Parties.runPhased(parties, inProcess: inProcess, network: network) { index, channels, _ in
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
        try report("secure-sum-\(agreement.ring.rawValue)", samples, ["parties": String(parties)])
    }
}
