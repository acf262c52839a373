import COpenSSL

/// A party's Ed25519 key pair: it signs contracts and ledger entries, and authenticates TLS connections.
public final class Identity: Sendable {
    /// OpenSSL's key objects are immutable once made, and safe to use from several threads.
    private struct Key: @unchecked Sendable { let pointer: OpaquePointer }
    private let key: Key
    public let publicIdentity: PublicIdentity
    public var fingerprint: Fingerprint { publicIdentity.fingerprint }

    /// Takes over `pointer`, which must be an Ed25519 private key.
    init(adopting pointer: OpaquePointer) throws {
        key = Key(pointer: pointer)
        var publicKey = [UInt8](repeating: 0, count: 32)
        var count = 32
        precondition(EVP_PKEY_get_raw_public_key(pointer, &publicKey, &count) == 1 && count == 32)
        publicIdentity = try PublicIdentity(publicKey: publicKey)
    }

    deinit { EVP_PKEY_free(key.pointer) }

    /// A new key from OpenSSL's generator.
    public static func generate() throws -> Identity {
        guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil) else {
            throw YinheError(.system, "this OpenSSL has no Ed25519")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var pointer: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_keygen(context, &pointer) == 1, let pointer else {
            throw YinheError(.system, "cannot generate an Ed25519 key")
        }
        return try Identity(adopting: pointer)
    }

    /// From the 32-byte private key of RFC 8032, for known answers.
    package convenience init(privateKey: [UInt8]) throws {
        guard privateKey.count == 32, let pointer = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, privateKey, 32) else {
            throw YinheError(.badInput, "not an Ed25519 private key")
        }
        try self.init(adopting: pointer)
    }

    /// The Ed25519 signature (RFC 8032, 64 bytes) of one length byte, the domain's ASCII name, and the message.
    /// `domain`: what the signature is for, such as "yinhe/contract/v1"; at most 255 bytes.
    public func sign(_ message: [UInt8], domain: String) throws -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        let signed = Self.domainSeparated(message, domain: domain)
        var signature = [UInt8](repeating: 0, count: 64)
        var count = 64
        guard EVP_DigestSignInit(context, nil, nil, nil, key.pointer) == 1,
            EVP_DigestSign(context, &signature, &count, signed, signed.count) == 1, count == 64
        else { throw YinheError(.system, "cannot sign with this key") }
        return signature
    }

    static func domainSeparated(_ message: [UInt8], domain: String) -> [UInt8] {
        let name = Array(domain.utf8)
        precondition(name.count > 0 && name.count < 256)
        return [UInt8(name.count)] + name + message
    }

    /// Lends OpenSSL's key object, for certificates and TLS.
    package func withKey<R>(_ body: (OpaquePointer) throws -> R) rethrows -> R {
        try withExtendedLifetime(self) { try body(key.pointer) }
    }
}
