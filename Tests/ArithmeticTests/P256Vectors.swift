import Foundation
import SandboxCore
import TestSupport

/// The vectors of RFC 9380, appendices J.1 and K.1, as the CFRG publishes them.
struct HashToCurveVectors: Decodable {
    struct Coordinates: Decodable {
        let x: String
        let y: String
        /// Big-endian x, then y.
        var bytes: [UInt8] { Array(hex: x.dropFirst(2))! + Array(hex: y.dropFirst(2))! }
    }
    struct Vector: Decodable {
        let P: Coordinates
        let Q: Coordinates?
        let Q0: Coordinates?
        let Q1: Coordinates?
        let msg: String
        let u: [String]
    }
    let dst: String
    let vectors: [Vector]

    static func load(_ name: String) throws -> HashToCurveVectors {
        try JSONDecoder().decode(Self.self, from: vectorFile("rfc9380/P256_XMD_SHA-256_SSWU_\(name)_.json"))
    }
}

struct ExpandMessageVectors: Decodable {
    struct Vector: Decodable {
        let len_in_bytes: String
        let msg: String
        let uniform_bytes: String
    }
    let DST: String
    let tests: [Vector]

    static func load(_ name: String) throws -> ExpandMessageVectors {
        try JSONDecoder().decode(Self.self, from: vectorFile("rfc9380/expand_message_xmd_\(name).json"))
    }
}

/// Project Wycheproof, ECDH with points in SEC 1 form.
struct PointVectors: Decodable {
    struct Vector: Decodable {
        let tcId: Int
        let comment: String
        let `public`: String
        let `private`: String
        let shared: String
        let result: String
    }
    struct Group: Decodable { let tests: [Vector] }
    let testGroups: [Group]

    static func load() throws -> [Vector] {
        try JSONDecoder().decode(Self.self, from: vectorFile("wycheproof/ecdh_secp256r1_ecpoint_test.json"))
            .testGroups.flatMap(\.tests)
    }
}

func vectorFile(_ name: String) throws -> Data {
    try Data(contentsOf: repositoryRoot.appending(path: "Protocols/Vectors/\(name)"))
}
