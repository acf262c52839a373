import Arithmetic
import SandboxCore

/// Tokens compared by truncated SHA-256 in the clear: no protocol, the yardstick of benches.
package struct NaiveComparison: Sendable {
    private let index: MaskIndex
    private let width: Int

    package init(_ tokens: [JoinToken], width: Int) throws {
        self.width = width
        let digests = HugeBuffer<Block128>(count: tokens.count, wiped: false)
        tokens.withUnsafeBytes { Self.digest($0, into: digests.pointer) }
        index = try MaskIndex(digests, count: tokens.count, maskBytes: width, equal: VOLEPSI.equalTokens)
    }

    /// Indices of the own tokens whose masks are among `masks`, in their order.
    package func matches(_ masks: [UInt8]) -> [Int] {
        let count = masks.count / width
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: max(count, 1)) { found in
            masks.withUnsafeBytes { if count > 0 { index.find($0.baseAddress!, count: count, into: found.baseAddress!) } }
            return found[..<count].lazy.filter { $0 != .max }.map { Int($0) }
        }
    }

    /// The masks of some tokens, `width` bytes each.
    package static func masks(_ tokens: [JoinToken], _ range: Range<Int>, width: Int) -> [UInt8] {
        let digests = HugeBuffer<Block128>(count: range.count, wiped: false)
        tokens.withUnsafeBytes {
            digest(UnsafeRawBufferPointer(rebasing: $0[16 * range.lowerBound..<16 * range.upperBound]), into: digests.pointer)
        }
        return [UInt8](unsafeUninitializedCapacity: width * range.count) { out, initialized in
            VOLEPSI.cut(digests.pointer, count: range.count, width: width, into: out.baseAddress!)
            initialized = width * range.count
        }
    }

    private static func digest(_ tokens: UnsafeRawBufferPointer, into out: UnsafeMutablePointer<Block128>) {
        let count = tokens.count / 16
        withUnsafeTemporaryAllocation(of: Block128.self, capacity: 2048) { digests in
            for first in stride(from: 0, to: count, by: 1024) {
                let n = min(1024, count - first)
                BatchSHA256.hash(tokens.baseAddress! + 16 * first, length: 16, count: n, into: digests.baseAddress!)
                for i in 0..<n { out[first + i] = digests[2 * i] }
            }
        }
    }
}
