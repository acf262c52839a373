import SandboxCore

extension TwoPartyComputation {
    /// Whether each value is negative. 1 + ceil(log2 k) rounds and at most 3 k + (k - 1) bits an item each way, where the declared
    /// bounds lie in -2^k ..< 2^k: tight bounds make it cheaper. No round when the bounds decide.
    ///
    /// Bit k of x0 + x1 is the sign: its own bits in both shares and the carry of the k bits below.
    public func isNegative<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedBits {
        require(x)
        if x.count == 0 || x.bounds.lower >= 0 { return .constant(false, count: x.count, party: party) }
        if x.bounds.upper < 0 { return .constant(true, count: x.count, party: party) }
        let width = x.bounds.magnitudeBits
        let planes = try await Parallel.offload { BitPlanes(x.share, planes: width + 1) }
        let sign = planes.bits(width, count: x.count, party: party)
        guard width > 0 else { return sign }
        let own = BitPlanes(zeroed: width, words: planes.words)
        own[0].update(from: planes[0], count: width * planes.words)
        return try await sign ^ carryOut(own).bits(0, count: x.count, party: party)
    }

    /// x < y. Throws `.range` when the difference might leave the ring.
    public func lessThan<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedBits {
        try requireLike(x, y)
        return try await isNegative(try x - y)
    }

    /// x < constant.
    public func lessThan<E: RingElement>(_ x: SharedVector<E>, _ constant: Int128) async throws -> SharedBits {
        try await isNegative(try x.adding(-constant))
    }

    /// x = 0. ceil(log2 k) rounds and 2 (k - 1) bits an item each way, for bounds in -2^k ..< 2^k.
    ///
    /// x is 0 exactly when the k lowest bits of x0 and of -x1 are equal.
    public func isZero<E: RingElement>(_ x: SharedVector<E>) async throws -> SharedBits {
        require(x)
        if !x.bounds.contains(0) || x.count == 0 { return .constant(false, count: x.count, party: party) }
        // Of the values in -2^k ..< 2^k, two are 0 modulo 2^k when -2^k itself is allowed.
        let bound = max(-x.bounds.lower, x.bounds.upper)
        let width = 128 - bound.leadingZeroBitCount
        if width == 0 { return .constant(true, count: x.count, party: party) }
        let isFirst = party == 0
        let planes = try await Parallel.offload {
            BitPlanes(RingKernels.map(x.share, isFirst ? .complement : .negate), planes: width)
        }
        return try await conjunction(planes).bits(0, count: x.count, party: party)
    }

    /// x = y.
    public func equal<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedBits {
        try requireLike(x, y)
        return try await isZero(try x - y)
    }

    /// Whether party 0's word equals party 1's word in the lowest `bits` bits, 1 to 64. ceil(log2 bits) rounds; with correlations from
    /// oblivious transfers 1 + ceil(log2 of the number of bits of `bits`), see `differingBits`.
    public func privateEquality(_ own: [UInt64], bits: Int) async throws -> SharedBits {
        precondition((1...64).contains(bits))
        guard !own.isEmpty else { return .constant(false, count: 0, party: party) }
        if costsTransfers, bits > 8 {
            // The distance d0 + d1 is 0 exactly when d0 = -d1 in as many bits as `bits` itself has.
            let distance = try await differingBits(own, bits: bits)
            let width = Int.bitWidth - bits.leadingZeroBitCount
            return try await privateEquality(party == 0 ? distance : RingKernels.map(distance, .negate), bits: width)
        }
        let isFirst = party == 0
        let planes = try await Parallel.offload { BitPlanes(isFirst ? RingKernels.map(own, .complement) : own, planes: bits) }
        return try await conjunction(planes).bits(0, count: own.count, party: party)
    }

    /// The smaller of each pair. The rounds of `lessThan`, and one.
    public func minimum<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        let bounds = try DeclaredBounds(min(x.bounds.lower, y.bounds.lower), min(x.bounds.upper, y.bounds.upper))
        return try await select(lessThan(x, y), x, y).declared(bounds)
    }

    /// The greater of each pair.
    public func maximum<E: RingElement>(_ x: SharedVector<E>, _ y: SharedVector<E>) async throws -> SharedVector<E> {
        let bounds = try DeclaredBounds(max(x.bounds.lower, y.bounds.lower), max(x.bounds.upper, y.bounds.upper))
        return try await select(lessThan(x, y), y, x).declared(bounds)
    }
}
