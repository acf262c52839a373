import Arithmetic
import SandboxCore

/// Where the values lie in each row of a vector: `valuesPerRow` slots from `firstSlot` on. All other slots hold exactly 0.
package struct RowShape: Sendable, Hashable {
    package let valuesPerRow: Int
    package let firstSlot: Int

    package init(valuesPerRow: Int, firstSlot: Int = 0) {
        self.valuesPerRow = valuesPerRow
        self.firstSlot = firstSlot
    }

    package var usedSlots: Int { firstSlot + valuesPerRow }
}

extension PackedLayout {
    /// The sum of 2^(slotBits j) over the used slots: times c, it adds c to each value.
    package func ones(_ shape: RowShape) -> BigInteger {
        var limbs = [UInt64](repeating: 0, count: plaintextBits / 64 + 1)
        for slot in shape.firstSlot..<shape.usedSlots { limbs[slot * slotBits / 64] |= 1 << UInt64(slot * slotBits % 64) }
        return BigInteger(limbs: limbs)
    }

    /// Writes the plaintext rows of `values`, `limbs` words each, at `rows`; the last row's missing values count as 0.
    /// Time and memory accesses do not depend on values in range.
    ///
    /// Throws `.range` for a value outside lower ... upper, with its number (`firstIndex` for the first one here).
    package func pack(
        _ values: UnsafeBufferPointer<Int64>, _ shape: RowShape, limbs: Int, firstIndex: Int = 0,
        into rows: UnsafeMutablePointer<UInt64>
    ) throws {
        precondition(shape.usedSlots <= slotsPerPlaintext && limbs * 64 >= plaintextBits)
        let count = self.rows(for: values.count, valuesPerRow: shape.valuesPerRow)
        rows.update(repeating: 0, count: count * limbs)
        let width = slotBits, (lower, upper, bias) = (lower, upper, min(lower, 0))
        var row = rows, slot = 0
        for index in 0..<count * shape.valuesPerRow {
            let value = index < values.count ? values[index] : 0
            guard value >= lower && value <= upper || index >= values.count else {
                throw YinheError(
                    .range, "value \(firstIndex + index + 1) lies outside \(lower) ... \(upper)",
                    remedy: "clamp it first, or declare a wider range")
            }
            let content = UInt64(bitPattern: value &- bias)
            let position = (shape.firstSlot + slot) * width, word = position / 64, bit = UInt64(position % 64)
            row[word] |= content << bit
            // The content's part above this word; shifts by 64 and more give 0.
            if word + 1 < limbs { row[word + 1] |= content >> (64 - bit) }
            slot += 1
            if slot == shape.valuesPerRow {
                slot = 0
                row += limbs
            }
        }
    }

    /// The first `count` values behind plaintext rows of a vector with these bounds.
    ///
    /// Throws `.range` when a slot is not within the bounds, or a bit is set outside the used slots: somebody has not kept to the
    /// declared range, or the layout is another.
    package func unpack(
        _ rows: UnsafePointer<UInt64>, limbs: Int, count: Int, _ shape: RowShape, _ bounds: SlotBounds, n: BigInteger,
        firstRow: Int = 0, into out: UnsafeMutablePointer<Int128>
    ) throws {
        guard let shift = bounds.contentShift, let span = bounds.span else { preconditionFailure("bounds were not accepted") }
        let correction = ones(shape) * BigInteger(signed: shift), width = slotBits
        let spare = (shape.usedSlots * width + 63) / 64 + 3
        var words = [UInt64](repeating: 0, count: max(limbs, spare))
        defer { ConstantTime.wipe(&words) }
        let mask = (UInt128(1) << UInt128(width)) - 1
        for row in 0..<self.rows(for: count, valuesPerRow: shape.valuesPerRow) {
            var plaintext = BigInteger(limbs: UnsafeBufferPointer(start: rows + row * limbs, count: limbs))
            if shift != 0 { plaintext = (plaintext + correction).modulo(n) }
            var isWithin = plaintext.bitWidth <= shape.usedSlots * width
            if isWithin {
                words.withUnsafeMutableBufferPointer { plaintext.copyLimbs(to: $0.baseAddress, count: $0.count) }
                for slot in 0..<shape.usedSlots {
                    let position = slot * width, word = position / 64, bit = UInt128(position % 64)
                    let low = UInt128(words[word + 1]) << 64 | UInt128(words[word])
                    let content = (low >> bit | UInt128(words[word + 2]) << (128 - bit)) & mask
                    guard slot >= shape.firstSlot else {
                        if content != 0 { isWithin = false }
                        continue
                    }
                    if content > UInt128(span) { isWithin = false }
                    let index = row * shape.valuesPerRow + slot - shape.firstSlot
                    if index < count { out[index] = Int128(truncatingIfNeeded: content) + bounds.minimum }
                }
            }
            guard isWithin else {
                throw YinheError(
                    .range, "row \(firstRow + row + 1) of an encrypted vector has left its slots",
                    remedy: "a contributor has not kept to the declared range, or the vector was made with another layout")
            }
        }
    }
}

extension BigInteger {
    /// A signed 128-bit integer.
    init(signed value: Int128) {
        let magnitude = BigInteger(value.magnitude)
        self = value < 0 ? -magnitude : magnitude
    }
}
