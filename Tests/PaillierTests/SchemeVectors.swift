import Arithmetic
import Foundation
import Paillier
import TestSupport

/// Protocols/Vectors/paillier-schemes.json.
struct SchemeVectors: Decodable {
    struct Encryption: Decodable { var s: Int, m: String, r: String, c: String, unit: String, standard: String }
    struct Ciphertext: Decodable { var m: String, c: String }
    struct Interconnection: Decodable { var public_key: String, ciphertext: String, vector: String, schema_number: String }
    struct HEU: Decodable {
        struct Opened: Decodable { var value_decimal: String, bytes: String }
        var public_key: String, n: String, hs: String, m: String, r: String, c: String
        var ciphertexts: [Opened]
        var matrix: String, matrix_values: [Int]
    }
    struct Key: Decodable {
        var bits: Int, p: String, q: String, alpha: String, beta: String, h: String, n: String, hs: String
        var damgard_jurik: [Encryption]
        var phe: [Ciphertext]
        var interconnection: Interconnection
        var heu: HEU?

        func privateKey() throws -> PaillierPrivateKey {
            try PaillierPrivateKey(p: hex(p), q: hex(q), alpha: hex(alpha), beta: hex(beta), h: hex(h))
        }
    }
    var keys: [Key]

    static func load() throws -> [Key] {
        let url = repositoryRoot.appending(path: "Protocols/Vectors/paillier-schemes.json")
        return try JSONDecoder().decode(SchemeVectors.self, from: Data(contentsOf: url)).keys
    }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](hex: text)! }
