/// The arithmetic of freight container numbers (ISO 6346): owner (three letters), category, six digits, check digit.
enum ContainerNumber {
    static let length = 11

    /// Digit 11 for the first ten characters: the sum of value * 2^(i-1), mod 11, and 0 for 10. A counts 10, B 12, ... Z 38:
    /// multiples of 11 are left out.
    static func checkDigit(_ number: UnsafePointer<UInt8>) -> UInt8 {
        var sum: UInt32 = 0
        for i in 0..<10 {
            let letter = UInt32(number[i] &- 0x41)
            let value = number[i] < 0x41 ? UInt32(number[i] &- Ascii.zero) : 10 &+ letter &+ (letter &+ 9) / 10
            sum &+= value << UInt32(i)
        }
        return Ascii.zero + UInt8(sum % 11 % 10)
    }

    /// What is wrong with 11 upper-case bytes; nil when nothing is.
    static func malformation(_ number: UnsafePointer<UInt8>) -> JoinKeyNormalizer.Malformation? {
        for i in 0..<4 where number[i] &- 0x41 > 25 { return .character }
        for i in 4..<length where number[i] &- Ascii.zero > 9 { return .character }
        switch number[3] {
        case 0x55, 0x4a, 0x5a, 0x52: break
        default: return .category
        }
        return checkDigit(number) == number[10] ? nil : .check
    }

    /// Finishes a folded key: without the spaces, hyphens, slashes, points and brackets of a written number.
    static func finish(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        var count = 0
        for i in JoinKeyNormalizer.withoutTextMark(out, range) where !isSeparator(out[i]) {
            out[count] = out[i]
            count += 1
        }
        guard count == length else { return .malformed(.length) }
        JoinKeyNormalizer.upperCase(out, count)
        if let reason = malformation(out) { return .malformed(reason) }
        return .valid(count: count, repaired: true)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case Folding.space, 0x2d, 0x2e, 0x2f, 0x28, 0x29, 0x5b, 0x5d: true
        default: false
        }
    }
}
