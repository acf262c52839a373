import COpenSSL
import SandboxCore

/// OpenSSL's settings for one identity and its expected peers, shared by the connections of a listener.
///
/// TLS 1.3 only, Ed25519 certificates only, no session tickets, no resumption, no certificate authority: a peer is accepted when
/// the SHA-256 of its SubjectPublicKeyInfo is one of the expected fingerprints, whatever else its certificate says.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    let identity: Identity
    let expected: [Fingerprint]
    private static let cipherSuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    init(identity: Identity, peers: [Fingerprint]) throws {
        guard let context = SSL_CTX_new(TLS_method()) else { throw OpenSSLFailure.take("cannot prepare TLS") }
        pointer = context
        self.identity = identity
        expected = peers
        let ok = yinhe_SSL_CTX_set_protocol_range(context, TLS1_3_VERSION, TLS1_3_VERSION) == 1
            && SSL_CTX_set_ciphersuites(context, Self.cipherSuites) == 1
            && yinhe_SSL_CTX_set_groups(context, "X25519:P-256") == 1
            && yinhe_SSL_CTX_set_signature_algorithms(context, "ed25519") == 1
            && SSL_CTX_set_num_tickets(context, 0) == 1
        guard ok else { throw OpenSSLFailure.take("this OpenSSL cannot do TLS 1.3 with Ed25519") }
        yinhe_SSL_CTX_disable_session_cache(context)
        yinhe_SSL_CTX_refuse_tickets_and_renegotiation(context)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_cert_verify_callback(context, Self.verify, nil)
        let certificate = try Self.selfSigned(identity)
        defer { X509_free(certificate) }
        let installed = identity.withKey {
            SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, $0) == 1
        }
        guard installed else { throw OpenSSLFailure.take("cannot use this identity for TLS") }
    }

    deinit { SSL_CTX_free(pointer) }

    /// Replaces OpenSSL's chain building: looks at nothing but the leaf's public key.
    private static let verify: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
        guard let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let owner = SSL_get_ex_data(OpaquePointer(ssl), 0)
        else { return 0 }
        let connection = Unmanaged<TLSConnection>.fromOpaque(owner).takeUnretainedValue()
        if let certificate = X509_STORE_CTX_get0_cert(store) { connection.seen = fingerprint(of: certificate) }
        if let seen = connection.seen, connection.context.expected.contains(seen) { return 1 }
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)
        return 0
    }

    private static func fingerprint(of certificate: OpaquePointer) -> Fingerprint? {
        var der: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der)
        guard count > 0, let der else { return nil }
        defer { CRYPTO_free(der, nil, 0) }
        return Fingerprint(subjectPublicKeyInfo: Array(UnsafeBufferPointer(start: der, count: Int(count))))
    }

    /// A certificate that says nothing but the key: it is pinned by fingerprint, so name and dates carry no meaning.
    private static func selfSigned(_ identity: Identity) throws -> OpaquePointer {
        guard let certificate = X509_new() else { fatalError("out of memory") }
        let made = identity.withKey { key -> Bool in
            let name = X509_get_subject_name(certificate)
            return X509_set_version(certificate, 2) == 1  // X.509 v3
                && ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1) == 1
                && ASN1_TIME_set_string(X509_getm_notBefore(certificate), "20200101000000Z") == 1
                && ASN1_TIME_set_string(X509_getm_notAfter(certificate), "99991231235959Z") == 1
                && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, "yinhe", -1, -1, 0) == 1
                && X509_set_issuer_name(certificate, name) == 1
                && X509_set_pubkey(certificate, key) == 1
                && X509_sign(certificate, key, nil) > 0
        }
        guard made else {
            X509_free(certificate)
            throw OpenSSLFailure.take("cannot make the TLS certificate")
        }
        return certificate
    }
}

/// What OpenSSL's error queue of this thread says.
struct OpenSSLFailure {
    var reason: Int32
    var text: String

    /// Takes the newest entry and empties the queue.
    static func take() -> OpenSSLFailure {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        let text = ERR_reason_error_string(code).map { String(cString: $0) }
        return OpenSSLFailure(reason: code == 0 ? 0 : ERR_GET_REASON(code), text: text ?? "no reason given")
    }

    static func take(_ action: String) -> YinheError { YinheError(.system, "\(action): \(take().text)") }
}
