import SandboxCore

extension TwoPartyComputation {
    /// Additive shares modulo 256 of the number of places, among the lowest `bits`, in which party 0's word differs from party 1's. One
    /// round, one bit a place each way, and one oblivious transfer a place where a tree of ANDs needs two (G. Couteau, "New protocols for
    /// secure equality test and comparison", ACNS 2018, section 4).
    ///
    /// x and y differ by x + y - 2 x y. With d = x + u and e = y + v open (XOR), x y = x e + (1 - 2 e) (d v + (1 - 2 d) u v).
    func differingBits(_ own: [UInt64], bits: Int) async throws -> [UInt64] {
        let planes = try await Parallel.offload { BitPlanes(own, planes: bits) }
        let words = planes.words
        let masks = try await take(.privateBitBytes, bits * words)
        // 64 bytes for each word of a plane.
        let counts = HugeBuffer<UInt64>(count: 8 * words, wiped: true)
        let isFirst = party == 0
        try await exchange(
            .distance, items: words, wordsPerItem: bits,
            fill: { range, out in
                for j in 0..<bits {
                    let mask = masks.words(0).baseAddress! + j * words
                    for (i, w) in range.enumerated() { out[j * range.count + i] = planes[j][w] ^ mask[w] }
                }
            },
            use: { range, peer in
                for j in 0..<bits {
                    let mask = masks.words(0).baseAddress! + j * words, products = masks.words(1).baseAddress! + 8 * j * words
                    for (i, w) in range.enumerated() {
                        let own = planes[j][w], mine = own ^ mask[w], theirs = peer[j * range.count + i]
                        let flip = mine ^ theirs
                        // Party 0: x e. Party 1: (1 - 2 e) d v, which is negative where e is set.
                        let plain = isFirst ? own & theirs : mask[w] & theirs
                        let negative = isFirst ? 0 : mine
                        for k in 0..<8 {
                            let shift = UInt64(8 * k)
                            let term = Bytes64.negated(products[8 * w + k], where: Bytes64.ones(flip >> shift))
                            let product = Bytes64.sum(
                                term, Bytes64.negated(Bytes64.ones(plain >> shift), where: Bytes64.ones(negative >> shift)))
                            let sum = Bytes64.sum(counts.pointer[8 * w + k], Bytes64.ones(own >> shift))
                            counts.pointer[8 * w + k] = Bytes64.sum(
                                sum, Bytes64.negated(Bytes64.sum(product, product), where: Bytes64.allOnes))
                        }
                    }
                }
            })
        return own.indices.map { counts.pointer[$0 / 8] >> UInt64(8 * ($0 % 8)) & 255 }
    }
}

/// Eight bytes in a word, each modulo 256.
enum Bytes64 {
    static let allOnes: UInt64 = 0x0101_0101_0101_0101
    private static let low: UInt64 = 0x7f7f_7f7f_7f7f_7f7f

    /// Byte i is bit i of the lowest eight.
    @inline(__always)
    static func ones(_ bits: UInt64) -> UInt64 {
        // Every byte keeps its own bit; any bit set carries into the highest.
        let spread = (bits & 255) &* allOnes & 0x8040_2010_0804_0201
        return (spread & low &+ low | spread) >> 7 & allOnes
    }

    @inline(__always)
    static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 { (a & low) &+ (b & low) ^ (a ^ b) & ~low }

    /// -a where the byte of `places` is 1.
    @inline(__always)
    static func negated(_ a: UInt64, where places: UInt64) -> UInt64 {
        let mask = places &* 255
        return sum(a ^ mask, places)
    }
}
