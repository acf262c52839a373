import ArgumentParser
import Foundation
import PrivateSetIntersection
import SandboxCore
import Synchronization
import Transport

struct PSIBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psi", abstract: "Private set intersection of two sets of n keys, half of them in common.",
        discussion: """
            The keys are in memory; base transfers and all set-up are inside the time. `--protocol naive` is no protocol: the \
            sender sends truncated hashes of its keys, as a measure of how far the private ones are from the least possible.
            """)

    enum Name: String, ExpressibleByArgument, CaseIterable {
        case auto, vole, dh, naive
        case voleLowCommunication = "vole-lowcomm"
        var choice: PSI.ProtocolChoice { PSI.ProtocolChoice(rawValue: rawValue) ?? .auto }
    }
    enum Reveal: String, ExpressibleByArgument, CaseIterable {
        case receiver, both, count
        var policy: PSI.ResultPolicy {
            switch self {
            case .receiver: .receiverLearnsMatches
            case .both: .bothLearnMatches
            case .count: .cardinalityOnly
            }
        }
    }

    @Option(name: .customLong("protocol"), help: "Protocol.") var protocolName = Name.dh
    @Option(help: "Keys of each party.") var n = 65_536
    @Option(help: "Keys of the receiver, when different from --n.") var m: Int?
    @Option(help: "The same as --m.") var receiverN: Int?
    @Option(help: "Who learns what.") var reveal = Reveal.receiver
    @Flag(help: "Secure against parties that deviate from the protocol.") var malicious = false
    @Flag(help: "Print when each phase of each party ended, on standard error.") var phases = false
    @Flag(help: "Both roles in one process over a memory channel.") var inProcess = false
    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard n >= 0, n <= 1 << 26, receiverSize >= 0, receiverSize <= 1 << 26 else {
            throw ValidationError("--n and --m must be 0 to \(1 << 26)")
        }
        if malicious, protocolName == .dh || protocolName == .naive {
            throw ValidationError("--malicious goes with --protocol vole, vole-lowcomm or auto")
        }
    }

    private var receiverSize: Int { m ?? receiverN ?? n }

    func run() async throws {
        let sets = SyntheticSets(first: receiverSize, second: n)
        let samples = try await options.repeated {
            try await Parties.runPhased(2, inProcess: inProcess) { index, channels, meter in
                let output = try await party(index, sets, channels[1 - index]!, meter)
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
                details: [
                    "adversary": malicious ? "malicious" : "semi-honest", "receiver_n": String(receiverSize),
                    "bits_per_element": String(
                        format: "%.1f", 8 * Double(samples[0].bytes) / Double(max(1, max(n, receiverSize)))),
                ]))
    }

    /// Party 0 receives.
    private func party(
        _ index: Int, _ sets: SyntheticSets, _ channel: any Channel, _ meter: PhaseMeter
    ) async throws -> PSI.Output {
        let tokens = index == 0 ? sets.first : sets.second
        switch protocolName {
        case .naive: return try await NaivePSI.run(index, tokens, channel)
        case .vole, .voleLowCommunication:
            let parameters = VOLEPSI.Parameters(
                policy: reveal.policy, variant: protocolName == .vole ? .fast : .lowCommunication,
                adversary: malicious ? .malicious : .semiHonest, threads: options.threads)
            let log = PhaseLog(index == 0 ? "receiver" : "sender")
            let printed = phases
            let trace: VOLEPSI.Trace = { phase in
                if printed { log.mark(phase) }
                // What stands behind a colon differs from run to run.
                meter.mark(String(phase.prefix { $0 != ":" }))
            }
            defer { if phases { log.print() } }
            return index == 0
                ? try await VOLEPSI.Receiver(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: [], progress: nil, random: SystemRandom.shared, trace: trace)
                : try await VOLEPSI.Sender(tokens: tokens, parameters: parameters)
                    .run(over: channel, binding: [], progress: nil, random: SystemRandom.shared, trace: trace)
        case .auto, .dh:
            let options = PSI.Options(
                protocolChoice: protocolName.choice, policy: reveal.policy, adversary: malicious ? .malicious : .semiHonest,
                threads: options.threads)
            let report =
                index == 0
                ? try await PSI.Receiver(tokens: tokens, options: options).run(over: channel)
                : try await PSI.Sender(tokens: tokens, options: options).run(over: channel)
            if index == 0, let text = report.decision?.explanation { FileHandle.standardError.write(Data((text + "\n").utf8)) }
            return report.output
        }
    }
}

/// When each phase of one party ended, in milliseconds of elapsed and of processor time since the start.
private final class PhaseLog: Sendable {
    private let party: String
    private let start = ContinuousClock.now
    private let cpu = ResourceUsage.current().cpuSeconds
    private let lines = Mutex<[String]>([])

    init(_ party: String) { self.party = party }

    func mark(_ phase: String) {
        let wall = (ContinuousClock.now - start).seconds, used = ResourceUsage.current().cpuSeconds - cpu
        lines.withLock { $0.append(String(format: "%@ %8.1f ms  cpu %8.1f  ", party, 1e3 * wall, 1e3 * used) + phase) }
    }

    func print() {
        FileHandle.standardError.write(Data((lines.withLock { $0.joined(separator: "\n") } + "\n").utf8))
    }
}
