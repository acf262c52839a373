import SandboxCore
import SecretSharing

/// Repeatable inputs of a bench: both parties know them, so that either can compare the result with the plain computation. Only the
/// inputs are repeatable; all that protects the computation is random.
enum ShareInputs {
    /// SplitMix64's finaliser (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
    static func mix(_ x: UInt64) -> UInt64 {
        var z = x &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// `count` numbers of `bits` bits in two's complement, the stream `lane` of them.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func values<E: RingElement>(_ count: Int, bits: Int, lane: UInt64, as: E.Type) -> [E.Signed] {
        elements(count, lane: lane, as: E.self).map { E.Signed(truncatingIfNeeded: Int128($0.signed) >> Int128(8 * E.ring.bytes - bits)) }
    }

    /// `count` numbers of 0 ..< `bound`.
    static func numbers<E: RingElement>(_ count: Int, below bound: Int, lane: UInt64, as: E.Type) -> [E.Signed] {
        (0..<count).map { E.Signed(truncatingIfNeeded: mix(UInt64($0) &+ lane << 40) % UInt64(bound)) }
    }

    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    private static func elements<E: RingElement>(_ count: Int, lane: UInt64, as: E.Type) -> [E] {
        (0..<count).map { i in
            let at = UInt64(i) &+ lane << 40
            return E(truncatingIfNeeded: UInt128(mix(at)) << 64 | UInt128(mix(~at)))
        }
    }

    /// This party's share of the values: uniform-looking at both, as shares of an earlier result are.
    static func shared<E: RingElement>(
        _ values: [E.Signed], _ bounds: DeclaredBounds, party: Int, lane: UInt64, as: E.Type
    ) throws -> SharedVector<E> {
        let masks = elements(values.count, lane: lane + 1000, as: E.self)
        let share = party == 0 ? masks : zip(values, masks).map { E(bitPattern: $0) &- $1 }
        return try SharedVector(share: share, party: party, of: 2, bounds: bounds)
    }

    static func shared(_ bits: [Bool], party: Int, lane: UInt64) throws -> SharedBits {
        var words = (0..<(bits.count + 63) / 64).map { mix(UInt64($0) &+ lane << 40) }
        if party == 1 {
            for (i, bit) in bits.enumerated() where bit { words[i / 64] ^= 1 << UInt64(i % 64) }
        }
        return try SharedBits(words: words, count: bits.count, party: party)
    }

    /// The bounds of numbers of `bits` bits in two's complement.
    static func bounds(bits: Int) throws -> DeclaredBounds { try DeclaredBounds(-(1 << Int128(bits - 1)), 1 << Int128(bits - 1) - 1) }
}
