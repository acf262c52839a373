import ArgumentParser
import IntersectionSum
import SandboxCore
import Transport

struct IntersectionSumBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "intersection-sum", abstract: "Sums by group over the intersection, as additive shares.",
        discussion: "Both parties' shares are added after the clock has stopped and compared with the plain sums. n is the group party's size.")

    @Option(help: "Keys of the group party.") var n = 20_000
    @Option(help: "Keys of the value party; default --n. Half of the smaller set is in common.") var valueN: Int?
    @Option(help: "Groups.") var groups = 5
    @Option(help: "Values of each key.") var slots = 3
    @Option(help: "Bits of the Paillier modulus.") var bits = 2048
    @Flag(help: "Both roles in one process over a memory channel.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 1, n <= 1 << 24, valueN ?? 1 >= 1, valueN ?? 1 <= 1 << 24 else { throw ValidationError("sizes must be 1 to \(1 << 24)") }
        guard groups >= 1, groups <= 1000, slots >= 1, slots <= 1000 else { throw ValidationError("--groups and --slots must be 1 to 1000") }
    }

    func run() async throws {
        let sets = SyntheticSets(first: n, second: valueN ?? n)
        let groupCount = groups, slotCount = slots
        let parameters = IntersectionSum.Parameters(
            slots: (0..<slotCount).map { .init(name: "slot-\($0)", upperBound: 1 << 32) }, groupCount: groupCount,
            minimumIntersection: 0, keyBits: bits, threads: options.threads, binding: [])
        @Sendable func value(_ token: JoinToken, _ slot: Int) -> UInt64 { (token.low >> 32) &+ UInt64(slot) & 0xffff }
        let samples = try await options.repeated {
            try await Parties.runPair(inProcess: inProcess) { index, channel in
                let shares: [[UInt128]]
                if index == 0 {
                    var groups = [[JoinToken]](repeating: [], count: groupCount)
                    for token in sets.first { groups[Int(token.high % UInt64(groupCount))].append(token) }
                    shares = try await IntersectionSum.GroupParty(groups: groups, parameters: parameters).run(over: channel).shares
                } else {
                    let values = sets.second.flatMap { token in (0..<slotCount).map { value(token, $0) } }
                    shares = try await IntersectionSum.ValueParty(
                        tokens: sets.second, values: values, parameters: parameters
                    ).run(over: channel).shares
                }
                return {
                    try await GroupSums.areRight(
                        shares, party: index, over: channel, sets: sets, group: { Int($0.high % UInt64(groupCount)) },
                        values: { token in (0..<slotCount).map { UInt128(value(token, $0)) } })
                }
            }
        }
        try options.report(
            BenchResult(
                "intersection-sum", op: "group-sum", protocol: "dh-paillier", n: n, threads: options.threads, samples: samples,
                details: [
                    "value_n": String(valueN ?? n), "groups": String(groups), "slots": String(slots), "bits": String(bits),
                    "adversary": "semi-honest",
                ]))
    }
}
