import Foundation
import SandboxCore
import Testing
import TestSupport

/// A fresh folder that goes away with the test.
final class Scratch {
    let folder: String

    init() {
        folder = NSTemporaryDirectory() + "/yinhe-test-" + SystemRandom.shared.bytes(8).hex
        try! FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? [] }
}

func expectError(_ code: YinheError.Code, mentioning text: String = "", _ body: () throws -> Void) {
    do {
        try body()
        Issue.record("no error was thrown, \(code) expected")
    } catch let error as YinheError {
        #expect(error.code == code, "\(error)")
        #expect(text.isEmpty || error.description.contains(text), "\(error)")
    } catch {
        Issue.record("\(error)")
    }
}

@Suite struct IdentityTests {
    @Test func writtenKeyReadsBackAsTheSameIdentity() throws {
        let scratch = Scratch()
        let identity = try Identity.generate()
        try identity.write(to: scratch.path("k.pem"))
        let again = try Identity(contentsOf: scratch.path("k.pem"))
        #expect(again.fingerprint == identity.fingerprint)
        let signature = try again.sign([1, 2, 3], domain: "d")
        #expect(identity.publicIdentity.isValid(signature: signature, over: [1, 2, 3], domain: "d"))
        #expect(scratch.names == ["k.pem"])
    }

    @Test func keyFileIsPrivateAndNeverOverwritten() throws {
        let scratch = Scratch()
        let path = scratch.path("k.pem")
        try Identity.generate().write(to: path)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let before = FileManager.default.contents(atPath: path)
        expectError(.badInput, mentioning: "never overwritten") { try Identity.generate().write(to: path) }
        #expect(FileManager.default.contents(atPath: path) == before)
    }

    @Test func keyReadableByOthersIsRefusedWithTheRemedy() throws {
        let scratch = Scratch()
        let path = scratch.path("k.pem")
        try Identity.generate().write(to: path)
        for mode in [0o640, 0o604, 0o620] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            expectError(.badInput, mentioning: "chmod 600") { _ = try Identity(contentsOf: path) }
        }
    }

    @Test func encryptedKeyNeedsItsPassphrase() throws {
        let scratch = Scratch()
        let path = scratch.path("k.pem")
        let identity = try Identity.generate()
        try identity.write(to: path, passphrase: "银河 secret")
        #expect(try Identity(contentsOf: path, passphrase: "银河 secret").fingerprint == identity.fingerprint)
        expectError(.badInput, mentioning: "encrypted") { _ = try Identity(contentsOf: path) }
        expectError(.badInput, mentioning: "passphrase") { _ = try Identity(contentsOf: path, passphrase: "wrong") }
        expectError(.badInput) { try identity.write(to: scratch.path("other.pem"), passphrase: "") }
    }

    @Test func whatIsNoEd25519KeyIsRefused() throws {
        let scratch = Scratch()
        expectError(.badInput, mentioning: "keys new") { _ = try Identity(contentsOf: scratch.path("absent.pem")) }
        expectError(.badInput, mentioning: "regular") { _ = try Identity(contentsOf: scratch.folder) }
        try AtomicFile.write("hello", to: scratch.path("text.pem"), mode: 0o600)
        expectError(.badInput, mentioning: "PKCS#8") { _ = try Identity(contentsOf: scratch.path("text.pem")) }
        try AtomicFile.write([UInt8](repeating: 65, count: 100_000), to: scratch.path("long.pem"), mode: 0o600)
        expectError(.badInput, mentioning: "too long") { _ = try Identity(contentsOf: scratch.path("long.pem")) }
        // A P-256 key, PKCS#8.
        let p256 = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
            OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
            1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
            -----END PRIVATE KEY-----

            """
        try AtomicFile.write(p256, to: scratch.path("p256.pem"), mode: 0o600)
        expectError(.badInput, mentioning: "Ed25519") { _ = try Identity(contentsOf: scratch.path("p256.pem")) }
    }

    @Test func signatureBindsMessageDomainAndKey() throws {
        let identity = try Identity.generate()
        let other = try Identity.generate()
        let signature = try identity.sign([7], domain: "yinhe/a")
        #expect(identity.publicIdentity.isValid(signature: signature, over: [7], domain: "yinhe/a"))
        #expect(!identity.publicIdentity.isValid(signature: signature, over: [8], domain: "yinhe/a"))
        #expect(!identity.publicIdentity.isValid(signature: signature, over: [7], domain: "yinhe/b"))
        #expect(!other.publicIdentity.isValid(signature: signature, over: [7], domain: "yinhe/a"))
        #expect(!identity.publicIdentity.isValid(signature: Array(signature.dropLast()), over: [7], domain: "yinhe/a"))
        // A domain is delimited by its length, so it cannot run over into the message.
        let glued = try identity.sign(Array("b".utf8), domain: "a")
        #expect(!identity.publicIdentity.isValid(signature: glued, over: [], domain: "ab"))
    }

    @Test func fingerprintTextRoundTripsAndRefusesAnythingElse() throws {
        let fingerprint = try Identity.generate().fingerprint
        #expect(try Fingerprint(parsing: fingerprint.description) == fingerprint)
        let json = try JSONEncoder().encode([fingerprint])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(fingerprint)\"]")
        #expect(try JSONDecoder().decode([Fingerprint].self, from: json) == [fingerprint])
        let digits = fingerprint.bytes.hex
        let wrong = [
            "", digits, "sha256:", "sha256:" + digits.dropLast(), "sha256:" + digits + "00", "md5:" + digits,
            "sha256:zz" + digits.dropFirst(2),
        ]
        for text in wrong {
            expectError(.badInput, mentioning: "64 hexadecimal") { _ = try Fingerprint(parsing: text) }
        }
        expectError(.badInput) { _ = try PublicIdentity(publicKey: [1, 2]) }
    }
}

@Suite struct IdentityVectorTests {
    private struct Vectors: Decodable {
        struct Entry: Decodable {
            var private_key: String
            var public_key: String
            var subject_public_key_info: String
            var fingerprint: String
            var domain: String
            var message: String
            var signature: String
        }
        var identities: [Entry]
    }

    @Test func keysFingerprintsAndSignaturesMatchTheVectors() throws {
        let file = repositoryRoot.appending(path: "Protocols/Vectors/identity.json")
        let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
        for entry in vectors.identities {
            let identity = try Identity(privateKey: try #require([UInt8](hex: entry.private_key)))
            let message = try #require([UInt8](hex: entry.message))
            #expect(identity.publicIdentity.publicKey.hex == entry.public_key)
            #expect(identity.publicIdentity.subjectPublicKeyInfo.hex == entry.subject_public_key_info)
            #expect(identity.fingerprint.description == entry.fingerprint)
            #expect(try identity.sign(message, domain: entry.domain).hex == entry.signature)
            let known = try PublicIdentity(publicKey: try #require([UInt8](hex: entry.public_key)))
            #expect(known.isValid(signature: try #require([UInt8](hex: entry.signature)), over: message, domain: entry.domain))
        }
        #expect(vectors.identities.count == 3)
    }
}
