/// Unified social credit codes that pass both checks and cannot name a real enterprise: their administrative division begins
/// with 99, which GB/T 2260 assigns to no province.
struct SyntheticKeys: Sendable {
    static let provincePrefix = "99"
    private static let bodies = 887_503_681  // 31^6
    private let factor: Int
    private let offset: Int

    init(seed: UInt64) {
        var random = SyntheticRandom(seed: seed, stream: 1, index: 0)
        var factor = random.below(Self.bodies)
        while factor % 31 == 0 { factor = random.below(Self.bodies) }
        self.factor = factor
        offset = random.below(Self.bodies)
    }

    /// The code of enterprise `id` in `district` (1 to 99); different for different ids below 31^6.
    func code(id: Int, district: Int) -> [UInt8] {
        var code = Array("919901".utf8)
        code.append(UInt8(0x30 + district / 10))
        code.append(UInt8(0x30 + district % 10))
        code += [0x4d, 0x41]  // "MA", as all organisation codes since October 2015
        var body = (id % Self.bodies * factor + offset) % Self.bodies
        for _ in 0..<6 {
            code.append(CreditCode.alphabet[body % 31])
            body /= 31
        }
        code.append(code.withUnsafeBufferPointer { CreditCode.organizationCheckCharacter($0.baseAddress! + 8) })
        code.append(code.withUnsafeBufferPointer { CreditCode.checkCharacter($0.baseAddress!) })
        return code
    }
}

/// How a key cell is written.
enum KeyDirt {
    case clean, empty, malformed, fullWidth, lowerCase, spaced

    /// The cell's UTF-8 bytes for `code`; malformed ones fail under the normaliser of its kind.
    func apply(to code: [UInt8], _ random: inout SyntheticRandom) -> [UInt8] {
        switch self {
        case .clean: return code
        case .empty: return []
        case .malformed:
            // A single changed character never passes the check digit: the weights are invertible mod 31.
            // Nor does one of a resident's number (mod 11). 15 digits have no check.
            if random.below(2) == 0 || code.count < CreditCode.length { return Array(code.dropLast()) }
            let value = CreditCode.alphabet.firstIndex(of: code[17])!
            return code.dropLast() + [CreditCode.alphabet[(value + 1 + random.below(30)) % 31]]
        case .fullWidth:
            return code.flatMap { character -> [UInt8] in
                let scalar = UInt32(character) + 0xfee0
                return [0xef, UInt8(0x80 | scalar >> 6 & 0x3f), UInt8(0x80 | scalar & 0x3f)]
            }
        case .lowerCase: return code.map { $0 >= 0x41 ? $0 + 0x20 : $0 }
        case .spaced:
            switch random.below(3) {
            case 0: return [0x20] + code
            case 1: return code + [0x20, 0x20]
            default: return Array(code[0..<8]) + [0x20] + Array(code[8...].dropLast()) + [0x2d] + Array(code.suffix(1))
            }
        }
    }
}
