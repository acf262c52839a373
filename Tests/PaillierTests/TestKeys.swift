import Arithmetic
import Foundation
import Paillier
import TestSupport

/// Keys far too small to protect anything, made once, for tests whose subject is not the size.
enum TestKeys {
    static let bits = 512
    static let subgroup = PaillierPrivateKey.generate(uncheckedBits: bits, random: SeededRandom(2025))
    static let djn = PaillierPrivateKey.generate(uncheckedBits: bits, scheme: .djn, random: SeededRandom(2026))
    static let standard = PaillierPrivateKey.generate(uncheckedBits: bits, scheme: .standard, random: SeededRandom(2028))
    static let other = PaillierPrivateKey.generate(uncheckedBits: bits, scheme: .djn, random: SeededRandom(2027))

    static func key(_ scheme: PaillierPublicKey.Scheme) -> PaillierPrivateKey {
        switch scheme {
        case .subgroup: subgroup
        case .djn: djn
        case .standard: standard
        }
    }
}

/// Protocols/Vectors/paillier.json.
struct PaillierVectors: Decodable {
    struct Encryption: Decodable { var m: String, r: String, c: String }
    struct Ciphertext: Decodable { var m: String, c: String }
    struct Signed: Decodable { var value_decimal: String, residue: String }
    struct Result: Decodable { var op: String, value_decimal: String, c: String }
    struct Homomorphic: Decodable { var a: String, b: String, results: [Result] }
    struct DJN: Decodable { var h: String, h_to_the_n: String, encrypt: [Encryption] }
    struct Key: Decodable {
        var bits: Int, scheme: String, n: String, p: String, q: String
        var phe_encrypt: [Encryption]
        var phe_random: [Ciphertext]
        var signed: [Signed]
        var homomorphic: Homomorphic
        var djn: DJN?
        var phe_json_private: String

        func privateKey() throws -> PaillierPrivateKey {
            try PaillierPrivateKey(p: hex(p), q: hex(q), scheme: PaillierPublicKey.Scheme(rawValue: scheme)!)
        }
    }
    var keys: [Key]

    static func load() throws -> PaillierVectors {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/paillier.json")
        return try JSONDecoder().decode(PaillierVectors.self, from: Data(contentsOf: url))
    }
}

func hex(_ text: String) -> BigInteger { BigInteger(hex: text)! }
