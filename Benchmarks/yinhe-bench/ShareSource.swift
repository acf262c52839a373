import ArgumentParser
import SandboxCore
import SecretSharing
import Transport

/// Where the two parties of a bench get their correlations.
enum ShareSource: String, ExpressibleByArgument, CaseIterable {
    case dealer, ot

    /// The dealer's place among the processes; 0 and 1 compute.
    static let dealerIndex = 2

    var processes: Int { self == .dealer ? 3 : 2 }
}

/// The third process of a bench with a dealer.
enum DealerRole {
    static func run(_ channels: [Int: any Channel], _ phases: PhaseMeter) async throws -> @Sendable () async throws -> Bool {
        phases.isHelper()
        let service = DealerService()
        async let first = service.serve(channels[0]!)
        async let second = service.serve(channels[1]!)
        _ = try await (first, second)
        return { true }
    }
}

extension TwoPartyComputation.TransferMethod: ExpressibleByArgument {}
extension SortAlgorithm: ExpressibleByArgument {}

extension ShareBench {
    /// Runs party 0 or 1 on its channels to the peer and, if there is one, to the dealer; the dealer itself is run here. The body says
    /// whether its result was right, after it has stopped the clock.
    func runPair(
        _ body: @escaping @Sendable (
            _ party: Int, _ peer: any Channel, _ dealer: (any Channel)?, _ phases: PhaseMeter
        ) async throws -> Bool
    ) async throws -> Sample {
        try await Parties.runPhased(source.processes, inProcess: inProcess, network: network) { index, channels, phases in
            guard index < ShareSource.dealerIndex else { return try await DealerRole.run(channels, phases) }
            let correct = try await body(index, channels[1 - index]!, channels[ShareSource.dealerIndex], phases)
            return { correct }
        }
    }

    /// Runs a computation of two parties.
    func runComputation(
        _ body: @escaping @Sendable (_ computation: TwoPartyComputation, _ peer: any Channel, _ phases: PhaseMeter) async throws -> Bool
    ) async throws -> Sample {
        let threads = options.threads, transfers = transfers
        return try await runPair { party, peer, dealer, phases in
            var options = TwoPartyComputation.Options(threads: threads)
            options.randomness = dealer.map { .dealer($0) } ?? .transfers(transfers)
            return try await TwoPartyComputation.run(over: peer, party: party, options: options) { try await body($0, peer, phases) }
        }
    }

    /// For reports: "dealer", "ot-fast", "ot-compact".
    var sourceName: String { source == .dealer ? "dealer" : "ot-\(transfers.rawValue)" }
}
