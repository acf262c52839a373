import Arithmetic
import Foundation
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct PaillierValidationTests {
    let key = TestKeys.djn
    var pub: PaillierPublicKey { key.publicKey }
    let sizes = [TestKeys.bits]

    @Test func brokenPublicKeysAreRefusedWithTheReason() {
        let random = SeededRandom(5), half = TestKeys.bits / 2
        func refuse(_ n: BigInteger, _ reason: String) {
            expectRefusal(reason) { _ = try PaillierPublicKey(n: n, scheme: .djn, allowedBits: sizes) }
        }
        refuse(.zero, "0 bits")
        refuse(-pub.n, "bits")
        refuse(pub.n << 1, "513 bits")
        refuse(pub.n - 1, "small factor")
        var multipleOfThree = pub.n
        while multipleOfThree.modulo(word: 3) != 0 { multipleOfThree += 2 }
        refuse(multipleOfThree, "small factor")
        let prime = BigInteger.randomBlumPrime(bits: half, random: random)
        refuse(prime * prime, "power")
        refuse(.randomBlumPrime(bits: TestKeys.bits, random: random), "prime")
        // One prime that is 1 modulo 4.
        var odd = prime + 2
        while !odd.isProbablePrime() || odd.modulo(word: 4) != 1 { odd += 2 }
        refuse(odd * .randomBlumPrime(bits: half, random: random), "3 modulo 4")
        expectRefusal("512 bits") { _ = try PaillierPublicKey(n: pub.n, scheme: .djn) }
        expectRefusal("1024 bits") { _ = try PaillierPrivateKey.generate(bits: 1024) }
    }

    @Test func brokenPrivateKeysAreRefusedWithTheReason() {
        let p = key.p.prime, q = key.q.prime
        func refuse(_ p: BigInteger, _ q: BigInteger, _ reason: String) {
            expectRefusal(reason) { _ = try PaillierPrivateKey(p: p, q: q, scheme: .djn, allowedBits: sizes) }
        }
        refuse(p, p, "size")
        refuse(p, q >> 1, "size")
        refuse(p, q + 4, "not primes")
        var odd = p + 2
        while !odd.isProbablePrime() || odd.modulo(word: 4) != 1 { odd += 2 }
        refuse(odd, q, "DJN")
        expectRefusal("not one of") { _ = try PaillierPrivateKey(p: p, q: q, scheme: .djn) }
    }

    @Test func generatedKeysHaveTheStatedForm() throws {
        for _ in 0..<5 {
            let key = PaillierPrivateKey.generate(uncheckedBits: 256, scheme: .djn, random: SystemRandom.shared)
            let p = key.p.prime, q = key.q.prime
            #expect(p.modulo(word: 4) == 3 && q.modulo(word: 4) == 3 && key.publicKey.n.bitWidth == 256)
            #expect((p - 1).greatestCommonDivisor(with: q - 1) == 2)
            #expect(PaillierPublicKey.derivedH(key.publicKey.n).jacobi(over: key.publicKey.n) == 1)
        }
        let real = try PaillierPrivateKey.generate(bits: 2048, scheme: .djn)
        #expect(real.publicKey.bits == 2048)
        #expect(try PaillierPublicKey(n: real.publicKey.n, scheme: .djn) == real.publicKey)
        let c = try PaillierEncryptor(real).encrypt(real.publicKey.n - 1)
        #expect(real.decrypt(c) == real.publicKey.n - 1)
    }

    @Test func ciphertextsOutsideTheGroupAreRefused() throws {
        let n2 = pub.nSquared
        for bad in [BigInteger.zero, -1, n2, n2 + 1, pub.n, key.p.prime, key.q.prime * 12345] {
            expectRefusal("ciphertext") { _ = try pub.ciphertext(bad) }
        }
        let good = try PaillierEncryptor(key).encrypt([BigInteger](repeating: 3, count: 100), threads: 1)
        let bytes = good.flatMap { pub.encode($0) }
        #expect(try pub.decodeCiphertexts(bytes, threads: 2) == good)
        #expect(try pub.decodeCiphertext(pub.encode(good[0])) == good[0])
        for bad in [BigInteger.zero, n2, key.p.prime] {
            for index in [0, 63, 64, 99] {
                var altered = bytes
                let width = pub.ciphertextBytes
                altered.replaceSubrange(index * width..<(index + 1) * width, with: bad.bigEndian(count: width))
                expectRefusal("ciphertext") { _ = try pub.decodeCiphertexts(altered, threads: 2) }
            }
        }
        expectRefusal("bytes") { _ = try pub.decodeCiphertexts(bytes.dropLast(), threads: 1) }
        expectRefusal("bytes") { _ = try pub.decodeCiphertext([1, 2, 3]) }
    }

    @Test(arguments: PaillierPublicKey.Scheme.allCases)
    func keysRoundTripInBothForms(scheme: PaillierPublicKey.Scheme) throws {
        let key = TestKeys.key(scheme), pub = key.publicKey
        let loaded = try PaillierPrivateKey(encodedSecret: key.encodedSecret(), allowedBits: sizes)
        let fromJSON = try PaillierPrivateKey(secretJSON: key.secretJSON(), allowedBits: sizes)
        let c = try PaillierEncryptor(key).encrypt(77)
        for other in [loaded, fromJSON] {
            #expect(other.publicKey == pub && other.publicKey.fingerprint == pub.fingerprint && other.decrypt(c) == 77)
        }
        #expect(try PaillierPublicKey(encoded: pub.encoded, allowedBits: sizes) == pub)
        #expect(try PaillierPublicKey(json: pub.json, allowedBits: sizes) == pub)
        #expect(TestKeys.other.publicKey.fingerprint != pub.fingerprint)
        // What python-paillier's command line reads.
        let members = try #require(JSONSerialization.jsonObject(with: Data(key.secretJSON().utf8)) as? [String: Any])
        #expect(members["kty"] as? String == "DAJ" && (members["pub"] as? [String: Any])?["alg"] as? String == "PAI-GN1")
    }

    @Test func alteredKeyBytesAreRefused() {
        let bytes = pub.encoded
        for count in [0, 1, 2, 3, 6, bytes.count - 1] {
            #expect { _ = try PaillierPublicKey(encoded: Array(bytes.prefix(count)), allowedBits: sizes) } throws: {
                ($0 as? YinheError)?.code == .badInput
            }
        }
        for (index, value) in [(0, 2), (0, 3), (1, 2), (2, 9), (2, 3), (2, 4), (7, 0)] {
            var altered = bytes
            altered[index] = UInt8(value)
            #expect { _ = try PaillierPublicKey(encoded: altered, allowedBits: sizes) } throws: {
                ($0 as? YinheError)?.code == .badInput
            }
        }
        expectRefusal("too many") { _ = try PaillierPublicKey(encoded: bytes + [0], allowedBits: sizes) }
        for json in ["", "{}", "[]", "{\"kty\": \"RSA\"}", "{\"kty\": \"DAJ\", \"n\": \"!!\"}", "{\"kty\": \"DAJ\"}"] {
            #expect { _ = try PaillierPublicKey(json: json, allowedBits: sizes) } throws: { ($0 as? YinheError)?.code == .badInput }
        }
        let newer = pub.json.replacing("\"yinhe\": 1", with: "\"yinhe\": 3")
        expectRefusal("version 3") { _ = try PaillierPublicKey(json: newer, allowedBits: sizes) }
    }

    @Test func aPrivateKeyShowsNothingOfItsPrimes() {
        var text = "\(key) " + String(reflecting: key)
        dump(key, to: &text)
        for secret in [key.p.prime, key.q.prime] {
            #expect(!text.contains(secret.description.prefix(12)) && !text.contains(secret.hex.prefix(12)))
        }
        #expect(text.contains("512 bits"))
    }
}
