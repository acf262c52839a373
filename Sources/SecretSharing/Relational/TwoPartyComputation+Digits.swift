import SandboxCore

/// Places of a stable sort by one digit of one to three bits, in shares.
///
/// A digit's bits b0, b1, b2 and their products (the monomials m_S, S a set of bits) are XOR-shared. One round turns them into
/// ring elements; the indicator of each value v follows from them by inclusion and exclusion. Prefix sums of the indicators are
/// local: s_v(i) is the place of row i if its digit were v. The place is the sum over v of indicator times s_v, which in terms of
/// monomials is the sum over S of m_S T_S, with T_S the alternating sum of s_v over v within S: one product of a bit and an
/// element for each S but the empty one (K. Chida et al., eprint 2019/695, section 4; G. Asharov et al., CCS 2022, section 4,
/// with digits for bits).
///
/// Places matter only modulo 2^t, the power of two that holds all of them: T_S travels in that many bits.
extension TwoPartyComputation {
    static let maximumDigit = 3

    /// The products of the lowest `bits` bits of shares modulo 2^bits or more: plane S - 1 is the product of the bits in S.
    /// No round for one bit, two for two, three for three.
    func monomials(_ share: [UInt64], bits: Int) async throws -> BitPlanes {
        let own = try await Parallel.offload { BitPlanes(share, planes: bits) }
        guard bits > 1 else { return own }
        let words = own.words, all = 64 * words
        func plane(_ planes: BitPlanes, _ j: Int) -> [UInt64] { Array(UnsafeBufferPointer(start: planes[j], count: words)) }
        func products(_ pairs: [([UInt64], [UInt64])]) async throws -> [[UInt64]] {
            let product = try await and(
                SharedBits(unchecked: pairs.flatMap(\.0), pairs.count * all, party),
                SharedBits(unchecked: pairs.flatMap(\.1), pairs.count * all, party))
            return pairs.indices.map { Array(product.words[$0 * words..<($0 + 1) * words]) }
        }
        // Carries of the addition of the two shares: g_0 = u_0 v_0, and g_1 = u_1 v_1 + (u_1 + v_1) g_0.
        let low = BitPlanes(zeroed: bits - 1, words: words)
        low[0].update(from: own[0], count: (bits - 1) * words)
        let generated = try await generate(low)
        let (b0, g0) = (plane(own, 0), plane(generated, 0))
        let b1 = zip(plane(own, 1), g0).map { $0 ^ $1 }
        var monomials = [b0, b1]
        if bits == 2 {
            monomials += try await products([(b0, b1)])
        } else {
            let step = try await products([(plane(own, 1), g0), (b0, b1)])
            let carry = zip(plane(generated, 1), step[0]).map { $0 ^ $1 }
            let b2 = zip(plane(own, 2), carry).map { $0 ^ $1 }
            monomials += [step[1], b2] + (try await products([(b0, b2), (b1, b2), (step[1], b2)]))
        }
        let out = BitPlanes(zeroed: monomials.count, words: words)
        for (j, monomial) in monomials.enumerated() {
            monomial.withUnsafeBufferPointer { out[j].update(from: $0.baseAddress!, count: words) }
        }
        return out
    }

    /// Each row's place in the stable order by the digit whose monomials are given, and the digit itself as a ring element.
    /// Two rounds: a bit for each monomial and row, then t bits for each.
    func places(_ monomials: BitPlanes, bits: Int, count: Int) async throws -> (places: Lane<UInt64>, digit: [UInt64]) {
        let words = monomials.words, sets = monomials.planes
        precondition(sets == 1 << bits - 1 && (count + 63) / 64 == words && count <= Self.maximumRows)
        let masks = try await take(.bitElementProducts(.z64), sets * words)
        let opened = HugeBuffer<UInt64>(count: sets * words, wiped: true)
        try await exchange(
            .bitValues, items: words, wordsPerItem: sets,
            fill: { range, out in
                for j in 0..<sets {
                    let x = monomials[j] + range.lowerBound, r = masks.words(0).baseAddress! + j * words + range.lowerBound
                    for i in 0..<range.count { out[j * range.count + i] = x[i] ^ r[i] }
                }
            },
            use: { range, peer in
                for j in 0..<sets {
                    let at = j * words + range.lowerBound
                    let x = monomials[j] + range.lowerBound, r = masks.words(0).baseAddress! + at, out = opened.pointer + at
                    for i in 0..<range.count { out[i] = x[i] ^ r[i] ^ peer[j * range.count + i] }
                }
            })
        let isFirst = party == 0
        let sums = try await Parallel.offload { DigitSums(masks, opened, words, count: count, bits: bits, isFirst: isFirst) }

        let placeBits = SharedPermutation.indexBits(max(1, count))
        let frame = LaneFrame(count: count, bits: Array(repeating: placeBits, count: sets))
        try await exchange(
            .bitElements, items: frame.items, wordsPerItem: frame.wordsPerItem,
            fill: { items, out in
                frame.write(items, to: out) { set, rows, tile in
                    let a = masks.elements(1, as: UInt64.self) + 64 * words * set, terms = sums.terms.pointer + count * set
                    for (i, row) in rows.enumerated() { tile[i] = UInt64(terms[row] &- UInt32(truncatingIfNeeded: a[row])) }
                }
            },
            use: { items, peer in
                frame.read(items, from: peer) { set, rows, tile in
                    sums.addProducts(masks, opened, words, set: set, rows, tile)
                }
            })
        let share = sums.places.buffer.map { UInt64($0) }
        return (Lane(share, bits: placeBits), sums.digit)
    }
}

