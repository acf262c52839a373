import SandboxCore

/// Sums by a secret key: sort, mark the last row of each group, sum up from the top, move the marked rows to the front, and take
/// differences. (Sorting by G. Asharov et al., CCS 2022, eprint 2022/1595; differences of prefix sums stand for a scan by
/// segments.)
extension TwoPartyComputation {
    /// For each value of a secret key, the number of rows and the sums of the columns, in `maximumGroups` slots. With `present`,
    /// only rows whose bit is set count, as those of a join whose result is hidden.
    ///
    /// Neither keys nor sums nor the number of groups are revealed; with more groups than slots `overflowed` is set, in shares.
    /// Rounds for a key of k bits: those of `sortingOrder`; 5 to bring keys and values into that order; ceil(log2 k) to compare
    /// neighbours; 5 to move the marked rows to the front; then, on `maximumGroups` + 1 rows only, 2 + ceil(log2(k + t + 2)) for
    /// the bits of keys and counts, and 2 to clear unused slots. `present` takes two more, and a key longer by one bit.
    /// Bits a row each way beyond the sort: 2 t + k / 2 for the order, 2 (k - 1) for neighbours, 4 t + k / 2 for the marked rows,
    /// and a ring element and a half for each column.
    /// Throws `.range` when a sum over all rows might leave the ring, `.badInput` for different lengths or no slot.
    public func groupBySum<E: RingElement>(
        _ key: SharedVector<UInt64>, values: [SharedVector<E>], maximumGroups: Int, present: SharedBits? = nil,
        by algorithm: SortAlgorithm = .automatic
    ) async throws -> SharedGroups<E> {
        _ = try requireColumns(values, count: key.count)
        require(key)
        try requireBits(present.map { [$0] } ?? [], count: key.count)
        guard maximumGroups > 0 else { throw YinheError(.badInput, "a maximum of \(maximumGroups) groups") }
        let count = key.count
        let sumBounds = try values.map { try $0.bounds.union($0.bounds.summed(max(1, count))).union(DeclaredBounds(0, 0)) }
        for bounds in sumBounds { try bounds.require(in: E.ring, for: "the sum of \(count) elements") }
        let layout = GroupLayout(
            count: count, maximum: maximumGroups, key: key.bounds, sums: sumBounds, hasAbsent: present != nil)
        guard count > 0 else { return try noGroups(layout) }

        // Absent rows go behind all others; the bit that says so stands below the key, where it is shared as a bit too.
        var sortKey = try key.adding(-key.bounds.lower)
        var carriedKey = sortKey
        if let present {
            let absent: SharedVector<UInt64> = try await arithmetic(~present)
            carriedKey = try sortKey.scaled(by: 2) + absent
            sortKey = try sortKey + absent.scaled(by: 1 << Int128(layout.keyBits))
        }
        let order = try await sortingOrder(sortKey, by: algorithm)
        var lanes = values.map { Lane($0) }
        if layout.carriedBits > 0 {
            lanes.append(Lane<UInt64>(carriedKey.share, bits: layout.carriedBits).widened(to: E.self))
        }
        lanes = try await gathered(lanes, by: order)
        let keys = layout.carriedBits > 0 ? lanes.removeLast().widened(to: UInt64.self).share : []

        // 0 for the last row of each group, 1 for the others: marked rows come first.
        var unmarked = try await equalNeighbours(keys, bits: layout.carriedBits, count: count)
        if present != nil {
            let absent = BitPlanes(keys, planes: 1).bits(0, count: count, party: party)
            unmarked = BitPlanes(try await or(unmarked.bits(0, count: count, party: party), absent))
        }
        let (places, digit) = try await self.places(unmarked, bits: 1, count: count)
        // Mark and number of rows up to here; above them the key where it fits, for nothing carries out of shares modulo 2^64.
        let isFirst = party == 0
        var words = digit.enumerated().map { 0 &- $1 &+ (isFirst ? 1 &+ UInt64(2 * ($0 + 1)) : 0) }
        if layout.carriedBits > 0, layout.isPacked { LaneLoops.add(keys, shiftedLeft: layout.wordBits, to: &words) }
        var columns = [Lane<UInt64>(words, bits: layout.firstBits).widened(to: E.self)]
        if !layout.isPacked { columns.append(Lane<UInt64>(keys, bits: layout.carriedBits).widened(to: E.self)) }
        columns += lanes.map { Lane(LaneLoops.prefixSums($0.share), bits: $0.bits) }
        columns = try await scattered(columns, by: SharedPermutation(places.share, party: party))
        return try await groups(columns, layout)
    }

    /// For each value of a secret key, the number of rows. See `groupBySum`.
    public func groupByCount(
        _ key: SharedVector<UInt64>, maximumGroups: Int, present: SharedBits? = nil, by algorithm: SortAlgorithm = .automatic
    ) async throws -> SharedGroups<UInt64> {
        try await groupBySum(
            key, values: [SharedVector<UInt64>](), maximumGroups: maximumGroups, present: present, by: algorithm)
    }

    /// Whether each key, of shares modulo 2^bits, equals the next one; 0 for the last. ceil(log2 bits) rounds.
    private func equalNeighbours(_ keys: [UInt64], bits: Int, count: Int) async throws -> BitPlanes {
        let isFirst = party == 0
        let last = count - 1
        let equal: BitPlanes
        if bits == 0 {
            equal = BitPlanes(zeroed: 1, words: SharedBits.wordCount(count))
            if isFirst { for i in 0..<equal.words { equal[0][i] = .max } }
        } else {
            // As in `isZero`: the lowest bits of d0 and of -d1 are equal.
            let planes = try await Parallel.offload {
                var differences = [UInt64](repeating: 0, count: count)
                for i in 0..<last {
                    let difference = keys[i + 1] &- keys[i]
                    differences[i] = isFirst ? ~difference : 0 &- difference
                }
                return BitPlanes(differences, planes: bits)
            }
            equal = try await conjunction(planes)
        }
        equal[0][last / 64] &= ~(1 << UInt64(last % 64))
        return equal
    }

