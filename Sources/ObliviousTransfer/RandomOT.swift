import Arithmetic
import SandboxCore

/// Random oblivious transfers of 16-byte strings in both directions of one session, as many as wanted, a chunk at a time.
///
///     party that sends (Delta)                         party that receives
///     base OT, once: choices = bits of Delta           128 pairs of keys -> 32 trees of 16 leaves
///                    <---------------------------      31 correction rows of a chunk
///     q_j, strings H(j, q_j), H(j, q_j + Delta)        choices c_j, t_j = q_j + c_j Delta, strings H(j, t_j)
///                    ---------------------------->     what a program derives from its strings
///
/// Semi-honest. Two methods make the same q, t and c: L. Roy, "SoftSpokenOT" (CRYPTO 2022, eprint 2022/192) with k = 4, fast and
/// 31 bits a transfer; and the silent correlation of `SilentOT`, slower and below one bit. Protocols/ot-extension.md.
package enum RandomOT {
    package enum Method: String, Sendable, CaseIterable {
        case softSpoken = "SoftSpoken"
        case silent
    }

    /// Chunks are made of whole granules in the soft-spoken method.
    static let granule = 256
    /// Transfers that are worked on at a time; their rows and columns stay in the second cache.
    package static let tile = 4096
    /// Transfers between two messages of a long run.
    package static let chunk = 1 << 16
    /// A run of at most so many transfers takes them from stock.
    static let smallRun = 1 << 12
    /// Transfers that the soft-spoken method puts in stock at a time.
    static let stockUnit = 1 << 14
    /// Transfers of one silent correlation.
    static let silentUnits = 1 << 16...1 << 20
    /// Bytes under way in one direction that are never waited for: a quarter of what a channel takes.
    static let aheadBytes = 4 << 20
    static let maximumAhead = 8

    static func padded(_ transfers: Int) -> Int { (transfers + granule - 1) / granule * granule }

    /// Bytes of the correction rows of a chunk.
    package static func correctionBytes(_ transfers: Int) -> Int { (SmallTrees.groups - 1) * padded(transfers) / 8 }
}

/// What one use of random transfers does with them. Both parties run the same program, each with its own part of the data; the
/// direction of a transfer is named by the party that sends.
///
/// Transfers of one direction are numbered from 0. The functions get consecutive ranges (tiles) that begin at multiples of `tile`;
/// unless `isOrdered`, ranges come from several threads and in any order.
package protocol TransferProgram: AnyObject, Sendable {
    func transfers(sender: Int) -> Int
    /// Bytes that the sender tells the receiver about `range`, which begins at a multiple of `tile`.
    func payloadBytes(_ range: Range<Int>, sender: Int) -> Int
    /// A multiple of 256, at most `RandomOT.tile`.
    var tile: Int { get }
    /// A multiple of `tile`, such that the payload of a chunk is at most 2 MiB.
    var chunk: Int { get }
    var isOrdered: Bool { get }
    /// Whether the receiver chooses; else the choices are random.
    var choosesBits: Bool { get }

    /// The receiver's side: bit j of `choices` and string j belong to transfer `range.lowerBound + j`. Where `choosesBits`,
    /// `choices` is to be replaced by the wanted bits. The strings may be overwritten.
    func receive(_ range: Range<Int>, choices: UnsafeMutablePointer<UInt64>, strings: UnsafeMutablePointer<Block128>)
    /// The sender's side: both strings of each transfer, which may be overwritten, and where the payload goes.
    func send(
        _ range: Range<Int>, zero: UnsafeMutablePointer<Block128>, one: UnsafeMutablePointer<Block128>,
        payload: UnsafeMutableRawPointer)
    /// The receiver's side again, with the payload.
    func finish(_ range: Range<Int>, payload: UnsafeRawPointer)
}

extension TransferProgram {
    package var tile: Int { RandomOT.tile }
    package var chunk: Int { RandomOT.chunk }
    package var isOrdered: Bool { false }
    package var choosesBits: Bool { false }
}
