import Arithmetic
import Foundation
import Paillier
import SandboxCore

/// Suites that are too large for the program: read from the repository's Protocols/Vectors.
extension KnownAnswerRun {
    /// `folder`: that folder; nil lists the suites as not run.
    mutating func files(in folder: String?) {
        suite("P-256: points of Wycheproof", "wycheproof/ecdh_secp256r1_ecpoint_test.json", "Project Wycheproof, ECDH secp256r1", folder) { data, run, source in
            let tests = try JSONDecoder().decode(Wycheproof<ECDHCase>.self, from: data).testGroups.flatMap(\.tests)
            for kernels in P256.Kernels.available {
                run.check("P-256: points of Wycheproof", kernels.name, source: source, tests) { Self.holds($0, kernels) }
            }
        }
        suite("Primality of Wycheproof", "wycheproof/primality_test.json", "Project Wycheproof, primality", folder) { data, run, source in
            let tests = try JSONDecoder().decode(Wycheproof<PrimalityCase>.self, from: data).testGroups.flatMap(\.tests)
            run.check("Primality of Wycheproof", "GMP and Swift", source: source, tests) { test in
                guard let bytes = [UInt8](hex: test.value) else { return false }
                var value = BigInteger(bigEndian: bytes)
                if let first = bytes.first, first & 0x80 != 0 { value -= .one << (8 * bytes.count) }
                // "acceptable" are negatives of primes: here negative numbers are not primes.
                return value.isProbablePrime() == (test.result == "valid")
            }
        }
        ristretto(folder)
        suite("ristretto255: oblivious PRF", "rfc9497/ristretto255-SHA512.json", "RFC 9497, A.1", folder) { data, run, source in
            var vectors: [Evaluation] = []
            // Mode 2 tweaks the key.
            for suite in try JSONDecoder().decode([OPRFSuite].self, from: data) where suite.mode < 2 {
                for v in suite.vectors {
                    let columns = [v.Input, v.Blind, v.BlindedElement, v.EvaluationElement].map { $0.split(separator: ",").map { octets(String($0)) } }
                    guard Set(columns.map(\.count)).count == 1 else { throw YinheError(.badInput, "columns of different lengths") }
                    for i in columns[0].indices {
                        vectors.append(.init(
                            tag: octets(suite.groupDST), secret: octets(suite.skSm), input: columns[0][i], blind: columns[1][i],
                            blinded: columns[2][i], evaluated: columns[3][i]))
                    }
                }
            }
            for kernels in Ristretto255.Kernels.available {
                run.check("ristretto255: oblivious PRF", kernels.name, source: source, vectors) { v in
                    let hashed = Ristretto255.Hasher(domainSeparationTag: v.tag).hash(v.input, kernels: kernels)
                    let blinded = Ristretto255.multiply(hashed, by: v.blind, kernels: kernels)
                    let evaluated = Ristretto255.multiply(blinded, by: v.secret, kernels: kernels)
                    return Ristretto255.encode(blinded, kernels: kernels) == v.blinded
                        && Ristretto255.encode(evaluated, kernels: kernels) == v.evaluated
                }
            }
        }
        suite("expand_message_xmd", "rfc9380/expand_message_xmd_SHA256_256.json", "RFC 9380, K.1", folder) { data, run, source in
            let file = try JSONDecoder().decode(Expansions.self, from: data)
            let expander = MessageExpander(domainSeparationTag: Array(file.DST.utf8))
            run.check("expand_message_xmd", "OpenSSL SHA-256", source: source, file.tests) { test in
                guard let count = Int(test.len_in_bytes.dropFirst(2), radix: 16), count <= 1 << 16 else { return false }
                var out = [UInt8](repeating: 0, count: count)
                let message = Array(test.msg.utf8)
                message.withUnsafeBytes { message in out.withUnsafeMutableBytes { expander.expand(message, into: $0) } }
                return out == octets(test.uniform_bytes)
            }
        }
        suite("Paillier", "paillier.json", "python-paillier 1.5.0, ciphertexts with given randomness", folder) { data, run, source in
            let keys = try JSONDecoder().decode(PaillierFile.self, from: data).keys
            for key in keys {
                guard let n = BigInteger(hex: key.n) else { continue }
                let encryptor = PaillierEncryptor(try PaillierPublicKey(n: n, scheme: .standard))
                run.check("Paillier encryption, \(key.bits) bits", "GMP and Montgomery kernels", source: source, key.phe_encrypt) { v in
                    guard let m = BigInteger(hex: v.m), let r = BigInteger(hex: v.r), let c = BigInteger(hex: v.c) else { return false }
                    return try encryptor.encrypt(m, fixed: r).value == c
                }
            }
        }
    }

