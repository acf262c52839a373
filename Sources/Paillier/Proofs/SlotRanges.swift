import Arithmetic
import SandboxCore

/// What the slots of packed plaintexts may hold: slot j of a plaintext is bits j * slotBits ..< (j + 1) * slotBits, and holds a number
/// of its declared range. Slots that are not used hold 0.
public struct SlotRanges: Sendable, Equatable {
    public let slotBits: Int
    /// For each ciphertext the ranges of its slots, from the low bits on.
    public let rows: [[ClosedRange<UInt64>]]

    /// Throws `.range` when a range does not fit a slot, or the slots of a row do not fit a plaintext of `keyBits` - 1 bits.
    public init(slotBits: Int, rows: [[ClosedRange<UInt64>]], keyBits: Int) throws {
        guard (1...128).contains(slotBits), (1...ProofParameters.maximumCount).contains(rows.count),
            rows.allSatisfy({ $0.count * slotBits <= keyBits - 1 }),
            slotBits >= 64 || rows.allSatisfy({ $0.allSatisfy { $0.upperBound >> UInt64(slotBits) == 0 } })
        else { throw YinheError(.range, "the declared ranges do not fit slots of \(slotBits) bits and plaintexts of \(keyBits - 1)") }
        self.slotBits = slotBits
        self.rows = rows
    }

    /// `count` values of one range, `slotsPerRow` in each ciphertext; the missing ones of the last hold 0.
    public init(slotBits: Int, slotsPerRow: Int, count: Int, range: ClosedRange<UInt64>, keyBits: Int) throws {
        guard slotsPerRow > 0, count > 0 else { throw YinheError(.range, "no slots to prove anything about") }
        let rows = stride(from: 0, to: count, by: slotsPerRow).map { Array(repeating: range, count: min(slotsPerRow, count - $0)) }
        try self.init(slotBits: slotBits, rows: rows, keyBits: keyBits)
    }

    /// For the transcript: everything, in a fixed form.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(UInt32(slotBits))
        writer.write(UInt32(rows.count))
        for row in rows {
            writer.write(UInt32(row.count))
            for range in row {
                writer.write(range.lowerBound)
                writer.write(range.upperBound)
            }
        }
        return writer.bytes
    }

    func part(_ range: Range<Int>) -> SlotRanges { SlotRanges(slotBits: slotBits, parted: Array(rows[range])) }

    private init(slotBits: Int, parted: [[ClosedRange<UInt64>]]) {
        self.slotBits = slotBits
        rows = parted
    }
}

/// How a number in 0 ... upper is written with digits of small tables: the weights are such that the digits reach every number of
/// the range and none beyond it (as in Lipmaa, Asokan, Niemi, "Secure Vickrey auctions without threshold trust", FC 2002, for bits).
struct SlotDigits: Sendable, Equatable {
    struct Digit: Equatable, Sendable {
        let weight: UInt64
        /// Index into `tables`: the digit is below tables[table].
        let table: Int
    }
    static let tables = [256, 16, 2]
    let digits: [Digit]

    /// A digit below T and of weight w <= c + 1 takes digits that reach exactly 0 ... c to exactly 0 ... c + (T - 1) w.
    init(upTo upper: UInt64, largestTable: Int) {
        var digits: [Digit] = [], reach: UInt64 = 0
        while reach < upper {
            let table = (largestTable..<Self.tables.count).first { UInt64(Self.tables[$0] - 1) <= upper - reach }!
            let most = UInt64(Self.tables[table] - 1), room = (upper - reach) / most
            let weight = reach == .max ? room : min(reach + 1, room)
            digits.append(Digit(weight: weight, table: table))
            reach += most * weight
        }
        self.digits = digits
    }

