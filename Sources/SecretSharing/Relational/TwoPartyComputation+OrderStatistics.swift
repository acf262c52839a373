import SandboxCore

extension TwoPartyComputation {
    /// How an order statistic is found.
    public enum SelectionMethod: String, Sendable, CaseIterable {
        /// Whichever is estimated to take less time for the number of ranks.
        case automatic
        /// Sorts once and takes rows: any number of ranks for one price.
        case sort
        /// Halves the declared range, counting the values below the middle.
        case bisection
    }

    /// The k-th smallest value for each rank, 0 for the minimum, as shares. See `kthSmallest`.
    public func orderStatistics<E: RingElement>(
        _ x: SharedVector<E>, ranks: [Int], by method: SelectionMethod = .automatic
    ) async throws -> SharedVector<E> {
        _ = try requireColumns([x])
        for rank in ranks where !(0..<x.count).contains(rank) {
            throw YinheError(.badInput, "the rank \(rank) among \(x.count) values", remedy: "ranks run from 0 to the number of values less one")
        }
        let bits = 128 - (x.bounds.upper - x.bounds.lower).leadingZeroBitCount
        guard bits > 0, !ranks.isEmpty else {
            // All values are the lower bound.
            let value = party == 0 ? E(truncatingIfNeeded: x.bounds.lower) : 0
            return try SharedVector(share: ranks.map { _ in value }, party: party, of: 2, bounds: x.bounds)
        }
        var useSort = method == .sort
        if method == .automatic {
            let radix = SortCost.radix(rows: x.count, bits: bits).seconds, quick = SortCost.quick(rows: x.count, bits: bits).seconds
            useSort = min(radix, quick) < Double(ranks.count) * SortCost.bisection(rows: x.count, bits: bits).seconds
        }
        if useSort {
            let sorted = try await sort(x).keys
            return try SharedVector(share: ranks.map { sorted.share[$0] }, party: party, of: 2, bounds: x.bounds)
        }
        var out: [SharedVector<E>] = []
        let shifted = try x.adding(-x.bounds.lower)
        let planes = try await self.bits(of: shifted, width: bits)
        for rank in ranks { out.append(try await bisected(planes, rank: rank, as: E.self).adding(x.bounds.lower).declared(x.bounds)) }
        return try SharedVector.joined(out)
    }

    /// The k-th smallest value, 0 for the minimum, as a vector of one shared element.
    ///
    /// By sorting: the rounds and bytes of `sort`. By bisection of the declared range (G. Aggarwal, N. Mishra, B. Pinkas,
    /// "Secure computation of the k-th ranked element", EUROCRYPT 2004, with everything in shares, also the middles), for a
    /// range of w bits: 1 + ceil(log2 w) rounds for the bits of all values, then for each bit 5 + ceil(log2(t + 1)) rounds and five
    /// bits a value each way, and one round. Throws `.badInput` for a rank out of range.
    public func kthSmallest<E: RingElement>(
        _ x: SharedVector<E>, _ k: Int, by method: SelectionMethod = .automatic
    ) async throws -> SharedVector<E> {
        try await orderStatistics(x, ranks: [k], by: method)
    }

    /// The lower empirical quantile: the smallest value that at least `numerator` / `denominator` of all values do not exceed,
    /// the value of rank max(1, ceil(n q)), counted from 1. Throws `.badInput` for a fraction outside 0 ... 1 or no values.
    public func quantile<E: RingElement>(
        _ x: SharedVector<E>, _ numerator: Int, of denominator: Int, by method: SelectionMethod = .automatic
    ) async throws -> SharedVector<E> {
        guard denominator > 0, (0...denominator).contains(numerator), x.count > 0 else {
            throw YinheError(.badInput, "the quantile \(numerator)/\(denominator) of \(x.count) values")
        }
        let product = Int128(x.count) * Int128(numerator)
        let rank = Int((product + Int128(denominator) - 1) / Int128(denominator))
        return try await kthSmallest(x, max(1, rank) - 1, by: method)
    }

    /// The number whose bits, from the highest, say whether no more than k of the values that agree with it so far have a 0 there.
    private func bisected<E: RingElement>(_ planes: [SharedBits], rank: Int, as: E.Type) async throws -> SharedVector<E> {
        let count = planes[0].count
        var alive = SharedBits.constant(true, count: count, party: party)
        var k: SharedVector<UInt64> = try constant([Int64(rank)])
        var result: [SharedBits] = []
        let rankBounds = DeclaredBounds(unchecked: 0, Int128(count - 1))
        for (j, plane) in planes.enumerated().reversed() {
            let isTop = result.isEmpty
            let zeros = isTop ? ~plane : try await and(alive, ~plane)
            let below = try await arithmetic(zeros, as: UInt64.self).sum()
            let bit = try await ~lessThan(k, below)
            result.append(bit)
            guard j > 0 else { break }
            k = try (k - (try await multiply(bit, below))).declared(rankBounds)
            // Those with the bit where it is set, those without where it is not.
            let everywhere = broadcast(bit, count: count)
            alive = try isTop ? zeros ^ everywhere : zeros ^ (await and(everywhere, alive))
        }
        return try await composed(result.reversed())
    }

