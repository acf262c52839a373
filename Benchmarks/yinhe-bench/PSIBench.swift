import ArgumentParser
import PrivateSetIntersection
import SandboxCore
import Transport

struct PSIBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psi", abstract: "Private set intersection of two sets of n keys, half of them in common.")

    enum Name: String, ExpressibleByArgument, CaseIterable { case dh }
    enum Reveal: String, ExpressibleByArgument, CaseIterable {
        case receiver, both, count
        var policy: DHPSI.ResultPolicy {
            switch self {
            case .receiver: .receiverLearnsMatches
            case .both: .bothLearnMatches
            case .count: .cardinalityOnly
            }
        }
    }

    @Option(name: .customLong("protocol"), help: "Protocol.") var protocolName = Name.dh
    @Option(help: "Keys of each party.") var n = 65_536
    @Option(help: "Keys of the receiver, when different from --n.") var receiverN: Int?
    @Option(help: "Who learns what.") var reveal = Reveal.receiver
    @Flag(help: "Both roles in one process over a memory channel.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 0, n <= 1 << 26, receiverN ?? 0 >= 0, receiverN ?? 0 <= 1 << 26 else {
            throw ValidationError("--n must be 0 to \(1 << 26)")
        }
    }

    func run() async throws {
        let sets = SyntheticSets(first: receiverN ?? n, second: n)
        let parameters = DHPSI.Parameters(policy: reveal.policy, threads: options.threads)
        let reveal = reveal
        let samples = try await options.repeated {
            try await Parties.runPair(inProcess: inProcess) { index, channel in
                let output =
                    index == 0
                    ? try await DHPSI.Receiver(tokens: sets.first, parameters: parameters).run(over: channel)
                    : try await DHPSI.Sender(tokens: sets.second, parameters: parameters).run(over: channel)
                return {
                    let expected = index == 0 ? sets.matchesInFirst : sets.matchesInSecond
                    let learns = reveal == .both || index == 0 && reveal == .receiver
                    return output.matches == (learns ? expected : nil) && (output.cardinality ?? sets.common) == sets.common
                }
            }
        }
        try options.report(
            BenchResult(
                "psi", op: reveal.rawValue, protocol: protocolName.rawValue, n: n, threads: options.threads, samples: samples,
                details: ["adversary": "semi-honest", "receiver_n": String(receiverN ?? n), "curve": "P-256"]))
    }
}
