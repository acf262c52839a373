import SandboxCore
import SecretSharing
import TestSupport
import Testing
import Transport

/// A dealer and its parties in this process.
struct DealerRun: Sendable {
    let names: [String]
    var limits = DealerService.Limits()
    var random: any RandomSource = SystemRandom.shared
    var overTLS = false

    static let job = Array("run-7".utf8)

    init(_ parties: Int) { names = (0..<parties).map { "party-\(["a", "b", "c", "d", "e", "f", "g", "h"][$0])" } }

    struct Outcome<R: Sendable>: Sendable {
        /// Of every party.
        var parties: [Result<R, any Error>]
        /// Of the dealer's call for every party.
        var dealer: [Result<DealerService.Report, any Error>]
    }

    /// Runs `body` as every party of `present` (all when nil), each with a source of its own, and the dealer.
    func run<R: Sendable>(
        present: [Int]? = nil, _ body: @escaping @Sendable (Int, DealerCorrelations) async throws -> R
    ) async throws -> Outcome<R> {
        try await connected(present ?? Array(names.indices)) { party, channel in
            let source = try await DealerCorrelations(over: channel, job: Self.job, party: party, names: names)
            let result = try await body(party, source)
            await source.finish()
            return result
        }
    }

    /// The same with bare channels to the dealer.
    func connected<R: Sendable>(
        _ present: [Int], _ body: @escaping @Sendable (Int, any Channel) async throws -> R
    ) async throws -> Outcome<R> {
        let service = DealerService(limits: limits, random: random)
        let ends = try await channels(present.count)
        let serving = ends.map { end in Task { try await service.serve(end.1) } }
        let computing = zip(present, ends).map { party, end in
            Task {
                do { return try await body(party, end.0) } catch {
                    end.0.cancel(YinheError(.cancelled, "the party has failed"))
                    throw error
                }
            }
        }
        var outcome = Outcome<R>(parties: [], dealer: [])
        for task in computing { outcome.parties.append(await task.result) }
        for task in serving { outcome.dealer.append(await task.result) }
        return outcome
    }

    private func channels(_ count: Int) async throws -> [(any Channel, any Channel)] {
        guard overTLS else { return (0..<count).map { _ in LocalChannel.pair() } }
        let own = try Identity.generate()
        let others = try (0..<count).map { _ in try Identity.generate() }
        let listener = try SocketListener(
            Endpoint(host: "127.0.0.1", port: 0), security: .mutualTLS(identity: own, peers: others.map(\.fingerprint)))
        defer { listener.close() }
        var out: [(any Channel, any Channel)] = []
        for identity in others {
            async let far = listener.accept()
            async let near = SocketChannel.connect(
                to: Endpoint(host: "127.0.0.1", port: listener.boundPort),
                security: .mutualTLS(identity: identity, peers: [own.fingerprint]))
            out.append((try await near, try await far))
        }
        return out
    }
}

func codeOf<T>(_ result: Result<T, any Error>) -> YinheError.Code? {
    if case .failure(let error) = result { (error as? YinheError)?.code } else { nil }
}

func errorOf<T>(_ result: Result<T, any Error>) -> YinheError? {
    if case .failure(let error) = result { error as? YinheError } else { nil }
}
