import ObliviousTransfer
import SandboxCore

extension VOLEPSI {
    /// Bytes of all messages to the sender and to the receiver, without framing (6 bytes a message) and handshakes, of a job
    /// that is cut into `runs` equal runs. See Protocols/vole-psi.md, "Cost".
    public static func bytes(
        receiverSize: Int, senderSize: Int, variant: Variant, adversary: PSI.Adversary, policy: PSI.ResultPolicy, runs: Int = 1
    ) throws -> (toSender: Int, toReceiver: Int) {
        precondition(runs > 0)
        guard receiverSize > 0, senderSize > 0 else { return (0, 0) }
        let plan = try Plan(
            receiverSize: (receiverSize + runs - 1) / runs, senderSize: (senderSize + runs - 1) / runs, variant: variant,
            adversary: adversary, job: JobSizes(receiver: receiverSize, sender: senderSize))
        let vole = plan.vole(1).messageBytes
        // At most: a list of matched places replaces the bitmap when it is shorter.
        let matched = policy == .bothLearnMatches ? (plan.senderSize + 7) / 8 : 0
        return (
            runs * (vole.toSender + Keys.seedBytes + plan.columns * plan.elementBytes + matched),
            runs * (vole.toReceiver + plan.senderSize * plan.maskBytes))
    }
}
