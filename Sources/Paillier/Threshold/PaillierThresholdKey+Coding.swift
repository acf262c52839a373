import Arithmetic
import Foundation
import SandboxCore

// Two forms of a threshold key and of a key share; Protocols/threshold-paillier.md, "Keys on disk".

extension PaillierThresholdKey.Sharing {
    fileprivate static let polynomialCode: UInt8 = 1
    fileprivate static let differenceCode: UInt8 = 2
    fileprivate static let names = [polynomialCode: "polynomial", differenceCode: "difference"]

    fileprivate var code: UInt8 {
        switch self {
        case .polynomial: Self.polynomialCode
        case .difference: Self.differenceCode
        }
    }

    fileprivate var name: String { Self.names[code]! }

    /// Nil for an unknown code, or numbers that do not belong to it.
    fileprivate init?(code: UInt8, threshold: Int, parties: Int) {
        switch code {
        case Self.polynomialCode: self = .polynomial(threshold: threshold, parties: parties)
        case Self.differenceCode where threshold == 2 && parties == 2: self = .difference
        default: return nil
        }
    }
}

// MARK: Binary form

extension PaillierThresholdKey {
    private static let maximumKeyBytes = 4096  // of the encryption key's binary form
    private static let maximumNumberBytes = 1024  // n^2 of 4096 bits

