import SandboxCore

/// Sums by keys with public categories: every category has its result, whether a row has it or not.
extension TwoPartyComputation {
    /// Counts and sums for the categories 0 ..< categories.
    public struct CategorySums<E: RingElement>: Sendable {
        /// Rows of each category.
        public let counts: SharedVector<E>
        /// For each column of values, the sum over each category.
        public let sums: [SharedVector<E>]
    }

    /// Whether each row has category c: for c in 0 ..< categories, one after the other.
    ///
    /// A demultiplexer: the indicators of the high and of the low half of the key's bits, and their products, about one product
    /// for each category and row. 1 + ceil(log2 k) rounds for the k bits, then ceil(log2 k) rounds. Throws `.range` when the key's
    /// bounds are not within 0 ..< categories.
    public func indicators<E: RingElement>(_ key: SharedVector<E>, categories: Int) async throws -> [SharedBits] {
        require(key)
        try requireCategories(key, categories)
        if categories == 1 { return [.constant(true, count: key.count, party: party)] }
        let bits = try await self.bits(of: key, width: Int.bitWidth - (categories - 1).leadingZeroBitCount)
        return try await demultiplexed(bits, categories)
    }

    private func requireCategories<E: RingElement>(_ key: SharedVector<E>, _ categories: Int) throws {
        guard categories > 0, key.bounds.lower >= 0, key.bounds.upper < Int128(categories) else {
            throw YinheError(
                .range, "a key in \(key.bounds) for \(categories) categories",
                remedy: "categories are numbered from 0; declare the key's bounds")
        }
    }

    /// The indicators of the rows that are present.
    private func restricted(_ indicators: [SharedBits], to present: SharedBits?) async throws -> [SharedBits] {
        guard let present else { return indicators }
        let count = indicators[0].count
        try requireBits([present], count: count)
        let all = try await and(SharedBits.joined(indicators), SharedBits.joined(indicators.map { _ in present }))
        return indicators.indices.map { all[$0 * count..<($0 + 1) * count] }
    }

    private func demultiplexed(_ bits: [SharedBits], _ categories: Int) async throws -> [SharedBits] {
        // Groups of bits with the indicators of their values, joined in pairs, so that all pairs of a level share a round.
        var groups = bits.map { [~$0, $0] }
        while groups.count > 1 {
            var next: [[SharedBits]] = []
            var low: [SharedBits] = [], high: [SharedBits] = []
            var sizes: [Int] = []
            for pair in stride(from: 0, to: groups.count - 1, by: 2) {
                // The values of the last pair that no category has are not needed.
                let span = pair + 2 >= groups.count && groups.count == 2 ? categories : groups[pair].count * groups[pair + 1].count
                for value in 0..<span {
                    low.append(groups[pair][value % groups[pair].count])
                    high.append(groups[pair + 1][value / groups[pair].count])
                }
                sizes.append(span)
            }
            let products = try await and(SharedBits.joined(low), SharedBits.joined(high))
            let count = bits[0].count
            var at = 0
            for size in sizes {
                next.append((0..<size).map { products[(at + $0) * count..<(at + $0 + 1) * count] })
                at += size
            }
            if groups.count % 2 == 1 { next.append(groups.last!) }
            groups = next
        }
        return Array(groups[0].prefix(categories))
    }

