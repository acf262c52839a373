import Arithmetic
import Paillier
import PrivateSetIntersection
import SandboxCore

extension IntersectionSum {
    /// The pure steps of the protocol; synchronous, randomness injected.
    package enum Steps {
        /// The order in which tokens of consecutive groups are sent: shuffled inside each group.
        package static func shuffled(_ ranges: [Range<Int>], random: some RandomSource) -> [Int] {
            var order: [Int] = []
            order.reserveCapacity(ranges.last?.upperBound ?? 0)
            for range in ranges { order += random.permutation(range.count).map { range.lowerBound + $0 } }
            return order
        }

        /// Elements of `width` bytes in the given order.
        package static func reordered(_ bytes: [UInt8], width: Int, _ order: [Int]) -> [UInt8] {
            var out: [UInt8] = []
            out.reserveCapacity(order.count * width)
            for index in order { out += bytes[index * width..<(index + 1) * width] }
            return out
        }

        /// A mask of at most 16 bytes as a number, for look-ups.
        package static func number(_ masks: [UInt8], _ index: Int, _ width: Int) -> UInt128 {
            var number: UInt128 = 0
            for byte in masks[index * width..<(index + 1) * width] { number = number << 8 | UInt128(byte) }
            return number
        }

        /// Uniform masks of `sumBits` + 40 bits for each slot of each group.
        package static func drawMasks(_ layout: Layout, random: some RandomSource) -> [[UInt128]] {
            layout.groupSizes.map { _ in
                layout.packing.sumBits.map { bits in
                    let word = UInt128(random.word()) << 64 | UInt128(random.word())
                    return word >> UInt128(128 - SecurityParameters.additiveMaskBits(hiding: bits))
                }
            }
        }

        /// GroupParty's shares: what removes the masks.
        package static func groupShares(masks: [[UInt128]]) -> [[UInt128]] { masks.map { $0.map { 0 &- $0 } } }
    }

    /// GroupParty's running state of rounds 3 to 5: which masks belong to which group, and the encrypted sums so far.
    /// Handed from one unit of work to the next, never used by two at a time.
    package final class Matcher: @unchecked Sendable {
        private let key: PaillierPublicKey
        private let layout: Layout
        private var groupOfMask: [UInt128: Int32]
        package private(set) var counts: [Int]
        package private(set) var sums: [PaillierCiphertext]  // groups x plaintexts

        private static let used: Int32 = -1

        /// `masks`: all masked points of round 3, group after group. Throws `.peerMisbehaved` when one occurs twice.
        package init(key: PaillierPublicKey, layout: Layout, masks: [UInt8]) throws {
            self.key = key
            self.layout = layout
            groupOfMask = Dictionary(minimumCapacity: layout.groupSetSize)
            for (group, range) in layout.groupRanges.enumerated() {
                for i in range where groupOfMask.updateValue(Int32(group), forKey: Steps.number(masks, i, layout.maskBytes)) != nil {
                    throw YinheError(.peerMisbehaved, "the same masked point came back twice")
                }
            }
            counts = [Int](repeating: 0, count: layout.groupSizes.count)
            sums = [PaillierCiphertext](repeating: key.sum([]), count: layout.sumCiphertexts)
        }

        /// Adds the rows whose mask is known. Every ciphertext has been validated before: if only those that match were looked
        /// at, an invalid one would show the peer, by the abort, whether its row matched.
        package func add(rowMasks: [UInt8], ciphertexts: [PaillierCiphertext]) throws {
            let perRow = layout.packing.plaintextCount
            for row in 0..<rowMasks.count / layout.maskBytes {
                let mask = Steps.number(rowMasks, row, layout.maskBytes)
                guard let group = groupOfMask[mask] else { continue }
                guard group != Self.used else { throw YinheError(.peerMisbehaved, "two rows match the same token") }
                groupOfMask[mask] = Self.used
                counts[Int(group)] += 1
                for j in 0..<perRow {
                    let place = Int(group) * perRow + j
                    sums[place] = key.add(sums[place], ciphertexts[row * perRow + j])
                }
            }
        }
    }
}