    /// The digits of a number in the range: greedily from the last weight; same steps for every number, no branch on it.
    func digits(of value: UInt64) -> [UInt64] {
        var rest = value, out = [UInt64](repeating: 0, count: digits.count)
        for i in digits.indices.reversed() {
            let most = UInt64(Self.tables[digits[i].table] - 1), weight = digits[i].weight
            // The most that fits, found bit by bit: table sizes are powers of two.
            var digit: UInt64 = 0, bit = (most + 1) / 2
            while bit > 0 {
                let (difference, borrow) = rest.subtractingReportingOverflow(bit &* weight)
                let mask = borrow ? UInt64(0) : UInt64.max
                digit |= bit & mask
                rest = rest & ~mask | difference & mask
                bit >>= 1
            }
            out[i] = digit
        }
        precondition(rest == 0)
        return out
    }
}

/// Where everything lies in the vectors of one part of a range proof; both sides derive it from the statement.
struct SlotCircuit: Sendable {
    struct Entry: Sendable { let row: Int, slot: Int, weight: UInt64, table: Int }
    let ranges: SlotRanges
    /// Digits, in order of rows, slots, digits.
    let entries: [Entry]
    /// Slots of the longest row.
    let slots: Int
    /// First index of each table's multiplicities; nil when it is not used.
    let tableStart: [Int?]
    /// First index of the masks: repetition * slots + slot.
    let maskStart: Int
    /// Length of the vectors, a power of two.
    let length: Int
    static let rowsBits = 64

    init(_ ranges: SlotRanges) {
        self.ranges = ranges
        slots = max(1, ranges.rows.map(\.count).max() ?? 1)
        var best: (entries: [Entry], used: Set<Int>, size: Int)?
        for largest in SlotDigits.tables.indices {
            var known: [UInt64: SlotDigits] = [:], entries: [Entry] = []
            for (r, row) in ranges.rows.enumerated() {
                for (s, range) in row.enumerated() {
                    let upper = range.upperBound - range.lowerBound
                    let digits = known[upper] ?? SlotDigits(upTo: upper, largestTable: largest)
                    known[upper] = digits
                    for d in digits.digits { entries.append(Entry(row: r, slot: s, weight: d.weight, table: d.table)) }
                }
            }
            let used = Set(entries.map(\.table)), size = entries.count + used.reduce(0) { $0 + SlotDigits.tables[$1] }
            if best == nil || size < best!.size { best = (entries, used, size) }
        }
        entries = best!.entries
        var next = entries.count, starts = [Int?](repeating: nil, count: SlotDigits.tables.count)
        for t in SlotDigits.tables.indices where best!.used.contains(t) {
            starts[t] = next
            next += SlotDigits.tables[t]
        }
        tableStart = starts
        maskStart = next
        next += ProofParameters.repetitions * slots
        length = 1 << SecurityParameters.ceilLog2(next)
    }

    var maskBits: Int { ProofParameters.maskBits(hiding: 64, count: ranges.rows.count) }
    var responseBytes: Int { (maskBits + 8) / 8 }

    /// The rows of each part: as many as keep its vectors at 2^14 and below, at least one.
    static func parts(_ ranges: SlotRanges) -> [Range<Int>] {
        var out: [Range<Int>] = [], first = 0
        while first < ranges.rows.count {
            var digits = 0, last = first
            while last < ranges.rows.count {
                // Digits of at most 8 bits, two more for the remainder.
                let more = ranges.rows[last].reduce(0) { sum, r in
                    sum + (UInt64.bitWidth - (r.upperBound - r.lowerBound).leadingZeroBitCount + 7) / 8 + ((r.upperBound - r.lowerBound) & ((r.upperBound - r.lowerBound) &+ 1) == 0 ? 0 : 2)
                }
                let fixed = 274 + ProofParameters.repetitions * ranges.rows[first...last].map(\.count).max()!
                if last > first, digits + more + fixed > 1 << 14 { break }
                digits += more
                last += 1
            }
            out.append(first..<last)
            first = last
        }
        return out
    }
}
