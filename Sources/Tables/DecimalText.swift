/// Exact conversion between decimal text and whole grid units.
public enum DecimalText {
    /// The value of `text` in units of 10^-scale, rounded half to even; nil when it is not a number or does not fit 64 bits.
    public static func parse(_ text: String, scale: Int) -> Int64? {
        var text = text
        let scratch = TextBuffer(capacity: 64)
        return text.withUTF8 { bytes in
            if case .number(let number) = parse(bytes, scale: scale, scratch: scratch) { number.value } else { nil }
        }
    }

    /// A value that has no digits beyond the grid, or why there is none.
    package enum Exact: Sendable, Equatable {
        case value(Int64)
        case empty
        case notANumber
        /// It has digits, other than 0, beyond the grid.
        case tooFine
        case tooLarge
    }

    /// As `parse`, but never rounds.
    package static func parseExactly(_ text: String, scale: Int) -> Exact {
        var text = text
        let scratch = TextBuffer(capacity: 64)
        return text.withUTF8 { bytes in
            switch parse(bytes, scale: scale, scratch: scratch) {
            case .number(let number): number.rounded ? .tooFine : .value(number.value)
            case .empty: .empty
            case .notANumber: .notANumber
            case .overflow: .tooLarge
            }
        }
    }

    /// `value` units of 10^-scale as decimal text with exactly `scale` digits after the point.
    public static func format(_ value: Int64, scale: Int) -> String {
        let digits = String(value.magnitude)
        let sign = value < 0 ? "-" : ""
        guard scale > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, scale + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
    }

    struct Number {
        var value: Int64
        /// Digits beyond the grid were not all zero.
        var rounded = false
        var repaired = false
    }

    enum Outcome {
        case number(Number)
        case empty
        case notANumber
        case overflow
    }

    /// Parses valid UTF-8: an optional sign, digits, at most one point. Full-width characters, spaces around it and thousands
    /// separators in the right places are repaired. Exponents are refused: exports that print them have lost digits.
    static func parse(_ bytes: UnsafeBufferPointer<UInt8>, scale: Int, scratch: TextBuffer) -> Outcome {
        guard let p = bytes.baseAddress, bytes.count > 0 else { return .empty }
        let plain = parsePlain(p, bytes.count, scale)
        guard case .notANumber = plain else { return plain }
        scratch.count = 0
        scratch.reserve(bytes.count)
        let folded = Folding.fold(p, bytes.count, into: scratch.base)
        let range = Folding.trimmed(scratch.base, folded)
        if range.isEmpty { return .empty }
        guard let count = removeThousands(scratch.base + range.lowerBound, range.count) else { return .notANumber }
        let repaired = parsePlain(scratch.base + range.lowerBound, count, scale)
        guard case .number(var number) = repaired else { return repaired }
        number.repaired = true
        return .number(number)
    }

    static let powersOfTen: [UInt64] = (0...19).map { n in (0..<n).reduce(1) { p, _ in p * 10 } }

    private static func parsePlain(_ p: UnsafePointer<UInt8>, _ count: Int, _ scale: Int) -> Outcome {
        var i = 0
        let negative = p[0] == 0x2d
        if negative || p[0] == 0x2b { i = 1 }
        var magnitude: UInt64 = 0
        var digits = 0
        var fraction = 0
        var pointSeen = false
        var overflow = false
        var firstDropped: UInt8 = 0
        var dropped = 0
        var restNotZero = false
        while i < count {
            let digit = p[i] &- Ascii.zero
            if digit <= 9 {
                digits += 1
                if pointSeen, fraction == scale {
                    if dropped == 0 { firstDropped = digit } else if digit != 0 { restNotZero = true }
                    dropped += 1
                } else {
                    if pointSeen { fraction += 1 }
                    let (high, low) = magnitude.multipliedFullWidth(by: 10)
                    let (sum, carry) = low.addingReportingOverflow(UInt64(digit))
                    if high != 0 || carry { overflow = true }
                    magnitude = sum
                }
            } else if p[i] == 0x2e, !pointSeen {
                pointSeen = true
            } else {
                return .notANumber
            }
            i += 1
        }
        if digits == 0 { return .notANumber }
        let scaled = magnitude.multipliedReportingOverflow(by: powersOfTen[scale - fraction])
        magnitude = scaled.partialValue
        overflow = overflow || scaled.overflow
        if firstDropped > 5 || (firstDropped == 5 && (restNotZero || magnitude & 1 == 1)) {
            let up = magnitude.addingReportingOverflow(1)
            magnitude = up.partialValue
            overflow = overflow || up.overflow
        }
        if overflow || magnitude > UInt64(Int64.max) + (negative ? 1 : 0) { return .overflow }
        let value = negative ? Int64(truncatingIfNeeded: 0 &- magnitude) : Int64(magnitude)
        return .number(Number(value: value, rounded: firstDropped != 0 || restNotZero))
    }

    /// Removes the commas of "1,234,567.8" in place; nil when a comma stands where none belongs.
    private static func removeThousands(_ p: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int? {
        var n = 0
        var group = 0
        var groups = 0
        var inFraction = false
        for i in 0..<count {
            let byte = p[i]
            if byte == 0x2c {
                guard !inFraction, groups == 0 ? (1...3).contains(group) : group == 3 else { return nil }
                groups += 1
                group = 0
                continue
            }
            if byte == 0x2e {
                guard groups == 0 || group == 3 else { return nil }
                inFraction = true
            } else if byte >= Ascii.zero, byte <= Ascii.nine { group += 1 }
            p[n] = byte
            n += 1
        }
        guard groups == 0 || inFraction || group == 3 else { return nil }
        return n
    }
}
