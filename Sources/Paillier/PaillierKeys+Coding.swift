import Arithmetic
import SandboxCore

// The binary form of keys, Protocols/paillier.md, "Keys on disk and on the wire": version (1 byte), kind (1), scheme (1), then
// length-prefixed big-endian integers. Keys that version 1 can hold are written in version 1, so their fingerprints stay.

enum KeyForm {
    static let publicKind: UInt8 = 1
    static let privateKind: UInt8 = 2
    static let maximumBytes = 1024  // of one integer: h^n of a key of 4096 bits

    /// What follows the kind: the scheme, and which numbers.
    enum Content: UInt8, CaseIterable {
        case djn = 1, standard, subgroup, foreignBase

        var version: UInt8 { self == .djn || self == .standard ? 1 : 2 }
        /// n, or n and h, or n and h^n.
        var publicCount: Int { version == 1 ? 1 : 2 }
        /// p, q; for the subgroup scheme alpha, beta and h, too. A private key always knows its h.
        var privateCount: Int { self == .subgroup ? 5 : 2 }
        var scheme: PaillierPublicKey.Scheme {
            switch self {
            case .djn, .foreignBase: .djn
            case .standard: .standard
            case .subgroup: .subgroup
            }
        }

        init(_ key: PaillierPublicKey) {
            switch key.scheme {
            case .subgroup: self = .subgroup
            case .standard: self = .standard
            case .djn: self = key.hasForeignBase ? .foreignBase : .djn
            }
        }
    }

    static func write(kind: UInt8, _ content: Content, _ numbers: [BigInteger]) -> [UInt8] {
        var writer = ByteWriter()
        writer.write(content.version)
        writer.write(kind)
        writer.write(content.rawValue)
        for number in numbers { writer.write(field: number.bigEndian) }
        return writer.bytes
    }

    static func read(_ bytes: [UInt8], kind: UInt8) throws -> (Content, [BigInteger]) {
        let what = kind == publicKind ? "Paillier public key" : "Paillier private key"
        do {
            var reader = ByteReader(bytes, what: what)
            let found = try (reader.read(UInt8.self), reader.read(UInt8.self), reader.read(UInt8.self))
            guard found.0 == 1 || found.0 == 2 else {
                throw YinheError(.badInput, "a \(what) of version \(found.0); this program reads versions 1 and 2")
            }
            guard found.1 == kind, let content = Content(rawValue: found.2), content.version == found.0,
                kind == publicKind || content != .foreignBase
            else { throw YinheError(.badInput, "not a \(what)") }
            let count = kind == publicKind ? content.publicCount : content.privateCount
            let numbers = try (0..<count).map { _ in
                let field = try reader.readField(maximum: maximumBytes)
                // One number has one encoding, or one key would have many fingerprints.
                guard field.first != 0 else { throw YinheError(.badInput, "a \(what) with a number that begins with a zero byte") }
                return BigInteger(bigEndian: field)
            }
            try reader.finish()
            return (content, numbers)
        } catch let error as YinheError where error.code == .peerMisbehaved {
            throw YinheError(.badInput, error.message)
        }
    }
}

extension PaillierPublicKey {
    /// The binary form: about bits/8 + 7 bytes, twice that for the subgroup scheme.
    public var encoded: [UInt8] {
        let content = KeyForm.Content(self)
        return KeyForm.write(kind: KeyForm.publicKind, content, content.version == 1 ? [n] : [n, h ?? randomizerBase!])
    }

    /// Reads and checks the binary form; `.badInput` says what is wrong.
    public convenience init(encoded bytes: [UInt8]) throws {
        try self.init(encoded: bytes, allowedBits: Self.allowedBits)
    }

    package convenience init(encoded bytes: [UInt8], allowedBits: [Int], knownBase: BigInteger? = nil) throws {
        let (content, numbers) = try KeyForm.read(bytes, kind: KeyForm.publicKind)
        if content == .foreignBase {
            try self.init(n: numbers[0], foreignBase: numbers[1], allowedBits: allowedBits)
        } else {
            try self.init(
                n: numbers[0], scheme: content.scheme, h: numbers.count > 1 ? numbers[1] : nil, allowedBits: allowedBits,
                knownBase: knownBase)
        }
    }
}

extension PaillierPrivateKey {
    /// The binary form. It is the secret itself: the caller writes it to a private place (mode 0600) and wipes it.
    public func encodedSecret() -> [UInt8] {
        var numbers = [p.prime, q.prime]
        if let alpha = p.subgroupPrime, let beta = q.subgroupPrime, let h = publicKey.h { numbers += [alpha, beta, h] }
        return KeyForm.write(kind: KeyForm.privateKind, KeyForm.Content(publicKey), numbers)
    }

    /// Reads and checks the binary form; `.badInput` says what is wrong.
    public convenience init(encodedSecret bytes: [UInt8]) throws {
        try self.init(encodedSecret: bytes, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(encodedSecret bytes: [UInt8], allowedBits: [Int]) throws {
        let (content, numbers) = try KeyForm.read(bytes, kind: KeyForm.privateKind)
        let parts =
            content == .subgroup
            ? Parts(p: numbers[0], q: numbers[1], alpha: numbers[2], beta: numbers[3], h: numbers[4])
            : Parts(p: numbers[0], q: numbers[1])
        try self.init(parts, scheme: content.scheme, allowedBits: allowedBits)
    }
}
