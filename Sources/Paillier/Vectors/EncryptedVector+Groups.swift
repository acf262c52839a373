import Arithmetic
import SandboxCore

extension EncryptedVector {
    /// Sums of whole rows by group: row g of the result adds up, slot by slot, all rows i with groups[i] = g. The pattern of histograms
    /// and of gradient-boosted trees, where each row holds what belongs to one sample, such as its gradient and hessian
    /// (`valuesPerRow` 2).
    ///
    /// One multiplication a row, on all threads: rows are sorted by group first, so a thread holds no tables of its own.
    ///
    /// - Parameters:
    ///   - groups: the group of each row, below `groupCount`.
    ///   - atMost: the largest number of rows that any group may have, when it is declared. The bounds of the result then follow from
    ///     it; otherwise they follow from the largest group, which so becomes known to whoever gets the result.
    ///
    /// Throws `.range` when a sum could pass its slots or a group is larger than declared, `.badInput` for a group that does not exist.
    public func sums(
        byGroup groups: [Int], groupCount: Int, atMost: Int? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        precondition(groupCount >= 0)
        guard groups.count == rowCount else {
            throw Self.mismatch("\(groups.count) group numbers for \(rowCount) rows of \(valuesPerRow) values")
        }
        // A counting sort: starts[g] ..< starts[g + 1] are the places of group g's rows.
        var starts = [Int](repeating: 0, count: groupCount + 1)
        for (row, group) in groups.enumerated() {
            guard group >= 0, group < groupCount else {
                throw YinheError(.badInput, "row \(row + 1) is in group \(group); groups are 0 ... \(groupCount - 1)")
            }
            starts[group + 1] += 1
        }
        for group in 0..<groupCount { starts[group + 1] += starts[group] }
        var next = starts
        var order = [Int](repeating: 0, count: rowCount)
        for (row, group) in groups.enumerated() {
            order[next[group]] = row
            next[group] += 1
        }
        return try selectionSums(order, starts: starts, atMost: atMost, what: "a group", threads: threads, progress: progress)
    }

    /// Sums of chosen rows: row s of the result adds up, slot by slot, the rows that selections[s] lists. A row may be chosen by
    /// several, and more than once. `atMost` and errors as for `sums(byGroup:)`.
    public func sums(
        ofRows selections: [[Int]], atMost: Int? = nil, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        var starts = [0]
        for (s, selection) in selections.enumerated() {
            if let bad = selection.first(where: { $0 < 0 || $0 >= rowCount }) {
                throw YinheError(.badInput, "selection \(s + 1) names row \(bad); rows are 0 ... \(rowCount - 1)")
            }
            starts.append(starts.last! + selection.count)
        }
        return try selectionSums(
            selections.flatMap { $0 }, starts: starts, atMost: atMost, what: "a selection", threads: threads, progress: progress)
    }

    /// One row: the slot-wise sum of all rows.
    public func total(threads: Int = availableCores, progress: ProgressMonitor? = nil) throws -> EncryptedVector {
        try selectionSums(
            Array(0..<rowCount), starts: [0, rowCount], atMost: nil, what: "the vector", threads: threads, progress: progress)
    }