/// The local part of a digit's places: everything modulo 2^32, of which the lowest bits are used.
struct DigitSums: Sendable {
    let count: Int
    /// T_S for every set but the empty one, set by set.
    let terms: HugeBuffer<UInt32>
    /// T of the empty set, to which the products are added.
    let places: HugeBuffer<UInt32>
    /// The digits as shares modulo 2^64.
    let digit: [UInt64]

    init(_ masks: CorrelationBatch, _ opened: HugeBuffer<UInt64>, _ words: Int, count: Int, bits: Int, isFirst: Bool) {
        let values = 1 << bits
        self.count = count
        terms = HugeBuffer(count: (values - 1) * count, wiped: true)
        places = HugeBuffer(count: count, wiped: true)
        digit = Self.monomials(masks, opened, words, count, bits: bits, isFirst, into: terms)
        Self.prefixSums(count, bits: bits, isFirst, terms.pointer, places.pointer)
    }

    /// c + (1 - 2 c) r for each monomial, modulo 2^32 in `out`; the digit from those of single bits.
    private static func monomials(
        _ masks: CorrelationBatch, _ opened: HugeBuffer<UInt64>, _ words: Int, _ count: Int, bits: Int, _ isFirst: Bool,
        into out: HugeBuffer<UInt32>
    ) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: count) { digit, initialized in
            digit.initialize(repeating: 0)
            for set in 1..<1 << bits {
                let r = masks.elements(2, as: UInt64.self) + 64 * words * (set - 1)
                let c = opened.pointer + words * (set - 1), out = out.pointer + count * (set - 1)
                let one: UInt64 = isFirst ? 1 : 0
                let weight: UInt64 = set & (set - 1) == 0 ? UInt64(set) : 0
                for word in 0..<words {
                    let bits = c[word], first = 64 * word
                    for k in 0..<min(64, count - first) {
                        let flip = 0 &- (bits >> UInt64(k) & 1)
                        let value = ((r[first + k] ^ flip) &- flip) &+ (one & flip)
                        out[first + k] = UInt32(truncatingIfNeeded: value)
                        digit[first + k] = digit[first + k] &+ weight &* value
                    }
                }
            }
            initialized = count
        }
    }

    /// Replaces the monomials in `terms` by T_S, and fills in the places' first term.
    private static func prefixSums(
        _ count: Int, bits: Int, _ isFirst: Bool, _ terms: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<UInt32>
    ) {
        switch bits {
        case 1: prefixSums1(count, isFirst, terms, places)
        case 2: prefixSums2(count, isFirst, terms, places)
        default: prefixSums3(count, isFirst, terms, places)
        }
    }

    private static func total(_ terms: UnsafePointer<UInt32>, _ count: Int) -> UInt32 {
        var sum: UInt32 = 0
        for i in 0..<count { sum = sum &+ terms[i] }
        return sum
    }

    private static func prefixSums1(
        _ count: Int, _ isFirst: Bool, _ m: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<UInt32>
    ) {
        let one: UInt32 = isFirst ? 1 : 0
        var s0: UInt32 = 0, s1 = one &* UInt32(truncatingIfNeeded: count) &- total(m, count)
        for i in 0..<count {
            let m1 = m[i]
            places[i] = s0
            m[i] = s1 &- s0
            s0 = s0 &+ one &- m1
            s1 = s1 &+ m1
        }
    }

    private static func prefixSums2(
        _ count: Int, _ isFirst: Bool, _ m: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<UInt32>
    ) {
        let one: UInt32 = isFirst ? 1 : 0
        let (m1, m2, m3) = (m, m + count, m + 2 * count)
        var s = SIMD4<UInt32>(
            one &* UInt32(truncatingIfNeeded: count), total(m1, count), total(m2, count), total(m3, count))
        s = starts(indicators(s))
        for i in 0..<count {
            let step = indicators(SIMD4(one, m1[i], m2[i], m3[i]))
            // Alternating sums over subsets.
            let (t1, t2) = (s[1] &- s[0], s[2] &- s[0])
            places[i] = s[0]
            m1[i] = t1
            m2[i] = t2
            m3[i] = s[3] &- s[2] &- t1
            s = s &+ step
        }
    }

    /// Indicators of the values 0 ..< 4 from 1 and the monomials.
    @inline(__always) private static func indicators(_ m: SIMD4<UInt32>) -> SIMD4<UInt32> {
        let only1 = m[1] &- m[3], only2 = m[2] &- m[3]
        return SIMD4(m[0] &- m[1] &- only2, only1, only2, m[3])
    }

    /// Where the rows of each value begin.
    private static func starts(_ totals: SIMD4<UInt32>) -> SIMD4<UInt32> {
        SIMD4(0, totals[0], totals[0] &+ totals[1], totals[0] &+ totals[1] &+ totals[2])
    }

    private static func prefixSums3(
        _ count: Int, _ isFirst: Bool, _ m: UnsafeMutablePointer<UInt32>, _ places: UnsafeMutablePointer<UInt32>
    ) {
        let one: UInt32 = isFirst ? 1 : 0
        @inline(__always) func column(_ set: Int) -> UnsafeMutablePointer<UInt32> { m + (set - 1) * count }
        let (m1, m2, m3, m4, m5, m6, m7) = (column(1), column(2), column(3), column(4), column(5), column(6), column(7))
        // The values without and with bit 2: monomials of the lower bits, less or times it.
        let high = indicators(SIMD4(total(m4, count), total(m5, count), total(m6, count), total(m7, count)))
        let all = indicators(
            SIMD4(one &* UInt32(truncatingIfNeeded: count), total(m1, count), total(m2, count), total(m3, count)))
        let low = all &- high
        var sLow = starts(low)
        var sHigh = starts(high) &+ SIMD4(repeating: low[0] &+ low[1] &+ low[2] &+ low[3])
        for i in 0..<count {
            let high = indicators(SIMD4(m4[i], m5[i], m6[i], m7[i]))
            let low = indicators(SIMD4(one, m1[i], m2[i], m3[i])) &- high
            let d = sHigh &- sLow
            let (t1, t2) = (sLow[1] &- sLow[0], sLow[2] &- sLow[0])
            let (t5, t6) = (d[1] &- d[0], d[2] &- d[0])
            places[i] = sLow[0]
            m1[i] = t1
            m2[i] = t2
            m3[i] = sLow[3] &- sLow[2] &- t1
            m4[i] = d[0]
            m5[i] = t5
            m6[i] = t6
            m7[i] = d[3] &- d[2] &- t5
            sLow = sLow &+ low
            sHigh = sHigh &+ high
        }
    }

    /// Adds m_S T_S of some rows to their places, with m_S = c + (1 - 2 c) r and r T_S = r e + r a for the opened e = T_S - a.
    func addProducts(
        _ masks: CorrelationBatch, _ opened: HugeBuffer<UInt64>, _ words: Int, set: Int, _ rows: Range<Int>,
        _ peer: UnsafePointer<UInt64>
    ) {
        let at = 64 * words * set
        let a = masks.elements(1, as: UInt64.self) + at, r = masks.elements(2, as: UInt64.self) + at
        let ra = masks.elements(3, as: UInt64.self) + at
        let c = opened.pointer + words * set, terms = terms.pointer + count * set, places = places.pointer
        for (i, row) in rows.enumerated() {
            let own = terms[row]
            let e = own &- UInt32(truncatingIfNeeded: a[row]) &+ UInt32(truncatingIfNeeded: peer[i])
            let masked = UInt32(truncatingIfNeeded: r[row]) &* e &+ UInt32(truncatingIfNeeded: ra[row])
            let flip = 0 &- UInt32(truncatingIfNeeded: c[row >> 6] >> UInt64(row & 63) & 1)
            places[row] = places[row] &+ (own & flip) &+ ((masked ^ flip) &- flip)
        }
    }
}
