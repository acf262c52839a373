import ArgumentParser
import Evaluation
import Foundation
import SandboxCore

/// How the networks of an evaluation are made.
enum NetworkMethod: String, ExpressibleByArgument, CaseIterable {
    /// In the kernel where that is possible, else in the parties' processes.
    case auto
    case netem
    case shaped
}

/// The environment variables that give a bench's parties their network.
struct EvaluationNetworks: Sendable {
    let means: EvaluationDocument.NetworkProfile.Means
    /// Why the kernel does not make them, when it does not.
    let obstacle: String?

    init(_ method: NetworkMethod) throws {
        let obstacle = method == .shaped ? "not asked for" : BenchNamespaces.probe()
        if method == .netem, let obstacle {
            throw YinheError(
                .system, "networks cannot be made in the kernel: \(obstacle)",
                remedy: "use --network shaped, or a kernel with sch_netem, as root")
        }
        self.obstacle = obstacle
        means = obstacle == nil ? .netem : .shaped
    }

    func profiles(_ used: Set<String>) -> [EvaluationDocument.NetworkProfile] {
        EvaluationProfile.links.filter { used.contains($0.name) || $0.name == "loopback" }.map { link in
            .init(
                name: link.name, bitsPerSecond: link.bitsPerSecond, roundTripMilliseconds: link.roundTripMilliseconds,
                how: link.name == "loopback" ? .loopback : means)
        }
    }

    /// Runs `body` with the variables for a network; namespaces exist for as long as it runs.
    func with<R>(
        _ name: String, _ interruption: EvaluationInterruption, _ body: ([String: String]) async throws -> R
    ) async throws -> R {
        guard name != "loopback", let link = EvaluationProfile.links.first(where: { $0.name == name }) else { return try await body([:]) }
        let delay = link.roundTripMilliseconds / 2000
        guard means == .netem else {
            return try await body([
                SimulatedLink.key: SimulatedLink(delay: delay, bytesPerSecond: link.bitsPerSecond.map { $0 / 8 }).text
            ])
        }
        let space = try BenchNamespaces.create(
            parties: 3, discipline: BenchNamespaces.discipline(delay: delay, bitsPerSecond: link.bitsPerSecond))
        interruption.cleanUp { space.remove() }
        defer { space.remove() }
        return try await body([BenchNamespaces.key: space.prefix])
    }
}
