import SandboxCore

extension TwoPartyComputation {
    /// The bits as ring elements 0 and 1. One round, one bit an item each way.
    public func arithmetic<E: RingElement>(_ x: SharedBits, as ring: E.Type = E.self) async throws -> SharedVector<E> {
        precondition(x.party == party, "a share of another party")
        let bounds = try DeclaredBounds(0, 1)
        guard x.count > 0 else { return try SharedVector(share: [], party: party, of: 2, bounds: bounds) }
        let words = x.words.count
        let masks = try await take(.bits(E.ring), words)
        let out = HugeBuffer<E>(count: 64 * words, wiped: true)
        let isFirst = party == 0
        try await exchange(
            .bitValues, items: words, wordsPerItem: 1,
            fill: { range, out in for (i, w) in range.enumerated() { out[i] = x.words[w] ^ masks.words(0)[w] } },
            use: { range, peer in BitLoops.values(x.words, masks, isFirst, range, peer, into: out.pointer) })
        return try vector(out, count: x.count, bounds)
    }

    /// x where the bit is 1, else 0. One round; a ring element and a bit an item each way.
    public func multiply<E: RingElement>(_ bits: SharedBits, _ x: SharedVector<E>) async throws -> SharedVector<E> {
        precondition(bits.party == party, "a share of another party")
        require(x)
        guard bits.count == x.count else {
            throw YinheError(.badInput, "\(bits.count) bits and \(x.count) elements do not fit together")
        }
        let bounds = x.bounds.union(try DeclaredBounds(0, 0))
        guard x.count > 0 else { return try SharedVector(share: [], party: party, of: 2, bounds: bounds) }
        let words = bits.words.count
        let masks = try await take(.bitElementProducts(E.ring), words)
        let out = HugeBuffer<E>(count: 64 * words, wiped: true)
        let isFirst = party == 0, perItem = 1 + 64 * E.ring.words
        try await exchange(
            .bitElements, items: words, wordsPerItem: perItem,
            fill: { BitLoops.mask(bits.words, x.share, masks, $0, $1) },
            use: { BitLoops.products(bits.words, x.share, masks, isFirst, $0, $1, into: out.pointer) })
        return try vector(out, count: x.count, bounds)
    }

    /// x where the bit is 1, else y.
    public func select<E: RingElement>(
        _ bits: SharedBits, _ x: SharedVector<E>, _ y: SharedVector<E>
    ) async throws -> SharedVector<E> {
        try requireLike(x, y)
        return try (y + (try await multiply(bits, try x - y))).declared(x.bounds.union(y.bounds))
    }

    /// The `width` lowest bits of each value in two's complement, bit 0 first. 1 + ceil(log2 width) rounds.
    public func bits<E: RingElement>(of x: SharedVector<E>, width: Int) async throws -> [SharedBits] {
        require(x)
        precondition(width >= 1 && width <= 8 * E.ring.bytes)
        guard x.count > 0 else { return (0..<width).map { _ in .constant(false, count: 0, party: party) } }
        let planes = try await Parallel.offload { BitPlanes(x.share, planes: width) }
        guard width > 1 else { return [planes.bits(0, count: x.count, party: party)] }
        let own = BitPlanes(zeroed: width - 1, words: planes.words)
        own[0].update(from: planes[0], count: (width - 1) * planes.words)
        let carries = try await allCarries(own)
        for j in 1..<width {
            let (bit, carry) = (planes[j], carries[j - 1])
            for i in 0..<planes.words { bit[i] ^= carry[i] }
        }
        return (0..<width).map { planes.bits($0, count: x.count, party: party) }
    }

    /// The bits of values whose bounds are not negative: as many as the upper bound needs.
    public func bits<E: RingElement>(of x: SharedVector<E>) async throws -> [SharedBits] {
        guard x.bounds.lower >= 0 else {
            throw YinheError(
                .range, "values in \(x.bounds) have signs", remedy: "add a constant that makes them non-negative, or name the width")
        }
        return try await bits(of: x, width: max(1, x.bounds.magnitudeBits))
    }

