import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing
import Transport

/// The same protocol between sockets, as two processes run it.
@Suite struct DHPSISocketTests {
    private func sockets(_ secure: Bool) async throws -> (any Channel, any Channel) {
        let a = try Identity.generate(), b = try Identity.generate()
        let listener = try SocketListener(
            Endpoint(host: "127.0.0.1", port: 0),
            security: secure ? .mutualTLS(identity: a, peers: [b.fingerprint]) : .insecurePlaintext)
        defer { listener.close() }
        async let connected = SocketChannel.connect(
            to: Endpoint(host: "127.0.0.1", port: listener.boundPort),
            security: secure ? .mutualTLS(identity: b, peers: [a.fingerprint]) : .insecurePlaintext)
        return (try await listener.accept(), try await connected)
    }

    @Test(arguments: DHPSI.ResultPolicy.allCases, [false, true])
    func everyPolicyGivesThePlainResultOverSockets(_ policy: DHPSI.ResultPolicy, secure: Bool) async throws {
        let seed = freshSeed()
        let sets = randomSets(sender: 3000, receiver: 2500, common: 1200, SeededRandom(seed))
        let parameters = DHPSI.Parameters(policy: policy, threads: 2, chunk: 500)
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: parameters)
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: parameters)
        let (left, right) = try await sockets(secure)
        let (a, b) = try await LocalRun.over(
            left, right, { try await sender.run(over: $0, binding: [1, 2]) },
            { try await receiver.run(over: $0, binding: [1, 2]) })
        let expected = PlainIntersection.outputs(sender: sets.sender, receiver: sets.receiver, policy: policy)
        #expect(a.matches == expected.sender.matches && a.cardinality == expected.sender.count, "seed \(seed)")
        #expect(b.matches == expected.receiver.matches && b.cardinality == expected.receiver.count, "seed \(seed)")
    }

    @Test func aPeerThatVanishesMidwayIsReported() async throws {
        let (left, right) = try await sockets(true)
        let sets = randomSets(sender: 4000, receiver: 4000, common: 1, SeededRandom(6))
        let sender = try DHPSI.Sender(tokens: sets.sender, parameters: .init(policy: .bothLearnMatches, chunk: 100))
        let receiver = try DHPSI.Receiver(tokens: sets.receiver, parameters: .init(policy: .bothLearnMatches, chunk: 100))
        async let lost = failure { try await sender.run(over: left) }
        let progress: ProgressMonitor = { event in
            if event.phase == "peer elements combined" { right.cancel(YinheError(.system, "pulled the plug")) }
        }
        #expect(await failure { try await receiver.run(over: right, progress: progress) } != nil)
        let error = await lost
        #expect(error?.code == .peerUnreachable || error?.code == .peerAborted, "\(String(describing: error))")
    }
}
