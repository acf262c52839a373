import SandboxCore

/// A secret scalar: uniform in 1 ..< n for the group order n. Wiped when released; not printable, not comparable.
package final class P256SecretScalar: Sendable {
    private let bytes: SecretBytes

    /// Uniform by rejection: draws 32 bytes until they are in range (a draw fails with probability below 2^-32).
    package init(random: some RandomSource = SystemRandom.shared) {
        var candidate = SecretBytes(zeroed: P256.scalarBytes)
        repeat {
            candidate.withUnsafeMutableBytes { random.fill($0) }
        } while !candidate.withUnsafeBytes(P256.isScalarInRange)
        bytes = candidate
    }

    /// A fixed scalar of 32 big-endian bytes, for known answers; nil unless it is in 1 ..< n.
    package init?(bigEndian fixed: [UInt8]) {
        guard fixed.count == P256.scalarBytes, fixed.withUnsafeBytes(P256.isScalarInRange) else { return nil }
        var copy = SecretBytes(zeroed: P256.scalarBytes)
        copy.withUnsafeMutableBytes { $0.copyBytes(from: fixed) }
        bytes = copy
    }

    /// The 32 big-endian bytes, for the multiplication only.
    func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
        try bytes.withUnsafeBytes(body)
    }
}

extension P256 {
    /// The group order, big-endian words.
    private static let order: [UInt64] = [
        0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551,
    ]

    /// Whether 32 big-endian bytes are in 1 ..< n. Reveals only the answer: no early exit on a word.
    static func isScalarInRange(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var borrow: UInt64 = 0
        var any: UInt64 = 0
        for i in stride(from: 3, through: 0, by: -1) {
            let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
            let (d, b1) = word.subtractingReportingOverflow(order[i])
            let (_, b2) = d.subtractingReportingOverflow(borrow)
            borrow = (b1 ? 1 : 0) | (b2 ? 1 : 0)
            any |= word
        }
        return borrow == 1 && any != 0
    }
}