    private mutating func ristretto(_ folder: String?) {
        suite("ristretto255: encodings", "rfc9496/ristretto255.json", "RFC 9496, A.2 (invalid) and A.3 (derivation)", folder) { data, run, source in
            let file = try JSONDecoder().decode(RistrettoFile.self, from: data)
            for kernels in Ristretto255.Kernels.available {
                let vectors = file.invalid.map { ($0.encoding, String?.none) } + file.derived.map { ($0.uniform, Optional($0.element)) }
                run.check("ristretto255: encodings", kernels.name, source: source, vectors) { input, element in
                    guard let element else { return Ristretto255.decode(octets(input), kernels: kernels) == nil }
                    return Ristretto255.encode(Ristretto255.derive(uniform: octets(input), kernels: kernels), kernels: kernels) == octets(element)
                }
            }
        }
    }

    /// Runs a suite on its file, or says why it did not.
    private mutating func suite(
        _ name: String, _ path: String, _ source: String, _ folder: String?, _ body: (Data, inout KnownAnswerRun, String) throws -> Void
    ) {
        guard let folder else { return skip(name, source: source, because: "no folder of vectors was given") }
        let file = (folder as NSString).appendingPathComponent(path)
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: 16 << 20) else {
            return skip(name, source: source, because: "\(path) is not there")
        }
        let before = results.count
        do { try body(data, &self, source) } catch { skip(name, source: source, because: "\(path) cannot be read as vectors") }
        if results.count == before { skip(name, source: source, because: "\(path) holds no vectors") }
    }

    // MARK: Files

    private struct Wycheproof<Case: Decodable>: Decodable {
        struct Group: Decodable { var tests: [Case] }
        var testGroups: [Group]
    }
    private struct ECDHCase: Decodable {
        var `public`: String
        var `private`: String
        var shared: String
        var result: String
    }
    private struct PrimalityCase: Decodable {
        var value: String
        var result: String
    }
    private struct RistrettoFile: Decodable {
        struct Invalid: Decodable { var encoding: String }
        struct Derived: Decodable {
            var uniform: String
            var element: String
        }
        var invalid: [Invalid]
        var derived: [Derived]
    }
    private struct OPRFSuite: Decodable {
        struct Vector: Decodable {
            var Blind: String
            var BlindedElement: String
            var EvaluationElement: String
            var Input: String
        }
        var groupDST: String
        var mode: Int
        var skSm: String
        var vectors: [Vector]
    }
    private struct Evaluation {
        var tag, secret, input, blind, blinded, evaluated: [UInt8]
    }
    private struct Expansions: Decodable {
        struct Test: Decodable {
            var len_in_bytes: String
            var msg: String
            var uniform_bytes: String
        }
        var DST: String
        var tests: [Test]
    }
    private struct PaillierFile: Decodable {
        struct Vector: Decodable {
            var m: String
            var r: String
            var c: String
        }
        struct Key: Decodable {
            var bits: Int
            var n: String
            var phe_encrypt: [Vector]
        }
        var keys: [Key]
    }

    // MARK: Points

    /// Whether a point is judged as Wycheproof judges it, and a valid one multiplied to the shared secret.
    private static func holds(_ test: ECDHCase, _ kernels: P256.Kernels) -> Bool {
        guard let bytes = [UInt8](hex: test.public) else { return false }
        let decoded: P256.Point?
        switch bytes.first {
        case 4 where bytes.count == 65:
            let point = point(x: bytes[1...32], y: bytes[33...64])
            decoded = P256.isOnCurve(point) ? P256.decode(P256.encode(point)) : nil
        default: decoded = P256.decode(bytes)
        }
        guard let decoded else { return test.result == "invalid" }
        guard test.result != "invalid" else { return false }
        let digits = test.private.count > 64 ? String(test.private.suffix(64)) : String(repeating: "0", count: 64 - test.private.count) + test.private
        guard let scalar = [UInt8](hex: digits).flatMap(P256SecretScalar.init(bigEndian:)) else { return false }
        var points = [decoded]
        points.withUnsafeMutableBufferPointer { P256.multiply($0, by: scalar, kernels: kernels) }
        return P256.encode(points[0]).dropFirst() == octets(test.shared)[...]
    }

    private static func point(x: ArraySlice<UInt8>, y: ArraySlice<UInt8>) -> P256.Point {
        func words(_ bytes: ArraySlice<UInt8>) -> [UInt64] {
            stride(from: 24, through: 0, by: -8).map { i in
                bytes.dropFirst(i).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
            }
        }
        let (x, y) = (words(x), words(y))
        return P256.Point(x: (x[0], x[1], x[2], x[3]), y: (y[0], y[1], y[2], y[3]))
    }
}
