/// Numbers of motor vehicle plates (机动车号牌, GA 36-2018): a province, a letter of the issuing office and a serial number.
enum LicencePlate {
    private static let wide = 3
    /// 使: an embassy's plate.
    private static let embassy: UInt32 = 0x4f7f

    /// What is wrong with upper-case bytes without separators; nil when nothing is. Variable length: a Chinese character has
    /// three bytes.
    static func malformation(_ plate: UnsafePointer<UInt8>, _ count: Int) -> JoinKeyNormalizer.Malformation? {
        var characters = 0
        for i in 0..<count where plate[i] & 0xc0 != 0x80 { characters += 1 }
        guard characters == 7 || characters == 8 else { return .length }
        guard let first = scalar(plate, count) else { return .division }
        if first == embassy { return embassyMalformation(plate + wide, count - wide) }
        guard isProvince(first) else { return .division }
        // The office: any letter but I; O stood on plates of the police.
        guard isLetter(plate[wide]), plate[wide] != 0x49 else { return .division }
        let serial = plate + wide + 1
        return characters == 7 ? ordinary(serial, count - wide - 1) : newEnergy(serial, count - wide - 1)
    }

    /// Finishes a folded key: without separators, in upper case.
    static func finish(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> KeyOutcome {
        let count = removeSeparators(out, JoinKeyNormalizer.withoutTextMark(out, range))
        JoinKeyNormalizer.upperCase(out, count)
        if let reason = malformation(out, count) { return .malformed(reason) }
        return .valid(count: count, repaired: true)
    }

    /// Five letters or digits, the last of which may be a word such as 挂.
    private static func ordinary(_ serial: UnsafePointer<UInt8>, _ count: Int) -> JoinKeyNormalizer.Malformation? {
        for i in 0..<4 { if let reason = place(serial[i]) { return reason } }
        if count == 5 { return place(serial[4]) }
        guard let last = scalar(serial + 4, count - 4), isSuffix(last) else { return .character }
        return nil
    }

    /// Small vehicles: a letter A to K, a letter or digit, four digits; large ones: five digits and a letter A to K.
    private static func newEnergy(_ serial: UnsafePointer<UInt8>, _ count: Int) -> JoinKeyNormalizer.Malformation? {
        guard count == 6 else { return .character }
        for i in 0..<6 { if let reason = place(serial[i]) { return reason } }
        func digits(_ range: Range<Int>) -> Bool { range.allSatisfy { isDigit(serial[$0]) } }
        func energy(_ byte: UInt8) -> Bool { isLetter(byte) && byte <= 0x4b }
        return energy(serial[0]) && digits(2..<6) || digits(0..<5) && energy(serial[5]) ? nil : .serial
    }

    private static func embassyMalformation(_ serial: UnsafePointer<UInt8>, _ count: Int) -> JoinKeyNormalizer.Malformation? {
        guard count == 6 else { return .length }
        for i in 0..<6 where !isDigit(serial[i]) { return .character }
        return nil
    }

    private static func place(_ byte: UInt8) -> JoinKeyNormalizer.Malformation? {
        if byte == 0x49 || byte == 0x4f { return .ambiguousLetter }
        return isDigit(byte) || isLetter(byte) ? nil : .character
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- Ascii.zero < 10 }

    private static func isLetter(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }

    /// The character of three bytes that `bytes` begins with; nil when there is none.
    private static func scalar(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> UInt32? {
        guard count >= wide, bytes[0] & 0xf0 == 0xe0 else { return nil }
        return UInt32(bytes[0] & 0x0f) << 12 | UInt32(bytes[1] & 0x3f) << 6 | UInt32(bytes[2] & 0x3f)
    }

    private static func isProvince(_ scalar: UInt32) -> Bool {
        switch Unicode.Scalar(scalar) {
        case "京", "津", "冀", "晋", "蒙", "辽", "吉", "黑", "沪", "苏", "浙", "皖", "闽", "赣", "鲁", "豫", "鄂", "湘", "粤", "桂", "琼", "渝",
            "川", "贵", "云", "藏", "陕", "甘", "青", "宁", "新":
            true
        default: false
        }
    }

    /// Trailers, learners, police, Hong Kong, Macao, consulates.
    private static func isSuffix(_ scalar: UInt32) -> Bool {
        switch Unicode.Scalar(scalar) {
        case "挂", "学", "警", "港", "澳", "领": true
        default: false
        }
    }

    /// Removes space, hyphen and point, and the dots that stand between the office and the serial number: U+00B7, U+2022,
    /// U+2027, U+2219, U+22C5, U+30FB, U+FF65.
    private static func removeSeparators(_ out: UnsafeMutablePointer<UInt8>, _ range: Range<Int>) -> Int {
        var n = 0
        var i = range.lowerBound
        while i < range.upperBound {
            let byte = out[i]
            let width = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
            let isDot =
                switch width {
                case 1: byte == Folding.space || byte == 0x2d || byte == 0x2e
                case 2: byte == 0xc2 && out[i + 1] == 0xb7
                case 3: isWideDot(scalar(out + i, wide)!)
                default: false
                }
            if !isDot {
                for k in 0..<width { out[n + k] = out[i + k] }
                n += width
            }
            i += width
        }
        return n
    }

    private static func isWideDot(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x2022, 0x2027, 0x2219, 0x22c5, 0x30fb, 0xff65: true
        default: false
        }
    }
}
