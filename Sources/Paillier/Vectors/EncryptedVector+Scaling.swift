import Arithmetic
import SandboxCore

extension EncryptedVector {
    /// Every value times a public integer. About 1.2 multiplications for each bit of it and ciphertext; variable time in it.
    ///
    /// Throws `.range` when a product could pass its slot.
    public func multiplied(
        by factor: Int64, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        let bounds = try layout.accept(bounds.multiplied(by: Int128(factor)), "the product with \(factor)")
        return try power(factor, bounds: bounds, scale: scale, threads: threads, progress: progress)
    }

    /// Every value times a public real number, rounded to the nearest unit of `factorScale`: the product is exact in units of
    /// `scale` times `factorScale`.
    public func multiplied(
        byReal factor: Double, scale factorScale: FixedPointScale, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        let units = try factorScale.units(of: factor)
        let bounds = try layout.accept(bounds.multiplied(by: Int128(units)), "the product with \(units) units")
        return try power(units, bounds: bounds, scale: scale * factorScale, threads: threads, progress: progress)
    }

    private func power(
        _ factor: Int64, bounds: SlotBounds, scale: FixedPointScale, threads: Int, progress: ProgressMonitor?
    ) throws -> EncryptedVector {
        guard factor != 0 else { return trivialRows(bounds: bounds, scale: scale) }
        let base = try (factor < 0 ? negated(threads: threads) : self).normalized(threads: threads)
        let result = like(bounds: bounds, scale: scale, residue: 0)
        let source = base.rows, target = result.target, limbs = limbs, modulus = arithmetic.modulus
        let exponents = [UInt64](repeating: factor.magnitude, count: CiphertextArithmetic.chunk)
        let bits = UInt64.bitWidth - factor.magnitude.leadingZeroBitCount
        let counter = ProgressCounter("multiply", total: rowCount, progress)
        parallelRows(threads: threads) { range in
            let offset = range.lowerBound * limbs
            modulus.powers(
                source.base + offset, count: range.count, publicExponents: exponents, exponentBits: bits, into: target.base + offset)
            counter.add(range.count)
        }
        return result
    }

    /// Encryptions of content 0 that hide nothing.
    private func trivialRows(bounds: SlotBounds, scale: FixedPointScale) -> EncryptedVector {
        let result = like(bounds: bounds, scale: scale, residue: 0)
        for row in 0..<rowCount { result.storage.pointer[row * limbs] = 1 }
        return result
    }

    /// Moves every value `slots` slots up in its ciphertext: `slotBits` squarings for each slot and ciphertext. The slots below become
    /// empty. Throws `.range` when a used slot would leave the plaintext.
    public func shifted(
        bySlots slots: Int, threads: Int = availableCores, progress: ProgressMonitor? = nil
    ) throws -> EncryptedVector {
        precondition(slots >= 0)
        guard shape.usedSlots + slots <= layout.slotsPerPlaintext else {
            throw YinheError(
                .range, "a shift by \(slots) slots would push values out of the plaintext: \(shape.usedSlots) of "
                    + "\(layout.slotsPerPlaintext) slots are in use",
                remedy: "put fewer values into a row, or shift less")
        }
        let base = inForm(1, threads: threads)
        let result = like(
            shape: RowShape(valuesPerRow: shape.valuesPerRow, firstSlot: shape.firstSlot + slots), residue: 1)
        let source = base.rows, target = result.target, limbs = limbs, modulus = arithmetic.modulus
        let squarings = slots * layout.slotBits
        let counter = ProgressCounter("shift", total: rowCount, progress)
        try Parallel.forEachChunk(of: rowCount, chunk: 16, threads: threads) { range in
            let out = target.base + range.lowerBound * limbs
            out.update(from: source.base + range.lowerBound * limbs, count: range.count * limbs)
            for _ in 0..<squarings { modulus.square(out, count: range.count, into: out) }
            counter.add(range.count)
        }
        return result
    }

    /// The same values with as many as fit in each ciphertext: fewer ciphertexts to send and to open. It costs one squaring for each
    /// bit of the new plaintexts, about 2048 for each new ciphertext at 2048 bits, and one multiplication for each old one.
    public func compacted(threads: Int = availableCores, progress: ProgressMonitor? = nil) throws -> EncryptedVector {
        precondition(shape.firstSlot == 0, "shifted vectors cannot be compacted")
        let together = layout.slotsPerPlaintext / shape.valuesPerRow
        guard together > 1, rowCount > 1 else { return self }
        let base = inForm(1, threads: threads)
        let result = like(shape: RowShape(valuesPerRow: shape.valuesPerRow * together), residue: 1)
        let source = base.rows, target = result.target, limbs = limbs, modulus = arithmetic.modulus, rowCount = rowCount
        let squarings = shape.valuesPerRow * layout.slotBits
        // Rows that are missing at the end hold the value 0 in each slot: content -bias.
        let padding = arithmetic.trivial(-BigInteger(signed: bounds.bias) * layout.ones(shape)).limbs(count: limbs)
        let paddingForm = modulus.powerOfR(2)
        let counter = ProgressCounter("compact", total: result.rowCount, progress)
        try Parallel.forEachChunk(of: result.rowCount, chunk: 1, threads: threads) { range in
            var filler = padding
            filler.withUnsafeMutableBufferPointer {
                modulus.multiply($0.baseAddress!, paddingForm, count: 1, into: $0.baseAddress!)
                for row in range {
                    // Horner's rule from the highest part down.
                    let out = target.base + row * limbs
                    for part in stride(from: together - 1, through: 0, by: -1) {
                        let old = row * together + part
                        let term = old < rowCount ? source.base + old * limbs : UnsafePointer($0.baseAddress!)
                        if part == together - 1 {
                            out.update(from: term, count: limbs)
                        } else {
                            for _ in 0..<squarings { modulus.square(out, count: 1, into: out) }
                            modulus.multiply(out, term, count: 1, into: out)
                        }
                    }
                    counter.add(1)
                }
            }
        }
        return result
    }
}
