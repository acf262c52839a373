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
            throw YinheError(
                .badInput, "the rank \(rank) among \(x.count) values", remedy: "ranks run from 0 to the number of values less one")
        }
        let bits = 128 - (x.bounds.upper - x.bounds.lower).leadingZeroBitCount
        guard bits > 0, !ranks.isEmpty else {
            // All values are the lower bound.
            let value = party == 0 ? E(truncatingIfNeeded: x.bounds.lower) : 0
            return try SharedVector(share: ranks.map { _ in value }, party: party, of: 2, bounds: x.bounds)
        }
        var useSort = method == .sort
        if method == .automatic {
            let radix = SortCost.radix(rows: x.count, bits: bits).seconds
            let quick = SortCost.quick(rows: x.count, bits: bits).seconds
            useSort = min(radix, quick) < Double(ranks.count) * SortCost.bisection(rows: x.count, bits: bits).seconds
        }
        if useSort {
            let sorted = try await sort(x).keys
            return try SharedVector(share: ranks.map { sorted.share[$0] }, party: party, of: 2, bounds: x.bounds)
        }
        var out: [SharedVector<E>] = []
        let shifted = try x.adding(-x.bounds.lower)
        let planes = try await self.bits(of: shifted, width: bits)
        for rank in ranks {
            out.append(try await bisected(planes, rank: rank, as: E.self).adding(x.bounds.lower).declared(x.bounds))
        }
        return try SharedVector.joined(out)
    }

    /// The k-th smallest value, 0 for the minimum, as a vector of one shared element.
    ///
    /// By sorting: the rounds and bytes of `sort`. By bisection of the declared range (G. Aggarwal, N. Mishra, B. Pinkas,
    /// "Secure computation of the k-th ranked element", EUROCRYPT 2004, with everything in shares, also the middles), for a
    /// range of w bits: 1 + ceil(log2 w) rounds for the bits of all values, then for each bit 5 + ceil(log2 t) rounds and five
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
}
