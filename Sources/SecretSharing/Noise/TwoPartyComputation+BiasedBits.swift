import SandboxCore

extension TwoPartyComputation {
    /// Shared bits of given probabilities that neither party knows.
    struct BiasedGroup: Sendable {
        /// 2^places P[bit = 1], below 2^places.
        var threshold: UInt128
        var count: Int
    }

    /// For each group `count` independent shared bits, 1 with probability threshold / 2^places exactly: [R < threshold] for a random shared R.
    /// 1 + ceil(log2(places / 2)) rounds for all groups together.
    ///
    /// R's bits are the XOR of bits of both parties: uniform as long as one party's are. In terms of e_i, which says that bit i of R is
    /// that of the threshold T (as random as R's bit itself), R < T exactly when for some i with T_i = 1 all e above i hold and e_i does not.
    /// Two neighbouring bits take one product, E = e_1 e_0: all are equal; L = T_1 (1 + e_1) + T_0 (e_1 + E): less. Blocks are then joined
    /// as carries are, (L, E) = (L_high + E_high L_low, E_high E_low).
    func biasedBits(_ groups: [BiasedGroup], places: Int, random: any RandomSource) async throws -> [SharedBits] {
        precondition((2...128).contains(places) && groups.allSatisfy { $0.count > 0 && (places == 128 || $0.threshold >> UInt128(places) == 0) })
        let widths = groups.map { SharedBits.wordCount($0.count) }
        let words = widths.reduce(0, +)
        let equal = BitPlanes(zeroed: places, words: words)
        if !isPlanning {
            random.fill(UnsafeMutableRawBufferPointer(start: equal[0], count: 8 * places * words))
        }
        let both = try await neighbourProducts(equal)
        let less = BitPlanes(zeroed: both.planes, words: words)
        let one: UInt64 = party == 0 ? .max : 0
        var start = 0
        for (group, width) in zip(groups, widths) {
            func bit(_ place: Int) -> Bool { group.threshold >> UInt128(place) & 1 == 1 }
            for j in 0..<both.planes {
                let high = min(2 * j + 1, places - 1)
                let (e, all, out) = (equal[high] + start, both[j] + start, less[j] + start)
                if bit(high) { for i in 0..<width { out[i] = one ^ e[i] } }
                if high > 2 * j, bit(2 * j) { for i in 0..<width { out[i] ^= e[i] ^ all[i] } }
            }
            start += width
        }
        let result = try await joinAll(less, both)
        start = 0
        return zip(groups, widths).map { group, width in
            defer { start += width }
            return SharedBits(unchecked: Array(UnsafeBufferPointer(start: result[0] + start, count: width)), group.count, party)
        }
    }

    /// Shared fair bits that neither party knows. No round.
    func fairBits(_ count: Int, random: any RandomSource) -> SharedBits {
        var words = [UInt64](repeating: 0, count: SharedBits.wordCount(count))
        if !isPlanning { words.withUnsafeMutableBytes { random.fill($0) } }
        return SharedBits(unchecked: words, count, party)
    }
}
