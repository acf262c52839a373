import Arithmetic
import Foundation
import SandboxCore

// Two forms of each key, specified in Protocols/paillier.md, "Keys on disk and on the wire":
// - binary: version (1 byte), kind (1), scheme (1), then length-prefixed big-endian integers;
// - JSON: the JWK of python-paillier's command line ("kty": "DAJ") with two members more, "yinhe" (version) and "scheme".

private enum KeyForm {
    static let version: UInt8 = 1
    static let publicKind: UInt8 = 1
    static let privateKind: UInt8 = 2
    static let maximumBytes = 512  // of one integer: 4096 bits

    static func code(_ scheme: PaillierPublicKey.Scheme) -> UInt8 { scheme == .djn ? 1 : 2 }

    static func write(kind: UInt8, _ scheme: PaillierPublicKey.Scheme, _ numbers: [BigInteger]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(version)
        writer.write(kind)
        writer.write(code(scheme))
        for number in numbers { writer.write(field: number.bigEndian) }
        return writer.bytes
    }

    static func read(_ bytes: [UInt8], kind: UInt8, count: Int) throws -> (PaillierPublicKey.Scheme, [BigInteger]) {
        let what = kind == publicKind ? "Paillier public key" : "Paillier private key"
        do {
            var reader = ByteReader(bytes, what: what)
            let found = try (reader.read(UInt8.self), reader.read(UInt8.self), reader.read(UInt8.self))
            guard found.0 == version else {
                throw YinheError(.badInput, "a \(what) of version \(found.0); this program reads version \(version)")
            }
            guard found.1 == kind, let scheme = PaillierPublicKey.Scheme.allCases.first(where: { code($0) == found.2 }) else {
                throw YinheError(.badInput, "not a \(what)")
            }
            let numbers = try (0..<count).map { _ in BigInteger(bigEndian: try reader.readField(maximum: maximumBytes)) }
            try reader.finish()
            return (scheme, numbers)
        } catch let error as YinheError where error.code == .peerMisbehaved {
            throw YinheError(.badInput, error.message)
        }
    }
}

extension PaillierPublicKey {
    /// The binary form, about bits/8 + 7 bytes.
    public var encoded: [UInt8] { KeyForm.write(kind: KeyForm.publicKind, scheme, [n]) }

    /// Reads and checks the binary form; `.badInput` says what is wrong.
    public convenience init(encoded bytes: [UInt8]) throws {
        try self.init(encoded: bytes, allowedBits: Self.allowedBits)
    }

    package convenience init(encoded bytes: [UInt8], allowedBits: [Int]) throws {
        let (scheme, numbers) = try KeyForm.read(bytes, kind: KeyForm.publicKind, count: 1)
        try self.init(n: numbers[0], scheme: scheme, allowedBits: allowedBits)
    }

    /// The JSON form, which python-paillier's command line reads too.
    public var json: String { KeyJSON.text(publicMembers) }

    fileprivate var publicMembers: [(String, String)] {
        [
            ("kty", "\"DAJ\""), ("alg", "\"PAI-GN1\""), ("key_ops", "[\"encrypt\"]"), ("n", KeyJSON.quote(n)),
            ("kid", "\"\(fingerprint)\""), ("yinhe", "\(KeyForm.version)"), ("scheme", "\"\(scheme.rawValue)\""),
        ]
    }

    /// Reads and checks the JSON form. A key of python-paillier, which names no scheme, gets the standard one.
    public convenience init(json: String) throws {
        try self.init(json: json, allowedBits: Self.allowedBits)
    }

    package convenience init(json: String, allowedBits: [Int]) throws {
        let members = try KeyJSON.parse(json, what: "Paillier public key")
        try self.init(n: try members.number(members.n, "n"), scheme: try members.knownScheme(), allowedBits: allowedBits)
    }
}

extension PaillierPrivateKey {
    /// The binary form. It is the secret itself: the caller writes it to a private place (mode 0600) and wipes it.
    public func encodedSecret() -> [UInt8] { KeyForm.write(kind: KeyForm.privateKind, publicKey.scheme, [p.prime, q.prime]) }

    public convenience init(encodedSecret bytes: [UInt8]) throws {
        try self.init(encodedSecret: bytes, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(encodedSecret bytes: [UInt8], allowedBits: [Int]) throws {
        let (scheme, numbers) = try KeyForm.read(bytes, kind: KeyForm.privateKind, count: 2)
        try self.init(p: numbers[0], q: numbers[1], scheme: scheme, allowedBits: allowedBits)
    }

    /// The JSON form, which python-paillier's command line reads too. It is the secret itself, as `encodedSecret` is.
    public func secretJSON() -> String {
        KeyJSON.text([
            ("kty", "\"DAJ\""), ("key_ops", "[\"decrypt\"]"), ("p", KeyJSON.quote(p.prime)), ("q", KeyJSON.quote(q.prime)),
            ("pub", KeyJSON.text(publicKey.publicMembers)), ("kid", "\"\(publicKey.fingerprint)\""),
            ("yinhe", "\(KeyForm.version)"), ("scheme", "\"\(publicKey.scheme.rawValue)\""),
        ])
    }

    /// Reads and checks the JSON form, python-paillier's as well.
    public convenience init(secretJSON json: String) throws {
        try self.init(secretJSON: json, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(secretJSON json: String, allowedBits: [Int]) throws {
        let members = try KeyJSON.parse(json, what: "Paillier private key")
        try self.init(
            p: try members.number(members.p, "p"), q: try members.number(members.q, "q"), scheme: try members.knownScheme(),
            allowedBits: allowedBits)
    }
}

/// The members of the JSON form that are read.
private struct KeyJSON: Decodable {
    var kty: String
    var n: String?
    var p: String?
    var q: String?
    var yinhe: UInt?
    var scheme: String?

    static func parse(_ text: String, what: String) throws -> KeyJSON {
        guard let members = try? JSONDecoder().decode(KeyJSON.self, from: Data(text.utf8)), members.kty == "DAJ" else {
            throw YinheError(.badInput, "not the JSON form of a \(what)")
        }
        guard members.yinhe ?? 1 == UInt(KeyForm.version) else {
            throw YinheError(.badInput, "a \(what) of version \(members.yinhe!); this program reads version \(KeyForm.version)")
        }
        return members
    }

    func number(_ text: String?, _ name: String) throws -> BigInteger {
        var base64 = (text ?? "").replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: base64), !data.isEmpty, data.count <= KeyForm.maximumBytes + 1 else {
            throw YinheError(.badInput, "the Paillier key's member \"\(name)\" is missing or not a base64url number")
        }
        return BigInteger(bigEndian: data)
    }

    func knownScheme() throws -> PaillierPublicKey.Scheme {
        guard let scheme else { return .standard }
        guard let known = PaillierPublicKey.Scheme(rawValue: scheme) else {
            throw YinheError(.badInput, "the Paillier key is for the unknown scheme \"\(scheme)\"")
        }
        return known
    }

    static func text(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    /// base64url without padding, in quotes.
    static func quote(_ number: BigInteger) -> String {
        let base64 = Data(number.bigEndian).base64EncodedString()
        return "\"" + base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") + "\""
    }
}