    /// Row s of the result is the sum of rows order[starts[s] ..< starts[s + 1]].
    private func selectionSums(
        _ order: [Int], starts: [Int], atMost: Int?, what: String, threads: Int, progress: ProgressMonitor?
    ) throws -> EncryptedVector {
        let sums = starts.count - 1
        let sizes = (0..<sums).map { starts[$0 + 1] - starts[$0] }
        let largest = atMost ?? sizes.max() ?? 0, smallest = atMost == nil ? sizes.min() ?? 0 : 0
        if let atMost, let actual = sizes.max(), actual > atMost {
            throw YinheError(.range, "\(what) adds up \(actual) rows, declared were \(atMost)", remedy: "declare more rows")
        }
        // All sums get the bias of the largest: a smaller one is short of some, which a plaintext constant makes up for.
        let bounds = try layout.accept(
            Self.hull(bounds.multiplied(by: Int128(smallest)), bounds.multiplied(by: Int128(largest))),
            "the sum of \(largest) rows of \(what)")
        let products = try rowProducts(order, starts: starts, threads: threads, progress: progress)
        // One factor for each size that occurs. A product of `size` rows came with R^residue of each row and lost one R at each
        // multiplication; and it is short of (largest - size) biases.
        let kinds = Set(sizes).sorted()
        let arithmetic = arithmetic, ones = layout.ones(shape), bias = self.bounds.bias, residue = residue
        let factors = try Parallel.map(kinds.count, threads: threads) { i in
            let size = kinds[i], form = size == 0 ? 0 : size * residue - (size - 1)
            let missing = BigInteger(signed: bias * Int128(size - largest))
            let power = arithmetic.number(arithmetic.modulus.powerOfR(size == 0 ? 0 : 1 - form))
            return (power * arithmetic.trivial(missing * ones)).modulo(arithmetic.key.nSquared).limbs(count: arithmetic.limbs)
        }
        let factor = Dictionary(uniqueKeysWithValues: zip(kinds, factors))
        let result = like(count: sums * valuesPerRow, bounds: bounds, residue: 0)
        let source = SharedRows(products.pointer), target = result.target, limbs = limbs
        try Parallel.forEachChunk(of: sums, chunk: 64, threads: threads) { range in
            for s in range {
                let row = target.base + s * limbs, factor = factor[sizes[s]]!
                if sizes[s] == 0 {
                    row.update(from: factor, count: limbs)
                } else {
                    arithmetic.modulus.multiply(source.base + s * limbs, factor, count: 1, into: row)
                }
            }
        }
        withExtendedLifetime(products) {}
        return result
    }

    /// Row s is the Montgomery product of rows order[starts[s] ..< starts[s + 1]]: of k rows, k - 1 products. Undefined for none.
    private func rowProducts(
        _ order: [Int], starts: [Int], threads: Int, progress: ProgressMonitor?
    ) throws -> HugeBuffer<UInt64> {
        // Long lists are cut, so that one large group does not keep a single thread busy, and there is always a row of products to do
        // side by side, which the kernels are faster at than at one.
        let longest = 256
        var pieces: [Range<Int>] = []
        var firstPiece = [0]
        for s in 0..<starts.count - 1 {
            for start in stride(from: starts[s], to: starts[s + 1], by: longest) {
                pieces.append(start..<min(start + longest, starts[s + 1]))
            }
            firstPiece.append(pieces.count)
        }
        let limbs = limbs, modulus = arithmetic.modulus, source = rows
        let partial = HugeBuffer<UInt64>(count: pieces.count * limbs, wiped: false)
        let partials = TargetRows(partial.pointer)
        let counter = ProgressCounter("add rows", total: order.count, progress)
        let (pieceList, firstPieces) = (pieces, firstPiece)
        let together = max(1, min(64, (pieces.count + threads - 1) / max(threads, 1)))
        try Parallel.forEachChunk(of: pieces.count, chunk: together, threads: threads) { batch in
            // The longest piece first: those that still have a row for step t are then a prefix.
            let sorted = batch.sorted { pieceList[$0].count > pieceList[$1].count }
            let buffer = HugeBuffer<UInt64>(count: 2 * sorted.count * limbs, wiped: false)
            let products = buffer.pointer, factors = products + sorted.count * limbs
            var active = sorted.count
            for step in 0..<pieceList[sorted[0]].count {
                while active > 0, pieceList[sorted[active - 1]].count <= step { active -= 1 }
                let target = step == 0 ? products : factors
                for (i, piece) in sorted[..<active].enumerated() {
                    (target + i * limbs).update(from: source.base + order[pieceList[piece].lowerBound + step] * limbs, count: limbs)
                }
                if step > 0 { modulus.multiply(products, factors, count: active, into: products) }
                counter.add(active)
            }
            for (i, piece) in sorted.enumerated() { (partials.base + piece * limbs).update(from: products + i * limbs, count: limbs) }
        }
        let result = HugeBuffer<UInt64>(count: (starts.count - 1) * limbs, wiped: false)
        for s in 0..<starts.count - 1 {
            let out = result.pointer + s * limbs
            for (i, piece) in (firstPieces[s]..<firstPieces[s + 1]).enumerated() {
                let row = UnsafePointer(partial.pointer + piece * limbs)
                if i == 0 { out.update(from: row, count: limbs) } else { modulus.multiply(out, row, count: 1, into: out) }
            }
        }
        return result
    }

    static func hull(_ a: SlotBounds?, _ b: SlotBounds?) -> SlotBounds? {
        guard let a, let b else { return nil }
        return a.union(b, bias: b.bias)
    }
}