    private func broadcast(_ bit: SharedBits, count: Int) -> SharedBits {
        SharedBits(unchecked: [UInt64](repeating: bit[0] == 1 ? .max : 0, count: SharedBits.wordCount(count)), count, bit.party)
    }

    // MARK: Extremes

    /// The smallest value, and its place: the first one where several are equal. Both are vectors of one element.
    ///
    /// A tree of ceil(log2 n) levels, each 2 + ceil(log2 w) rounds for a range of w bits; all levels together compare n - 1 pairs and
    /// select two elements for each. Throws `.badInput` for no values.
    public func argMinimum<E: RingElement>(
        _ x: SharedVector<E>
    ) async throws -> (value: SharedVector<E>, index: SharedVector<E>) {
        try await extreme(x, smallest: true)
    }

    /// The greatest value, and its place. See `argMinimum`.
    public func argMaximum<E: RingElement>(
        _ x: SharedVector<E>
    ) async throws -> (value: SharedVector<E>, index: SharedVector<E>) {
        try await extreme(x, smallest: false)
    }

    /// The smallest value of a vector. The rounds of `argMinimum`, and half of its selections.
    public func minimum<E: RingElement>(of x: SharedVector<E>) async throws -> SharedVector<E> {
        try await extremeValue(x, smallest: true)
    }

    public func maximum<E: RingElement>(of x: SharedVector<E>) async throws -> SharedVector<E> {
        try await extremeValue(x, smallest: false)
    }

    private func extremeValue<E: RingElement>(_ x: SharedVector<E>, smallest: Bool) async throws -> SharedVector<E> {
        try requireValues(x)
        var x = x
        while x.count > 1 {
            let (first, second, rest) = try halves(x)
            let winners = smallest ? try await minimum(first, second) : try await maximum(first, second)
            x = try rest.map { try SharedVector.joined([winners, $0]) } ?? winners
        }
        return x
    }

    private func extreme<E: RingElement>(
        _ x: SharedVector<E>, smallest: Bool
    ) async throws -> (value: SharedVector<E>, index: SharedVector<E>) {
        try requireValues(x)
        let places = DeclaredBounds(unchecked: 0, Int128(x.count - 1)), bounds = x.bounds
        var values = x
        var indices = try SharedVector<E>(
            share: x.share.indices.map { party == 0 ? E(truncatingIfNeeded: $0) : 0 }, party: party, of: 2, bounds: places)
        while values.count > 1 {
            let (a, b, rest) = try neighbours(values), (i, j, lastIndex) = try neighbours(indices)
            // The later one wins only when it is strictly better, so the first of equal values stays.
            let better = try await smallest ? lessThan(b, a) : lessThan(a, b)
            let chosen = try await multiply(
                SharedBits.joined([better, better]), SharedVector.joined([b - a, j - i]))
            let half = a.count
            values = try (a + chosen[0..<half]).declared(bounds)
            indices = try (i + chosen[half..<2 * half]).declared(places)
            if let rest, let lastIndex {
                values = try SharedVector.joined([values, rest])
                indices = try SharedVector.joined([indices, lastIndex])
            }
        }
        return (values, indices)
    }

    private func requireValues<E: RingElement>(_ x: SharedVector<E>) throws {
        require(x)
        guard x.count > 0 else { throw YinheError(.badInput, "the extreme of no values") }
    }

    private func halves<E: RingElement>(
        _ x: SharedVector<E>
    ) throws -> (SharedVector<E>, SharedVector<E>, rest: SharedVector<E>?) {
        let half = x.count / 2
        return (x[0..<half], x[half..<2 * half], x.count % 2 == 1 ? x[2 * half..<x.count] : nil)
    }

    /// Elements with even and with odd places, and the last one when it has no neighbour.
    private func neighbours<E: RingElement>(
        _ x: SharedVector<E>
    ) throws -> (SharedVector<E>, SharedVector<E>, rest: SharedVector<E>?) {
        func every(_ first: Int) throws -> SharedVector<E> {
            try SharedVector(
                share: (0..<x.count / 2).map { x.share[2 * $0 + first] }, party: party, of: 2, bounds: x.bounds)
        }
        return (try every(0), try every(1), x.count % 2 == 1 ? x[x.count - 1..<x.count] : nil)
    }
}
