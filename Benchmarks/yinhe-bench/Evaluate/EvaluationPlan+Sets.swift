import Evaluation
import PrivateSetIntersection
import SandboxCore

/// Set intersection, and the channel below it.
extension EvaluationPlan {
    var psi: [EvaluationTask] {
        let large = profile.sizes([1 << 14, 1 << 17], standard: [1 << 20], full: [1 << 22])
        let curves = profile.sizes([1 << 10, 1 << 12], standard: [1 << 15], full: [1 << 17])
        return [
            voleTask(.fast, sizes: large, quickNetworks: ["lan", "wan", "slow"]),
            voleTask(.lowCommunication, sizes: large, quickNetworks: ["slow"]),
            voleTask(.fast, malicious: true, sizes: profile == .quick ? [large[0]] : large, quickNetworks: []),
            EvaluationTask(
                area: .psi, operation: "psi", command: ["psi", "--protocol", "dh"], unit: "tokens", parameters: ["reveal": "receiver"],
                sizes: curves, networkSizes: profile.networkSizes(curves), networks: profile.networks(quick: ["wan"]),
                moreThreads: profile.moreThreads, checked: Self.matches,
                security: floor("semi-honest", statistical: SecurityParameters.statistical),
                formula: { try Self.bytes(.dh, $0, .semiHonest, "Protocols/dh-psi.md, Cost") }),
        ]
    }

    private static let matches = "the matching rows, exactly, with a plain join"

    private static func bytes(
        _ choice: PSI.ProtocolChoice, _ n: Int, _ adversary: PSI.Adversary, _ source: String
    ) throws -> (bytes: Double, source: String) {
        let estimate = try PSI.CostModel.estimate(
            choice, .init(receiverSize: n, senderSize: n, adversary: adversary),
            .init(roundTrip: 0, toSender: 1e9, toReceiver: 1e9))
        return (Double(estimate.bytesToSender + estimate.bytesToReceiver), source)
    }

    private func voleTask(
        _ variant: VOLEPSI.Variant, malicious: Bool = false, sizes: [Int], quickNetworks: [String]
    ) -> EvaluationTask {
        let name = variant == .fast ? "vole" : "vole-lowcomm", choice: PSI.ProtocolChoice = variant == .fast ? .vole : .voleLowCommunication
        let adversary: PSI.Adversary = malicious ? .malicious : .semiHonest
        return EvaluationTask(
            area: .psi, operation: "psi", command: ["psi", "--protocol", name] + (malicious ? ["--malicious"] : []), unit: "tokens",
            parameters: ["reveal": "receiver", "adversary": malicious ? "malicious" : "semi-honest"], sizes: sizes,
            // Two sizes also in `quick`: one alone cannot tell bandwidth from delay.
            networkSizes: profile == .quick ? sizes : profile.networkSizes(sizes), networks: profile.networks(quick: quickNetworks),
            moreThreads: profile == .quick ? [] : profile.moreThreads, checked: Self.matches,
            security: floor(malicious ? "malicious" : "semi-honest", statistical: SecurityParameters.statistical),
            formula: { try Self.bytes(choice, $0, adversary, "Protocols/vole-psi.md, Cost") })
    }

    var transport: [EvaluationTask] {
        let plain = floor("none: plain TCP inside of the bench", computational: nil)
        func throughput(_ networks: [String], _ size: Int, tls: Bool = false) -> EvaluationTask {
            EvaluationTask(
                area: .transport, operation: "throughput",
                command: ["transport", "--op", "throughput"] + (tls ? ["--tls"] : []), unit: "bytes", sizes: [size],
                networkSizes: [size], networks: networks, checked: "length and last byte of every frame",
                security: tls ? floor("active on the network (mutual TLS 1.3)") : plain, formula: { (Double($0), "the payload alone") })
        }
        func roundTrips(_ networks: [String], _ count: Int, tls: Bool = false) -> EvaluationTask {
            EvaluationTask(
                area: .transport, operation: "roundtrip", command: ["transport", "--op", "roundtrip"] + (tls ? ["--tls"] : []),
                sizeOption: "--round-trips", unit: "messages", parameters: ["payload": "64 bytes"], sizes: [count], networkSizes: [count],
                networks: networks, checked: "every answer, exactly",
                security: tls ? floor("active on the network (mutual TLS 1.3)") : plain)
        }
        let factor = profile == .quick ? 1 : 4
        // On slow links the bucket's depth must not matter: at least a second of transfer, or a good part of one.
        return [
            throughput(["lan"], factor << 26), throughput(["wan", "slow"], factor << 22), throughput([], factor << 26, tls: true),
            roundTrips([], 2_000 * factor), roundTrips(["lan"], 400 * factor), roundTrips(["wan", "slow"], 10 * factor),
            roundTrips([], 2_000 * factor, tls: true),
        ]
    }
}
