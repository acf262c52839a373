// Two lists of join keys, one intersection: both roles in this process, over an in-memory channel.
// Between two machines, run each role over a `SocketChannel` instead.
import PrivateSetIntersection
import SandboxCore
import Tables
import Transport

// Two spellings of one key become one token.
let normalizer = JoinKeyNormalizer.text
func tokens(_ keys: [String]) -> [JoinToken] {
    keys.compactMap { key in
        guard case .valid(let canonical) = normalizer.normalize(key) else { return nil }
        return JoinToken(canonical)
    }
}

let centre = ["Acme Ltd", "Beta Co", "Gamma Inc"]
let bank = ["  beta co", "Delta LLP", "ＡＣＭＥ ltd"]

// Only the receiver learns which of its own keys are common. The protocol is chosen by predicted cost.
let options = PSI.Options(protocolChoice: .auto, policy: .receiverLearnsMatches)
let sender = try PSI.Sender(tokens: tokens(centre), options: options)
let receiver = try PSI.Receiver(tokens: tokens(bank), options: options)
let (sent, received) = try await LocalRun.both({ try await sender.run(over: $0) }, { try await receiver.run(over: $0) })

print("the bank's matches:", received.output.matches!.map { bank[$0] })
print("by protocol \(received.protocolUsed.rawValue), because \(received.decision!.explanation)")
print("the centre learned that the bank has \(sent.output.peerSetSize) keys, and nothing else")
