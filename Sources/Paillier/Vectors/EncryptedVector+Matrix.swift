import Arithmetic
import SandboxCore

extension EncryptedVector {
    /// The product of a public matrix with the encrypted rows: row r of the result is, slot by slot, the sum over all rows i of
    /// weights[r][i] times row i. With `valuesPerRow` 1 that is a matrix times an encrypted vector.
    ///
    /// Simultaneous exponentiation (Straus, Pippenger): far less than one exponentiation for each weight. Variable time in the weights.
    /// Throws `.range` when a sum could pass its slots, `.badInput` for a row of weights of another length.
    public func weightedSums(
        _ weights: [[Int64]], threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        try weightedSums(weights, scale: scale, threads: threads, progress: progress)
    }

    /// The dot product with public weights: one row.
    public func weightedSum(
        _ weights: [Int64], threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        try weightedSums([weights], threads: threads, progress: progress)
    }

    /// The same for real weights, rounded to the nearest unit of `weightScale`; the result is in units of `scale` times `weightScale`.
    public func weightedSums(
        real weights: [[Double]], scale weightScale: FixedPointScale, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        let units = try weights.map { try $0.map { try weightScale.units(of: $0) } }
        return try weightedSums(units, scale: scale * weightScale, threads: threads, progress: progress)
    }

    private func weightedSums(
        _ weights: [[Int64]], scale: FixedPointScale, threads: Int, progress: ProgressMonitor?
    ) throws -> EncryptedVector {
        var each: [SlotBounds] = []
        for (r, row) in weights.enumerated() {
            guard row.count == rowCount else { throw Self.mismatch("row \(r + 1) of the weights has \(row.count), \(rowCount) are due") }
            // Every row is refused or accepted on its own, so that the error can name it.
            each.append(try layout.accept(weightedBounds(row), "weighted sum \(r + 1)"))
        }
        let biases = each.map(\.bias), bias = biases.first ?? 0
        let all = each.dropFirst().reduce(each.first ?? .zero) { $0.union($1, bias: bias) }
        let bounds = try layout.accept(all, "the weighted sums together")

        let base = normalized(threads: threads)
        // Few rows of weights are cut into parts, one or more for each thread; each costs a table or a set of buckets of its own.
        let parts = max(1, min((rowCount + 1023) / 1024, (2 * threads + weights.count - 1) / max(weights.count, 1), threads > 1 ? .max : 1))
        let length = (rowCount + parts - 1) / parts
        let counter = ProgressCounter("weighted sums", total: weights.count * parts, progress)
        let key = publicKey, ones = layout.ones(shape), arithmetic = arithmetic
        let products = try Parallel.map(weights.count * parts, threads: threads) { task in
            defer { counter.add(1) }
            let range = min(rowCount, task % parts * length)..<min(rowCount, (task % parts + 1) * length)
            let row = weights[task / parts]
            return (base.product(row, range, negative: false), base.product(row, range, negative: true))
        }
        let result = like(count: weights.count * valuesPerRow, bounds: bounds, scale: scale, residue: 0)
        let target = result.target, limbs = limbs
        try Parallel.forEachChunk(of: weights.count, chunk: 1, threads: threads) { range in
            for r in range {
                var up = arithmetic.trivial(BigInteger(signed: biases[r] - bias) * ones), down = BigInteger.one
                for (positive, negative) in products[r * parts..<(r + 1) * parts] {
                    up = (up * positive).modulo(key.nSquared)
                    if negative != .one { down = (down * negative).modulo(key.nSquared) }
                }
                if down != .one {
                    guard let inverse = down.inverse(modulo: key.nSquared) else { preconditionFailure("a ciphertext that is not a unit") }
                    up = (up * inverse).modulo(key.nSquared)
                }
                up.copyLimbs(to: target.base + r * limbs, count: limbs)
            }
        }
        return result
    }

    private func weightedBounds(_ weights: [Int64]) -> SlotBounds? {
        var sum: SlotBounds? = .zero
        for weight in weights {
            guard let term = bounds.multiplied(by: Int128(weight)) else { return nil }
            sum = sum?.adding(term)
        }
        return sum
    }

    /// The product of rows^|weight| over the rows with weights of one sign. This vector is in ordinary form.
    private func product(_ weights: [Int64], _ range: Range<Int>, negative: Bool) -> BigInteger {
        let limbs = limbs
        let chosen = range.filter { negative ? weights[$0] < 0 : weights[$0] > 0 }
        guard !chosen.isEmpty else { return .one }
        let exponents = chosen.map { weights[$0].magnitude }
        let bits = UInt64.bitWidth - exponents.reduce(0, |).leadingZeroBitCount
        if chosen.count == range.count {
            return arithmetic.modulus.multiPower(
                storage.pointer + range.lowerBound * limbs, count: range.count, publicExponents: exponents, exponentBits: bits)
        }
        let bases = HugeBuffer<UInt64>(count: chosen.count * limbs, wiped: false)
        for (i, row) in chosen.enumerated() { (bases.pointer + i * limbs).update(from: storage.pointer + row * limbs, count: limbs) }
        return arithmetic.modulus.multiPower(bases.pointer, count: chosen.count, publicExponents: exponents, exponentBits: bits)
    }
}