    /// The number with these bits, lowest first, as ring elements. One round.
    public func composed<E: RingElement>(_ bits: [SharedBits], as ring: E.Type = E.self) async throws -> SharedVector<E> {
        guard let count = bits.first?.count, bits.allSatisfy({ $0.count == count }) else {
            throw YinheError(.badInput, "the bits of a number differ in length, or there are none")
        }
        let values: SharedVector<E> = try await arithmetic(SharedBits.joined(bits))
        var sum = values[0..<count]
        for j in 1..<max(bits.count, 1) where j < bits.count {
            sum = try sum + values[j * count..<(j + 1) * count].scaled(by: 1 << Int128(j))
        }
        return sum
    }

    /// floor(x / 2^bits), exact. About 3 + log2 bits rounds.
    ///
    /// The shares are shifted alone, and what that loses is put back: the carry of the bits that leave, and the wrap of the shares
    /// modulo the ring, which is certain when the (shifted to be positive) value leaves the highest bit free. There are no gross
    /// errors with small probability, as in the truncation of P. Mohassel and Y. Zhang (S&P 2017, section 4.1).
    public func shiftedRight<E: RingElement>(_ x: SharedVector<E>, by bits: Int) async throws -> SharedVector<E> {
        try await shift(x, bits, exact: true)
    }

    /// floor(x / 2^bits) or one less; never off by more. Three rounds for any number of bits.
    public func shiftedRightNearly<E: RingElement>(_ x: SharedVector<E>, by bits: Int) async throws -> SharedVector<E> {
        try await shift(x, bits, exact: false)
    }

    private func shift<E: RingElement>(_ x: SharedVector<E>, _ bits: Int, exact: Bool) async throws -> SharedVector<E> {
        require(x)
        let ringBits = 8 * E.ring.bytes
        precondition(bits >= 0)
        guard bits > 0, x.count > 0 else { return x }
        let magnitude = max(x.bounds.magnitudeBits, bits)
        guard magnitude <= ringBits - 2 else {
            throw YinheError(
                .range, "a shift by \(bits) bits of values in \(x.bounds) needs one free bit of the ring \(E.ring.rawValue)",
                remedy: E.ring == .z64 ? "use z2^128, or declare tighter bounds" : "declare tighter bounds")
        }
        let bounds = DeclaredBounds(unchecked: (x.bounds.lower >> bits) - (exact ? 0 : 1), x.bounds.upper >> bits)
        let offset = E(1) << E(magnitude)
        let own = party == 0 ? RingKernels.map(x.share, .addConstant(offset)) : x.share
        let count = x.count
        // The highest bit of each share, and below it the bits that leave.
        let planes = try await Parallel.offload {
            let all = BitPlanes(own, planes: ringBits)
            let out = BitPlanes(zeroed: exact ? bits + 1 : 1, words: all.words)
            if exact { out[0].update(from: all[0], count: bits * all.words) }
            out[out.planes - 1].update(from: all[ringBits - 1], count: all.words)
            return out
        }
        let top = planes.planes - 1
        let both = try await generate(planes)
        // Either highest bit set: u + v + u v, and then the sum has wrapped.
        let wraps = try SharedBits(
            words: (0..<planes.words).map { planes[top][$0] ^ both[top][$0] }, count: count, party: party)
        var corrections: [SharedBits] = [wraps]
        if exact {
            let g = BitPlanes(zeroed: bits, words: planes.words), p = BitPlanes(zeroed: bits, words: planes.words)
            g[0].update(from: both[0], count: bits * planes.words)
            p[0].update(from: planes[0], count: bits * planes.words)
            corrections.append(try await joinAll(g, p).bits(0, count: count, party: party))
        }
        let values: SharedVector<E> = try await arithmetic(SharedBits.joined(corrections))
        let back = party == 0 ? offset >> E(bits) : 0
        let wrapValue = E(1) << E(ringBits - bits)
        let share = BitLoops.shifted(own, by: E(bits), back, values.share, wrapValue, hasCarry: exact)
        return try SharedVector(share: share, party: party, of: 2, bounds: bounds)
    }
}

