import Arithmetic
import CKernels
import SandboxCore

/// Random oblivious transfers of 16-byte keys: the endemic OT of D. Masny and P. Rindal, "Endemic Oblivious Transfer", CCS 2019
/// (eprint 2019/706), over ristretto255 (RFC 9496). Malicious and semi-honest security in the random-oracle model.
///
///     receiver: choice bits b_j                                sender
///     t_j random; r_{1-b} a random element                     a random, A = a G
///     r_b = t_j G - H_b(j, r_{1-b})
///                       --- r_0, r_1 for every j --->
///                       <------------- A ------------          (independent messages: they may cross)
///     k_{j,b} = KDF(.., b, t_j A)                              k_{j,i} = KDF(.., i, a (r_i + H_i(j, r_{1-i}))), i = 0, 1
///
/// "Endemic": a party that deviates may choose its own keys, but the receiver learns at most one key of each pair, and the
/// sender nothing about the choice. Enough for OT extension (section 5 of the paper). The page Protocols/base-ot.md has the details.
package enum BaseOT {
    /// Bytes of an encoded group element; the sender's message.
    package static let elementBytes = 32
    package static let senderMessageBytes = elementBytes
    /// The receiver's message is this many bytes per transfer: r_0, then r_1.
    package static let receiverBytesPerTransfer = 2 * elementBytes
}
