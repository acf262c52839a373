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
    public static let all = [uscc, text, digits]

    package enum Kind: String, Sendable { case uscc, text, digits }
    package let kind: Kind

    public var name: String { kind.rawValue }
    public var version: Int { 1 }
    /// "uscc/1".
    public var description: String { "\(name)/\(version)" }

    private init(kind: Kind) { self.kind = kind }

    /// "uscc" or "uscc/1", "text", "digits"; a name without a version means version 1.
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

    /// Why a key was refused; the first that applies.
    public enum Malformation: String, Hashable, Sendable, Codable, CaseIterable, CustomStringConvertible {
        case length
        case character
        case division
        case organizationCheck
        case check

        public var description: String {
            switch self {
            case .length: "wrong length"
            case .character: "a character that this kind of key does not contain"
            case .division: "characters 3 to 8, the administrative division, are not all digits"
            case .organizationCheck: "the check character of the organisation code (character 17, GB 11714) is wrong"
            case .check: "the check character (character 18, GB 32100) is wrong"
            }
        }
    }

    /// The canonical form of `raw`.
    public func normalize(_ raw: String) -> Outcome {
        var raw = raw
        return raw.withUTF8 { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 1) { out in
                switch normalize(bytes, into: out.baseAddress!) {
                case .valid(let count, _): .valid(String(decoding: UnsafeBufferPointer(rebasing: out[0..<count]), as: UTF8.self))
                case .empty: .empty
                case .malformed(let reason): .malformed(reason)
                }
            }
        }
    }
}
