import Arithmetic
import SandboxCore

/// Several non-negative numbers side by side in Paillier plaintexts, so that one homomorphic addition adds them all.
///
/// Each slot is wide enough, from declared bounds, for the largest sum that it can ever hold: no carry can reach its neighbour.
/// A layout that cannot promise this is refused. Slots fill a plaintext from its low bits; a plaintext holds at most bits(n) - 1
/// bits, so it stays below n.
public struct SlotPacking: Sendable, Hashable {
    /// Bits of each slot, in order.
    public let widths: [Int]
    /// Bits of the largest unmasked sum of each slot.
    public let sumBits: [Int]
    /// Where each slot lies.
    private let places: [Place]
    public let plaintextCount: Int

    private struct Place: Hashable { var plaintext: Int, shift: Int }

    /// - Parameters:
    ///   - upperBounds: the largest value that one contribution puts into each slot.
    ///   - contributions: how many contributions are added at most.
    ///   - isMasked: whether one uniform mask of `sumBits` + 40 bits is added to each slot on top (it hides the sum at
    ///     statistical distance 2^-40, `SecurityParameters.additiveMaskBits`), which needs one bit more for its carry.
    ///   - keyBits: bits of n.
    ///
    /// Throws `.range` when a slot would not fit 128 bits or a plaintext.
    public init(upperBounds: [UInt64], contributions: Int, isMasked: Bool, keyBits: Int) throws {
        precondition(contributions >= 0 && keyBits > 1)
        var sumBits: [Int] = []
        var widths: [Int] = []
        for (slot, bound) in upperBounds.enumerated() {
            let (largest, overflow) = UInt128(bound).multipliedReportingOverflow(by: UInt128(max(contributions, 1)))
            let sum = max(1, UInt128.bitWidth - largest.leadingZeroBitCount)
            let width = isMasked ? SecurityParameters.additiveMaskBits(hiding: sum) + 1 : sum
            guard !overflow, width <= min(128, keyBits - 1) else {
                throw YinheError(
                    .range, "slot \(slot): a sum of \(contributions) values up to \(bound) needs \(width) bits, "
                        + "\(min(128, keyBits - 1)) are there",
                    remedy: "declare a smaller upper bound or a coarser unit")
            }
            sumBits.append(sum)
            widths.append(width)
        }
        self.sumBits = sumBits
        self.widths = widths
        var places: [Place] = []
        var next = Place(plaintext: 0, shift: 0)
        for width in widths {
            if next.shift + width > keyBits - 1 { next = Place(plaintext: next.plaintext + 1, shift: 0) }
            places.append(next)
            next.shift += width
        }
        self.places = places
        plaintextCount = places.isEmpty ? 0 : next.plaintext + 1
    }

    public var slotCount: Int { widths.count }

    /// The plaintexts, `plaintextCount` of them, for one value a slot. A value wider than its slot traps: bounds are checked when
    /// values enter, not here.
    public func pack(_ values: [UInt128]) -> [BigInteger] {
        precondition(values.count == slotCount)
        return packing { values[$0] }
    }

    func packing(_ value: (Int) -> UInt128) -> [BigInteger] {
        var limbs: [UInt64] = []
        var out: [BigInteger] = []
        out.reserveCapacity(plaintextCount)
        func flush() {
            guard !limbs.isEmpty else { return }
            out.append(BigInteger(limbs: limbs))
            ConstantTime.wipe(&limbs)
            limbs.removeAll(keepingCapacity: true)
        }
        for slot in 0..<slotCount {
            let place = places[slot], value = value(slot)
            precondition(value.leadingZeroBitCount >= 128 - widths[slot], "a value is wider than its slot")
            if place.shift == 0 { flush() }
            let word = place.shift / 64, bit = place.shift % 64
            while limbs.count < word + 3 { limbs.append(0) }
            limbs[word] |= UInt64(truncatingIfNeeded: value << bit)
            // The part above the first word: up to 128 bits, also when bit is 0.
            let rest = bit == 0 ? value >> 64 : value >> (64 - bit)
            limbs[word + 1] |= UInt64(truncatingIfNeeded: rest)
            limbs[word + 2] |= UInt64(truncatingIfNeeded: rest >> 64)
        }
        flush()
        return out
    }

    /// The value of each slot. Throws `.range` when a plaintext has bits above its last slot: it was not made by this layout.
    public func unpack(_ plaintexts: [BigInteger]) throws -> [UInt128] {
        precondition(plaintexts.count == plaintextCount)
        var used = [Int](repeating: 0, count: plaintextCount)
        for (place, width) in zip(places, widths) { used[place.plaintext] = place.shift + width }
        let words = try zip(plaintexts, used).map { plaintext, used in
            guard plaintext.signum >= 0, plaintext.bitWidth <= used else {
                throw YinheError(.range, "an encrypted sum has left its slots", remedy: "one side has not kept to the declared bounds")
            }
            return plaintext.limbs(count: (used + 63) / 64 + 3)
        }
        return zip(places, widths).map { place, width in
            let limbs = words[place.plaintext], word = place.shift / 64, bit = place.shift % 64
            let low = UInt128(limbs[word + 1]) << 64 | UInt128(limbs[word])
            let value = bit == 0 ? low : low >> bit | UInt128(limbs[word + 2]) << (128 - bit)
            return width == 128 ? value : value & ((UInt128(1) << width) - 1)
        }
    }
}
