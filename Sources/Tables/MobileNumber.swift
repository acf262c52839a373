/// Mobile numbers of mainland China: 11 digits that begin with 13 to 19.
enum MobileNumber {
    static let length = 11

    /// What is wrong with a number without country code; nil when nothing is.
    static func malformation(_ number: UnsafePointer<UInt8>, _ count: Int) -> JoinKeyNormalizer.Malformation? {
        for i in 0..<count where number[i] &- Ascii.zero > 9 { return .character }
        guard count == length else { return .length }
        return number[0] == 0x31 && number[1] >= 0x33 ? nil : .prefix
    }

    /// Finishes a folded key: without separators and country code.
    static func finish(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        var count = 0
        for i in JoinKeyNormalizer.withoutTextMark(out, range) where !isSeparator(out[i]) {
            out[count] = out[i]
            count += 1
        }
        let code = countryCode(out, count)
        guard let code else { return .malformed(.prefix) }
        for i in code..<count { out[i - code] = out[i] }
        if let reason = malformation(out, count - code) { return .malformed(reason) }
        return .valid(count: count - code, repaired: true)
    }

    /// Space, hyphen, parentheses. Not the point: a number that a spreadsheet exported as 1380000000.0 must not get a digit.
    private static func isSeparator(_ byte: UInt8) -> Bool { byte == Folding.space || byte == 0x2d || byte == 0x28 || byte == 0x29 }

    /// The length of the country code in front; nil when it is another country's.
    private static func countryCode(_ number: UnsafePointer<UInt8>, _ count: Int) -> Int? {
        func begins(_ prefix: StaticString) -> Bool {
            count >= prefix.utf8CodeUnitCount && (0..<prefix.utf8CodeUnitCount).allSatisfy { number[$0] == prefix.utf8Start[$0] }
        }
        if begins("+") { return begins("+86") ? 3 : nil }
        if begins("00") { return begins("0086") ? 4 : nil }
        return begins("86") && count == length + 2 ? 2 : 0
    }
}
