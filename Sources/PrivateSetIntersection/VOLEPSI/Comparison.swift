import Arithmetic
import SandboxCore

extension VOLEPSI {
    /// The receiver's own masks, and which of them the sender has sent so far. One task at a time.
    ///
    /// A mask that matches an own token is refused the second time. One that matches nothing may repeat: it counts as an
    /// element that the receiver lacks, and masks are wide enough to tell own from foreign tokens, not foreign ones from each
    /// other.
    final class Comparison: @unchecked Sendable {
        /// For each own token its rank among the matched ones in the order of the sender's masks; `UInt32.max` for no match.
        private(set) var rankByToken: [UInt32]
        /// Places of the sender's masks that matched, ascending.
        private(set) var matchedPlaces: [UInt32] = []
        private let index: MaskIndex
        private let maskBytes: Int
        private let found: HugeBuffer<UInt32>

        /// `masks`: 16 bytes for each of the `count` own tokens. Throws `.badInput` when two tokens are equal.
        init(_ masks: HugeBuffer<Block128>, count: Int, plan: Plan) throws {
            maskBytes = plan.maskBytes
            index = try MaskIndex(masks, count: count, maskBytes: maskBytes, equal: equalTokens)
            rankByToken = [UInt32](repeating: .max, count: count)
            found = HugeBuffer(count: plan.maskRows, wiped: false)
            matchedPlaces.reserveCapacity(min(count, plan.senderSize))
        }

        /// Throws `.peerMisbehaved` for a mask that matched before.
        func compare(_ masks: [UInt8], first: Int, rows: Int) throws {
            precondition(masks.count == rows * maskBytes && rows <= self.found.count)
            let found = found.pointer
            masks.withUnsafeBytes { index.find($0.baseAddress!, count: rows, into: found) }
            var rank = UInt32(matchedPlaces.count)
            try rankByToken.withUnsafeMutableBufferPointer { ranks in
                for i in 0..<rows where found[i] != .max {
                    let own = Int(found[i])
                    guard ranks[own] == .max else {
                        throw YinheError(.peerMisbehaved, "the peer sent a mask twice (second at row \(first + i))")
                    }
                    ranks[own] = rank
                    rank += 1
                    matchedPlaces.append(UInt32(first + i))
                }
            }
        }
    }
}

extension PSI.Output {
    /// `rankByToken`: for each token its rank, or `UInt32.max` when it is not common.
    init(rankByToken: [UInt32], peerSetSize: Int, tellsRanks: Bool) {
        var matches: [Int] = []
        var ranks: [Int] = []
        for (i, rank) in rankByToken.enumerated() where rank != .max {
            matches.append(i)
            if tellsRanks { ranks.append(Int(rank)) }
        }
        self.init(matches: matches, cardinality: matches.count, peerSetSize: peerSetSize, ranks: tellsRanks ? ranks : nil)
    }
}
