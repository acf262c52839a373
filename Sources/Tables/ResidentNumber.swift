/// The arithmetic of the resident identity number (公民身份号码).
///
/// GB 11643-1999: six digits of division (GB/T 2260), eight of the date of birth, three of sequence, and a check character by
/// ISO/IEC 7064 MOD 11-2. Numbers of the first generation (GB 11643-1989) lack the century and the check character.
enum ResidentNumber {
    static let length = 18
    private static let firstGenerationLength = 15
    private static let checkCharacters = Array("0123456789X".utf8)

    /// Character 18 for 17 digits: c such that the sum of a_i * 2^(18-i) + c is 1 mod 11.
    static func checkCharacter(_ number: UnsafePointer<UInt8>) -> UInt8 {
        var sum: UInt32 = 0
        for i in 0..<17 { sum = 2 &* sum &+ UInt32(number[i] &- Ascii.zero) }
        return checkCharacters[Int((12 - 2 * sum % 11) % 11)]
    }

    /// What is wrong with 18 upper-case bytes; nil when nothing is.
    static func malformation(_ number: UnsafePointer<UInt8>) -> JoinKeyNormalizer.Malformation? {
        var digits = true
        for i in 0..<17 { digits = digits && number[i] &- Ascii.zero < 10 }
        guard digits, number[17] &- Ascii.zero < 10 || number[17] == 0x58 else { return .character }
        guard isDivision(number) else { return .division }
        guard isDate(number + 6) else { return .birthDate }
        return checkCharacter(number) == number[17] ? nil : .check
    }

    /// Finishes a folded key: 18 characters, or 15 digits that get their century and check character.
    static func finish(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        let count = JoinKeyNormalizer.removeSeparators(out, JoinKeyNormalizer.withoutTextMark(out, range))
        guard count == length || count == firstGenerationLength else { return .malformed(.length) }
        if count == firstGenerationLength {
            for i in 0..<count where out[i] &- Ascii.zero > 9 { return .malformed(.character) }
            convert(out)
        } else {
            JoinKeyNormalizer.upperCase(out, count)
        }
        if let reason = malformation(out) { return .malformed(reason) }
        return .valid(count: length, repaired: true)
    }

    /// 15 digits to 18 characters. Sequence numbers 996 to 999 were those of people born before 1900.
    private static func convert(_ number: UnsafeMutablePointer<UInt8>) {
        let isCentenarian = number[12] == 0x39 && number[13] == 0x39 && number[14] >= 0x36
        for i in (6..<firstGenerationLength).reversed() { number[i + 2] = number[i] }
        number[6] = 0x31
        number[7] = isCentenarian ? 0x38 : 0x39
        number[17] = checkCharacter(number)
    }

    /// Whether the number begins with a province, or with the 9 of the permanent residence card of 2023 and a province.
    private static func isDivision(_ number: UnsafePointer<UInt8>) -> Bool {
        number[0] == 0x39 ? isProvince(number[1], number[2]) : isProvince(number[0], number[1])
    }

    /// GB/T 2260: 11-15, 21-23, 31-37, 41-46, 50-54, 61-65, 71, 81, 82; and 83, which Taiwan residents' permits have.
    private static func isProvince(_ a: UInt8, _ b: UInt8) -> Bool {
        switch (a &- Ascii.zero) &* 10 &+ (b &- Ascii.zero) {
        case 11...15, 21...23, 31...37, 41...46, 50...54, 61...65, 71, 81...83: true
        default: false
        }
    }

    /// Whether eight digits are a date of the Gregorian calendar in the years 1800 to 2099. No clock: the same on every day.
    private static func isDate(_ digits: UnsafePointer<UInt8>) -> Bool {
        func number(_ places: Range<Int>) -> Int { places.reduce(0) { 10 * $0 + Int(digits[$1] &- Ascii.zero) } }
        let year = number(0..<4)
        let month = number(4..<6)
        guard 1800...2099 ~= year, 1...12 ~= month else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days =
            switch month {
            case 2: isLeap ? 29 : 28
            case 4, 6, 9, 11: 30
            default: 31
            }
        return 1...days ~= number(6..<8)
    }
}
