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
        let url = repositoryRoot.appending(path: "Protocols/Vectors/join-keys.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).vectors
    }

    @Test func publishedVectorsHold() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count >= 150)
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

    @Test func namesCarryTheirVersion() throws {
        for normalizer in JoinKeyNormalizer.all {
            #expect(try JoinKeyNormalizer(named: normalizer.description) == normalizer)
            #expect(try JoinKeyNormalizer(named: normalizer.name) == normalizer)
        }
        #expect(JoinKeyNormalizer.uscc.description == "uscc/1")
        let error = yinheError { _ = try JoinKeyNormalizer(named: "uscc/2") }
        #expect(error?.remedy == "use one of uscc/1, text/1, digits/1")
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
