import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) with a 96-bit nonce and a 128-bit tag. One key never sees a nonce twice: that is the caller's duty.
package struct AuthenticatedCipher: ~Copyable, @unchecked Sendable {
    package static let keyBytes = 32
    package static let nonceBytes = 12
    package static let tagBytes = 16
    private let context: OpaquePointer

    /// `key`: `keyBytes` bytes; OpenSSL keeps a copy, which it wipes. The caller wipes its own.
    package init(key: [UInt8]) {
        precondition(key.count == Self.keyBytes)
        guard let context = EVP_CIPHER_CTX_new() else { fatalError("out of memory") }
        self.context = context
        precondition(EVP_CipherInit_ex(context, Self.cipher.pointer, nil, key, nil, 1) == 1)
    }

    deinit { EVP_CIPHER_CTX_free(context) }

    /// Encrypts `bytes` in place; the tag.
    package mutating func seal(_ bytes: UnsafeMutableRawBufferPointer, nonce: [UInt8], additional: [UInt8]) -> [UInt8] {
        process(bytes, nonce: nonce, additional: additional, encrypt: true)
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        var count: Int32 = 0
        precondition(EVP_CipherFinal_ex(context, &tag, &count) == 1 && count == 0)
        precondition(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagBytes), &tag) == 1)
        return tag
    }

    /// Decrypts `bytes` in place. False, and zeros in `bytes`, when the key, nonce, additional data, bytes or tag is not as it was.
    package mutating func open(
        _ bytes: UnsafeMutableRawBufferPointer, tag: [UInt8], nonce: [UInt8], additional: [UInt8]
    ) -> Bool {
        precondition(tag.count == Self.tagBytes)
        process(bytes, nonce: nonce, additional: additional, encrypt: false)
        var expected = tag
        precondition(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagBytes), &expected) == 1)
        var rest = [UInt8](repeating: 0, count: 16)
        var count: Int32 = 0
        if EVP_CipherFinal_ex(context, &rest, &count) == 1 { return true }
        ConstantTime.wipe(bytes)
        return false
    }

    private mutating func process(_ bytes: UnsafeMutableRawBufferPointer, nonce: [UInt8], additional: [UInt8], encrypt: Bool) {
        precondition(nonce.count == Self.nonceBytes && bytes.count <= Int32.max && additional.count <= Int32.max)
        precondition(EVP_CipherInit_ex(context, nil, nil, nil, nonce, encrypt ? 1 : 0) == 1)
        var count: Int32 = 0
        if !additional.isEmpty {
            precondition(EVP_CipherUpdate(context, nil, &count, additional, Int32(additional.count)) == 1)
        }
        guard bytes.count > 0 else { return }
        let p = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
        precondition(EVP_CipherUpdate(context, p, &count, p, Int32(bytes.count)) == 1 && Int(count) == bytes.count)
    }

    private struct Cipher: @unchecked Sendable { let pointer: OpaquePointer }
    private static let cipher = Cipher(pointer: EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)!)
}
