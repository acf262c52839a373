import SandboxCore

/// A secret scalar: uniform in 1 ..< n for the group order n. Wiped when released; not printable, not comparable.
package final class P256SecretScalar: Sendable {
    private let bytes: SecretBytes

    /// Whether it is below 32 or above n - 32.
    let isExtreme: Bool

    /// Uniform by rejection: draws 32 bytes until they are in range (a draw fails with probability below 2^-32).
    package init(random: some RandomSource = SystemRandom.shared) {
        var candidate = SecretBytes(zeroed: P256.scalarBytes)
        repeat {
            candidate.withUnsafeMutableBytes { random.fill($0) }
        } while !candidate.withUnsafeBytes(P256.isScalarInRange)
        isExtreme = candidate.withUnsafeBytes(P256.isScalarExtreme)
        bytes = candidate
    }

    /// A fixed scalar of 32 big-endian bytes, for known answers; nil unless it is in 1 ..< n.
    package init?(bigEndian fixed: [UInt8]) {
        guard fixed.count == P256.scalarBytes, fixed.withUnsafeBytes(P256.isScalarInRange) else { return nil }
        var copy = SecretBytes(zeroed: P256.scalarBytes)
        copy.withUnsafeMutableBytes { $0.copyBytes(from: fixed) }
        isExtreme = copy.withUnsafeBytes(P256.isScalarExtreme)
        bytes = copy
    }

    /// The 32 big-endian bytes, for the multiplication only.
    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try bytes.withUnsafeBytes(body)
    }
}

extension P256 {
    /// The group order n, most significant word first.
    private static let order = SIMD4<UInt64>(
        0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551)

    /// Whether 32 big-endian bytes are in 1 ..< n. The time does not depend on the bytes.
    static func isScalarInRange(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let k = words(bytes)
        let (difference, borrow) = orderMinus(k)
        let zero = isSmall(k, mask: .max) ? 1 : 0, equal = isSmall(difference, mask: .max) ? 1 : 0
        return zero | equal | Int(borrow) == 0
    }

    /// Whether a scalar in range is below 32 or above n - 32.
    static func isScalarExtreme(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let k = words(bytes)
        let low = isSmall(k, mask: ~31) ? 1 : 0, high = isSmall(orderMinus(k).difference, mask: ~31) ? 1 : 0
        return low | high == 1
    }

    /// Whether all bits but those outside `mask` in the last word are zero.
    private static func isSmall(_ w: SIMD4<UInt64>, mask: UInt64) -> Bool { w[0] | w[1] | w[2] | (w[3] & mask) == 0 }

    private static func words(_ bytes: UnsafeRawBufferPointer) -> SIMD4<UInt64> {
        var out = SIMD4<UInt64>()
        for i in 0..<4 { out[i] = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)) }
        return out
    }

    /// n - k mod 2^256 for 32 big-endian bytes k, most significant word first, and a borrow of 1 if k > n.
    private static func orderMinus(_ k: SIMD4<UInt64>) -> (difference: SIMD4<UInt64>, borrow: UInt64) {
        var difference = SIMD4<UInt64>()
        var borrow: UInt64 = 0
        for i in stride(from: 3, through: 0, by: -1) {
            let (d, first) = order[i].subtractingReportingOverflow(k[i])
            let (e, second) = d.subtractingReportingOverflow(borrow)
            difference[i] = e
            borrow = (first ? 1 : 0) | (second ? 1 : 0)
        }
        return (difference, borrow)
    }
}
