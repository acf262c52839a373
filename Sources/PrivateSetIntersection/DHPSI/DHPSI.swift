import Arithmetic
import SandboxCore
import Transport

/// Private set intersection by Diffie-Hellman over P-256, for two semi-honest parties (Meadows, IEEE S&P 1986; Huberman,
/// Franklin, Hogg, EC 1999). The wire format is Protocols/dh-psi.md.
///
///     Receiver (tokens X, secret a)                      Sender (tokens Y, secret b)
///     handshake: set sizes, result policy, binding
///     aH(x) for x in X, shuffled  ------------------->
///                                 <-------------------   bH(y) for y in Y, shuffled
///                                 <-------------------   mask(b(aH(x))) in the receiver's order; shuffled for .cardinalityOnly
///     compares with mask(a(bH(y)))
///     mask(a(bH(y))) in the sender's order  --------->   only for .bothLearnMatches
///     completion                  <------------------>
///
/// The two directions run at the same time and in chunks.
///
/// What a party learns besides its output: the size of the other set. `.cardinalityOnly` still tells the receiver the exact size
/// of the intersection, so a receiver that can choose its set (one element, or one more than last time) learns membership:
/// bound who may run it, and how often, outside of this protocol. A party that deviates from the protocol can enter any set;
/// nothing here proves that a set is genuine.
public enum DHPSI {
    public typealias ResultPolicy = PSI.ResultPolicy
    public typealias Output = PSI.Output

    public struct Parameters: Sendable {
        public var policy: ResultPolicy
        /// Threads for curve arithmetic.
        public var threads: Int
        /// Rows per message, 1 to `maximumChunk`. The two sides need not agree. A message takes 33 bytes a row.
        public var chunk: Int
        /// Fewer common tokens than this end the run with `.belowMinimum` on both sides. The same on both sides.
        public var minimumIntersection: Int

        /// `threads`: nil for all cores.
        public init(policy: ResultPolicy, threads: Int? = nil, chunk: Int = 4096, minimumIntersection: Int = 0) {
            self.policy = policy
            self.threads = threads ?? availableCores
            self.chunk = chunk
            self.minimumIntersection = minimumIntersection
        }

        public static let maximumChunk = 1 << 16

        func validate() throws {
            guard threads >= 1 else { throw YinheError(.usage, "\(threads) threads; at least 1 is needed") }
            guard chunk >= 1, chunk <= Self.maximumChunk else {
                throw YinheError(.usage, "\(chunk) rows per message; 1 to \(Self.maximumChunk) are possible")
            }
            guard minimumIntersection >= 0 else {
                throw YinheError(.usage, "a minimum intersection of \(minimumIntersection); 0 or more is possible")
            }
        }
    }

    /// Largest set on either side.
    public static let maximumSetSize = 1 << 30

    /// Longest session binding in bytes.
    public static let maximumBindingBytes = 256

    static let version = 1

    /// Hash domains of this protocol.
    package static let domain = DHDomain(protocolName: "dh-psi", version: version)

    /// Runs both roles in this process, each with `parameters.threads` threads.
    public static func localRun(
        sender: [JoinToken], receiver: [JoinToken], parameters: Parameters, binding: [UInt8] = [],
        progress: ProgressMonitor? = nil
    ) async throws -> (sender: Output, receiver: Output) {
        let sending = try Sender(tokens: sender, parameters: parameters)
        let receiving = try Receiver(tokens: receiver, parameters: parameters)
        let (a, b) = try await LocalRun.both(
            { try await sending.run(over: $0, binding: binding, progress: progress) },
            { try await receiving.run(over: $0, binding: binding, progress: progress) })
        return (a, b)
    }
}
