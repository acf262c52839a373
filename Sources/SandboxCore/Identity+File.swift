import COpenSSL
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension Identity {
    /// PBKDF2-HMAC-SHA-256 iterations that protect a key file's passphrase (OWASP's figure of 2023).
    private static let passphraseIterations: Int32 = 600_000
    private static let maximumFileBytes = 1 << 16

    /// Reads a PKCS#8 key in PEM, encrypted or not.
    ///
    /// Throws `.badInput` when the file is missing, is no Ed25519 key, can be read by other users of the machine, or needs
    /// another passphrase.
    public convenience init(contentsOf path: String, passphrase: String? = nil) throws {
        var pem = try Self.readPrivately(path)
        defer { ConstantTime.wipe(&pem) }
        let encrypted = Self.contains(pem, "ENCRYPTED PRIVATE KEY")
        if encrypted && passphrase == nil {
            throw YinheError(.badInput, "the key file is encrypted", at: path, remedy: "supply its passphrase")
        }
        var secret = Self.bytes(of: passphrase)
        defer { ConstantTime.wipe(&secret) }
        guard let pointer = Self.readKey(pem, secret) else {
            throw YinheError(
                .badInput,
                encrypted ? "the passphrase is wrong, or the key file is damaged" : "not a private key in PKCS#8 PEM form",
                at: path,
                remedy: encrypted ? "check the passphrase" : "make a key with `yinhe keys new`")
        }
        guard EVP_PKEY_get_id(pointer) == EVP_PKEY_ED25519 else {
            EVP_PKEY_free(pointer)
            throw YinheError(.badInput, "the key is not an Ed25519 key", at: path, remedy: "make a key with `yinhe keys new`")
        }
        try self.init(adopting: pointer)
    }

    /// Writes the key as PKCS#8 PEM with mode 0600; with a passphrase, encrypted (PBES2: PBKDF2-HMAC-SHA-256, AES-256-CBC).
    /// Throws `.badInput` rather than replace an existing file.
    public func write(to path: String, passphrase: String? = nil) throws {
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw YinheError(.badInput, "the file exists; a key is never overwritten", at: path, remedy: "choose another name")
        }
        guard passphrase?.isEmpty != true else {
            throw YinheError(.badInput, "an empty passphrase", remedy: "give a passphrase, or none at all")
        }
        var secret = Self.bytes(of: passphrase)
        defer { ConstantTime.wipe(&secret) }
        var pem = try withKey { try Self.pem(of: $0, passphrase: passphrase == nil ? nil : secret) }
        defer { ConstantTime.wipe(&pem) }
        try AtomicFile.write(pem, to: path, mode: 0o600)
    }

    private static func pem(of key: OpaquePointer, passphrase: [UInt8]?) throws -> [UInt8] {
        guard let info = EVP_PKEY2PKCS8(key), let bio = BIO_new(BIO_s_secmem()) else { fatalError("out of memory") }
        defer {
            PKCS8_PRIV_KEY_INFO_free(info)
            BIO_free(bio)
        }
        let written: Int32
        if let passphrase {
            let encrypted = passphrase.withUnsafeBytes {
                PKCS8_encrypt(
                    -1, EVP_aes_256_cbc(), $0.baseAddress!.assumingMemoryBound(to: CChar.self), Int32($0.count), nil, 0,
                    passphraseIterations, info)
            }
            guard let encrypted else { throw YinheError(.system, "cannot encrypt the key") }
            defer { X509_SIG_free(encrypted) }
            written = PEM_write_bio_PKCS8(bio, encrypted)
        } else {
            written = PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio, info)
        }
        guard written == 1 else { throw YinheError(.system, "cannot encode the key") }
        var out = [UInt8](repeating: 0, count: maximumFileBytes)
        let count = BIO_read(bio, &out, Int32(out.count))
        precondition(count > 0 && count < out.count)
        defer { ConstantTime.wipe(&out) }
        return Array(out[..<Int(count)])
    }

    private static func readKey(_ pem: [UInt8], _ passphrase: [UInt8]) -> OpaquePointer? {
        guard let bio = BIO_new_mem_buf(pem, Int32(pem.count)) else { fatalError("out of memory") }
        defer {
            BIO_free(bio)
            ERR_clear_error()
        }
        return passphrase.withUnsafeBytes { bytes -> OpaquePointer? in
            var secret = bytes
            // OpenSSL's own callback would ask on the terminal.
            return PEM_read_bio_PrivateKey(
                bio, nil,
                { buffer, size, _, user in
                    guard let secret = user?.assumingMemoryBound(to: UnsafeRawBufferPointer.self).pointee,
                        let buffer, secret.count > 0, secret.count <= Int(size)
                    else { return -1 }
                    memcpy(buffer, secret.baseAddress!, secret.count)
                    return Int32(secret.count)
                }, &secret)
        }
    }

    /// The bytes of a file that only its owner can read.
    private static func readPrivately(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            throw YinheError(
                .badInput, "cannot open the key file: \(systemErrorText(code))", at: path,
                remedy: code == ENOENT ? "make a key with `yinhe keys new`" : "")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw YinheError(.badInput, "the key file is not a regular file", at: path)
        }
        guard status.st_mode & 0o077 == 0 else {
            throw YinheError(
                .badInput, "other users of this machine can read the key file", at: path, remedy: "chmod 600 \(path)")
        }
        guard status.st_size <= maximumFileBytes else {
            throw YinheError(.badInput, "the file is too long to be a key", at: path)
        }
        var out = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < out.count {
            let n = out.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + filled, $0.count - filled) }
            if n < 0, errno == EINTR { continue }
            guard n > 0 else { throw YinheError.system("cannot read the key file", errno: errno, at: path) }
            filled += n
        }
        return out
    }

    private static func bytes(of passphrase: String?) -> [UInt8] { passphrase.map { Array($0.utf8) } ?? [] }

    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let needle = Array(text.utf8)
        return bytes.indices.contains { bytes[$0...].starts(with: needle) }
    }
}
