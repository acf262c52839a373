import COpenSSL
import SandboxCore
import Synchronization

/// A TLS connection whose bytes pass through memory: the socket calls happen outside of its lock, so that one thread can read
/// while another writes, and neither waits for the network while it holds the lock.
final class TLSConnection: @unchecked Sendable {
    let context: TLSContext
    private let ssl: OpaquePointer
    private let lock = Mutex<Void>(())
    /// Received records that OpenSSL has not taken yet; belongs to the reading side.
    private var arrived = ByteQueue(capacity: 1 << 17)
    /// Records that OpenSSL has made; taken by `takeSealed`, under the lock.
    private var sealed = ByteQueue(capacity: 1 << 17)
    /// The fingerprint of the certificate that the peer showed, accepted or not.
    var seen: Fingerprint?
    private var established = false

    init(_ context: TLSContext, asServer: Bool) {
        self.context = context
        guard let ssl = SSL_new(context.pointer), let bio = BIO_new(Self.method.pointer) else { fatalError("out of memory") }
        self.ssl = ssl
        let me = Unmanaged.passUnretained(self).toOpaque()
        BIO_set_data(bio, me)
        BIO_set_init(bio, 1)
        SSL_set_bio(ssl, bio, bio)
        SSL_set_ex_data(ssl, 0, me)
        if asServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
    }

    deinit { SSL_free(ssl) }

    // MARK: OpenSSL's view of the wire

    private struct Method: @unchecked Sendable { let pointer: OpaquePointer }
    private static let method: Method = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "yinhe memory")!
        BIO_meth_set_write_ex(method) { bio, bytes, count, written in
            owner(of: bio).sealed.append(UnsafeRawBufferPointer(start: bytes, count: count))
            written?.pointee = count
            return 1
        }
        BIO_meth_set_read_ex(method) { bio, out, count, taken in
            BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            let n = owner(of: bio).arrived.take(into: UnsafeMutableRawBufferPointer(start: out, count: count))
            taken?.pointee = n
            if n == 0 { BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
            return n == 0 ? 0 : 1
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return Method(pointer: method)
    }()

    private static func owner(of bio: OpaquePointer?) -> TLSConnection {
        Unmanaged<TLSConnection>.fromOpaque(BIO_get_data(bio)!).takeUnretainedValue()
    }

    // MARK: Records

    enum Step {
        case done(Int)
        /// More records must arrive first.
        case needsBytes
        /// The peer ended the stream with close_notify.
        case closed
    }

    func handshake() throws -> Step {
        try lock.withLock { _ in
            ERR_clear_error()
            let result = SSL_do_handshake(ssl)
            guard result == 1 else { return try step(result) }
            return .done(0)
        }
    }

    /// Opens records into `buffer`.
    func open(into buffer: UnsafeMutableRawBufferPointer) throws -> Step {
        try lock.withLock { _ in
            ERR_clear_error()
            var n = 0
            let result = SSL_read_ex(ssl, buffer.baseAddress, buffer.count, &n)
            guard result == 1 else { return try step(result) }
            // Only now has the other end accepted this side's certificate as well.
            established = true
            return .done(n)
        }
    }

    /// Seals `bytes` into records, which `takeSealed` then returns.
    func seal(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count > 0 else { return }
        try lock.withLock { _ in
            ERR_clear_error()
            var n = 0
            let result = SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &n)
            // The memory behind OpenSSL takes everything, so a write is never partial and never has to be repeated.
            guard result == 1, n == bytes.count else {
                throw YinheError(.peerUnreachable, "the TLS connection is over: \(OpenSSLFailure.take().text)")
            }
        }
    }

    /// Adds close_notify to the sealed records.
    func sealEnd() {
        lock.withLock { _ in
            ERR_clear_error()
            _ = SSL_shutdown(ssl)
            ERR_clear_error()
        }
    }

    /// Moves the sealed records to `out`, which must be empty; its storage is given in exchange.
    func takeSealed(_ out: inout ByteQueue) {
        precondition(out.count == 0)
        lock.withLock { _ in swap(&out, &sealed) }
    }

    /// Room for received bytes, to be followed by `didReceive`. Reading side only.
    func spaceForArrival() -> UnsafeMutableRawBufferPointer { arrived.space(atLeast: 1 << 14) }

    func didReceive(_ count: Int) { arrived.grow(by: count) }

    private func step(_ result: Int32) throws -> Step {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ:
            return .needsBytes
        case SSL_ERROR_ZERO_RETURN:
            return .closed
        default:
            throw explain(OpenSSLFailure.take())
        }
    }

    /// An error that says which fingerprints were expected and seen, on both sides.
    private func explain(_ failure: OpenSSLFailure) -> YinheError {
        if established { return YinheError(.peerMisbehaved, "the TLS connection was damaged or forged: \(failure.text)") }
        let own = context.identity.fingerprint
        let expected = context.expected.map(\.description).joined(separator: " or ")
        let alert = failure.reason - Int32(SSL_AD_REASON_OFFSET)
        switch failure.reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return YinheError(
                .peerMismatch, "the peer's key is \(seen.map(\.description) ?? "unknown"), but \(expected) was expected",
                remedy: "check that the right party is connecting, and that the contract names its present key")
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return YinheError(
                .peerMismatch, "the peer showed no certificate, but \(expected) was expected",
                remedy: "both sides must use mutual TLS with their own identity")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_UNEXPECTED_MESSAGE,
            SSL_R_BAD_RECORD_TYPE:
            return YinheError(
                .peerMismatch, "the other end does not speak TLS 1.3 (\(failure.text))",
                remedy: "check the address and port, and that both sides use TLS")
        case _ where alert == SSL_AD_BAD_CERTIFICATE || alert == SSL_AD_UNKNOWN_CA || alert == SSL_AD_CERTIFICATE_UNKNOWN
            || alert == SSL_AD_ACCESS_DENIED || alert == SSL_AD_UNSUPPORTED_CERTIFICATE:
            return YinheError(
                .peerMismatch,
                "the peer refused this side's key \(own); this side saw \(seen.map(\.description) ?? "no key") there",
                remedy: "check which fingerprint the peer expects, and that this side uses the right identity")
        default:
            return YinheError(
                .peerMismatch, "the TLS handshake failed: \(failure.text)",
                remedy: "both sides need TLS 1.3 with Ed25519 certificates; check the address and port")
        }
    }
}
