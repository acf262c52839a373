import Arithmetic
import ObliviousTransfer
import SandboxCore
import Transport

extension Report {
    mutating func baseOT() throws {
        var choices = (0..<20).map { _ in SystemRandom.shared.word() & 1 == 1 }
        choices.poison()
        let sender = BaseOT.Sender(random: SystemRandom.shared)
        let start = errors
        let receiver = BaseOT.Receiver(choices: choices, random: SecretRandom())
        note("base oblivious transfer, receiver's message for secret choices", errors - start)
        receiver.message.withUnsafeBytes { declassify($0) }
        let middle = errors
        var received = try receiver.keys(senderMessage: sender.message, context: [1])
        note("base oblivious transfer, receiver's keys for secret choices", errors - middle)
        received.declassify()
        choices.declassify()
        let sent = try sender.keys(receiverMessage: receiver.message, count: choices.count, context: [1], threads: 1)
        for (i, choice) in choices.enumerated() { precondition(received[i] == (choice ? sent[i].1 : sent[i].0), "transfer \(i)") }
    }

    /// Both engines of the silent VOLE: rows, trees, puncturing at secret points, code, malicious checks. What is sent becomes
    /// public as it leaves.
    mutating func silentVOLE(_ security: SilentVOLE.Security, _ field: SilentVOLE.Field) async throws {
        let parameters = SilentVOLE.Parameters(count: 200, field: field, security: security, threads: 1)
        let opening = SilentVOLE.SenderOpening(random: SecretRandom())
        opening.message.bytes.withUnsafeBytes { declassify($0) }
        let sender = try SilentVOLE.SenderEngine(parameters, opening: opening, random: SecretRandom())
        // The seed of the code, drawn first, is public. Drawing the points below a bound branches on what it rejects, and is
        // therefore outside of the check.
        let receiver = try SilentVOLE.ReceiverEngine(parameters, opening: .init(), random: SecretRandom(publicDraws: 2))
        let (left, right) = LocalChannel.pair()
        try await check(
            "silent VOLE over \(field.rawValue), \(security.rawValue), both engines", verdicts: security == .malicious ? 4 : 0,
            because: "whether the peer's proofs are valid, upon which a role stops or goes on"
        ) {
            _ = try await LocalRun.over(PublicChannel(left), PublicChannel(right)) { channel in
                let session = try await Session.open(over: channel, Self.proposal("a", "b"), first: sender.firstMessage)
                _ = try await sender.run(in: session)
                if security == .malicious { try await session.send(sender.answer(try await session.receive())) }
            } _: { channel in
                let session = try await Session.open(over: channel, Self.proposal("b", "a"), first: receiver.firstMessage)
                _ = try await receiver.run(in: session)
                if security == .malicious {
                    try await session.send(receiver.checkRequest())
                    try receiver.verify(try await session.receive())
                }
            }
        }
    }

    private static func proposal(_ role: String, _ peer: String) -> SessionProposal {
        SessionProposal(protocolName: "constant-time", version: 1, role: role, peerRole: peer)
    }
}
