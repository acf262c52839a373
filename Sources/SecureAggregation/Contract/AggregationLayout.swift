import Arithmetic
import Paillier
import SandboxCore

/// Where each cell of the table lies in the ciphertexts.
///
/// A cell v of a column with bounds lower ... upper travels as u = v - lower. Cells follow one another row by row; a slot is as wide
/// as the largest weighted sum of u over all contributors (with range proofs all are as wide as the widest), so no carry crosses,
/// whoever takes part. As many whole rows as fit
/// share a plaintext; a row too wide for one takes several. Such a group of rows is a block: all blocks are alike, and the slots
/// of rows beyond the last are 0.
package struct AggregationLayout: Sendable {
    package let columns: [AggregationContract.Column]
    package let rowCount: Int
    package let rowsPerBlock: Int
    /// Of one block.
    package let packing: SlotPacking
    package let blockCount: Int
    package let keyBits: Int

    /// Throws `.range` when a column's sums do not fit a plaintext.
    package init(_ contract: AggregationContract) throws {
        try self.init(
            columns: contract.columns, rowCount: contract.rows.count, totalWeight: contract.totalWeight,
            keyBits: contract.key.bits, hasEqualSlots: contract.requiresRangeProofs)
    }

    /// `hasEqualSlots`: what range proofs need.
    package init(
        columns: [AggregationContract.Column], rowCount: Int, totalWeight: Int, keyBits: Int, hasEqualSlots: Bool = false
    ) throws {
        let widest = columns.map(\.span).max() ?? 0
        let spans = columns.map { hasEqualSlots ? widest : $0.span }
        func packing(rows: Int) throws -> SlotPacking {
            try SlotPacking(
                upperBounds: Array(repeatElement(spans, count: rows).joined()), contributions: totalWeight, isMasked: false,
                keyBits: keyBits)
        }
        let single = try packing(rows: 1)
        let rowBits = single.widths.reduce(0, +)
        self.columns = columns
        self.rowCount = rowCount
        self.keyBits = keyBits
        rowsPerBlock = min(max(1, (keyBits - 1) / rowBits), rowCount)
        self.packing = rowsPerBlock == 1 ? single : try packing(rows: rowsPerBlock)
        blockCount = (rowCount + rowsPerBlock - 1) / rowsPerBlock
    }

    package var ciphertextsPerBlock: Int { packing.plaintextCount }
    package var ciphertextCount: Int { blockCount * ciphertextsPerBlock }
    package var valuesPerCiphertext: Double { Double(packing.slotCount) / Double(packing.plaintextCount) }

    /// The rows of a block; those of the last may be fewer.
    package func rows(ofBlock block: Int) -> Range<Int> {
        block * rowsPerBlock..<min(rowCount, (block + 1) * rowsPerBlock)
    }

    /// What each ciphertext of these blocks may hold: of every cell 0 ... upper - lower, of slots beyond the last row 0. For a layout of
    /// equal slots.
    func ranges(ofBlocks blocks: Range<Int>) throws -> SlotRanges {
        let width = packing.widths[0], slotsPerPlaintext = (keyBits - 1) / width
        precondition(packing.widths.allSatisfy { $0 == width })
        let contents = blocks.flatMap { block -> [[ClosedRange<UInt64>]] in
            let used = rows(ofBlock: block).count * columns.count
            let slots = (0..<packing.slotCount).map { $0 < used ? 0...columns[$0 % columns.count].span : 0...0 }
            return stride(from: 0, to: slots.count, by: slotsPerPlaintext).map {
                Array(slots[$0..<min(slots.count, $0 + slotsPerPlaintext)])
            }
        }
        return try SlotRanges(slotBits: width, rows: contents, keyBits: keyBits)
    }

    /// Binds files to the layout: every number that decides where a cell lies.
    package var digest: [UInt8] {
        var hash = DomainHash(domain: "yinhe/aggregation/layout/v1")
        var writer = ByteWriter()
        writer.write(UInt32(keyBits))
        writer.write(UInt64(rowCount))
        writer.write(UInt32(rowsPerBlock))
        writer.write(UInt32(columns.count))
        for (i, column) in columns.enumerated() {
            writer.write(column.name)
            writer.write(UInt8(column.scale))
            writer.write(column.lower)
            writer.write(column.upper)
            writer.write(UInt8(packing.widths[i]))
        }
        hash.update(writer.bytes)
        return hash.finalize()
    }

    /// The plaintexts of one block. `values`: row by row in units of the last decimal, within their bounds.
    package func pack(_ values: [Int64], block: Int) -> [BigInteger] {
        precondition(values.count == rows(ofBlock: block).count * columns.count)
        var slots = [UInt128](repeating: 0, count: packing.slotCount)
        for (i, value) in values.enumerated() {
            let column = columns[i % columns.count]
            precondition(value >= column.lower && value <= column.upper, "a value beyond its bounds")
            slots[i] = UInt128(value - column.lower)
        }
        return packing.pack(slots)
    }

    /// The sums of one block, row by row in units of the last decimal. `weight`: total weight of those who took part.
    ///
    /// Throws `.range` when a slot holds more than their bounds allow, or one beyond the last row is not 0.
    package func unpack(_ plaintexts: [BigInteger], block: Int, weight: Int) throws -> [Int128] {
        let slots = try packing.unpack(plaintexts)
        let used = rows(ofBlock: block).count * columns.count
        return try slots.indices.map { i -> Int128 in
            let column = columns[i % columns.count]
            guard slots[i] <= (i < used ? UInt128(column.span) * UInt128(weight) : 0) else {
                throw YinheError(
                    .range, "an opened sum lies outside the bounds of column \"\(column.name)\"",
                    remedy: "a contributor has encrypted a value beyond the bounds; ask for range proofs in the contract")
            }
            return Int128(slots[i]) + Int128(column.lower) * Int128(weight)
        }.dropLast(slots.count - used)
    }
}

extension AggregationContract {
    /// Ciphertexts of one submission, and their bytes without proofs.
    public var size: (ciphertexts: Int, bytes: Int) {
        get throws {
            let count = try AggregationLayout(self).ciphertextCount
            return (count, count * (key.bits / 4))
        }
    }
}
