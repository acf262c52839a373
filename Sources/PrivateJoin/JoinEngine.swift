import PrivateSetIntersection
import SandboxCore
import Transport

/// The private set intersection that runs on each bucket: fresh randomness and a session of its own every time.
struct JoinEngine: Sendable {
    enum Outcome: Sendable {
        case pairing(PSI.Pairing)
        case cardinality(Int?)
    }

    /// Never `.auto`.
    var used: PSI.ProtocolChoice
    var explanation: String
    var run:
        @Sendable (_ tokens: [JoinToken], _ channel: any Channel, _ binding: [UInt8], ProgressMonitor?) async throws -> Outcome

    /// Memory for each element of the larger set, this module's own share included.
    static let bytesPerElement = 320

    /// Agrees on the cheapest protocol for a job of `setSize` keys in `runs` buckets.
    static func negotiate(
        _ role: PSI.Role, setSize: Int, runs: Int, options: PrivateJoin.Options, over channel: any Channel, binding: [UInt8]
    ) async throws -> (PSI.ProtocolChoice, String) {
        let choice = PSI.Options(
            policy: .receiverLearnsMatches, adversary: options.adversary, threads: options.threads)
        let decision = try await PSI.CostModel.negotiate(
            role, setSize: setSize, options: choice, runs: runs, over: channel, binding: binding)
        return (decision.choice, decision.explanation)
    }

    /// `jobSizes`: of all buckets together; nil for a single one.
    init(
        _ choice: PSI.ProtocolChoice, explanation: String, role: PSI.Role, options: PrivateJoin.Options,
        jobSizes: VOLEPSI.JobSizes?
    ) {
        used = choice
        self.explanation = explanation
        let threads = options.threads
        if options.reveal == .count {
            let parameters = DHPSI.Parameters(policy: .cardinalityOnly, threads: threads)
            run = { tokens, channel, binding, progress in
                let output =
                    role == .sender
                    ? try await DHPSI.Sender(tokens: tokens, parameters: parameters)
                        .run(over: channel, binding: binding, progress: progress)
                    : try await DHPSI.Receiver(tokens: tokens, parameters: parameters)
                        .run(over: channel, binding: binding, progress: progress)
                return .cardinality(output.cardinality)
            }
        } else if choice == .vole || choice == .voleLowCommunication {
            let parameters = VOLEPSI.Parameters(
                policy: .receiverLearnsMatches, variant: choice == .vole ? .fast : .lowCommunication,
                adversary: options.adversary, threads: threads, jobSizes: jobSizes)
            run = { tokens, channel, binding, progress in
                .pairing(
                    try await VOLEPSI.pair(
                        role, tokens: tokens, parameters: parameters, over: channel, binding: binding, progress: progress))
            }
        } else {
            run = { tokens, channel, binding, progress in
                .pairing(
                    try await DHPSI.pair(
                        role, tokens: tokens, threads: threads, over: channel, binding: binding, progress: progress))
            }
        }
    }
}
