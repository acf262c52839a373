import Arithmetic
import Paillier
import SandboxCore
import TestSupport
import Testing

@Suite struct DamgardJurikTests {
    let seed = freshSeed()

    @Test func ciphertextsAreThoseOfTheSpecification() throws {
        for vectors in try SchemeVectors.load() {
            let paillier = try vectors.privateKey()
            for s in [1, 2] {
                let key = DamgardJurik.PrivateKey(paillier, exponent: s)
                let foreign = DamgardJurik.PublicKey(paillier.publicKey, exponent: s)
                #expect(key.publicKey == foreign && key.publicKey.randomizerBase == foreign.randomizerBase)
                let own = DamgardJurik.Encryptor(key), others = DamgardJurik.Encryptor(foreign)
                let uniform = DamgardJurik.Encryptor(hidingFromOwnerOf: foreign)
                for v in vectors.damgard_jurik where v.s == s {
                    #expect(try own.encrypt(hex(v.m), fixed: hex(v.r)).value == hex(v.c))
                    #expect(try others.encrypt(hex(v.m), fixed: hex(v.r)).value == hex(v.c))
                    #expect(try uniform.encrypt(hex(v.m), fixed: hex(v.unit)).value == hex(v.standard))
                    for c in [v.c, v.standard] { #expect(key.decrypt(try foreign.ciphertext(hex(c))) == hex(v.m)) }
                }
            }
        }
    }

    @Test(arguments: PaillierPublicKey.Scheme.allCases, [1, 2])
    func ringLawsHoldUnderEncryption(scheme: PaillierPublicKey.Scheme, s: Int) throws {
        let key = DamgardJurik.PrivateKey(TestKeys.key(scheme), exponent: s), pub = key.publicKey, random = SeededRandom(seed)
        let bits = s * TestKeys.bits - 80
        for encryptor in [DamgardJurik.Encryptor(key), DamgardJurik.Encryptor(pub), DamgardJurik.Encryptor(hidingFromOwnerOf: pub)] {
            for _ in 0..<5 {
                let a = BigInteger.random(bits: bits, from: random) - .random(bits: bits, from: random)
                let b = BigInteger.random(bits: bits, from: random) - .random(bits: bits, from: random)
                let k = BigInteger.random(bits: 64, from: random) - .random(bits: 64, from: random)
                let x = try encryptor.encrypt(pub.encode(a)), y = try encryptor.encrypt(pub.encode(b))
                #expect(try key.decryptSigned(pub.add(x, y)) == a + b, "seed \(seed)")
                #expect(try key.decryptSigned(pub.subtract(x, y)) == a - b, "seed \(seed)")
                #expect(try key.decryptSigned(pub.multiply(x, byPublic: k)) == a * k, "seed \(seed)")
                #expect(try key.decryptSigned(pub.add(x, plaintext: b)) == a + b, "seed \(seed)")
                #expect(try key.decryptSigned(pub.sum([x, y, x])) == a + b + a, "seed \(seed)")
                let again = encryptor.rerandomize(x)
                #expect(try again != x && key.decryptSigned(again) == a)
                #expect(try pub.decodeCiphertext(pub.encode(x)) == x)
            }
            let edges: [BigInteger] = [.zero, .one, pub.plaintextModulus - 1, pub.paillier.n - 1, pub.plaintextModulus / 2]
            #expect(try key.decrypt(encryptor.encrypt(edges, threads: 2), threads: 2) == edges)
        }
        #expect(key.decrypt(pub.sum([])) == .zero)
    }

    @Test func atExponentOneItIsPaillier() throws {
        let paillier = TestKeys.subgroup, key = DamgardJurik.PrivateKey(paillier, exponent: 1)
        let m = BigInteger(123_456), r = BigInteger(7)
        let c = try DamgardJurik.Encryptor(key).encrypt(m, fixed: r), own = try PaillierEncryptor(paillier).encrypt(m, fixed: r)
        #expect(c.value == own.value && key.publicKey.ciphertextBytes == paillier.publicKey.ciphertextBytes)
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let key = DamgardJurik.PrivateKey(TestKeys.subgroup, exponent: 2), pub = key.publicKey, encryptor = DamgardJurik.Encryptor(pub)
        for bad in [pub.plaintextModulus, -1] { #expect(throws: YinheError.self) { try encryptor.encrypt(bad) } }
        for bad in [pub.maximumSigned + 1, -pub.maximumSigned - 1] {
            #expect { try pub.encode(bad) } throws: { ($0 as? YinheError)?.code == .range }
        }
        #expect { try pub.decode(pub.maximumSigned + 1) } throws: { ($0 as? YinheError)?.code == .range }
        let reasons: [(BigInteger, String)] = [
            (.zero, "outside 1 ..< n^3"), (pub.ciphertextModulus, "outside 1 ..< n^3"), (-1, "outside"),
            (pub.paillier.n, "not a unit"), (key.publicKey.paillier.nSquared * 5, "not a unit"),
        ]
        for (bad, reason) in reasons {
            #expect { try pub.ciphertext(bad) } throws: {
                ($0 as? YinheError)?.code == .badInput && ($0 as! YinheError).message.contains(reason)
            }
        }
        #expect(throws: YinheError.self) { try pub.decodeCiphertext([1, 2, 3]) }
    }
}
