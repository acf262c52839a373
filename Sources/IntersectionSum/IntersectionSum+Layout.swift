import Arithmetic
import Paillier
import SandboxCore

extension IntersectionSum {
    /// Every size of one run, from the parameters and the two sides' public counts: both sides compute the same.
    package struct Layout: Sendable {
        package let groupSizes: [Int]
        package let valueSetSize: Int
        package let packing: SlotPacking
        /// Bytes of a masked point. Every row is compared with every token of the groups, and the groups' tokens must also
        /// differ from each other, so both sizes are the larger one in `SecurityParameters.comparisonMaskBytes`.
        package let maskBytes: Int
        package let ciphertextBytes: Int

        /// Throws `.range` when the sums cannot fit their slots.
        package init(parameters: Parameters, groupSizes: [Int], valueSetSize: Int) throws {
            self.groupSizes = groupSizes
            self.valueSetSize = valueSetSize
            // Each row matches at most one token, so a group collects at most this many rows.
            let contributions = min(groupSizes.max() ?? 0, valueSetSize)
            packing = try SlotPacking(
                upperBounds: parameters.slots.map(\.upperBound), contributions: contributions, isMasked: true,
                keyBits: parameters.keyBits)
            let total = groupSizes.reduce(0, +), larger = max(total, valueSetSize)
            maskBytes = SecurityParameters.comparisonMaskBytes(total, larger)
            ciphertextBytes = parameters.keyBits / 4
        }

        package var groupSetSize: Int { groupSizes.reduce(0, +) }
        package var rowBytes: Int { P256.encodedBytes + packing.plaintextCount * ciphertextBytes }
        /// Points or masks in one message.
        package var pointsPerMessage: Int { 4096 }
        /// Rows in one message: about 1 MiB.
        package var rowsPerMessage: Int { max(1, min(2048, (1 << 20) / rowBytes)) }
        package var sumCiphertexts: Int { groupSizes.count * packing.plaintextCount }
        package var sumsPerMessage: Int { max(1, (1 << 20) / ciphertextBytes) }

        /// The token ranges of the groups in the concatenation of all groups.
        package var groupRanges: [Range<Int>] {
            var start = 0
            return groupSizes.map { size in
                defer { start += size }
                return start..<start + size
            }
        }
    }

    /// Consecutive ranges of at most `size` that cover 0 ..< count.
    static func messageRanges(_ count: Int, _ size: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
    }

    /// Checks that a message carries exactly the elements that are due.
    static func expect(_ bytes: Int, elements: Int, of width: Int, _ what: String) throws {
        guard bytes == elements * width else {
            throw YinheError(.peerMisbehaved, "\(what): \(bytes) bytes where \(elements) elements of \(width) bytes were due")
        }
    }

    /// What a peer's key or ciphertext fails with is the peer's doing.
    static func blamingPeer<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch var error as YinheError where error.code == .badInput || error.code == .range {
            error.code = .peerMisbehaved
            error.remedy = ""
            throw error
        }
    }
}
