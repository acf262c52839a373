import Arithmetic
import SandboxCore
import Transport

/// Private set intersection from vector oblivious linear evaluation (Raghuraman, Rindal, "Blazing Fast PSI from Improved OKVS and
/// Subfield VOLE", CCS 2022, eprint 2022/320, figure 4; malicious: Rindal, Schoppmann, eprint 2021/266). The wire format is
/// Protocols/vole-psi.md.
///
///     Receiver (tokens X)                                Sender (tokens Y)
///     handshake: set sizes, policy, variant; base OT messages leave with it
///     silent VOLE: a                                     silent VOLE: Delta, b
///     P = Encode(x -> H_B(x)), seed r
///     r, A = P + a  --------------------------------->   k = b + A Delta
///     silent VOLE: c = a Delta + b
///                   <---------------------------------   H_o(Decode(k, y) + Delta H_B(y)), shuffled
///     compares with H_o(Decode(c, x))
///     which places matched  ------------------------->   only under .bothLearnMatches
///
/// What a party learns besides its output: the size of the other set. An OPRF tells the receiver which of its own tokens match,
/// so `.cardinalityOnly` is refused; `DHPSI` can count.
public enum VOLEPSI {
    /// What a run minimises. Security does not depend on it.
    public enum Variant: String, Sendable, Codable, CaseIterable {
        /// Computing: a clustered OKVS.
        case fast
        /// Bytes: an unclustered OKVS.
        case lowCommunication = "low-communication"
    }

    /// The sizes of both whole sets when a run is one part of a larger job, such as one bucket of many. Statistical security is
    /// then kept over the whole job.
    public struct JobSizes: Sendable, Equatable {
        public var receiver: Int
        public var sender: Int

        public init(receiver: Int, sender: Int) {
            self.receiver = receiver
            self.sender = sender
        }
    }

    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        public var policy: PSI.ResultPolicy
        public var variant: Variant
        public var adversary: PSI.Adversary
        public var threads: Int
        /// The receiver stops the run with `.belowMinimum`, on both sides, when fewer tokens are common.
        public var minimumIntersection: Int
        /// Nil: the two sets of this run are the whole job.
        public var jobSizes: JobSizes?

        /// `threads`: nil for all cores.
        public init(
            policy: PSI.ResultPolicy, variant: Variant = .fast, adversary: PSI.Adversary = .semiHonest, threads: Int? = nil,
            minimumIntersection: Int = 0, jobSizes: JobSizes? = nil
        ) {
            self.policy = policy
            self.variant = variant
            self.adversary = adversary
            self.threads = threads ?? availableCores
            self.minimumIntersection = minimumIntersection
            self.jobSizes = jobSizes
        }

        func validate() throws {
            guard threads >= 1 else { throw YinheError(.usage, "\(threads) threads; at least 1 is needed") }
            guard minimumIntersection >= 0 else {
                throw YinheError(.usage, "a minimum intersection of \(minimumIntersection); 0 or more is possible")
            }
            if policy == .cardinalityOnly { throw VOLEPSI.cannotCount }
        }
    }

    /// Largest receiver set of one run (the OKVS's limit), and largest sender set.
    public static let maximumReceiverSize = 1 << 24
    public static let maximumSenderSize = 1 << 30

    /// Longest session binding in bytes.
    public static let maximumBindingBytes = 256

    static let version = 1

    static let cannotCount = YinheError(
        .usage,
        "vole-psi cannot count without telling which: its receiver evaluates a keyed function on each of its own tokens and "
            + "sees which values the sender sent",
        remedy: "use the dh protocol (or auto) for a count")

    /// Told the name of each phase of a role when it ends; for benches.
    package typealias Trace = @Sendable (_ phase: String) -> Void

    /// Runs both roles in this process, each with `parameters.threads` threads.
    public static func localRun(
        sender: [JoinToken], receiver: [JoinToken], parameters: Parameters, binding: [UInt8] = [],
        progress: ProgressMonitor? = nil
    ) async throws -> (sender: PSI.Output, receiver: PSI.Output) {
        let sending = try Sender(tokens: sender, parameters: parameters)
        let receiving = try Receiver(tokens: receiver, parameters: parameters)
        let (a, b) = try await LocalRun.both(
            { try await sending.run(over: $0, binding: binding, progress: progress) },
            { try await receiving.run(over: $0, binding: binding, progress: progress) })
        return (a, b)
    }
}
