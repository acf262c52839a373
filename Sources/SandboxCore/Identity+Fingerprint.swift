import COpenSSL

/// The name of a party's key: SHA-256 of its Ed25519 SubjectPublicKeyInfo (RFC 8410, DER, 44 bytes).
/// The text form is "sha256:" and 64 lower-case hexadecimal digits.
public struct Fingerprint: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 32 bytes.
    public let bytes: [UInt8]
    private static let prefix = "sha256:"

    /// Of 32 digest bytes.
    public init(bytes: [UInt8]) {
        precondition(bytes.count == 32)
        self.bytes = bytes
    }

    /// Reads the text form; upper-case digits are accepted. Throws `.badInput`.
    public init(parsing text: String) throws {
        guard text.hasPrefix(Self.prefix), let bytes = [UInt8](hex: text.dropFirst(Self.prefix.count)), bytes.count == 32 else {
            throw YinheError(
                .badInput, "not a fingerprint: \"\(text.prefix(80))\"",
                remedy: "a fingerprint is \"sha256:\" and 64 hexadecimal digits")
        }
        self.init(bytes: bytes)
    }

    /// Of a SubjectPublicKeyInfo in DER.
    package init(subjectPublicKeyInfo der: [UInt8]) { self.init(bytes: DomainHash.plainSHA256(der)) }

    public var description: String { Self.prefix + bytes.hex }

    public init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The public half of an identity: an Ed25519 public key (RFC 8032).
public struct PublicIdentity: Hashable, Sendable {
    /// 32 bytes.
    public let publicKey: [UInt8]
    /// DER of `SEQUENCE { SEQUENCE { OID 1.3.101.112 }, BIT STRING (32 bytes) }` up to the key (RFC 8410, section 4).
    private static let infoPrefix: [UInt8] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]

    /// Throws `.badInput` unless `publicKey` has 32 bytes.
    public init(publicKey: [UInt8]) throws {
        guard publicKey.count == 32 else {
            throw YinheError(.badInput, "an Ed25519 public key has 32 bytes, not \(publicKey.count)")
        }
        self.publicKey = publicKey
    }

    public var subjectPublicKeyInfo: [UInt8] { Self.infoPrefix + publicKey }

    public var fingerprint: Fingerprint { Fingerprint(subjectPublicKeyInfo: subjectPublicKeyInfo) }

    /// Whether `signature` is the 64-byte signature that the holder of this key made with `Identity.sign` for the same domain.
    public func isValid(signature: [UInt8], over message: [UInt8], domain: String) -> Bool {
        guard signature.count == 64, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, 32) else {
            return false
        }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        let signed = Identity.domainSeparated(message, domain: domain)
        let ok = EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, signed, signed.count) == 1
        ERR_clear_error()
        return ok
    }
}
