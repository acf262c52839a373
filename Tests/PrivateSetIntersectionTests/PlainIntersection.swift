import PrivateSetIntersection
import SandboxCore
import TestSupport
import Transport

/// The oracle: what each role must learn, computed in the clear.
enum PlainIntersection {
    static func outputs(
        sender: [JoinToken], receiver: [JoinToken], policy: DHPSI.ResultPolicy
    ) -> (sender: (matches: [Int]?, count: Int?), receiver: (matches: [Int]?, count: Int?)) {
        let senderSet = Set(sender), receiverSet = Set(receiver)
        let forReceiver = receiver.indices.filter { senderSet.contains(receiver[$0]) }
        let forSender = sender.indices.filter { receiverSet.contains(sender[$0]) }
        switch policy {
        case .receiverLearnsMatches: return ((nil, nil), (forReceiver, forReceiver.count))
        case .bothLearnMatches: return ((forSender, forSender.count), (forReceiver, forReceiver.count))
        case .cardinalityOnly: return ((nil, nil), (nil, forReceiver.count))
        }
    }
}

/// Two sets of the given sizes with `common` elements in common, in random orders.
func randomSets(sender: Int, receiver: Int, common: Int, _ random: SeededRandom) -> (sender: [JoinToken], receiver: [JoinToken]) {
    func fresh() -> JoinToken { JoinToken(bytes: random.bytes(16)) }
    func shuffled(_ tokens: [JoinToken]) -> [JoinToken] { random.permutation(tokens.count).map { tokens[$0] } }
    let shared = (0..<common).map { _ in fresh() }
    return (
        shuffled(shared + (common..<sender).map { _ in fresh() }),
        shuffled(shared + (common..<receiver).map { _ in fresh() })
    )
}