    /// From the marked rows at the front: word, key, prefix sums.
    private func groups<E: RingElement>(_ columns: [Lane<E>], _ layout: GroupLayout) async throws -> SharedGroups<E> {
        let used = layout.used
        func front(_ lane: Lane<E>, _ rows: Int) -> [E] { Array(lane.share[0..<rows]) }
        var columns = columns
        let rows = min(layout.count, layout.maximum + 1)
        func planes(_ width: Int) async throws -> [SharedBits] {
            let share = LaneLoops.converted(front(columns.removeFirst(), rows), to: UInt64.self)
            return try await bits(of: SharedVector<UInt64>(share: share, party: party, of: 2, bounds: Ring.z64.range), width: width)
        }
        let planes = try await layout.isPacked ? planes(layout.firstBits) : planes(layout.firstBits) + planes(layout.carriedBits)

        let isUsed = planes[0][0..<used]
        let overflowed = rows > layout.maximum ? planes[0][layout.maximum..<rows] : .constant(false, count: 1, party: party)
        let elements: SharedVector<UInt64> = try await arithmetic(SharedBits.joined(planes.dropFirst().map { $0[0..<used] }))
        func number(_ range: Range<Int>, _ bounds: DeclaredBounds) throws -> SharedVector<UInt64> {
            var sum = [UInt64](repeating: 0, count: used)
            for (j, plane) in range.enumerated() {
                for i in 0..<used { sum[i] = sum[i] &+ elements.share[plane * used + i] << UInt64(j) }
            }
            return try SharedVector(share: sum, party: party, of: 2, bounds: bounds)
        }
        let countPlanes = layout.wordBits - 1
        let all = DeclaredBounds(unchecked: 0, Int128(layout.count))
        let counts = try number(0..<countPlanes, all).differences()
        let offsets = DeclaredBounds(unchecked: 0, layout.key.upper - layout.key.lower)
        let firstKeyPlane = countPlanes + layout.carriedBits - layout.keyBits
        let keys = try number(firstKeyPlane..<firstKeyPlane + layout.keyBits, offsets).adding(layout.key.lower)
        let sums = try zip(columns, layout.sums).map { column, bounds in
            try SharedVector(share: LaneLoops.differences(front(column, used)), party: party, of: 2, bounds: bounds)
        }
        // Slots without a group hold whatever rows came next: nothing of those may be opened.
        let masked = try await multiply(SharedBits.joined([isUsed, isUsed]), SharedVector.joined([keys, counts]))
        let maskedSums = sums.isEmpty
            ? nil : try await multiply(SharedBits.joined(sums.map { _ in isUsed }), SharedVector.joined(sums))
        return SharedGroups(
            keys: try padded(masked[0..<used], layout, layout.key),
            counts: try padded(masked[used..<2 * used], layout, all),
            sums: try layout.sums.indices.map { try padded(maskedSums![$0 * used..<($0 + 1) * used], layout, layout.sums[$0]) },
            isUsed: SharedBits.joined([isUsed, .constant(false, count: layout.maximum - used, party: party)]), overflowed: overflowed)
    }

    private func padded<E: RingElement>(
        _ part: SharedVector<E>, _ layout: GroupLayout, _ bounds: DeclaredBounds
    ) throws -> SharedVector<E> {
        try SharedVector(
            share: part.share + [E](repeating: 0, count: layout.maximum - layout.used), party: party, of: 2,
            bounds: bounds.union(DeclaredBounds(unchecked: 0, 0)))
    }

    private func noGroups<E: RingElement>(_ layout: GroupLayout) throws -> SharedGroups<E> {
        func empty<F: RingElement>(_: F.Type) throws -> SharedVector<F> {
            try SharedVector(share: [], party: party, of: 2, bounds: DeclaredBounds(0, 0))
        }
        return SharedGroups(
            keys: try padded(empty(UInt64.self), layout, layout.key),
            counts: try padded(empty(UInt64.self), layout, DeclaredBounds(0, 0)),
            sums: try layout.sums.map { try padded(empty(E.self), layout, $0) },
            isUsed: .constant(false, count: layout.maximum, party: party), overflowed: .constant(false, count: 1, party: party))
    }
}

/// Public sizes of one grouping.
private struct GroupLayout {
    let count: Int
    let maximum: Int
    let key: DeclaredBounds
    let sums: [DeclaredBounds]
    let keyBits: Int
    /// Of the key with the bit below it that says whether the row is absent.
    let carriedBits: Int
    /// The mark, and a number of rows from 1 to `count`.
    let wordBits: Int

    init(count: Int, maximum: Int, key: DeclaredBounds, sums: [DeclaredBounds], hasAbsent: Bool) {
        self.count = count
        self.maximum = maximum
        self.key = key
        self.sums = sums
        keyBits = 128 - (key.upper - key.lower).leadingZeroBitCount
        carriedBits = keyBits + (hasAbsent ? 1 : 0)
        wordBits = 1 + Int.bitWidth - count.leadingZeroBitCount
    }

    /// Whether mark, number and key fit one word.
    var isPacked: Bool { wordBits + carriedBits <= 64 }
    var firstBits: Int { isPacked ? wordBits + carriedBits : wordBits }

    /// Slots that can hold a group at all.
    var used: Int { min(count, maximum) }
}
