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

extension TwoPartyComputation.TransferMethod: ExpressibleByArgument {}
extension SortAlgorithm: ExpressibleByArgument {}

extension ShareBench {
    /// Runs one of the two parties, or the dealer. The body says whether its result was right, after it has stopped the clock.
    func runParties(
        _ body: @escaping @Sendable (_ computation: TwoPartyComputation, _ peer: any Channel, _ phases: PhaseMeter) async throws -> Bool
    ) async throws -> Sample {
        let source = source, threads = options.threads, transfers = transfers
        return try await Parties.runPhased(source.processes, inProcess: inProcess, network: network) { index, channels, phases in
            guard index < ShareSource.dealerIndex else {
                phases.isHelper()
                let service = DealerService()
                async let first = service.serve(channels[0]!)
                async let second = service.serve(channels[1]!)
                _ = try await (first, second)
                return { true }
            }
            let peer = channels[1 - index]!
            var options = TwoPartyComputation.Options(threads: threads)
            options.randomness = if source == .dealer { .dealer(channels[ShareSource.dealerIndex]!) } else { .transfers(transfers) }
            let correct = try await TwoPartyComputation.run(over: peer, party: index, options: options) {
                try await body($0, peer, phases)
            }
            return { correct }
        }
    }

    /// For reports: "dealer", "ot-fast", "ot-compact".
    var sourceName: String { source == .dealer ? "dealer" : "ot-\(transfers.rawValue)" }
}
