import Arithmetic
import SandboxCore

/// How many integers of one declared range lie side by side in each Paillier plaintext, so that one operation acts on all of them.
///
/// Slot j of a plaintext is bits j * slotBits ..< (j + 1) * slotBits. The slot is as wide as the largest sum that was declared needs,
/// so nothing can ever carry into its neighbour; operations that could go further are refused when they are asked for, not when the
/// sum is opened. A value is stored as its distance from the least one, or from 0 if that is less: a slot has room for 0 too, which
/// is what the missing values of a last row count as.
public struct PackedLayout: Sendable, Hashable {
    /// The least and the greatest value that may be encrypted, in units of `scale`.
    public let lower: Int64
    public let upper: Int64
    public let scale: FixedPointScale
    /// The largest total weight of a result: how many encrypted values are added at most, each counted as often as the magnitude of
    /// the integer that multiplies it.
    public let additions: Int
    /// Bits of a plaintext that slots may fill.
    public let plaintextBits: Int
    public let slotBits: Int
    public let slotsPerPlaintext: Int

    /// Sums are given as 128-bit integers with a sign, and a mask of one bit more must not wrap.
    package static let maximumSlotBits = 126

    /// A layout for values lower ... upper, of which at most `additions` are added, in plaintexts of `key`.
    ///
    /// Throws `.range` when one slot would not fit.
    public init(_ values: ClosedRange<Int64>, scale: FixedPointScale = .integer, additions: Int, key: PaillierPublicKey) throws {
        try self.init(values, scale: scale, additions: additions, plaintextBits: key.bits - 1)
    }

    /// The same for real values, rounded to the units of `scale`. Throws `.range` also when a bound does not fit 64 bits.
    public init(real values: ClosedRange<Double>, scale: FixedPointScale, additions: Int, key: PaillierPublicKey) throws {
        let lower = try scale.units(of: values.lowerBound), upper = try scale.units(of: values.upperBound)
        try self.init(lower...upper, scale: scale, additions: additions, key: key)
    }

    /// `plaintextBits`: every integer of so many bits must be a plaintext.
    package init(_ values: ClosedRange<Int64>, scale: FixedPointScale, additions: Int, plaintextBits: Int) throws {
        precondition(plaintextBits > 0)
        guard additions > 0, additions <= 1 << 62 else {
            throw YinheError(.range, "a layout for \(additions) additions", remedy: "declare 1 to 2^62")
        }
        lower = values.lowerBound
        upper = values.upperBound
        self.scale = scale
        self.additions = additions
        self.plaintextBits = plaintextBits
        let span = UInt128(UInt64(bitPattern: max(upper, 0) &- min(lower, 0)))
        let (largest, overflow) = span.multipliedReportingOverflow(by: UInt128(additions))
        slotBits = max(1, UInt128.bitWidth - largest.leadingZeroBitCount)
        let available = min(Self.maximumSlotBits, plaintextBits)
        guard !overflow, slotBits <= available else {
            throw YinheError(
                .range,
                "\(additions) values of \(lower) ... \(upper) add up to \(slotBits) bits; a slot has at most \(available)",
                remedy: "declare a smaller range, a coarser unit or fewer additions")
        }
        slotsPerPlaintext = plaintextBits / slotBits
    }

    /// Ciphertexts for `count` values, `valuesPerRow` (at first: as many as fit) in each.
    public func rows(for count: Int, valuesPerRow: Int? = nil) -> Int {
        let perRow = valuesPerRow ?? slotsPerPlaintext
        return count / perRow + (count % perRow == 0 ? 0 : 1)
    }

    /// Of one fresh value.
    package var freshBounds: SlotBounds {
        SlotBounds(minimum: Int128(min(lower, 0)), maximum: Int128(max(upper, 0)), bias: Int128(min(lower, 0)))
    }

    /// Takes the bounds of a result. Throws `.range` when they are too far apart for a slot, saying what the operation was.
    package func accept(_ bounds: SlotBounds?, _ operation: @autoclosure () -> String) throws -> SlotBounds {
        if let bounds, let span = bounds.span, bounds.contentShift != nil, span >> Int128(slotBits) == 0 { return bounds }
        let width = bounds?.span.map { "\(Int128.bitWidth - $0.leadingZeroBitCount)" } ?? "more than 127"
        throw YinheError(
            .range, "\(operation()) could need \(width) bits in a slot of \(slotBits)",
            remedy: "declare a layout for more than \(additions) additions, or add less")
    }
}
