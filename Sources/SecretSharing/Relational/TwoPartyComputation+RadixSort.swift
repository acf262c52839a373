import SandboxCore

/// Sorting by digits of one to three bits, the lowest first; every pass is stable.
///
/// A row carries one word: what is left of its key below, its row number above, as shares modulo the power of two that holds both.
/// A pass takes the lowest digit out of the word: the word less the digit is divisible, so that both shares are shifted alone,
/// and the carry, which both know, is added. After the last pass the word is the row number. Nothing of the key has to be turned
/// into bits ahead of its pass. What a pass opens is a uniform permutation.
extension TwoPartyComputation {
    /// Digits of a key of `bits` bits: as few passes as possible, the longest digits first, while the word shrinks.
    static func digits(_ bits: Int) -> [Int] {
        guard bits > 0 else { return [] }
        let passes = (bits + maximumDigit - 1) / maximumDigit
        return (0..<passes).map { bits / passes + ($0 < bits % passes ? 1 : 0) }
    }

    /// The order of keys 0 ..< 2^bits, of which `keys` are shares modulo 2^64.
    func radixOrder(_ keys: [UInt64], bits: Int) async throws -> SharedPermutation {
        let count = keys.count
        let identity = SharedPermutation.identity(count: count, party: party)
        guard count > 1, bits > 0 else { return identity }
        let placeBits = SharedPermutation.indexBits(count)
        // The row number rides in the key's word where there is room, else beside it.
        let rides = bits + placeBits <= 64
        var left = bits
        var key = keys
        if rides && bits < 64 { LaneLoops.add(identity.indices.share, shiftedLeft: bits, to: &key) }
        var beside = identity.indices
        for bits in Self.digits(bits) {
            let (places, digit) = try await self.places(monomials(key, bits: bits), bits: bits, count: count)
            left -= bits
            var lanes = [places]
            let width = rides ? left + placeBits : left
            if width > 0 {
                let isFirst = party == 0, word = key
                lanes.append(Lane(try await Parallel.offload { LaneLoops.dividing(word, less: digit, by: bits, isFirst) }, bits: width))
            }
            if !rides { lanes.append(beside) }
            let moved = try await scattered(
                Array(lanes.dropFirst()), by: SharedPermutation(places.share, party: party))
            if width > 0 { key = moved[0].share }
            if !rides { beside = moved[moved.count - 1] }
        }
        return SharedPermutation(rides ? key : beside.share, party: party)
    }
}

extension LaneLoops {
    static func add(_ x: [UInt64], shiftedLeft bits: Int, to target: inout [UInt64]) {
        for i in target.indices { target[i] = target[i] &+ x[i] << UInt64(bits) }
    }

    /// (x - digit) / 2^bits for shares whose value is divisible: the lowest bits of the two shares add up to 0 or to 2^bits, and
    /// to 0 only when both are 0, which each party sees in its own.
    static func dividing(_ x: [UInt64], less digit: [UInt64], by bits: Int, _ isFirst: Bool) -> [UInt64] {
        let mask: UInt64 = 1 << UInt64(bits) - 1, carry: UInt64 = isFirst ? 1 : 0
        return x.withUnsafeBufferPointer { x in
            digit.withUnsafeBufferPointer { digit in
                [UInt64](unsafeUninitializedCapacity: x.count) { out, count in
                    for i in 0..<x.count {
                        let rest = x[i] &- digit[i]
                        out[i] = rest >> UInt64(bits) &+ (rest & mask != 0 ? carry : 0)
                    }
                    count = x.count
                }
            }
        }
    }
}
