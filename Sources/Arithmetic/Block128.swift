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
