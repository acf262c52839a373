/// Made-up numbers of resident identity cards (GB 11643-1999) that pass every check and cannot name a real person: characters 3 and 4 of
/// their administrative division are 99, a prefecture that GB/T 2260 assigns in no province.
struct SyntheticResidents: Sendable {
    /// GB/T 2260, the provinces that issue cards.
    private static let provinces = [
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65,
    ]
    /// How many different numbers there are.
    static let bodies = provinces.count * 100_000
    private let factor: Int
    private let offset: Int

    init(seed: UInt64) {
        var random = SyntheticRandom(seed: seed, stream: 8, index: 0)
        var factor = 0
        while factor % 2 == 0 || factor % 5 == 0 || factor % Self.provinces.count == 0 { factor = random.below(Self.bodies) }
        self.factor = factor
        offset = random.below(Self.bodies)
    }

    /// The 18 characters of resident `id`, born on `birth` as yyyymmdd; different for different ids below `bodies`.
    func number(id: Int, birth: Int) -> [UInt8] {
        let body = (id % Self.bodies * factor + offset) % Self.bodies
        let province = Self.provinces[body / 100_000]
        var digits =
            Self.digits(province * 100 + 99, 4) + Self.digits(body / 1000 % 100, 2) + Self.digits(birth, 8) + Self.digits(body % 1000, 3)
        digits.append(Self.check(digits))
        return digits
    }

    /// The number as cards before 1999 had it: 15 digits, no century and no check. Nil for other centuries than the twentieth, and for
    /// the sequence numbers 996 to 999, which meant a birth before 1900.
    static func old(_ number: [UInt8]) -> [UInt8]? {
        let isCentenarian = number[14] == 0x39 && number[15] == 0x39 && number[16] >= 0x36
        guard number[6] == 0x31, number[7] == 0x39, !isCentenarian else { return nil }
        return Array(number[0..<6]) + number[8..<17]
    }

    private static func digits(_ value: Int, _ count: Int) -> [UInt8] {
        var value = value
        var out = [UInt8](repeating: Ascii.zero, count: count)
        for i in out.indices.reversed() {
            out[i] += UInt8(value % 10)
            value /= 10
        }
        return out
    }

    /// ISO 7064 MOD 11-2, as GB 11643-1999 prescribes: the sum of digit times 2^(17 - i) is 1 modulo 11, X being ten.
    private static func check(_ digits: [UInt8]) -> UInt8 {
        let sum = digits.reduce(0) { (($0 + Int($1 - Ascii.zero)) * 2) % 11 }
        let value = (12 - sum) % 11
        return value == 10 ? 0x58 : Ascii.zero + UInt8(value)
    }
}
