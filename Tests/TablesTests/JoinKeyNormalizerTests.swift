import Foundation
import SandboxCore
import Tables
import TestSupport
import Testing

@Suite struct JoinKeyNormalizerTests {
    struct Vector: Decodable, Sendable {
        var normalizer: String
        var raw: String
        var outcome: String
        var value: String?
        var reason: String?
    }
    struct Vectors: Decodable { var vectors: [Vector] }

    static func vectors() throws -> [Vector] {
        try ["join-keys.json", "join-keys-kinds.json"].flatMap { name in
            let url = repositoryRoot.appending(path: "Protocols/Vectors/\(name)")
            return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).vectors
        }
    }

    @Test func publishedVectorsHold() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count >= 550)
        for vector in vectors {
            let outcome = try JoinKeyNormalizer(named: vector.normalizer).normalize(vector.raw)
            let expected: JoinKeyNormalizer.Outcome =
                switch vector.outcome {
                case "valid": .valid(vector.value!)
                case "empty": .empty
                default: .malformed(JoinKeyNormalizer.Malformation(rawValue: vector.reason!)!)
                }
            #expect(outcome == expected, "\(vector)")
        }
    }

    /// A canonical key is its own canonical form.
    @Test func normalisingTwiceChangesNothing() throws {
        for vector in try Self.vectors() {
            let normalizer = try JoinKeyNormalizer(named: vector.normalizer)
            if case .valid(let key) = normalizer.normalize(vector.raw) { #expect(normalizer.normalize(key) == .valid(key)) }
        }
    }

    @Test func everySingleCharacterErrorInACreditCodeIsFound() {
        let alphabet = Array("0123456789ABCDEFGHJKLMNPQRTUWXY")
        for code in ["91990101MA66C1T30B", "91990101D2143569XH"] {
            #expect(JoinKeyNormalizer.uscc.normalize(code) == .valid(code))
            for position in 0..<18 {
                for character in alphabet where Array(code)[position] != character {
                    var changed = Array(code)
                    changed[position] = character
                    guard case .malformed = JoinKeyNormalizer.uscc.normalize(String(changed)) else {
                        Issue.record("\(String(changed)) passes")
                        continue
                    }
                }
            }
        }
    }

    /// ISO/IEC 7064 MOD 11-2 and ISO 6346 (where the remainder is not 10) find every wrong digit and every swap of
    /// neighbours. Letters of a container whose values are equal mod 11 are alike to its check digit.
    @Test func everySingleErrorAndSwapInACheckedNumberIsFound() {
        let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        for (normalizer, number) in [(JoinKeyNormalizer.residentID, "110000199803150011"), (.container, "CSQU3054383")] {
            var number = number
            // The check character is searched for: one, and one only, is right.
            let valid = alphabet.map { String(number.dropLast()) + String($0) }.filter { normalizer.normalize($0) == .valid($0) }
            #expect(valid.count == 1)
            number = valid[0]
            let characters = Array(number)
            for position in characters.indices where characters[position].isNumber {
                for character in alphabet where characters[position] != character {
                    var changed = characters
                    changed[position] = character
                    if case .valid = normalizer.normalize(String(changed)) { Issue.record("\(String(changed)) passes") }
                }
                guard position > 0, characters[position] != characters[position - 1] else { continue }
                var swapped = characters
                swapped.swapAt(position, position - 1)
                if case .valid = normalizer.normalize(String(swapped)) { Issue.record("\(String(swapped)) passes") }
            }
        }
    }

    /// Random bytes in and around every rule: no crash, and the canonical form is its own canonical form.
    @Test func randomCellsHaveAnOutcomeInEveryRule() {
        let pieces = [
            "京", "使", "挂", "A", "d", "I", "9", "1", "86", "+86", "0", "·", "-", "'", "（", "Ｘ", "\u{200b}", "é", "😀", "3054383", " ",
        ]
        let seed = freshSeed()
        let random = SeededRandom(seed)
        for _ in 0..<40_000 {
            let cell = (0..<random.word() % 17).map { _ in pieces[Int(random.word() % UInt64(pieces.count))] }.joined()
            for normalizer in JoinKeyNormalizer.all {
                guard case .valid(let key) = normalizer.normalize(cell) else { continue }
                #expect(normalizer.normalize(key) == .valid(key), "\(normalizer) \(cell), seed \(seed)")
            }
        }
    }

    @Test func namesCarryTheirVersion() throws {
        for normalizer in JoinKeyNormalizer.all {
            #expect(try JoinKeyNormalizer(named: normalizer.description) == normalizer)
            #expect(try JoinKeyNormalizer(named: normalizer.name) == normalizer)
        }
        #expect(JoinKeyNormalizer.uscc.description == "uscc/1")
        let error = yinheError { _ = try JoinKeyNormalizer(named: "uscc/2") }
        #expect(error?.remedy == "use one of uscc/1, text/1, digits/1, resident-id/1, mobile/1, plate/1, container/1")
    }

    @Test func theFastTokenIsTheDocumentedOne() {
        var hasher = JoinTokenHasher()
        for length in [0, 1, 18, 43, 44, 45, 100, 256] {
            let key = [UInt8](repeating: 0x41, count: length)
            let token = key.withUnsafeBytes { hasher.token($0) }
            #expect(token == JoinToken(key: key), "\(length) bytes")
        }
    }
}
