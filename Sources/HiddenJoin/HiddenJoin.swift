import SandboxCore
import SecretSharing

/// Joins two sets of keyed rows so that neither party learns which rows match, nor how many: membership and the sender's columns
/// end as shares, bin by bin of the receiver's hash table (circuit PSI).
///
///     Receiver, party 0 (tokens X)                         Sender, party 1 (tokens Y, columns S)
///     handshake: set sizes, columns, both halves of the hash seed; base OT messages leave with it
///     cuckoo hashing: each x in one of its 3 bins          simple hashing: each y in all of its 3 bins
///     VOLE-PSI's OPRF on (x, function of its bin)  <--->   F(y, function) for 3 |Y| pairs
///                                                          random target t_j and masks m_j for every bin j
///                  <------------------------------------   key-value store: (y, function) -> F + (t_j, S(y) - m_j)
///     y_j and s_j = decoded at x, or random
///                  <----- private equality of y_j, t_j ->  shared bits b_j; shared b_j (s_j + m_j)
///
/// P. Rindal, P. Schoppmann, "VOLE-PSI", EUROCRYPT 2021 (eprint 2021/266, circuit PSI); B. Pinkas, T. Schneider, O. Tkachenko, A.
/// Yanai, "Efficient circuit-based PSI with linear communication", EUROCRYPT 2019 (eprint 2019/241); S. Raghuraman, P. Rindal,
/// CCS 2022 (eprint 2022/320). Protocols/hidden-join.md.
///
/// **Adversary: semi-honest.** Besides the shares a party learns the size of the other set and the declared columns.
public enum HiddenJoin {
    /// Largest sets: the equality of 64-bit targets bounds the bins, the key-value store of 3 keys a token the sender's set.
    public static let maximumReceiverSize = 1 << 23
    public static let maximumSenderSize = (1 << 24) / functions

    /// Longest session binding in bytes.
    public static let maximumBindingBytes = 256

    /// Hash functions of the receiver's table.
    package static let functions = 3

    static let version: UInt32 = 1

    /// Both sides must use the same values, but for `threads`.
    public struct Parameters: Sendable {
        public var threads: Int
        /// At most 256 bytes, such as a contract's hash.
        public var binding: [UInt8]
        /// Correlated randomness comes from a trusted dealer and not from oblivious transfers between the two parties.
        public var usesDealer: Bool
        /// How oblivious transfers are made, without a dealer: `.fast` for local networks, `.compact` for slow ones.
        public var transfers: TwoPartyComputation.TransferMethod

        /// `threads`: nil for all cores.
        public init(
            threads: Int? = nil, binding: [UInt8] = [], usesDealer: Bool = false,
            transfers: TwoPartyComputation.TransferMethod = .fast
        ) {
            self.threads = threads ?? availableCores
            self.binding = binding
            self.usesDealer = usesDealer
            self.transfers = transfers
        }

        func validate() throws {
            guard threads >= 1 else { throw YinheError(.usage, "\(threads) threads; at least 1 is needed") }
            guard binding.count <= maximumBindingBytes else {
                throw YinheError(.usage, "a binding of \(binding.count) bytes; at most \(maximumBindingBytes) are possible")
            }
        }
    }

    static func requireSize(_ count: Int, isReceiver: Bool) throws {
        let maximum = isReceiver ? maximumReceiverSize : maximumSenderSize
        guard count <= maximum else {
            throw YinheError(
                .badInput, "\(count) tokens; at most \(maximum) are possible for the \(isReceiver ? "receiver" : "sender")",
                remedy: "split both sets by a hash of the key and join part by part")
        }
    }
}
