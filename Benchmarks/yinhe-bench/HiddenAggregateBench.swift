import ArgumentParser
import HiddenJoin
import SandboxCore
import Transport

struct HiddenAggregateBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hidden-aggregate", abstract: "Counts, sums and sums of squares by group over a join that nobody learns, as shares.",
        discussion: """
            One party holds the groups, the other a column and its square. Both parties' shares are added after the clock has stopped \
            and compared with the plain figures. n counts the keys of each party, half of them in common. With --source dealer a third \
            process is the dealer.
            """)

    @Option(help: "Keys of each party.") var n = 20_000
    @Option(help: "Groups.") var groups = 5
    @Option(help: "hidden, or aligned: both learn which of their rows match.") var mode = HiddenAggregation.Mode.hidden
    @Option(help: "Where the correlations come from.") var source = ShareSource.ot
    @Flag(help: "All parties in one process over memory channels.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 1 << 24, groups >= 1, groups <= 100 else {
            throw ValidationError("--n must be 1 to \(1 << 24), --groups 1 to 100")
        }
    }

    static let valueBounds: ClosedRange<Int64> = 0...9_999

    static func senderShapes() -> [HiddenAggregation.ColumnShape] {
        [
            .init(name: "one", bounds: 1...1), .init(name: "value", bounds: valueBounds),
            .init(name: "square", bounds: 0...valueBounds.upperBound * valueBounds.upperBound),
        ]
    }

    static func receiverShapes(groups: Int) -> [HiddenAggregation.ColumnShape] {
        (0..<groups).map { .init(name: "group-\($0)", bounds: 0...1) }
    }

    static func parameters(mode: HiddenAggregation.Mode, source: ShareSource, threads: Int) -> HiddenAggregation.Parameters {
        .init(mode: mode, threads: threads, usesDealer: source == .dealer)
    }

    private static func value(_ token: JoinToken) -> Int64 { Int64(token.high % UInt64(valueBounds.upperBound + 1)) }

    func run() async throws {
        let sets = SyntheticSets(first: n, second: n), groups = groups
        let parameters = Self.parameters(mode: mode, source: source, threads: options.threads)
        @Sendable func group(_ token: JoinToken) -> Int { Int(token.low % UInt64(groups)) }
        let samples = try await options.repeated {
            try await Parties.runPhased(source.processes, inProcess: inProcess) { index, channels, phases in
                guard index < ShareSource.dealerIndex else { return try await DealerRole.run(channels, phases) }
                let tokens = index == 0 ? sets.first : sets.second
                let columns: [HiddenAggregation.Column] = index == 0
                    ? (0..<groups).map { g in
                        .init(name: "group-\(g)", values: tokens.map { group($0) == g ? 1 : 0 }, bounds: 0...1)
                    }
                    : Self.senderShapes().enumerated().map { power, shape in
                        .init(
                            name: shape.name, values: tokens.map { token in (0..<power).reduce(1) { x, _ in x * Self.value(token) } },
                            bounds: shape.bounds)
                    }
                let party = try HiddenAggregation.Party(
                    role: index == 0 ? .receiver : .sender, tokens: tokens, columns: columns,
                    peerColumns: index == 0 ? Self.senderShapes() : Self.receiverShapes(groups: groups), parameters: parameters)
                phases.begin()
                let output = try await party.run(over: channels[1 - index]!, dealer: channels[ShareSource.dealerIndex])
                phases.setParts(output.phases.map { ($0.name, $0.seconds) })
                let shares = output.shares
                // By the channel that the run has left open.
                return {
                    try await GroupSums.areRight(
                        shares, party: index, over: channels[1 - index]!, sets: sets, group: group,
                        values: { let v = UInt128(Self.value($0)); return [1, v, v * v] })
                }
            }
        }
        try options.report(
            BenchResult(
                "hidden-aggregate", op: mode.rawValue, protocol: source == .dealer ? "dealer" : "ot-fast", n: n,
                threads: options.threads, samples: samples.map(\.asOnePhase), details: ["groups": String(groups), "adversary": "semi-honest"]))
    }
}

extension HiddenAggregation.Mode: ExpressibleByArgument {}
