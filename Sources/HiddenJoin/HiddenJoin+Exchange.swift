import Arithmetic
import ObliviousTransfer
import PrivateSetIntersection
import SandboxCore
import Transport

/// What a party holds of all bins after the programming, before anything is compared.
package struct ProgrammedBins: Sendable {
    package let plan: HiddenJoin.Plan
    /// `plan.words` a bin. Receiver: what it decoded, or random words; sender: the target and the masks. With equal first words
    /// the elements of the two parties add up to the sender's columns.
    package let words: HugeBuffer<UInt64>
    /// The receiver's row in each bin, `CuckooTable.empty` for none; nil for the sender.
    package let rowOfBin: [UInt32]?

    /// The words that decide whether bins `range` hold a match.
    func targets(_ range: Range<Int>) -> [UInt64] {
        let stride = plan.words
        return range.map { words.pointer[$0 * stride] }
    }

    /// Elements of column `column` in bins `range`, appended to `out`.
    func append(column: Int, of range: Range<Int>, to out: inout [UInt64]) {
        let stride = plan.words
        for bin in range { out.append(words.pointer[bin * stride + 1 + column]) }
    }

    func append(column: Int, of range: Range<Int>, to out: inout [UInt128]) {
        let stride = plan.words
        for bin in range {
            let at = words.pointer + (bin * stride + 1 + 2 * column)
            out.append(UInt128(at[1]) << 64 | UInt128(at[0]))
        }
    }
}

extension HiddenJoin {
    /// What both sides say and check before any data flows.
    struct Opening: Sendable {
        let isReceiver: Bool
        let size: Int
        let seedWords: (UInt64, UInt64)

        init(isReceiver: Bool, size: Int, random: any RandomSource) {
            self.isReceiver = isReceiver
            self.size = size
            seedWords = (random.word(), random.word())
        }

        func proposal(_ name: String, _ parameters: Parameters, _ more: [(name: String, value: String)]) -> SessionProposal {
            SessionProposal(
                protocolName: name, version: version, role: isReceiver ? "receiver" : "sender",
                peerRole: isReceiver ? "sender" : "receiver",
                parameters: more + [
                    ("correlations", parameters.usesDealer ? "trusted dealer" : "transfers, \(parameters.transfers.rawValue)"),
                    ("binding", parameters.binding.hex),
                ],
                announcements: [
                    Self.setSize: size, Self.seedNames.0: Int(bitPattern: UInt(seedWords.0)),
                    Self.seedNames.1: Int(bitPattern: UInt(seedWords.1)),
                ])
        }

        /// The peer's announced set size, checked.
        func peerSize(in session: Session) throws -> Int {
            let maximum = isReceiver ? maximumSenderSize : maximumReceiverSize
            guard let size = session.peerAnnouncements[Self.setSize], 0...maximum ~= size else {
                throw YinheError(.peerMisbehaved, "the peer announced no set size up to \(maximum)")
            }
            return size
        }

        /// The seed of the hash functions, from both sides' words: neither party's tokens depend on it.
        func hashSeed(in session: Session) throws -> [UInt8] {
            guard let low = session.peerAnnouncements[Self.seedNames.0], let high = session.peerAnnouncements[Self.seedNames.1] else {
                throw YinheError(.peerMisbehaved, "the peer announced no part of the hash seed")
            }
            let peer = (UInt64(bitPattern: Int64(low)), UInt64(bitPattern: Int64(high)))
            return isReceiver
                ? BinHash.seed(receiver: seedWords, sender: peer) : BinHash.seed(receiver: peer, sender: seedWords)
        }

        private static let setSize = "set size"
        private static let seedNames = ("hash seed 0", "hash seed 1")
    }

    static let attempts = 3

    /// Encodes under fresh seeds until one has a solution; each fails with probability at most 2^-40, before anything was sent.
    static func withSeed<R>(
        _ random: any RandomSource, bytes: Int, _ encode: (_ seed: [UInt8]) throws -> R
    ) throws -> (seed: [UInt8], result: R) {
        var attempt = 1
        while true {
            let seed = random.bytes(bytes)
            do {
                return (seed, try encode(seed))
            } catch let error as YinheError where error.code == OKVS.noSolution && attempt < attempts {
                attempt += 1
            }
        }
    }
}
