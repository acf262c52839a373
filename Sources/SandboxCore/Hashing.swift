import COpenSSL

/// Incremental SHA-256 (FIPS 180-4), always started with a domain string so that no two uses in Yinhe can collide.
public struct DomainHash: ~Copyable, @unchecked Sendable {
    private let context: OpaquePointer

    /// Starts a hash for one purpose; `domain` is an ASCII name such as "yinhe/transcript/v1" of at most 255 bytes.
    /// The hash input begins with one length byte and the name.
    public init(domain: String) {
        let name = Array(domain.utf8)
        precondition(name.count > 0 && name.count < 256)
        context = Self.newContext()
        update([UInt8(name.count)] + name)
    }

    /// Forgets what was hashed and starts again, without a domain.
    mutating func restartPlain() {
        precondition(EVP_DigestInit_ex2(context, nil, nil) == 1)
    }

    /// Writes the 32-byte digest to `out`; only `restartPlain` may follow.
    mutating func finish(into out: UnsafeMutablePointer<UInt8>) {
        precondition(EVP_DigestFinal_ex(context, out, nil) == 1)
    }

    /// An incremental plain SHA-256 with no domain: for digests that others must be able to recompute, such as a file's.
    public static func plainSHA256() -> DomainHash { DomainHash(context: newContext()) }

    private static func newContext() -> OpaquePointer {
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        precondition(EVP_DigestInit_ex2(context, sha256.pointer, nil) == 1)
        return context
    }

    private init(context: OpaquePointer) { self.context = context }

    deinit { EVP_MD_CTX_free(context) }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > 0 { precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1) }
    }

    public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// Hashes a length-prefixed field: 8 bytes little-endian length, then the bytes. Lists of fields stay unambiguous.
    public mutating func update(field bytes: [UInt8]) {
        withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { update($0) }
        update(bytes)
    }

    /// The 32-byte digest.
    public consuming func finalize() -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &out, nil) == 1)
        return out
    }

    /// The digest of what was hashed so far; hashing can go on.
    public func snapshot() -> [UInt8] {
        let copy = DomainHash(context: EVP_MD_CTX_new()!)
        precondition(EVP_MD_CTX_copy_ex(copy.context, context) == 1)
        return copy.finalize()
    }

    /// The plain SHA-256 of `bytes`, with no domain: for formats that others define (fingerprints, RFC vectors).
    public static func plainSHA256(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        SHA256(bytes, bytes.count, &out)
        return out
    }

    private struct Digest: @unchecked Sendable { let pointer: OpaquePointer }
    private static let sha256 = Digest(pointer: EVP_MD_fetch(nil, "SHA256", nil)!)
}
