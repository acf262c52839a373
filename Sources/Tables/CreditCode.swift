/// The arithmetic of the unified social credit code (统一社会信用代码).
///
/// GB 32100-2015: 18 characters of a 31-letter alphabet; character 18 makes the sum of value times 3^(i-1) mod 31 divisible
/// by 31. GB 11714-1997: characters 9 to 17 are the organisation code, whose last character checks the first eight with
/// weights 3, 7, 9, 10, 5, 8, 4, 2 mod 11.
package enum CreditCode {
    package static let length = 18
    /// No I, O, S, V, Z.
    package static let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY".utf8)
    private static let weights: [UInt32] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    private static let organizationWeights: [UInt32] = [3, 7, 9, 10, 5, 8, 4, 2]
    private static let invalid: UInt8 = 255

    /// Value of each byte in the alphabet, `invalid` for the others.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    /// Character 18 for the first 17 characters, which must be of the alphabet.
    package static func checkCharacter(_ code: UnsafePointer<UInt8>) -> UInt8 {
        values.withUnsafeBufferPointer { values in
            weights.withUnsafeBufferPointer { weights in
                var sum: UInt32 = 0
                for i in 0..<17 { sum &+= UInt32(values[Int(code[i])]) &* weights[i] }
                return alphabet[Int((31 - sum % 31) % 31)]
            }
        }
    }

    /// The check character for the first eight characters of an organisation code: digits count 0 to 9, A counts 10, ... Z 35.
    package static func organizationCheckCharacter(_ code: UnsafePointer<UInt8>) -> UInt8 {
        organizationWeights.withUnsafeBufferPointer { weights in
            var sum: UInt32 = 0
            for i in 0..<8 { sum &+= (code[i] < 0x41 ? UInt32(code[i]) &- 0x30 : UInt32(code[i]) &- 0x37) &* weights[i] }
            let check = 11 - sum % 11
            return check == 11 ? 0x30 : check == 10 ? 0x58 : 0x30 + UInt8(check)
        }
    }

    /// What is wrong with 18 upper-case bytes; nil when nothing is.
    static func malformation(_ code: UnsafePointer<UInt8>) -> JoinKeyNormalizer.Malformation? {
        let allowed = values.withUnsafeBufferPointer { values in
            var all = true
            for i in 0..<length where values[Int(code[i])] == invalid { all = false }
            return all
        }
        guard allowed else { return .character }
        for i in 2..<8 where code[i] > Ascii.nine { return .division }
        if organizationCheckCharacter(code + 8) != code[16] { return .organizationCheck }
        return checkCharacter(code) == code[17] ? nil : .check
    }
}