    /// Version, kind, sharing, threshold, parties, encryption key, verification keys.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.write(ThresholdForm.version)
        writer.write(ThresholdForm.publicKind)
        writer.write(sharing.code)
        writer.write(UInt16(threshold))
        writer.write(UInt16(parties))
        writer.write(field: encryptionKey.encoded)
        for key in verificationKeys { writer.write(field: key.bigEndian) }
        return writer.bytes
    }

    /// Reads and checks the binary form; `.badInput` says what is wrong.
    public convenience init(encoded bytes: [UInt8]) throws {
        try self.init(encoded: bytes, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(encoded bytes: [UInt8], allowedBits: [Int]) throws {
        let parts = try ThresholdForm.reading(bytes, "threshold Paillier key", kind: ThresholdForm.publicKind) { reader in
            let code = try reader.read(UInt8.self)
            let (threshold, parties) = (Int(try reader.read(UInt16.self)), Int(try reader.read(UInt16.self)))
            guard let sharing = Sharing(code: code, threshold: threshold, parties: parties), parties <= Self.maximumParties else {
                throw Self.refusal("\(threshold) of \(parties) parties with sharing \(code)")
            }
            let key = try PaillierPublicKey(encoded: try reader.readField(maximum: Self.maximumKeyBytes), allowedBits: allowedBits)
            let keys = try (0..<parties).map { _ in BigInteger(bigEndian: try reader.readField(maximum: Self.maximumNumberBytes)) }
            return (key, sharing, keys)
        }
        try self.init(encryptionKey: parts.0, sharing: parts.1, verificationKeys: parts.2)
    }
}

extension PaillierKeyShare {
    private static let maximumKeyBytes = 1 << 17
    private static let maximumSecretBytes = 2048

    /// The binary form. It is the secret itself: the caller keeps it private and wipes it.
    public func encodedSecret() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(ThresholdForm.version)
        writer.write(ThresholdForm.keyShareKind)
        writer.write(UInt16(party))
        writer.write(field: publicKey.encoded)
        writer.write(field: secret.bigEndian)
        return writer.bytes
    }

    /// Reads the binary form and checks that the share matches its verification key; `.badInput` says what is wrong.
    public convenience init(encodedSecret bytes: [UInt8]) throws {
        try self.init(encodedSecret: bytes, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(encodedSecret bytes: [UInt8], allowedBits: [Int]) throws {
        let parts = try ThresholdForm.reading(bytes, "share of a threshold key", kind: ThresholdForm.keyShareKind) { reader in
            let party = Int(try reader.read(UInt16.self))
            let key = try PaillierThresholdKey(
                encoded: try reader.readField(maximum: Self.maximumKeyBytes), allowedBits: allowedBits)
            var secret = try reader.readField(maximum: Self.maximumSecretBytes)
            defer { ConstantTime.wipe(&secret) }
            return (key, party, BigInteger(bigEndian: secret))
        }
        try self.init(publicKey: parts.0, party: parts.1, secret: parts.2)
    }
}

// MARK: JSON form

/// The members of both JSON forms. Numbers and the encryption key's binary form are base64url without padding.
private struct ThresholdJSON: Codable {
    static let keyType = "yinhe-threshold-paillier"

    var kty: String
    var yinhe: UInt
    var kid: String?
    var sharing: String
    var threshold: Int
    var parties: Int
    var encryption_key: String
    var verification_keys: [String]
    var party: Int?
    var secret: String?

    init(_ key: PaillierThresholdKey, party: Int? = nil, secret: BigInteger? = nil) {
        kty = Self.keyType
        yinhe = UInt(ThresholdForm.version)
        kid = key.fingerprint
        sharing = key.sharing.name
        threshold = key.threshold
        parties = key.parties
        encryption_key = Self.base64(key.encryptionKey.encoded)
        verification_keys = key.verificationKeys.map { Self.base64($0.bigEndian) }
        self.party = party
        self.secret = secret.map { Self.base64($0.bigEndian) }
    }

    init(parsing text: String, _ what: String) throws {
        guard let members = try? JSONDecoder().decode(ThresholdJSON.self, from: Data(text.utf8)), members.kty == Self.keyType else {
            throw YinheError(.badInput, "not the JSON form of a \(what)")
        }
        guard members.yinhe == UInt(ThresholdForm.version) else {
            throw YinheError(.badInput, "a \(what) of version \(members.yinhe); this program reads version \(ThresholdForm.version)")
        }
        self = members
    }

    func key(allowedBits: [Int]) throws -> PaillierThresholdKey {
        guard let code = PaillierThresholdKey.Sharing.names.first(where: { $0.value == sharing })?.key,
            let sharing = PaillierThresholdKey.Sharing(code: code, threshold: threshold, parties: parties),
            parties <= PaillierThresholdKey.maximumParties, verification_keys.count <= PaillierThresholdKey.maximumParties
        else { throw PaillierThresholdKey.refusal("\(threshold) of \(parties) parties, sharing \"\(sharing.prefix(32))\"") }
        let key = try PaillierPublicKey(encoded: try Self.bytes(encryption_key, "encryption_key"), allowedBits: allowedBits)
        let keys = try verification_keys.map { BigInteger(bigEndian: try Self.bytes($0, "verification_keys")) }
        return try PaillierThresholdKey(encryptionKey: key, sharing: sharing, verificationKeys: keys)
    }

    func text() -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Strings and numbers only: nothing that could fail.
        return String(decoding: try! encoder.encode(self), as: UTF8.self) + "\n"
    }

    static func bytes(_ text: String?, _ name: String) throws -> [UInt8] {
        var base64 = (text ?? "").replacing("-", with: "+").replacing("_", with: "/")
        base64 += String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard base64.utf8.count <= 8192, let data = Data(base64Encoded: base64), !data.isEmpty else {
            throw YinheError(.badInput, "the threshold key's member \"\(name)\" is missing, too long or not base64url")
        }
        return Array(data)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

extension PaillierThresholdKey {
    /// The JSON form.
    public var json: String { ThresholdJSON(self).text() }

    /// Reads and checks the JSON form; `.badInput` says what is wrong.
    public convenience init(json: String) throws { try self.init(json: json, allowedBits: PaillierPublicKey.allowedBits) }

    package convenience init(json: String, allowedBits: [Int]) throws {
        let key = try ThresholdJSON(parsing: json, "threshold Paillier key").key(allowedBits: allowedBits)
        try self.init(unverified: key.encryptionKey, key.sharing, key.verificationKeys)
    }
}

extension PaillierKeyShare {
    /// The JSON form. It is the secret itself, as `encodedSecret` is.
    public func secretJSON() -> String { ThresholdJSON(publicKey, party: party, secret: secret).text() }

    /// Reads the JSON form and checks that the share matches its verification key; `.badInput` says what is wrong.
    public convenience init(secretJSON json: String) throws {
        try self.init(secretJSON: json, allowedBits: PaillierPublicKey.allowedBits)
    }

    package convenience init(secretJSON json: String, allowedBits: [Int]) throws {
        let members = try ThresholdJSON(parsing: json, "share of a threshold key")
        guard let party = members.party else { throw Self.refusal("it names no party") }
        var secret = try ThresholdJSON.bytes(members.secret, "secret")
        defer { ConstantTime.wipe(&secret) }
        try self.init(
            publicKey: try members.key(allowedBits: allowedBits), party: party, secret: BigInteger(bigEndian: secret))
    }
}
