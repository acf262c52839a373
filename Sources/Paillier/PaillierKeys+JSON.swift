import Arithmetic
import Foundation
import SandboxCore

// The JSON form of keys, Protocols/paillier.md, "Keys on disk and on the wire": the JWK of python-paillier's command line
// ("kty": "DAJ") with members of this library, "yinhe" (version), "scheme" and what the scheme needs.

extension PaillierPublicKey {
    /// The JSON form, which python-paillier's command line reads too.
    public var json: String { KeyJSON.text(publicMembers) }

    fileprivate var publicMembers: [(String, String)] {
        let content = KeyForm.Content(self)
        var members = [
            ("kty", "\"DAJ\""), ("alg", "\"PAI-GN1\""), ("key_ops", "[\"encrypt\"]"), ("n", KeyJSON.quote(n)),
            ("kid", "\"\(fingerprint)\""), ("yinhe", "\(content.version)"), ("scheme", "\"\(scheme.rawValue)\""),
        ]
        if content == .subgroup { members.append(("h", KeyJSON.quote(h!))) }
        if content == .foreignBase { members.append(("hs", KeyJSON.quote(randomizerBase!))) }
        return members
    }

    /// Reads and checks the JSON form. A key of python-paillier, which names no scheme, gets the standard one.
    public convenience init(json: String) throws {
        try self.init(json: json, allowedBits: Self.allowedBits)
    }

    package convenience init(json: String, allowedBits: [Int]) throws {
        let members = try KeyJSON.parse(json, what: "Paillier public key")
        let n = try members.number(members.n, "n"), scheme = try members.knownScheme()
        if scheme == .djn, members.hs != nil {
            try self.init(n: n, foreignBase: try members.number(members.hs, "hs"), allowedBits: allowedBits)
        } else {
            let h = scheme == .subgroup ? try members.number(members.h, "h") : nil
            try self.init(n: n, scheme: scheme, h: h, allowedBits: allowedBits)
        }
    }
}

extension PaillierPrivateKey {
    /// The JSON form, which python-paillier's command line reads too. It is the secret itself, as `encodedSecret` is.
    public func secretJSON() -> String {
        var members = [
            ("kty", "\"DAJ\""), ("key_ops", "[\"decrypt\"]"), ("p", KeyJSON.quote(p.prime)), ("q", KeyJSON.quote(q.prime)),
            ("pub", KeyJSON.text(publicKey.publicMembers)), ("kid", "\"\(publicKey.fingerprint)\""),
            ("yinhe", "\(KeyForm.Content(publicKey).version)"), ("scheme", "\"\(publicKey.scheme.rawValue)\""),
        ]
        if let alpha = p.subgroupPrime, let beta = q.subgroupPrime {
            members += [("alpha", KeyJSON.quote(alpha)), ("beta", KeyJSON.quote(beta))]
        }
        return KeyJSON.text(members)
    }

    /// Reads and checks the JSON form, python-paillier's as well.
    public convenience init(secretJSON json: String) throws {
        try self.init(secretJSON: json, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(secretJSON json: String, allowedBits: [Int]) throws {
        let members = try KeyJSON.parse(json, what: "Paillier private key")
        let p = try members.number(members.p, "p"), q = try members.number(members.q, "q"), scheme = try members.knownScheme()
        var parts = Parts(p: p, q: q)
        if scheme == .subgroup {
            parts = Parts(
                p: p, q: q, alpha: try members.number(members.alpha, "alpha"), beta: try members.number(members.beta, "beta"),
                h: try members.number(members.pub?.h, "pub.h"))
        }
        try self.init(parts, scheme: scheme, allowedBits: allowedBits)
        if let n = members.pub?.n, try members.number(n, "pub.n") != publicKey.n {
            throw YinheError(.badInput, "the public part of the Paillier private key belongs to another key")
        }
    }
}

/// The members of the JSON form that are read.
private struct KeyJSON: Decodable {
    struct Public: Decodable { var n: String?, h: String? }

    var kty: String
    var n: String?
    var h: String?
    var hs: String?
    var p: String?
    var q: String?
    var alpha: String?
    var beta: String?
    var pub: Public?
    var yinhe: UInt?
    var scheme: String?

    static func parse(_ text: String, what: String) throws -> KeyJSON {
        guard let members = try? JSONDecoder().decode(KeyJSON.self, from: Data(text.utf8)), members.kty == "DAJ" else {
            throw YinheError(.badInput, "not the JSON form of a \(what)")
        }
        guard [1, 2].contains(members.yinhe ?? 1) else {
            throw YinheError(.badInput, "a \(what) of version \(members.yinhe!); this program reads versions 1 and 2")
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
