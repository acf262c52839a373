// Two lists of join keys, one intersection: both roles in this process, over an in-memory channel.
// Between two machines, run each role over a `SocketChannel` instead.
import PrivateSetIntersection
import SandboxCore
import Tables

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

// Only the receiver learns which of its own keys are common.
let parameters = DHPSI.Parameters(policy: .receiverLearnsMatches)
let (sender, receiver) = try await DHPSI.localRun(
    sender: tokens(centre), receiver: tokens(bank), parameters: parameters)

print("the bank's matches:", receiver.matches!.map { bank[$0] })
print("the centre learned that the bank has \(sender.peerSetSize) keys, and nothing else")
