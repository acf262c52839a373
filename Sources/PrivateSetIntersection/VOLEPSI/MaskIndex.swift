import Arithmetic
import CKernels
import SandboxCore

/// An index over 16-byte digests, found by a prefix of `maskBytes` bytes; made for sets beyond the processor's caches.
///
/// Memory beside the digests: 12 to 24 bytes a digest. Variable time: the pattern of equal digests is the output.
final class MaskIndex: Sendable {
    static let digestBytes = 16

    private let digests: HugeBuffer<Block128>
    private let count: Int
    private let maskBytes: Int
    private let bits: UInt32
    private let slots: HugeBuffer<UInt64>

    /// Indexes the first `count` of `digests`, which must not change; throws `equal(earlier, later)` for two equal ones.
    init(_ digests: HugeBuffer<Block128>, count: Int, maskBytes: Int, equal: (Int, Int) -> any Error) throws {
        precondition(count <= digests.count && maskBytes >= 5 && maskBytes <= Self.digestBytes)
        self.digests = digests
        self.count = count
        self.maskBytes = maskBytes
        (slots, bits) = try Self.build(digests.pointer, count: count, maskBytes: maskBytes, equal: equal)
    }

    /// Writes, for each of `count` masks of `maskBytes` bytes, the place of a digest that begins with it, or `UInt32.max`.
    func find(_ masks: UnsafeRawPointer, count: Int, into places: UnsafeMutablePointer<UInt32>) {
        yinhe_mask_index_find(
            places, slots.pointer, bits, Self.bytes(digests.pointer), masks.assumingMemoryBound(to: UInt8.self), count,
            UInt32(maskBytes))
    }

    /// Throws `equal(earlier, later)` when two of `count` 16-byte elements are equal.
    static func checkDistinct(_ elements: UnsafeRawPointer, count: Int, equal: (Int, Int) -> any Error) throws {
        _ = try build(elements, count: count, maskBytes: digestBytes, equal: equal)
    }

    private static func build(
        _ digests: UnsafeRawPointer, count: Int, maskBytes: Int, equal: (Int, Int) -> any Error
    ) throws -> (HugeBuffer<UInt64>, UInt32) {
        precondition(count < UInt32.max - 1)
        let bits = max(4, SecurityParameters.ceilLog2(max(count + count / 2, 1)))
        let slots = HugeBuffer<UInt64>(count: 1 << bits, wiped: false)
        var earlier = 0
        let later = yinhe_mask_index_build(slots.pointer, UInt32(bits), bytes(digests), count, UInt32(maskBytes), &earlier)
        if later < count { throw equal(earlier, later) }
        return (slots, UInt32(bits))
    }

    private static func bytes(_ p: UnsafeRawPointer) -> UnsafePointer<UInt8> { p.assumingMemoryBound(to: UInt8.self) }
}
