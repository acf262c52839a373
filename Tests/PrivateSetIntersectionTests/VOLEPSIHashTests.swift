import Arithmetic
import PrivateSetIntersection
import SandboxCore
import TestSupport
import Testing

@Suite struct VOLEPSIHashTests {
    /// FIPS 180-4 examples and NIST's SHA256ShortMsg (CAVP) for lengths up to one block.
    @Test(arguments: BatchSHA256.Implementation.available) func batchesGiveTheStandardsDigests(_ implementation: BatchSHA256.Implementation) {
        let vectors = [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("d3", "28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1"),
            ("11af", "5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98"),
            ("b4190e", "dff2e73091f6c05e528896c4c831b9448653dc2ff043528f6769437bc7b975c2"),
            ("74ba2521", "b16aa56be3880d18cd41e68384cf1ec8c17680c45a02b1575dc1518923ae8b0e"),
        ]
        for (message, digest) in vectors {
            let bytes = [UInt8](hex: message)!
            for count in 1...9 {
                let messages = Array(repeatElement(bytes, count: count).joined()) + [0]
                var out = [UInt8](repeating: 0, count: 32 * count)
                BatchSHA256.hash(messages, length: bytes.count, count: count, into: &out, implementation: implementation)
                for i in 0..<count { #expect(out[32 * i..<32 * i + 32].hex == digest) }
            }
        }
    }

    @Test(arguments: BatchSHA256.Implementation.available) func everyLengthEqualsOpenSSL(_ implementation: BatchSHA256.Implementation) {
        let random = SeededRandom(1)
        for length in 0...BatchSHA256.maximumBytes {
            let messages = random.bytes(7 * length + 1)
            var out = [UInt8](repeating: 0, count: 32 * 7)
            BatchSHA256.hash(messages, length: length, count: 7, into: &out, implementation: implementation)
            for i in 0..<7 {
                #expect(Array(out[32 * i..<32 * i + 32]) == DomainHash.plainSHA256(Array(messages[length * i..<length * (i + 1)])))
            }
        }
    }
}