    /// Rows and sums for each of the public categories 0 ..< categories.
    ///
    /// Up to 16 categories by indicators: the rounds of `indicators`, one for ring elements, one or more for a matrix product; a
    /// row costs each way a ring element for each category and column, and three bits for each category. For more categories, over
    /// Z_2^64, by `groupBySum` of the rows and one row of zeros for every category, so that each has a group.
    /// With `present`, only rows whose bit is set count; one round more. Throws `.range` when the key's bounds are not within
    /// 0 ..< categories, or a sum might leave the ring.
    public func groupBySum<E: RingElement>(
        _ key: SharedVector<E>, categories: Int, values: [SharedVector<E>], present: SharedBits? = nil
    ) async throws -> CategorySums<E> {
        let count = try requireColumns([key] + values)
        if categories > Self.indicatorCategories, let key = key as? SharedVector<UInt64> {
            return try await groupedBySorting(key, categories, values, present)
        }
        let bits = try await restricted(indicators(key, categories: categories), to: present)
        let ones: SharedVector<E> = try await arithmetic(SharedBits.joined(bits))
        let counts = try SharedVector.joined((0..<categories).map { try ones[$0 * count..<($0 + 1) * count].sum() })
        guard !values.isEmpty else { return CategorySums(counts: counts, sums: []) }
        // Rows by columns, each column within the bounds of all.
        let all = try SharedVector.joined(values)
        let matrix = try SharedVector(
            share: RingKernels.transposed(all.share, values.count, count), party: party, of: 2, bounds: all.bounds)
        let product = try await matrixProduct(ones, rows: categories, matrix, columns: values.count)
        let sums = try values.indices.map { column in
            try SharedVector(
                share: (0..<categories).map { product.share[$0 * values.count + column] }, party: party, of: 2,
                bounds: values[column].bounds.summed(count).union(DeclaredBounds(0, 0)))
        }
        return CategorySums(counts: counts, sums: sums)
    }

    /// More categories than this go by sorting: an element a category and row each way is more than a sort of short keys takes.
    static let indicatorCategories = 16

    private func groupedBySorting<E: RingElement>(
        _ key: SharedVector<UInt64>, _ categories: Int, _ values: [SharedVector<E>], _ present: SharedBits?
    ) async throws -> CategorySums<E> {
        try requireCategories(key, categories)
        let every: SharedVector<UInt64> = try constant((0..<Int64(categories)).map { $0 })
        let zero = [E](repeating: 0, count: categories)
        let groups = try await groupBySum(
            SharedVector.joined([key, every]),
            values: values.map {
                try SharedVector.joined([$0, SharedVector(share: zero, party: party, of: 2, bounds: DeclaredBounds(0, 0))])
            },
            maximumGroups: categories,
            present: present.map { SharedBits.joined([$0, .constant(true, count: categories, party: party)]) })
        let counts = try groups.counts.adding(-1).declared(DeclaredBounds(unchecked: 0, Int128(key.count)))
        return CategorySums(
            counts: try SharedVector(
                share: LaneLoops.converted(counts.share, to: E.self), party: party, of: 2, bounds: counts.bounds),
            sums: groups.sums)
    }

    /// The table of two keys: rows with first key r and second key c, row-major. One matrix product of the two keys' indicators: a
    /// ring element for each category of either key and row, each way.
    /// With `present`, only rows whose bit is set count. Throws `.range` when a key's bounds are not within its categories.
    public func contingencyTable<E: RingElement>(
        _ first: SharedVector<E>, categories rows: Int, _ second: SharedVector<E>, categories columns: Int,
        present: SharedBits? = nil
    ) async throws -> SharedVector<E> {
        let count = try requireColumns([first, second])
        let a = try await restricted(indicators(first, categories: rows), to: present)
        let b = try await indicators(second, categories: columns)
        let ones: SharedVector<E> = try await arithmetic(SharedBits.joined(a + b))
        let right = ones[rows * count..<(rows + columns) * count]
        let turned = try SharedVector(
            share: RingKernels.transposed(right.share, columns, count), party: party, of: 2, bounds: right.bounds)
        return try await matrixProduct(ones[0..<rows * count], rows: rows, turned, columns: columns)
    }

    /// The sums of one column for each pair of categories, row-major: the second key's indicators times the values, then one
    /// matrix product.
    public func contingencySums<E: RingElement>(
        _ first: SharedVector<E>, categories rows: Int, _ second: SharedVector<E>, categories columns: Int, values: SharedVector<E>,
        present: SharedBits? = nil
    ) async throws -> SharedVector<E> {
        let count = try requireColumns([first, second, values])
        let a = try await restricted(indicators(first, categories: rows), to: present)
        let b = try await indicators(second, categories: columns)
        let ones: SharedVector<E> = try await arithmetic(SharedBits.joined(a))
        let parts = try await multiply(SharedBits.joined(b), SharedVector.joined(b.map { _ in values }))
        let turned = try SharedVector(
            share: RingKernels.transposed(parts.share, columns, count), party: party, of: 2, bounds: parts.bounds)
        return try await matrixProduct(ones, rows: rows, turned, columns: columns)
    }
}
