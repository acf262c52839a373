import SandboxCore

/// Brings the spellings of one join key to one canonical form, so that both parties hash the same bytes.
///
/// Named and versioned: the name stands in the contract, and a change of any rule is a new version. The rules, exactly, are in
/// Protocols/join-keys.md.
public struct JoinKeyNormalizer: Hashable, Sendable, CustomStringConvertible {
    /// 统一社会信用代码: 18 characters, both check characters verified (GB 32100-2015, GB 11714-1997).
    public static let uscc = JoinKeyNormalizer(kind: .uscc)
    /// Any text: widths folded, spaces collapsed, ASCII letters upper-cased.
    public static let text = JoinKeyNormalizer(kind: .text)
    /// Digits only, separators removed, leading zeros kept.
    public static let digits = JoinKeyNormalizer(kind: .digits)
    /// 公民身份号码: 18 characters with their check character; 15 digits of the first generation are converted (GB 11643-1999).
    public static let residentID = JoinKeyNormalizer(kind: .residentID)
    /// Mainland mobile number: 11 digits, without the country code 86.
    public static let mobile = JoinKeyNormalizer(kind: .mobile)
    /// 机动车号牌号码: licence plates of GA 36-2018, of new-energy vehicles too.
    public static let plate = JoinKeyNormalizer(kind: .plate)
    /// Freight container: owner, category, serial number and check digit (ISO 6346).
    public static let container = JoinKeyNormalizer(kind: .container)
    public static let all = [uscc, text, digits, residentID, mobile, plate, container]

    package enum Kind: String, Sendable {
        case uscc, text, digits
        case residentID = "resident-id"
        case mobile, plate, container
    }
    package let kind: Kind

    public var name: String { kind.rawValue }
    public var version: Int { 1 }
    /// "uscc/1".
    public var description: String { "\(name)/\(version)" }

    private init(kind: Kind) { self.kind = kind }

    /// "uscc" or "uscc/1", "resident-id", "mobile", "plate", "container", "text", "digits"; a name without a version means version 1.
    public init(named name: String) throws {
        guard let match = Self.all.first(where: { $0.name == name || $0.description == name }) else {
            throw YinheError(
                .badInput, "unknown join-key normaliser \"\(name)\"",
                remedy: "use one of \(Self.all.map(\.description).joined(separator: ", "))")
        }
        self = match
    }

    public enum Outcome: Hashable, Sendable {
        case valid(String)
        case empty
        case malformed(Malformation)
    }

    /// Why a key was refused; the first that applies, in the order of Protocols/join-keys.md.
    public enum Malformation: String, Hashable, Sendable, Codable, CaseIterable, CustomStringConvertible {
        case length
        case character
        case division
        case organizationCheck
        case check
        case birthDate
        case prefix
        case ambiguousLetter
        case serial
        case category

        public var description: String {
            switch self {
            case .length: "wrong length"
            case .character: "a character that this kind of key does not contain, or not in this place"
            case .division:
                "no administrative division: characters 3 to 8 of a credit code, 1 and 2 of an identity number or a plate"
            case .organizationCheck: "the check character of the organisation code (character 17, GB 11714) is wrong"
            case .check: "the check character is wrong"
            case .birthDate: "the date of birth is not a date of the years 1800 to 2099"
            case .prefix: "not a mainland mobile number: it does not begin with 13 to 19, or has another country code"
            case .ambiguousLetter: "I or O in the serial number of a plate, which has neither: 1 or 0 may be meant"
            case .serial: "not a serial number of a plate: five characters, or six with the letter of new-energy vehicles"
            case .category: "character 4, the equipment category, is none of U, J, Z, R"
            }
        }
    }

    /// The canonical form of `raw`.
    public func normalize(_ raw: String) -> Outcome {
        var raw = raw
        return raw.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + Self.growth) { out in
                switch normalize(bytes, into: out.baseAddress!) {
                case .valid(let count, _): .valid(String(decoding: UnsafeBufferPointer(rebasing: out[0..<count]), as: UTF8.self))
                case .empty: .empty
                case .malformed(let reason): .malformed(reason)
                }
            }
        }
    }
}
