/// Sixteen bytes: an AES block, or an element of GF(2^128) (see `GF128`). Little-endian words, the low one first.
@frozen
public struct Block128: Hashable, Sendable, BitwiseCopyable {
    public var low: UInt64
    public var high: UInt64

    @inlinable
    public init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    public static let zero = Block128(low: 0, high: 0)

    @inlinable
    public static func ^ (a: Block128, b: Block128) -> Block128 { Block128(low: a.low ^ b.low, high: a.high ^ b.high) }

    @inlinable
    public static func ^= (a: inout Block128, b: Block128) { a = a ^ b }
}

extension Block128 {
    /// Reads 16 bytes, the low word first, each word little-endian.
    package init(littleEndianBytes bytes: some Collection<UInt8>) {
        precondition(bytes.count == 16)
        var words: [UInt64] = [0, 0]
        for (i, byte) in bytes.enumerated() { words[i / 8] |= UInt64(byte) << (8 * (i % 8)) }
        self.init(low: words[0], high: words[1])
    }

    /// The 16 bytes that `init(littleEndianBytes:)` reads.
    package var littleEndianBytes: [UInt8] {
        [low, high].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
    }
}
