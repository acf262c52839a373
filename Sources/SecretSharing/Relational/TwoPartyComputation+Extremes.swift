import SandboxCore

/// Smallest and greatest values of a vector.
///
/// A tree whose groups grow as the number of values shrinks: a group of g compares all its pairs at once, so that levels become
/// few (L. G. Valiant, "Parallelism in comparison problems", SIAM J. Comput. 4, 1975).
extension TwoPartyComputation {
    /// The smallest value, and its place: the first one where several are equal. Both are vectors of one element.
    ///
    /// Rounds for a range of w bits: 2 + ceil(log2 w) for each level of pairs, and ceil(log2(g - 1)) more for groups of g; with
    /// 2^16 values of 32 bits 57 in all. Less than 2 n comparisons and selections of two elements. Throws `.badInput` for no
    /// values.
    public func argMinimum<E: RingElement>(
        _ x: SharedVector<E>
    ) async throws -> (value: SharedVector<E>, index: SharedVector<E>) {
        let best = try await extreme([x, places(of: x)], smallest: true)
        return (best[0], best[1])
    }

    /// The greatest value, and its place. See `argMinimum`.
    public func argMaximum<E: RingElement>(
        _ x: SharedVector<E>
    ) async throws -> (value: SharedVector<E>, index: SharedVector<E>) {
        let best = try await extreme([x, places(of: x)], smallest: false)
        return (best[0], best[1])
    }

    /// The smallest value of a vector. The rounds of `argMinimum`, and half of its selections.
    public func minimum<E: RingElement>(of x: SharedVector<E>) async throws -> SharedVector<E> {
        try await extreme([x], smallest: true)[0]
    }

    /// The greatest value of a vector. See `minimum(of:)`.
    public func maximum<E: RingElement>(of x: SharedVector<E>) async throws -> SharedVector<E> {
        try await extreme([x], smallest: false)[0]
    }

    private func places<E: RingElement>(of x: SharedVector<E>) throws -> SharedVector<E> {
        let isFirst = party == 0
        return try SharedVector(
            share: (0..<x.count).map { isFirst ? E(truncatingIfNeeded: $0) : 0 }, party: party, of: 2,
            bounds: DeclaredBounds(unchecked: 0, Int128(max(1, x.count) - 1)))
    }

    /// The row of the columns whose first column is smallest, or greatest.
    private func extreme<E: RingElement>(_ columns: [SharedVector<E>], smallest: Bool) async throws -> [SharedVector<E>] {
        let count = try requireColumns(columns)
        guard count > 0 else { throw YinheError(.badInput, "the extreme of no values") }
        let pairs = max(count / 4, 4096)
        var columns = columns
        while columns[0].count > 1 {
            let rows = columns[0].count
            let group = min(rows, max(2, 1 + 2 * pairs / rows))
            columns = try await group == 2 ? bestOfPairs(columns, smallest) : bestOfGroups(columns, group, smallest)
        }
        return columns
    }

    /// Whether the second one is strictly better: the first of equal values stays.
    private func isBetter<E: RingElement>(
        _ second: SharedVector<E>, than first: SharedVector<E>, _ smallest: Bool
    ) async throws -> SharedBits {
        try await smallest ? lessThan(second, first) : lessThan(first, second)
    }

    private func bestOfPairs<E: RingElement>(_ columns: [SharedVector<E>], _ smallest: Bool) async throws -> [SharedVector<E>] {
        let half = columns[0].count / 2
        func every(_ column: SharedVector<E>, _ first: Int) throws -> SharedVector<E> {
            try column.rows((0..<half).map { 2 * $0 + first })
        }
        let first = try columns.map { try every($0, 0) }, second = try columns.map { try every($0, 1) }
        let better = try await isBetter(second[0], than: first[0], smallest)
        let steps = try await multiply(
            SharedBits.joined(columns.map { _ in better }), SharedVector.joined(columns.indices.map { try second[$0] - first[$0] }))
        return try columns.indices.map { j in
            let chosen = try (first[j] + steps[j * half..<(j + 1) * half]).declared(columns[j].bounds)
            // The last one when it has no neighbour.
            return columns[j].count % 2 == 0 ? chosen : try SharedVector.joined([chosen, columns[j][2 * half..<columns[j].count]])
        }
    }

    private func bestOfGroups<E: RingElement>(
        _ columns: [SharedVector<E>], _ size: Int, _ smallest: Bool
    ) async throws -> [SharedVector<E>] {
        let rows = columns[0].count
        let starts = stride(from: 0, to: rows, by: size)
        var first: [Int] = [], second: [Int] = []
        for start in starts {
            for i in start..<min(rows, start + size) {
                for j in i + 1..<max(i + 1, min(rows, start + size)) {
                    first.append(i)
                    second.append(j)
                }
            }
        }
        let better = try await isBetter(columns[0].rows(second), than: columns[0].rows(first), smallest)
        // Plane m - 1 of a row: whether it beats the m-th row after it in its group, in turn; rows that are missing are beaten.
        let isFirst = party == 0, words = SharedBits.wordCount(rows)
        let beats = BitPlanes(zeroed: size - 1, words: words)
        if isFirst { for plane in 0..<size - 1 { for word in 0..<words { beats[plane][word] = .max } } }
        for pair in first.indices {
            let (i, j) = (first[pair], second[pair]), bit = better[pair]
            // The first one beats unless the second is better: the complement, which party 0 has set above.
            let after = j - i - 1, before = size - (j - i) - 1
            beats[after][i / 64] ^= bit << UInt64(i % 64)
            beats[before][j / 64] ^= (isFirst ? bit ^ 1 : bit) << UInt64(j % 64)
        }
        let wins = try await conjunction(beats).bits(0, count: rows, party: party)
        let chosen = try await multiply(SharedBits.joined(columns.map { _ in wins }), SharedVector.joined(columns))
        return try columns.indices.map { j in
            let sums = starts.map { start in
                (start..<min(rows, start + size)).reduce(E(0)) { $0 &+ chosen.share[j * rows + $1] }
            }
            return try SharedVector(share: sums, party: party, of: 2, bounds: columns[j].bounds)
        }
    }
}

extension SharedVector {
    /// Some elements, by place.
    func rows(_ places: [Int]) throws -> SharedVector {
        try SharedVector(share: places.map { share[$0] }, party: party, of: partyCount, bounds: bounds)
    }
}