/// Loops between bits and ring elements, compiled for both rings.
enum BitLoops {
    /// c + (1 - 2 c) r for the opened bit c = x + r.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func values<E: RingElement>(
        _ x: [UInt64], _ masks: CorrelationBatch, _ isFirst: Bool, _ items: Range<Int>, _ peer: UnsafePointer<UInt64>,
        into out: UnsafeMutablePointer<E>
    ) {
        let r = masks.words(0), values = masks.elements(1, as: E.self)
        for (i, w) in items.enumerated() {
            let opened = x[w] ^ r[w] ^ peer[i]
            let (out, values) = (out + 64 * w, values + 64 * w)
            for k in 0..<64 {
                let c = E(truncatingIfNeeded: opened >> UInt64(k) & 1)
                let flipped = (values[k] ^ (0 &- c)) &+ c  // -v when c is 1
                out[k] = isFirst ? flipped &+ c : flipped
            }
        }
    }

    /// The opened bits of some items, then x - a of their 64 elements each.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func mask<E: RingElement>(
        _ bits: [UInt64], _ x: [E], _ masks: CorrelationBatch, _ items: Range<Int>, _ out: UnsafeMutablePointer<UInt64>
    ) {
        let r = masks.words(0), a = masks.elements(1, as: E.self)
        for (i, w) in items.enumerated() { out[i] = bits[w] ^ r[w] }
        x.withUnsafeBufferPointer { x in
            for (i, w) in items.enumerated() {
                for k in 0..<64 {
                    let place = 64 * w + k
                    let value = (place < x.count ? x[place] : 0) &- a[place]
                    UnsafeMutableRawPointer(out + items.count).storeBytes(
                        of: value, toByteOffset: (64 * i + k) * MemoryLayout<E>.size, as: E.self)
                }
            }
        }
    }

    /// c x + (1 - 2 c) r x with r x = r e + r a, for the opened c = bit + r and e = x - a.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func products<E: RingElement>(
        _ bits: [UInt64], _ x: [E], _ masks: CorrelationBatch, _ isFirst: Bool, _ items: Range<Int>, _ peer: UnsafePointer<UInt64>,
        into out: UnsafeMutablePointer<E>
    ) {
        let r = masks.words(0), a = masks.elements(1, as: E.self), values = masks.elements(2, as: E.self)
        let products = masks.elements(3, as: E.self), peerElements = UnsafeRawPointer(peer + items.count)
        x.withUnsafeBufferPointer { x in
            for (i, w) in items.enumerated() {
                let opened = bits[w] ^ r[w] ^ peer[i]
                for k in 0..<64 {
                    let place = 64 * w + k
                    let own = place < x.count ? x[place] : 0
                    let theirs = peerElements.loadUnaligned(fromByteOffset: (64 * i + k) * MemoryLayout<E>.size, as: E.self)
                    let e = own &- a[place] &+ theirs
                    let masked = values[place] &* e &+ products[place]
                    let c = 0 &- E(truncatingIfNeeded: opened >> UInt64(k) & 1)
                    out[place] = own & c &+ ((masked ^ c) &- c)
                }
            }
        }
    }

    /// (own >> bits) - back + carry - wrap * wrapValue; `corrections` holds the wraps, then the carries if there are any.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func shifted<E: RingElement>(
        _ own: [E], by bits: E, _ back: E, _ corrections: [E], _ wrapValue: E, hasCarry: Bool
    ) -> [E] {
        own.indices.map { i in
            let shifted = own[i] >> bits &- back &- corrections[i] &* wrapValue
            return hasCarry ? shifted &+ corrections[own.count + i] : shifted
        }
    }
}
