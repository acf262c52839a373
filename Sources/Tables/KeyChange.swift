/// What a normaliser did to a valid key that was not written in its canonical form; a key may show several.
public enum KeyChange: String, Hashable, Sendable, Codable, CaseIterable {
    /// Full-width letters, digits or signs.
    case fullWidth
    /// Zero-width characters.
    case invisible
    /// Spaces and tabs, at the ends or inside.
    case spaces
    /// Hyphens, dots, brackets.
    case separators
    case lowerCase
    /// The apostrophe by which spreadsheets mark text.
    case textMark
    /// 15 digits of an identity number became 18.
    case fifteenDigits
    /// 86, +86 or 0086 in front of a mobile number.
    case countryCode

    /// The changes between a raw key and its canonical form under `normalizer`.
    static func between(
        _ raw: UnsafeBufferPointer<UInt8>, _ canonical: UnsafeBufferPointer<UInt8>, _ normalizer: JoinKeyNormalizer
    ) -> [KeyChange] {
        var found: Set<KeyChange> = []
        var digits = 0
        for scalar in String(decoding: raw, as: UTF8.self).unicodeScalars {
            var value = scalar.value
            switch value {
            case 0xff01...0xff5e:
                found.insert(.fullWidth)
                value -= 0xfee0
            case 0x3000: found.insert(.fullWidth)
            case 0x200b...0x200d, 0x2060, 0xfeff: found.insert(.invisible)
            case 0x09, 0xa0, 0x2000...0x200a, 0x202f, 0x205f: found.insert(.spaces)
            case 0x2010...0x2015, 0x2212, 0xb7, 0x2022, 0x2027, 0x2219, 0x22c5, 0x30fb, 0xff65: value = 0x2d
            default: break
            }
            switch value {
            case 0x20: found.insert(.spaces)
            case 0x61...0x7a: found.insert(.lowerCase)
            case 0x30...0x39: digits += 1
            case 0x2d, 0x2e, 0x2f, 0x28, 0x29, 0x5b, 0x5d: found.insert(.separators)
            case 0x27: found.insert(.textMark)
            default: break
            }
        }
        switch normalizer.kind {
        case .text: found.subtract([.separators, .textMark])
        case .uscc, .digits: found.remove(.textMark)
        case .residentID: if digits == 15, canonical.count == ResidentNumber.length { found.insert(.fifteenDigits) }
        case .mobile: if digits > canonical.count { found.insert(.countryCode) }
        case .plate, .container: break
        }
        return KeyChange.allCases.filter(found.contains)
    }
}
