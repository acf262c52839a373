import SandboxCore

/// How a vector is sorted.
public enum SortAlgorithm: String, Sendable, CaseIterable {
    /// Whichever is estimated to take less time (`SortCost`).
    case automatic
    /// By digits of the key: rounds and bytes grow with the bits of the declared range. Cost is known in advance.
    case radix
    /// By opened comparisons after a shuffle: two permutations whatever the width, rounds grow with the logarithm of the number
    /// of rows. Rounds and bytes vary by some percent from run to run.
    case quick
}

/// Sorted keys, the columns that came with them, and the order.
public struct SortedColumns<E: RingElement>: Sendable {
    /// Ascending.
    public let keys: SharedVector<E>
    public let columns: [SharedVector<E>]
    /// Element i is the row, before sorting, that is now row i.
    public let order: SharedPermutation
}

extension TwoPartyComputation {
    /// The stable ascending order of the keys: element i of it is the row that comes to place i; equal keys stay in the order in
    /// which they were. What is opened on the way is independent of the keys.
    ///
    /// Bits k of a key follow from the declared bounds: tight bounds make sorting cheaper. With n rows and t = ceil(log2 n):
    /// - `.radix`: ceil(k / 3) passes of 5, 7 or 8 rounds (digits of 1, 2, 3 bits). For a pass over a digit of d bits each row costs each way
    ///   (2^d - 1) t bits for places, t for opening them, and half of the shuffle, 2 t + (rest of the key) bits. Correlations:
    /// two permutations
    ///   of width 2, 2^d - 1 products of bit and element a row, a few bit products.
    /// - `.quick`: 2 rounds for the shuffle, then about ln(n / 16) + 3 levels of 2 + ceil(log2(k + t)) rounds, and in all about
    ///   3 ln(n / 16) + 8 comparisons of k + t bits a row. Correlations: two permutations of width 1, bit products.
    ///
    /// Throws `.range` when the span of the bounds does not fit the ring, or the algorithm that was asked for cannot take so wide
    /// a key.
    public func sortingOrder<E: RingElement>(
        _ keys: SharedVector<E>, by algorithm: SortAlgorithm = .automatic
    ) async throws -> SharedPermutation {
        let count = try requireColumns([keys])
        let shifted = try keys.adding(-keys.bounds.lower)
        let bits = 128 - shifted.bounds.upper.leadingZeroBitCount
        guard count > 1, bits > 0 else { return .identity(count: count, party: party) }
        switch algorithm == .automatic ? SortCost.cheapest(rows: count, bits: bits) : algorithm {
        case .quick: return try await quickOrder(shifted, bits: bits)
        default:
            guard bits <= 64 else {
                throw YinheError(
                    .range, "a radix sort of keys of \(bits) bits", remedy: "sort by `.quick`, or declare bounds within 64 bits")
            }
            return try await radixOrder(LaneLoops.converted(shifted.share, to: UInt64.self), bits: bits)
        }
    }

    /// The stable ascending order of the numbers with these bits, lowest first. One round more than for ring elements; an item a
    /// bit.
    public func sortingOrder(bits: [SharedBits], by algorithm: SortAlgorithm = .automatic) async throws -> SharedPermutation {
        guard bits.count <= 62 else {
            let keys: SharedVector<UInt128> = try await composed(bits)
            return try await sortingOrder(keys, by: algorithm)
        }
        let keys: SharedVector<UInt64> = try await composed(bits)
        return try await sortingOrder(keys, by: algorithm)
    }

    /// Sorts rows by their keys, ascending and stable. The cost of `sortingOrder`, and of one `gather` of all columns.
    /// For descending order sort the negated keys.
    public func sort<E: RingElement>(
        _ keys: SharedVector<E>, carrying columns: [SharedVector<E>] = [], by algorithm: SortAlgorithm = .automatic
    ) async throws -> SortedColumns<E> {
        _ = try requireColumns(columns, count: keys.count)
        let order = try await sortingOrder(keys, by: algorithm)
        let all = try await gather([keys] + columns, by: order)
        return SortedColumns(keys: all[0], columns: Array(all.dropFirst()), order: order)
    }

    /// Key and row number in one word, in the ring that holds the difference of two of them.
    private func quickOrder<E: RingElement>(_ keys: SharedVector<E>, bits: Int) async throws -> SharedPermutation {
        let placeBits = SharedPermutation.indexBits(keys.count)
        if bits + placeBits <= 63 {
            return try await quickOrder(
                LaneLoops.numbered(LaneLoops.converted(keys.share, to: UInt64.self), placeBits, isFirst: party == 0), bits: bits)
        }
        guard bits + placeBits <= 126 else {
            throw YinheError(
                .range, "sorting \(keys.count) keys of \(bits) bits needs \(bits + placeBits) bits, of which 126 fit",
                remedy: "declare tighter bounds")
        }
        let wide: SharedVector<UInt128> = if let wide = keys as? SharedVector<UInt128> { wide } else {
            try await widened(keys as! SharedVector<UInt64>)
        }
        return try await quickOrder(LaneLoops.numbered(wide.share, placeBits, isFirst: party == 0), bits: bits)
    }

    /// The same values over Z_2^128. Two rounds, two bits an item each way. Throws `.range` when the span of the bounds needs 64
    /// bits.
    ///
    /// For a value 0 <= x < 2^63 the two shares wrap exactly when one of their highest bits is set.
    func widened(_ x: SharedVector<UInt64>) async throws -> SharedVector<UInt128> {
        let positive = try x.adding(-x.bounds.lower)
        guard x.count > 0 else { return try SharedVector(share: [], party: party, of: 2, bounds: x.bounds) }
        let planes = try await Parallel.offload { BitPlanes(positive.share, planes: 64) }
        let top = BitPlanes(zeroed: 1, words: planes.words)
        top[0].update(from: planes[63], count: planes.words)
        let both = try await generate(top)
        let wraps = try top.bits(0, count: x.count, party: party) ^ both.bits(0, count: x.count, party: party)
        let wrapped: SharedVector<UInt128> = try await arithmetic(wraps)
        let wide = zip(LaneLoops.converted(positive.share, to: UInt128.self), wrapped.share).map { $0 &- $1 << 64 }
        return try SharedVector(share: wide, party: party, of: 2, bounds: positive.bounds).adding(x.bounds.lower)
    }
}

extension LaneLoops {
    /// x 2^bits + row number.
    @specialized(where E == UInt64)
    @specialized(where E == UInt128)
    static func numbered<E: RingElement>(_ x: [E], _ bits: Int, isFirst: Bool) -> [E] {
        x.withUnsafeBufferPointer { x in
            [E](unsafeUninitializedCapacity: x.count) { out, count in
                for i in 0..<x.count { out[i] = x[i] << E(truncatingIfNeeded: bits) &+ (isFirst ? E(truncatingIfNeeded: i) : 0) }
                count = x.count
            }
        }
    }
}
