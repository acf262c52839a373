import SandboxCore

/// An open-addressing index over 16-byte digests, found by a prefix of `maskBytes` bytes.
///
/// Memory beside the digests: 4 bytes per slot, 1.5 to 3 slots per digest (8 MB for a million). Variable time in the digests:
/// they are pseudorandom images of the elements, and the pattern of equal ones is the output.
struct DigestIndex: ~Copyable {
    static let digestBytes = 16

    private let digests: UnsafeRawBufferPointer
    private let slots: UnsafeMutablePointer<UInt32>
    private let slotBits: Int
    private let lowMask: UInt64
    private let highMask: UInt64
    private static let empty = UInt32.max

    /// Indexes `digests`, which must outlive the index; `duplicate` tells of two equal ones (all 16 bytes), if any.
    init(_ digests: UnsafeRawBufferPointer, maskBytes: Int, duplicate: inout (Int, Int)?) {
        precondition(maskBytes >= 5 && maskBytes <= Self.digestBytes && digests.count % Self.digestBytes == 0)
        let count = digests.count / Self.digestBytes
        precondition(count < UInt32.max)
        self.digests = digests
        lowMask = maskBytes >= 8 ? .max : 1 << UInt64(8 * maskBytes) - 1
        highMask = maskBytes == 16 ? .max : maskBytes > 8 ? 1 << UInt64(8 * (maskBytes - 8)) - 1 : 0
        slotBits = max(1, SecurityParameters.ceilLog2(max(count + count / 2, 1)))
        slots = .allocate(capacity: 1 << slotBits)
        slots.initialize(repeating: Self.empty, count: 1 << slotBits)
        for i in 0..<count {
            let low = word(i, 0), high = word(i, 8)
            var slot = self.slot(low & lowMask, high & highMask)
            while slots[slot] != Self.empty {
                let other = Int(slots[slot])
                if word(other, 0) == low, word(other, 8) == high {
                    duplicate = (other, i)
                    return
                }
                slot = (slot + 1) & (1 << slotBits - 1)
            }
            slots[slot] = UInt32(i)
        }
    }

    deinit { slots.deallocate() }

    /// The index of a digest that begins with the `maskBytes` bytes at `mask`; nil when there is none.
    func find(_ mask: UnsafeRawBufferPointer) -> Int? {
        var key: (UInt64, UInt64) = (0, 0)
        withUnsafeMutableBytes(of: &key) { $0.copyMemory(from: mask) }
        var slot = self.slot(key.0, key.1)
        while slots[slot] != Self.empty {
            let candidate = Int(slots[slot])
            if word(candidate, 0) & lowMask == key.0, word(candidate, 8) & highMask == key.1 { return candidate }
            slot = (slot + 1) & (1 << slotBits - 1)
        }
        return nil
    }

    private func word(_ index: Int, _ offset: Int) -> UInt64 {
        digests.loadUnaligned(fromByteOffset: Self.digestBytes * index + offset, as: UInt64.self).littleEndian
    }

    private func slot(_ low: UInt64, _ high: UInt64) -> Int {
        Int(truncatingIfNeeded: (low &* 0x9e37_79b9_7f4a_7c15 ^ high &* 0xc2b2_ae3d_27d4_eb4f) >> UInt64(64 - slotBits))
    }

    /// The places of two equal 16-byte elements.
    static func firstDuplicate(in elements: UnsafeRawBufferPointer) -> (Int, Int)? {
        var duplicate: (Int, Int)?
        _ = DigestIndex(elements, maskBytes: digestBytes, duplicate: &duplicate)
        return duplicate
    }
}
