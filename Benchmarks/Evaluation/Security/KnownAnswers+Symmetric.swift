import Arithmetic
import CKernels
import COpenSSL
import PrivateJoin
import SandboxCore

extension KnownAnswerRun {
    /// Block ciphers, hashes and the keyed hash of partitions.
    mutating func symmetric() {
        aes128()
        check(
            "AES-256-CTR", "OpenSSL", source: "NIST AESAVS: VarKey256 and KeySbox256, first vectors (zero plaintext, counter 0)",
            [
                ("8000000000000000000000000000000000000000000000000000000000000000", "e35a6dcb19b201a01ebcfa8aa22b5759"),
                ("c47b0294dbbbee0fec4757f22ffeee3587ca4730c3d33b691df38bab076bc558", "46f2fb342d6f0ab477476fc501242c5f"),
            ]
        ) { vector in
            var out = [UInt8](repeating: 0, count: 16)
            out.withUnsafeMutableBytes { AESCounterPRG(seed: octets(vector.0)).fill($0) }
            return out == octets(vector.1)
        }
        check("AES-256-GCM", "OpenSSL", source: "McGrew, Viega, \"The Galois/Counter Mode of Operation\", test cases 13, 14, 16", Self.gcm) {
            var bytes = octets($0.plain)
            var cipher = AuthenticatedCipher(key: octets($0.key))
            let nonce = octets($0.nonce), additional = octets($0.additional)
            let tag = bytes.withUnsafeMutableBytes { cipher.seal($0, nonce: nonce, additional: additional) }
            let sealed = bytes
            let opened = bytes.withUnsafeMutableBytes { cipher.open($0, tag: tag, nonce: nonce, additional: additional) }
            var wrong = tag
            wrong[0] ^= 1
            var forged = sealed
            let accepted = forged.withUnsafeMutableBytes { cipher.open($0, tag: wrong, nonce: nonce, additional: additional) }
            return sealed == octets($0.sealed) && tag == octets($0.tag) && opened && bytes == octets($0.plain) && !accepted
        }
        sha256()
        let key = (0..<16).map { UInt8($0) }
        check("SipHash-2-4", "Swift", source: "Aumasson, Bernstein, INDOCRYPT 2012: key and 16-byte input 00 … 0f", [UInt64(0x3f2a_cc7f_57c2_9bdb)]) {
            PartitionHash(key: key).hash(JoinToken(bytes: key)) == $0
        }
    }

    private mutating func aes128() {
        func block(_ hex: String) -> Block128 { Block128(littleEndianBytes: octets(hex)[0..<16]) }
        for implementation in AES128.Implementation.available {
            check(
                "AES-128", Self.name(implementation), source: "FIPS 197, C.1; NIST SP 800-38A, F.1.1",
                [
                    ("000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff", "69c4e0d86a7b0430d8cdb78070b4c55a"),
                    ("2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a", "3ad77bb40d7a3660a89ecaf32466ef97"),
                    ("2b7e151628aed2a6abf7158809cf4f3c", "ae2d8a571e03ac9c9eb76fac45af8e51", "f5d3d58503b9699de785895a96fdbaaf"),
                    ("2b7e151628aed2a6abf7158809cf4f3c", "30c81c46a35ce411e5fbc1191a0a52ef", "43b1cd7f598ece23881b00e3ed030688"),
                    ("2b7e151628aed2a6abf7158809cf4f3c", "f69f2445df4f9b17ad2b417be66c3710", "7b0c785e27e8ad3f8223207104725dd4"),
                ]
            ) { AES128(key: block($0.0), implementation: implementation).encrypt(block($0.1)) == block($0.2) }
        }
    }

    private static func name(_ implementation: AES128.Implementation) -> String {
        switch implementation {
        case .openSSL: "OpenSSL"
        case .kernel(let i): yinhe_aes128_available(i).map { String(cString: $0.pointee.name) } ?? "kernel \(i)"
        }
    }

    private struct Sealed {
        var key, nonce, additional, plain, sealed, tag: String
    }

    private static let gcm: [Sealed] = [
        Sealed(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), additional: "", plain: "", sealed: "",
            tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        Sealed(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12), additional: "",
            plain: String(repeating: "00", count: 16), sealed: "cea7403d4d606b6e074ec5d3baf39d18", tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        Sealed(
            key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            additional: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plain: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
            sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662", tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    private mutating func sha256() {
        let source = "FIPS 180-4 examples (RFC 6234, 8.5): empty, \"abc\", 56 bytes"
        let vectors = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        ]
        check("SHA-256", "OpenSSL", source: source, vectors) { DomainHash.plainSHA256(Array($0.0.utf8)) == octets($0.1) }
        // Several messages of one block at once: every lane gets the same vector.
        let short = vectors.filter { $0.0.utf8.count <= BatchSHA256.maximumBytes }
        for implementation in BatchSHA256.Implementation.available {
            let name: String =
                switch implementation {
                case .openSSL: "batch, OpenSSL"
                case .kernel(let i): yinhe_sha256_lanes_available(i).map { "batch, " + String(cString: $0.pointee.name) } ?? "batch \(i)"
                }
            check("SHA-256", name, source: source + "; 17 messages at once", short) { vector in
                let count = 17, message = Array(vector.0.utf8)
                let messages = Array(repeatElement(message, count: count).joined()) + [0]
                var out = [UInt8](repeating: 0, count: 32 * count)
                out.withUnsafeMutableBytes { out in
                    messages.withUnsafeBytes {
                        BatchSHA256.hash(
                            $0.baseAddress!, length: message.count, count: count, into: out.baseAddress!, implementation: implementation)
                    }
                }
                return out == Array(repeatElement(octets(vector.1), count: count).joined())
            }
        }
        check(
            "SHA-512", "OpenSSL", source: "FIPS 180-4 example (RFC 6234, 8.5): \"abc\"",
            [
                ("abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
            ]
        ) { vector in
            var out = [UInt8](repeating: 0, count: 64)
            SHA512(Array(vector.0.utf8), vector.0.utf8.count, &out)
            return out == octets(vector.1)
        }
    }
}
